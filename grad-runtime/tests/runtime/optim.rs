//! Optimizers against an independent reference: the tables are the output of
//! `optim_reference.py` beside this file.

use grad_runtime::optim::{Adam, Optimizer, Sgd};
use grad_runtime::{Differentiable, Parameters};

/// Runs on one point held in different forms and precisions; all of them must follow the table.
fn follows(optimizer: impl Optimizer + Clone, table: &[[f64; 2]]) {
    let gradient = |x: f64, y: f64| (2.0 * x + y / 2.0, 4.0 * y + x / 2.0);
    let mut array = ([1.0, -2.0], optimizer.clone());
    let mut vectors = ((vec![vec![1.0], vec![]], Some(-2.0)), optimizer.clone());
    let mut singles = ([1.0_f32, -2.0], optimizer.clone());
    let mut mixed = ((1.0_f64, -2.0_f32), optimizer);
    for &expected in table {
        let g = gradient(array.0[0], array.0[1]);
        array.1.step(&mut array.0, &[g.0, g.1]);
        near(array.0, expected, 1e-14);

        let point = &mut vectors.0;
        let g = gradient(point.0[0][0], point.1.unwrap());
        vectors.1.step(point, &(vec![vec![g.0], vec![]], Some(g.1)));
        near([point.0[0][0], point.1.unwrap()], expected, 1e-14);

        let [x, y] = singles.0.map(f64::from);
        let g = gradient(x, y);
        singles.1.step(&mut singles.0, &narrow([g.0, g.1]));
        near(singles.0.map(f64::from), expected, 1e-6);

        let g = gradient(mixed.0.0, mixed.0.1.into());
        let [_, single] = narrow([g.0, g.1]);
        mixed.1.step(&mut mixed.0, &(g.0, single));
        near([mixed.0.0, mixed.0.1.into()], expected, 1e-6);
    }
}

#[allow(clippy::cast_possible_truncation, reason = "meant")]
fn narrow(x: [f64; 2]) -> [f32; 2] {
    x.map(|x| x as f32)
}

#[track_caller]
fn near(found: [f64; 2], expected: [f64; 2], tolerance: f64) {
    let apart = |i: usize| (found[i] - expected[i]).abs();
    assert!(
        apart(0) <= tolerance && apart(1) <= tolerance,
        "{found:?} is not {expected:?}"
    );
}

#[test]
fn steps_are_those_of_the_reference() {
    follows(
        Sgd::new(0.1),
        &[
            [0.9, -1.25],
            [0.7825, -0.795],
            [0.66575, -0.516125],
            [0.55840625, -0.3429625],
            [0.463873125, -0.2336978125],
        ],
    );
    follows(
        Sgd::new(0.05).momentum(0.9),
        &[
            [0.95, -1.625],
            [0.850625, -0.98625],
            [0.70078125, -0.235390625],
            [0.501728515625, 0.46994140625],
            [0.26065966796875, 0.998208740234375],
        ],
    );
    follows(
        Sgd::new(0.05).momentum(0.9).nesterov(true),
        &[
            [0.905, -1.2875],
            [0.75370625, -0.5374875],
            [0.55234959375, 0.094580453125],
            [0.3174297025390625, 0.521475073671875],
            [0.07275961460019531, 0.7218941407200196],
        ],
    );
    follows(
        Adam::new(0.1),
        &[
            [0.900000001, -1.9000000001333333],
            [0.8007484444084565, -1.8001530390092608],
            [0.7029669378649132, -1.700572319301243],
            [0.6075928886024896, -1.6013800972371224],
            [0.515807323383851, -1.5027083323164234],
        ],
    );
    follows(
        Adam::new(0.2).betas(0.8, 0.95).epsilon(1e-3),
        &[
            [0.8001998001998002, -1.800026663111585],
            [0.6064639100240703, -1.6011309206453472],
            [0.42672123825107156, -1.4041966896838822],
            [0.27257915524023896, -1.2102636617590867],
            [0.15643921554331774, -1.020566308968268],
        ],
    );
}

