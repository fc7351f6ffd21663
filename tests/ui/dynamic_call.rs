use grad_runtime::differentiate;

trait Shape {
    fn area(&self) -> f64;
    fn scaled(&self, x: f64) -> f64;
}

#[differentiate]
fn constant_receiver(s: &dyn Shape, x: f64) -> f64 {
    let a = s.area();
    a * x
}

#[differentiate]
fn active_argument(s: &dyn Shape, x: f64) -> f64 {
    let y = s.scaled(x);
    y * 2.0
}

#[differentiate]
fn elements(shapes: &[Box<dyn Shape>], x: f64) -> f64 {
    let mut sum = 0.0;
    for s in shapes {
        sum += s.scaled(x) + s.area() * x;
    }
    sum
}

#[differentiate]
fn sums(shapes: &[Box<dyn Shape>], x: f64) -> f64 {
    shapes.iter().map(|s| s.scaled(x)).sum::<f64>()
}

fn main() {}
