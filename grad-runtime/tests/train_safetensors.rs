//! The safetensors crate, the reference of the format, reads the files that are written here. A binary
//! of its own: that crate brings `impl PartialEq<Value> for f64`, which no other test should see.

use grad_runtime::train::save_weights;
use safetensors::{Dtype, SafeTensors};

#[test]
fn weights_are_read_by_the_reference() {
    let path = std::env::temp_dir().join(format!("grad-reference-{}", std::process::id()));
    save_weights(&path, &mut (vec![1.0_f32, -2.5, 0.1], 3.5_f64)).expect("room");
    let bytes = std::fs::read(&path).expect("a file");
    std::fs::remove_file(&path).expect("a file");

    let file = SafeTensors::deserialize(&bytes).expect("of the format");
    let narrow = file.tensor("model.0000").expect("the first list");
    assert_eq!((narrow.dtype(), narrow.shape()), (Dtype::F32, &[3][..]));
    let entries = [1.0_f32, -2.5, 0.1].map(f32::to_le_bytes).concat();
    assert_eq!(narrow.data(), entries);
    let wide = file.tensor("model.0001").expect("the second");
    assert_eq!(
        (wide.dtype(), wide.data()),
        (Dtype::F64, &3.5_f64.to_le_bytes()[..])
    );
}
