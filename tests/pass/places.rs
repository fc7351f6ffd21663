//! Functions inside functions, blocks, modules and `impl` blocks.
#![deny(warnings)]

use grad_runtime::differentiate;

mod outer {
    use grad_runtime::differentiate;

    pub(crate) mod inner {
        use grad_runtime::differentiate;

        #[differentiate]
        pub(in crate::outer) fn hidden(x: f64) -> f64 {
            x * x
        }

        #[differentiate]
        pub(crate) fn shown(x: f64) -> f64 {
            hidden(x) + super::sibling(x)
        }
    }

    #[differentiate]
    fn sibling(x: f64) -> f64 {
        inner::hidden(x) * 2.0
    }

    pub(crate) use inner::shown as renamed;

    pub fn slope(x: f64) -> f64 {
        inner::grad_hidden(x)
    }
}

use outer::renamed;

#[differentiate]
fn through_a_renaming(x: f64) -> f64 {
    renamed(x) + outer::inner::shown(x)
}

#[derive(grad_runtime::Differentiable)]
struct Holder;

impl Holder {
    #[differentiate(wrt(x))]
    fn method(&self, x: f64) -> f64 {
        x.exp()
    }

    #[differentiate(wrt(this, t))]
    fn named_like_ours(&self, this: f64, t: f64) -> f64 {
        this * t * this
    }

}

/// The attribute on the block is for functions that do not name `Self` too.
#[differentiate]
impl Holder {
    fn associated(x: f64) -> f64 {
        x.cos()
    }
}

impl Holder {
    #[differentiate]
    fn made(x: f64) -> f64 {
        Self::squared(x)
    }

    #[differentiate]
    fn squared(x: f64) -> f64
    where
        Self: Sized,
    {
        x * x
    }
}

fn host() -> f64 {
    #[differentiate]
    fn nested(x: f64) -> f64 {
        x * x * x
    }
    let block = {
        #[differentiate]
        fn deeper(x: f64) -> f64 {
            nested(x) + 1.0
        }
        grad_deeper(2.0)
    };
    grad_nested(1.0) + block
}

#[differentiate]
fn with_items(x: f64) -> f64 {
    const SCALE: f64 = 3.0;
    use std::f64::consts::PI;
    #[differentiate]
    fn local(x: f64) -> f64 {
        x * SCALE
    }
    local(x) * PI
}

fn main() {
    assert_eq!(host(), 15.0);
    assert_eq!(outer::slope(3.0), 6.0);
    assert_eq!(grad_through_a_renaming(1.0), 12.0);
    assert_eq!(Holder.grad_method(0.0), 1.0);
    assert_eq!(Holder.grad_named_like_ours(3.0, 2.0), (12.0, 9.0));
    assert_eq!(Holder::grad_associated(0.0), 0.0);
    assert_eq!(Holder::grad_made(3.0), 6.0);
    assert_eq!(grad_with_items(1.0), 3.0 * std::f64::consts::PI);
    let _ = graph_with_items();
}
