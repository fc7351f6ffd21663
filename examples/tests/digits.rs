//! The digits that ship: the file is whole, and a damaged one is refused.

use std::fs;
use std::path::{Path, PathBuf};

use grad_examples::digits::{CLASSES, PIXELS, TRAINING_ROWS, read, shipped};

/// Where a test may write a file of this name.
fn scratch(name: &str) -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join(name)
}

#[test]
fn the_shipped_file_is_whole() {
    let (training, test) = read(&shipped()).expect("the file ships with the examples");
    assert_eq!((training.len(), test.len()), (TRAINING_ROWS, 450));
    for digits in [&training, &test] {
        assert_eq!(digits.width(), PIXELS);
        assert!(
            digits
                .values()
                .iter()
                .all(|pixel| (0.0..=1.0).contains(pixel))
        );
        assert!((0..CLASSES).all(|digit| digits.labels().contains(&digit)));
    }
    assert_eq!(training.labels()[..4], [0, 1, 2, 3]);
    let expected = [5.0 / 16.0, 13.0 / 16.0, 9.0 / 16.0, 1.0 / 16.0];
    assert_eq!(training.sample(0)[2..6], expected);
}

#[test]
fn a_damaged_file_is_refused_with_its_place() {
    let row = ["7"; PIXELS + 1].join(",");
    let path = scratch("digits.csv");
    for (line, reason) in [
        (
            row.replacen('7', "17", 1),
            "column 1: \"17\" is not in 0..=16",
        ),
        (
            row.replacen('7', "x", 1),
            "column 1: \"x\" is not a finite number",
        ),
        (
            format!("{},10", &row[..2 * PIXELS - 1]),
            "column 65: label 10 is not in 0..=9",
        ),
    ] {
        fs::write(&path, format!("{row}\n{line}\n")).expect("a folder for tests");
        let error = read(&path).expect_err("the line is damaged").to_string();
        assert_eq!(error, format!("{}: line 2, {reason}", path.display()));
    }
    fs::write(&path, format!("{row},7\n")).expect("a folder for tests");
    let error = read(&path).expect_err("a column too many").to_string();
    assert!(
        error.ends_with("line 1: expected 65 columns, found 66"),
        "{error}"
    );
    fs::write(&path, format!("{row}\n").repeat(3)).expect("a folder for tests");
    let error = read(&path).expect_err("too few rows").to_string();
    assert!(
        error.ends_with("so that some are left to test on, found 3"),
        "{error}"
    );
}

#[test]
fn a_truncated_file_is_refused() {
    let whole = fs::read(shipped()).expect("the file ships with the examples");
    let path = scratch("truncated.csv.gz");
    for length in [0, 5, whole.len() / 2, whole.len() - 4] {
        fs::write(&path, &whole[..length]).expect("a folder for tests");
        assert!(read(&path).is_err(), "{length}");
    }
}
