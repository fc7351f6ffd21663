use grad_runtime::differentiate;

#[differentiate(wrt(x))]
trait Shape {
    fn scaled(&self, x: f64) -> f64;
}

struct Circle {
    r: f64,
}

#[differentiate(wrt(x))]
impl Shape for Circle {
    fn scaled(&self, x: f64) -> f64 {
        self.r * x
    }
}

#[differentiate]
fn made_of_what_is_differentiated(x: f64) -> f64 {
    let shape: Box<dyn Shape> = Box::new(Circle { r: x });
    shape.scaled(x)
}

trait Scaled {
    fn scaled(&self, x: f64) -> f64;
}

impl Scaled for str {
    fn scaled(&self, x: f64) -> f64 {
        self.len() as f64 * x
    }
}

#[differentiate]
fn of_text(name: &str, x: f64) -> f64 {
    name.scaled(x)
}

fn main() {}
