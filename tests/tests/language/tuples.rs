//! Tuples that calls make on one side and parentheses on the other, in branches and from one iteration to the next; receivers in boxes.

use grad_runtime::{Differentiable, differentiate};

#[derive(Differentiable)]
pub struct Segment {
    len: f64,
    child: Option<Box<Segment>>,
}

#[differentiate]
impl Segment {
    fn tip(&self, base: (f64, f64), heading: f64) -> (f64, f64) {
        let end = (
            base.0 + self.len * heading.cos(),
            base.1 + self.len * heading.sin(),
        );
        match &self.child {
            Some(c) => c.tip(end, 1.1 * heading),
            None => end,
        }
    }
    fn tip2(&self, base: (f64, f64), heading: f64) -> (f64, f64) {
        let end = (
            base.0 + self.len * heading.cos(),
            base.1 + self.len * heading.sin(),
        );
        match &self.child {
            Some(c) => c.tip2(end, 1.1 * heading),
            None => (end.0, end.1),
        }
    }
}

#[differentiate]
pub fn run_tip(x: &[f64]) -> f64 {
    let seg = Segment {
        len: x[0],
        child: Some(Box::new(Segment {
            len: x[1],
            child: None,
        })),
    };
    let (a, b) = seg.tip((0.0, 0.0), x[2]);
    a * b
}

#[differentiate]
pub fn run_tip2(x: &[f64]) -> f64 {
    let seg = Segment {
        len: x[0],
        child: Some(Box::new(Segment {
            len: x[1],
            child: None,
        })),
    };
    let (a, b) = seg.tip2((0.0, 0.0), x[2]);
    a * b
}

#[differentiate]
fn mirror(p: (f64, f64), o: &Option<f64>) -> (f64, f64) {
    let end = (p.0 * 2.0, p.1);
    match o {
        Some(k) => half(end, *k),
        None => end,
    }
}

#[differentiate]
fn half(p: (f64, f64), k: f64) -> (f64, f64) {
    (p.0 * k, p.1 * 0.5)
}

#[differentiate]
pub fn run_mirror(x: &[f64]) -> f64 {
    let a = mirror((x[0], x[1]), &Some(x[2]));
    let b = mirror(a, &None);
    b.0 * b.1
}

#[differentiate]
pub fn run_boxes(x: &[f64]) -> f64 {
    let mut seg: Option<Box<Segment>> = None;
    for i in (0..4).rev() {
        seg = Some(Box::new(Segment {
            len: x[i],
            child: seg.take(),
        }));
    }
    let (a, b) = seg.unwrap().tip2((0.0, 0.0), 0.1);
    a * a + a * b
}

#[differentiate]
pub fn run_boxed_receiver(x: &[f64]) -> f64 {
    let mut seg: Option<Box<Segment>> = None;
    for i in (0..4).rev() {
        seg = Some(Box::new(Segment {
            len: x[i],
            child: seg,
        }));
    }
    let (a, b) = seg.unwrap().tip2((0.0, 0.0), 0.1);
    a * a + a * b
}

#[differentiate]
fn pick(a: f64) -> Option<f64> {
    if a > 1.0 { Some(a * a) } else { None }
}

#[differentiate]
fn option_either(a: f64, k: f64) -> Option<f64> {
    if a > 0.85 { Some(a * k) } else { pick(k) }
}

#[differentiate]
pub fn run_option_either(x: &[f64]) -> f64 {
    let mut s = 0.0;
    for v in x {
        if let Some(w) = option_either(*v, x[0]) {
            s += w * w;
        }
    }
    s
}

#[differentiate]
fn triple_arg(x: f64, y: f64) -> (f64, f64, usize) {
    (x * y, x - y, 1)
}