#[derive(Differentiable)]
struct Model {
    name: &'static str,
    weights: Vec<[f64; 3]>,
    #[differentiate(skip)]
    mask: f64,
    bias: f32,
}

#[derive(Differentiable)]
struct Owned {
    name: String,
    weights: Vec<[f64; 3]>,
    #[differentiate(skip)]
    mask: f64,
    bias: f32,
}

#[test]
fn what_is_skipped_or_has_no_derivative_stays() {
    let borrowed = Model {
        name: "name",
        weights: vec![],
        mask: 1.0,
        bias: 0.0,
    };
    assert_eq!(
        (borrowed.name, borrowed.mask, borrowed.bias),
        ("name", 1.0, 0.0)
    );
    assert!(borrowed.zero_tangent().weights.is_empty());

    let mut model = Owned {
        name: "name".into(),
        weights: vec![[1.0, 2.0, 3.0]],
        mask: 9.0,
        bias: 4.0,
    };
    let mut gradient = model.zero_tangent();
    gradient.weights[0][1] = 2.0;
    gradient.bias = -1.0;
    Sgd::new(0.5).step(&mut model, &gradient);
    assert_eq!((model.name.as_str(), model.mask), ("name", 9.0));
    assert_eq!((&model.weights[0], model.bias), (&[1.0, 1.0, 3.0], 4.5));
}

/// Many parameters that lie together may be moved by several threads.
#[test]
fn many_parameters_move_as_few_do() {
    let start: Vec<f32> = (0_u16..50_003).chain(0..50_003).map(f32::from).collect();
    let slopes: Vec<f32> = start.iter().map(|x| x.sin()).collect();
    let pieces = |x: &[f32]| x.chunks(1000).map(<[f32]>::to_vec).collect::<Vec<_>>();
    let (mut whole, mut parts) = (start.clone(), pieces(&start));
    let mut adam = Adam::new(0.1);
    let mut other = adam.clone();
    for _ in 0..3 {
        adam.step(&mut whole, &slopes);
        other.step(&mut parts, &pieces(&slopes));
    }
    assert_eq!(whole, parts.concat());
}

#[test]
fn a_slice_is_a_parameter() {
    let mut x = [1.0, 2.0, 3.0];
    Sgd::new(1.0).step(&mut x[1..], &vec![1.0, 1.0]);
    assert_eq!(x, [1.0, 1.0, 2.0]);
}

fn two_steps<P: Parameters>(mut first: P, mut second: P) {
    let mut optimizer = Adam::new(0.1);
    let gradient = first.zero_tangent();
    optimizer.step(&mut first, &gradient);
    let gradient = second.zero_tangent();
    optimizer.step(&mut second, &gradient);
}

#[test]
#[should_panic(expected = "changed their shape between two steps: 2 entries at first, 3 now")]
fn more_parameters_than_before_are_refused() {
    two_steps(vec![1.0; 2], vec![1.0; 3]);
}

#[test]
#[should_panic(expected = "changed their shape between two steps: 3 entries at first, 3 now")]
fn parameters_laid_out_anew_are_refused() {
    two_steps(vec![vec![1.0; 2], vec![1.0]], vec![vec![1.0], vec![1.0; 2]]);
}

#[test]
#[should_panic(
    expected = "does not fit the parameters: the tangent has another shape: \
                           expected length 2, found 1"
)]
fn a_gradient_of_another_shape_is_refused() {
    Sgd::new(0.1).step(&mut vec![1.0, 2.0], &vec![1.0]);
}

#[test]
#[should_panic(expected = "the momentum must be at least 0 and less than 1, not 1.5")]
fn settings_out_of_range_are_refused() {
    let _ = Sgd::new(0.1).momentum(1.5);
}
