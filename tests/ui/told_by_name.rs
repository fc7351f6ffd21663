use grad_runtime::{Differentiable, differentiate};

/// Methods with names of std's that give floats.
#[derive(Clone, Differentiable)]
struct Bag {
    held: Vec<f64>,
}

#[differentiate]
impl Bag {
    fn of(held: &[f64]) -> Bag {
        Bag {
            held: held.to_vec(),
        }
    }

    fn contains(&self, share: f64) -> f64 {
        self.held[0] * share
    }

    fn to_bits(&self) -> f64 {
        self.held[0]
    }
}

#[differentiate]
fn contained(x: &[f64]) -> f64 {
    let bag = Bag::of(x);
    let share: f64 = bag.contains(x[1]);
    share
}

#[differentiate]
fn bits(x: &[f64]) -> f64 {
    let bag = Bag::of(x);
    bag.to_bits()
}

fn main() {}
