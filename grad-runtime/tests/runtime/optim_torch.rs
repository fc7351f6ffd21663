//! Optimizers and schedules against `PyTorch`, step by step: the tables are the output of
//! `optim_torch.py` beside this file.

use grad_runtime::optim::schedule::{Constant, Cosine, ReduceOnPlateau, Schedule, Step, WarmUp};
use grad_runtime::optim::{AdaGrad, Adam, AdamW, Clip, Optimizer, RmsProp, Sgd};
use grad_runtime::snapshot::Snapshot;

const TABLE: &str = include_str!("optim_torch.csv");
const SCHEDULES: &str = include_str!("schedule_torch.csv");

/// The cells of the rows of one case.
fn rows<'a>(table: &'a str, case: &[&str]) -> Vec<Vec<&'a str>> {
    let rows: Vec<Vec<&str>> = table
        .lines()
        .map(|line| line.split(',').collect::<Vec<_>>())
        .filter(|cells| cells[..case.len()] == *case)
        .collect();
    assert!(rows.len() >= 20, "{case:?} is not in the table");
    rows
}

fn number(cell: &str) -> f64 {
    cell.parse().expect("the tables hold numbers")
}

fn gradient(x: [f64; 3], step: usize) -> [f64; 3] {
    let third = if step.is_multiple_of(3) {
        0.0
    } else {
        x[2].exp()
    };
    [2.0 * x[0] + x[1] / 2.0, 4.0 * x[1] + x[0] / 2.0, third]
}

#[allow(clippy::cast_possible_truncation, reason = "meant")]
fn narrow(x: [f64; 3]) -> [f32; 3] {
    x.map(|x| x as f32)
}

#[track_caller]
fn near(found: [f64; 3], expected: [f64; 3], tolerance: f64, case: &str) {
    for (found, expected) in found.into_iter().zip(expected) {
        let apart = (found - expected).abs() / expected.abs().max(1.0);
        assert!(apart <= tolerance, "{case}: {found} is not {expected}");
    }
}

/// Follows the rows of one case in both precisions, through a save and a restore half-way.
fn follows(case: &str, clip: &str, optimizer: impl Optimizer + Clone) {
    let fresh = optimizer.clone();
    let mut double = ([1.0, -2.0, 0.5], optimizer.clone());
    let mut single = ([1.0_f32, -2.0, 0.5], optimizer);
    for (step, row) in rows(TABLE, &[case, clip]).iter().enumerate() {
        let expected = [3, 4, 5].map(|column| number(row[column]));
        let g = gradient(double.0, step);
        double.1.step(&mut double.0, &g);
        near(double.0, expected, 1e-13, case);

        let g = narrow(gradient(single.0.map(f64::from), step));
        single.1.step(&mut single.0, &g);
        near(single.0.map(f64::from), expected, 1e-5, case);

        if step == 9 {
            let mut restored = fresh.clone();
            restored
                .restore(&double.1.save())
                .expect("its own snapshot");
            assert_eq!(restored.save(), double.1.save());
            double.1 = restored;
        }
    }
}

fn with_clips<O: Optimizer + Clone>(case: &str, optimizer: &O, clip: fn(O, Clip) -> O) {
    let clips = [("norm", Clip::Norm(1.5)), ("value", Clip::Value(0.7))];
    for (name, bound) in clips {
        follows(case, name, clip(optimizer.clone(), bound));
    }
    follows(case, "", optimizer.clone());
}

#[test]
fn steps_are_those_of_torch() {
    let nesterov = Sgd::new(0.05).momentum(0.9).nesterov(true);
    follows("nesterov", "", nesterov);
    follows("adagrad", "", AdaGrad::new(0.3));
    follows("adagrad epsilon", "", AdaGrad::new(0.3).epsilon(0.01));
    follows("rmsprop", "", RmsProp::new(0.02));
    let set = RmsProp::new(0.02).decay(0.8).epsilon(1e-3);
    follows("rmsprop set", "", set);
    let set = Adam::new(0.2).betas(0.8, 0.95).epsilon(1e-3);
    follows("adam set", "", set);
    let set = AdamW::new(0.2).betas(0.8, 0.95).epsilon(1e-3).decay(0.1);
    follows("adamw set", "", set);
}

#[test]
fn clipped_steps_are_those_of_torch() {
    with_clips("sgd", &Sgd::new(0.1), Sgd::clip);
    with_clips("momentum", &Sgd::new(0.05).momentum(0.9), Sgd::clip);
    let momentum = RmsProp::new(0.01).momentum(0.8);
    with_clips("rmsprop momentum", &momentum, RmsProp::clip);
    with_clips("adam", &Adam::new(0.1), Adam::clip);
    with_clips("adamw", &AdamW::new(0.1), AdamW::clip);
}

#[test]
fn a_nan_is_not_clipped_away() {
    for clip in [Clip::Norm(1.0), Clip::Value(1.0)] {
        let mut x = [0.0_f64, 0.0];
        Sgd::new(1.0).clip(clip).step(&mut x, &[f64::NAN, 0.5]);
        assert!(x[0].is_nan(), "{clip:?}");
    }
}

#[test]
#[should_panic(expected = "the bound of a gradient must be above zero, not -1")]
fn a_bound_below_zero_is_refused() {
    let _ = Sgd::new(0.1).clip(Clip::Norm(-1.0));
}

fn schedule_follows(case: &str, mut schedule: impl Schedule + Clone) {
    let mut fresh = schedule.clone();
    for (epoch, row) in (0..).zip(rows(SCHEDULES, &[case])) {
        let (rate, expected) = (schedule.rate(0.2, epoch), number(row[3]));
        assert!((rate - expected).abs() < 1e-14, "{case} {epoch}: {rate}");
        schedule.observe(number(row[2]));
        if epoch == 5 {
            fresh.restore(&schedule.save()).expect("its own snapshot");
            schedule = fresh.clone();
        }
    }
}

#[test]
fn rates_are_those_of_torch() {
    schedule_follows("step", Step::new(7, 0.3));
    schedule_follows("cosine", Cosine::new(20, 0.01));
    schedule_follows("warm", WarmUp::new(5, 0.25, Constant));
    let cosine = Cosine::new(15, 0.01);
    schedule_follows("warm cosine", WarmUp::new(5, 0.25, cosine));
    schedule_follows("plateau", ReduceOnPlateau::new(0.5, 2).least(0.04));
}

#[test]
fn snapshots_of_others_and_damaged_ones_are_refused() {
    let mut adam = Adam::new(0.1);
    adam.step(&mut [1.0, 2.0], &[1.0, 1.0]);
    let snapshot = adam.save();

    let error = Sgd::new(0.1).restore(&snapshot).unwrap_err();
    assert_eq!(error.to_string(), "`kind` should be sgd, not adam");
    let error = AdamW::new(0.1).restore(&Snapshot::default()).unwrap_err();
    assert_eq!(error.to_string(), "`kind` is missing");

    let mut short = snapshot.clone();
    short.put("means.f64", vec![1.0]);
    let error = adam.restore(&short).unwrap_err();
    assert_eq!(
        error.to_string(),
        "`means.f64` should have 2 entries, not 1"
    );
    let mut wrong = snapshot.clone();
    wrong.put("powers", vec![1_u64, 2]);
    let error = adam.restore(&wrong).unwrap_err();
    assert_eq!(error.to_string(), "`powers` should hold f64, not u64");
    let mut lying = snapshot.clone();
    lying.put("layout", vec![0, u64::MAX, 7]);
    assert!(adam.restore(&lying).is_err());
    assert_eq!(adam.save(), snapshot, "nothing changed");
}