#[differentiate]
pub fn run_tuple_arms(x: &[f64]) -> f64 {
    let (a, b, n) = match (x[0] > 1.0, x[1] > 1.0) {
        (true, true) => triple_arg(x[0], x[1]),
        (true, false) => (x[2], x[3], 2),
        (false, _) if x[4] > 1.0 => {
            let t = triple_arg(x[5], x[4]);
            (t.1, t.0, 3)
        }
        _ => triple_arg(x[6], x[7]),
    };
    a * b + n as f64 * a
}

#[differentiate]
pub fn run_tuple_loop(x: &[f64]) -> f64 {
    let mut t = (x[0], x[1]);
    for k in 0..5 {
        t = if x[k] > 1.0 {
            half(t, x[k + 1])
        } else {
            (t.1, t.0 * 1.1)
        };
    }
    t.0 * t.1
}

#[differentiate]
pub fn run_array_arms(x: &[f64]) -> f64 {
    let a = if x[0] > 1.0 {
        [x[1], x[2]]
    } else {
        twice([x[3], x[4]])
    };
    let v = if x[1] > 1.0 {
        vec![x[1], x[2]]
    } else {
        x[3..5].to_vec()
    };
    a[0] * a[1] + v[0] * v[1]
}

#[differentiate]
fn twice(a: [f64; 2]) -> [f64; 2] {
    [2.0 * a[0], a[1] * a[0]]
}

#[differentiate]
pub fn run_tuple_state(x: &[f64]) -> f64 {
    let mut s = (x[0], x[1]);
    for _ in 0..4 {
        s = half(s, x[2]);
    }
    s.0 * s.1
}

#[differentiate]
fn nest(s: (f64, (f64, f64)), k: f64) -> (f64, (f64, f64)) {
    (s.1.0 * k, (s.0 + s.1.1, s.0))
}

#[differentiate]
pub fn run_tuple_nested_state(x: &[f64]) -> f64 {
    let mut s = (x[0], (x[1], x[2]));
    let mut k = 0;
    while k < 4 {
        if x[k] > 0.95 {
            s = nest(s, x[3]);
        } else {
            s = (s.1.1, (s.0, s.1.0));
        }
        k += 1;
    }
    s.0 * s.1.0 + s.1.1
}

#[differentiate]
pub fn run_tuple_array_state(x: &[f64]) -> f64 {
    let mut s = ([x[0], x[1]], x[2], 0usize);
    for i in 0..3 {
        s = (twice(s.0), s.1 * x[i], s.2 + 1);
    }
    for _ in 0..2 {
        s = stepped(s);
    }
    s.0[0] + s.0[1] * s.1 + s.2 as f64
}

#[differentiate]
fn stepped(s: ([f64; 2], f64, usize)) -> ([f64; 2], f64, usize) {
    (twice(s.0), s.1 * 0.5, s.2 + 2)
}

#[test]
fn all() {
    each!([0.4, 1.3, 0.9, 1.7, 0.6, 1.1, 0.3, 1.5], [1.6, 0.7, 1.2, 0.5, 1.4, 0.8, 1.9, 0.2];
        run_tip, value_and_grad_run_tip, jvp_run_tip;
        run_tip2, value_and_grad_run_tip2, jvp_run_tip2;
        run_mirror, value_and_grad_run_mirror, jvp_run_mirror;
        run_boxes, value_and_grad_run_boxes, jvp_run_boxes;
        run_boxed_receiver, value_and_grad_run_boxed_receiver, jvp_run_boxed_receiver;
        run_option_either, value_and_grad_run_option_either, jvp_run_option_either;
        run_tuple_arms, value_and_grad_run_tuple_arms, jvp_run_tuple_arms;
        run_tuple_loop, value_and_grad_run_tuple_loop, jvp_run_tuple_loop;
        run_array_arms, value_and_grad_run_array_arms, jvp_run_array_arms;
        run_tuple_state, value_and_grad_run_tuple_state, jvp_run_tuple_state;
        run_tuple_nested_state, value_and_grad_run_tuple_nested_state, jvp_run_tuple_nested_state;
        run_tuple_array_state, value_and_grad_run_tuple_array_state, jvp_run_tuple_array_state;
    );
}
