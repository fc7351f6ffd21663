use grad_runtime::{Differentiable, differentiate};
#[differentiate]
pub fn simple(x: f64, y: f64) -> f64 { let a = x * y; a.sin() + x / y }
#[differentiate]
pub fn rosenbrock(x: &[f64]) -> f64 {
    let mut sum = 0.0;
    for i in 0..x.len() - 1 {
        let a = 1.0 - x[i];
        let b = x[i + 1] - x[i] * x[i];
        sum += a * a + 100.0 * b * b;
    }
    sum
}
#[differentiate]
pub fn twice(x: f64) -> f64 { x.sin() + x * 0.5 }
#[differentiate]
pub fn chain2(x: f64) -> f64 { twice(x) * twice(x * 0.5) }
#[differentiate]
pub fn early(x: f64, y: f64) -> f64 {
    if x > 10.0 { return x; }
    let a = x * y;
    if y > 10.0 { return y * a; }
    let b = a + x.exp();
    if b < 0.0 { return -b; }
    a * b
}
#[differentiate]
pub fn log_sum_exp(x: &[f64]) -> f64 {
    let mut largest = x[0];
    for i in 1..x.len() { if x[i] > largest { largest = x[i]; } }
    let mut total = 0.0;
    for i in 0..x.len() { total += (x[i] - largest).exp(); }
    largest + total.ln()
}
#[derive(Clone, Debug, Differentiable)]
pub struct Spring { pub stiffness: f64, pub rest: f64 }
impl Spring {
    #[differentiate]
    pub fn energy(&self, length: f64) -> f64 {
        let stretch = length - self.rest;
        0.5 * self.stiffness * stretch * stretch
    }
}
#[differentiate]
pub fn lighthouse(nu: f64, gamma: f64, omega: f64, t: f64) -> (f64, f64) {
    let tan = (omega * t).tan();
    let y1 = nu * tan / (gamma - tan);
    let y2 = gamma * y1;
    (y1, y2)
}
#[test]
fn first() {
    println!("{:?}", value_and_grad_simple(1.5, 0.5));
    println!("{:?}", jvp_simple(1.5, 0.5, 1.0, 0.0));
    println!("{:?}", grad_rosenbrock(&[1.2, 0.7, -0.4]));
    println!("{:?}", jvp_rosenbrock(&[1.2, 0.7, -0.4], &[1.0, 0.0, 0.0]));
    println!("{:?} {:?}", grad_chain2(0.9), jvp_chain2(0.9, 1.0));
    println!("{:?} {:?}", grad_early(1.2, 0.7), jvp_early(1.2, 0.7, 1.0, 0.0));
    println!("{:?}", grad_log_sum_exp(&[1.0, 2.0, 3.0, 4.0]));
    let s = Spring { stiffness: 3.0, rest: 0.8 };
    println!("{:?}", s.grad_energy(1.35));
    let (v, pull) = vjp_lighthouse(1.1, 2.3, 0.7, 0.9);
    println!("{:?} {:?}", v, pull((1.0, 0.0)));
}
