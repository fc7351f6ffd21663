//! Implementations of traits of std's, generic wrappers, constants, modules.

mod from_into {
    use grad_runtime::{Differentiable, differentiate};
    #[derive(Differentiable, Clone, Copy)]
    pub struct V2 {
        x: f64,
        y: f64,
    }
    #[differentiate]
    impl From<[f64; 2]> for V2 {
        fn from(a: [f64; 2]) -> Self {
            V2 {
                x: a[0],
                y: a[1] * a[1],
            }
        }
    }
    #[differentiate]
    impl From<(f64, f64)> for V2 {
        fn from((x, y): (f64, f64)) -> Self {
            Self { x: x * y, y }
        }
    }
    #[differentiate]
    impl From<V2> for [f64; 2] {
        fn from(v: V2) -> [f64; 2] {
            [v.x, v.y]
        }
    }
    #[differentiate]
    impl From<V2> for f64 {
        fn from(v: V2) -> f64 {
            v.x * v.y
        }
    }
    #[differentiate]
    pub fn f(x: &[f64]) -> f64 {
        let a = V2::from([x[0], x[1]]);
        let b: V2 = (x[2], x[3]).into();
        let c: [f64; 2] = b.into();
        let d = f64::from(a);
        a.x * b.y + c[0] * c[1] + d
    }
}

mod default_display {
    use grad_runtime::{Differentiable, differentiate};
    use std::fmt;
    #[derive(Differentiable, Clone)]
    pub struct Config {
        scale: f64,
        shift: f64,
    }
    #[differentiate]
    impl Default for Config {
        fn default() -> Self {
            Config {
                scale: 2.0,
                shift: 0.5,
            }
        }
    }
    #[differentiate]
    impl fmt::Display for Config {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            write!(f, "{} {}", self.scale, self.shift)
        }
    }
    #[differentiate]
    impl std::str::FromStr for Config {
        type Err = std::num::ParseFloatError;
        fn from_str(s: &str) -> Result<Self, Self::Err> {
            Ok(Config {
                scale: s.parse()?,
                shift: 1.0,
            })
        }
    }
    #[differentiate]
    impl PartialEq for Config {
        fn eq(&self, other: &Self) -> bool {
            self.scale == other.scale
        }
    }
    #[differentiate]
    pub fn f(x: &[f64]) -> f64 {
        let mut c = Config::default();
        let d = Config {
            scale: x[2],
            ..Default::default()
        };
        c.shift *= x[1];
        if c == d {
            return 0.0;
        }
        x[0] * c.scale + c.shift * d.scale + d.shift * x[3]
    }
}

mod iterator {
    use grad_runtime::{Differentiable, differentiate};
    #[derive(Differentiable, Clone)]
    pub struct Geometric {
        value: f64,
        ratio: f64,
        left: usize,
    }
    #[differentiate]
    impl Iterator for Geometric {
        type Item = f64;
        fn next(&mut self) -> Option<f64> {
            if self.left == 0 {
                return None;
            }
            self.left -= 1;
            let v = self.value;
            self.value *= self.ratio;
            Some(v)
        }
    }
    #[differentiate]
    pub fn f(x: &[f64]) -> f64 {
        let mut g = Geometric {
            value: x[0],
            ratio: x[1],
            left: 4,
        };
        let mut s = 0.0;
        while let Some(v) = g.next() {
            s += v * v;
        }
        s + g.value
    }
}

mod deref {
    use grad_runtime::{Differentiable, differentiate};
    use std::ops::{Deref, DerefMut};
    #[derive(Differentiable, Clone)]
    pub struct Wrapper {
        v: Vec<f64>,
    }
    #[differentiate]
    impl Deref for Wrapper {
        type Target = Vec<f64>;
        fn deref(&self) -> &Vec<f64> {
            &self.v
        }
    }
    #[differentiate]
    impl DerefMut for Wrapper {
        fn deref_mut(&mut self) -> &mut Vec<f64> {
            &mut self.v
        }
    }
    #[differentiate]
    pub fn f(x: &[f64]) -> f64 {
        let mut w = Wrapper { v: x.to_vec() };
        w[0] *= x[1];
        let s: f64 = w.iter().map(|v| v * v).sum();
        s + w[2] * w.len() as f64
    }
}

mod dyn_trait {
    use grad_runtime::differentiate;
    #[differentiate(wrt(s))]
    pub trait Shape {
        fn area(&self, s: f64) -> f64;
        fn name(&self) -> String {
            String::new()
        }
    }
    pub struct Circle {
        r: f64,
    }
    pub struct Square {
        a: f64,
    }
    #[differentiate(wrt(s))]
    impl Shape for Circle {
        fn area(&self, s: f64) -> f64 {
            3.0 * self.r * s * s
        }
    }
    #[differentiate(wrt(s))]
    impl Shape for Square {
        fn area(&self, s: f64) -> f64 {
            self.a * s.exp()
        }
    }
    #[differentiate(wrt(s))]
    pub fn total(shapes: &[Box<dyn Shape>], s: f64) -> f64 {
        let mut t = 0.0;
        for shape in shapes {
            t += shape.area(s);
        }
        t
    }
    #[differentiate(wrt(s))]
    pub fn one(shape: &dyn Shape, s: f64) -> f64 {
        shape.area(s) * s
    }
    #[differentiate]
    pub fn f(x: &[f64]) -> f64 {
        let shapes: Vec<Box<dyn Shape>> =
            vec![Box::new(Circle { r: 2.0 }), Box::new(Square { a: 1.5 })];
        total(&shapes, x[0]) + one(&Circle { r: 1.0 }, x[1])
    }
}

mod dyn_plain {
    use grad_runtime::{Differentiable, differentiate};
    #[differentiate]
    pub trait Force {
        fn at(&self, p: &[f64], t: f64) -> f64;
    }
    #[derive(Differentiable)]
    pub struct Spring {
        k: f64,
    }
    #[derive(Differentiable)]
    pub struct Drag {
        c: f64,
    }
    #[differentiate]
    impl Force for Spring {
        fn at(&self, p: &[f64], t: f64) -> f64 {
            -self.k * p[0] * t
        }
    }
    #[differentiate]
    impl Force for Drag {
        fn at(&self, p: &[f64], _t: f64) -> f64 {
            -self.c * p[1] * p[1]
        }
    }
    #[differentiate]
    pub fn total(forces: &[Box<dyn Force>], p: &[f64], t: f64) -> f64 {
        forces.iter().map(|f| f.at(p, t)).sum()
    }
    #[differentiate]
    pub fn f(x: &[f64]) -> f64 {
        let all: Vec<Box<dyn Force>> = vec![Box::new(Spring { k: 2.0 }), Box::new(Drag { c: 0.3 })];
        total(&all, &x[..2], x[2])
    }
}

mod consts_traits {
    use grad_runtime::{Differentiable, differentiate};
    #[differentiate]
    pub trait Kernel {
        const WIDTH: f64;
        fn weight(&self, d: f64) -> f64;
        fn scaled(&self, d: f64) -> f64 {
            self.weight(d / Self::WIDTH) / Self::WIDTH
        }
    }
    #[derive(Differentiable, Clone, Copy)]
    pub struct Gauss {
        s: f64,
    }
    #[derive(Differentiable, Clone, Copy)]
    pub struct Scaled<K> {
        inner: K,
        by: f64,
    }
    #[differentiate]
    impl Kernel for Gauss {
        const WIDTH: f64 = 1.7;
        fn weight(&self, d: f64) -> f64 {
            (-d * d * self.s).exp()
        }
    }
    #[differentiate]
    impl<K: Kernel> Kernel for Scaled<K> {
        const WIDTH: f64 = K::WIDTH * 2.0;
        fn weight(&self, d: f64) -> f64 {
            self.by * self.inner.weight(d)
        }
    }
    #[differentiate]
    pub fn smooth<K: Kernel>(k: &K, xs: &[f64]) -> f64 {
        let mut s = 0.0;
        for x in xs {
            s += k.scaled(*x) * K::WIDTH;
        }
        s
    }
    #[differentiate]
    pub fn f(x: &[f64]) -> f64 {
        let k = Scaled {
            inner: Gauss { s: x[0] },
            by: x[1],
        };
        smooth(&k, x)
    }
}

mod generic_trait {
    use grad_runtime::{Differentiable, differentiate};
    use std::marker::PhantomData;
    #[differentiate]
    pub trait Norm<T> {
        fn norm(&self, v: &T) -> f64;
        fn twice(&self, v: &T) -> f64 {
            2.0 * self.norm(v)
        }
    }
    #[derive(Differentiable, Clone)]
    pub struct Weighted<U> {
        w: f64,
        unit: PhantomData<U>,
    }
    pub struct Metres;
    #[differentiate]
    impl<U> Norm<[f64; 2]> for Weighted<U> {
        fn norm(&self, v: &[f64; 2]) -> f64 {
            self.w * (v[0] * v[0] + v[1] * v[1]).sqrt()
        }
    }
    #[differentiate]
    impl<U> Weighted<U> {
        pub fn new(w: f64) -> Self {
            Weighted {
                w,
                unit: PhantomData,
            }
        }
    }
    #[differentiate]
    pub fn f(x: &[f64]) -> f64 {
        let n = Weighted::<Metres>::new(x[2]);
        n.twice(&[x[0], x[1]]) + n.norm(&[x[1], x[2]])
    }
}

mod enum_methods {
    use grad_runtime::{Differentiable, differentiate};
    #[derive(Differentiable, Clone)]
    pub enum Shape {
        Circle(f64),
        Rect { w: f64, h: f64 },
        Empty,
    }
    #[differentiate]
    impl Shape {
        pub fn area(&self) -> f64 {
            match self {
                Shape::Circle(r) => 3.1 * r * r,
                Self::Rect { w, h } => w * h,
                Shape::Empty => 0.0,
            }
        }
        pub fn grow(&mut self, k: f64) {
            match self {
                Shape::Circle(r) => *r *= k,
                Shape::Rect { w, h } => {
                    *w *= k;
                    *h += k;
                }
                Shape::Empty => {}
            }
        }
        pub fn scaled(&self, k: f64) -> Self {
            match self {
                Shape::Circle(r) => Shape::Circle(r * k),
                Shape::Rect { w, h } => Shape::Rect { w: w * k, h: *h },
                Shape::Empty => Shape::Empty,
            }
        }
        pub fn size(&self) -> &f64 {
            match self {
                Shape::Circle(r) => r,
                Shape::Rect { w, .. } => w,
                Shape::Empty => panic!("empty"),
            }
        }
    }
    #[differentiate]
    pub fn f(x: &[f64]) -> f64 {
        let mut a = Shape::Circle(x[0]);
        let b = Shape::Rect { w: x[1], h: x[2] };
        a.grow(x[1]);
        a.area() + b.scaled(x[0]).area() + *b.size() * *a.size()
    }
}

mod modules_cfg {
    use grad_runtime::differentiate;
    pub mod inner {
        use grad_runtime::differentiate;
        #[differentiate]
        pub(crate) fn cube(x: f64) -> f64 {
            x * x * x
        }
        pub mod deep {
            use super::cube;
            use grad_runtime::differentiate;
            #[differentiate]
            pub(in super::super) fn six(x: f64) -> f64 {
                cube(x) * cube(x)
            }
            #[cfg(not(test))]
            #[differentiate]
            pub fn only(x: f64) -> f64 {
                x.sin()
            }
            #[cfg(test)]
            #[differentiate]
            pub fn only(x: f64) -> f64 {
                x.cos()
            }
        }
    }
    #[differentiate]
    pub fn f(x: &[f64]) -> f64 {
        inner::cube(x[0]) + inner::deep::six(x[1]) * inner::deep::only(x[0])
    }
}

mod rc_cow {
    use grad_runtime::{Differentiable, differentiate};
    use std::rc::Rc;
    #[derive(Differentiable, Clone)]
    pub struct Node {
        value: Rc<Vec<f64>>,
        k: f64,
    }
    #[derive(Differentiable, Clone)]
    pub struct Leaf {
        a: f64,
    }
    #[differentiate]
    impl Node {
        pub fn sum(&self) -> f64 {
            let mut s = 0.0;
            for v in self.value.iter() {
                s += v * self.k;
            }
            s
        }
    }
    #[differentiate]
    pub fn f(x: &[f64]) -> f64 {
        let r = Rc::new(x.to_vec());
        let n = Node {
            value: Rc::clone(&r),
            k: x[1],
        };
        let m = std::sync::Arc::new(Leaf { a: x[0] * x[1] });
        let l = m.clone();
        n.value[0] * n.k + r[1] + m.a * l.a + n.sum()
    }
}

mod builder {
    use grad_runtime::{Differentiable, differentiate};
    #[derive(Differentiable, Clone)]
    pub struct Sim {
        dt: f64,
        drag: f64,
        steps: usize,
    }
    #[differentiate]
    impl Sim {
        pub fn new() -> Self {
            Sim {
                dt: 0.1,
                drag: 0.0,
                steps: 3,
            }
        }
        pub fn set_dt(&mut self, d: f64) -> &mut Self {
            self.dt = d;
            self
        }
        pub fn set_drag(&mut self, d: f64) -> &mut Self {
            self.drag = d * d;
            self
        }
        pub fn set_both(&mut self, d: f64) -> f64 {
            self.set_dt(d).set_drag(d * d);
            self.set_dt(self.dt * d).set_drag(d).dt * self.drag
        }
        pub fn run(&self, v: f64) -> f64 {
            let mut v = v;
            for _ in 0..self.steps {
                v -= self.dt * self.drag * v;
            }
            v
        }
    }
    #[differentiate]
    pub fn f(x: &[f64]) -> f64 {
        let mut s = Sim::new();
        s.set_dt(x[0]);
        s.set_drag(x[2] * x[1]);
        let first = s.run(x[1]);
        s.set_dt(x[1]).set_drag(first).set_dt(x[2] * x[0]);
        let mut log = Sim::new();
        #[differentiate(checkpoint)]
        for k in 0..3 {
            s.set_dt(s.dt * x[k % 2]).set_drag(x[2]);
            log.set_dt(0.5).set_drag(2.0);
        }
        s.run(x[1] * log.drag) + s.set_both(x[2]) * first
    }
}

mod const_repeat {
    use grad_runtime::{Differentiable, differentiate};
    #[derive(Differentiable, Clone)]
    pub struct Mat<const R: usize, const C: usize> {
        d: [[f64; C]; R],
    }
    #[differentiate]
    impl<const R: usize, const C: usize> Mat<R, C> {
        pub fn times(&self, v: &[f64; C]) -> [f64; R] {
            let mut out = [0.0; R];
            for i in 0..R {
                for j in 0..C {
                    out[i] += self.d[i][j] * v[j];
                }
            }
            out
        }
    }
    #[differentiate]
    pub fn f(x: &[f64]) -> f64 {
        let m = Mat::<2, 2> {
            d: [[x[0], x[1]], [x[2], x[3]]],
        };
        let v = m.times(&[x[4], x[5]]);
        v[0] * v[1]
    }
}

macro_rules! each {
    ($($f:path, $gradient:path, $push:path; $x:expr;)*) => {
        $(slice!($f, $gradient, $push; $x);)*
    };
}

#[test]
fn all() {
    each! {
        from_into::f, from_into::value_and_grad_f, from_into::jvp_f; [0.3, -1.2, 0.7, 0.4, 1.1, 0.9];
        default_display::f, default_display::value_and_grad_f, default_display::jvp_f; [0.3, -1.2, 0.7, 0.4, 1.1, 0.9];
        iterator::f, iterator::value_and_grad_f, iterator::jvp_f; [0.3, -1.2];
        deref::f, deref::value_and_grad_f, deref::jvp_f; [0.3, -1.2, 0.7, 0.4, 1.1, 0.9];
        dyn_trait::f, dyn_trait::value_and_grad_f, dyn_trait::jvp_f; [0.3, -1.2];
        dyn_plain::f, dyn_plain::value_and_grad_f, dyn_plain::jvp_f; [0.3, -1.2, 0.8];
        consts_traits::f, consts_traits::value_and_grad_f, consts_traits::jvp_f; [0.3, -1.2, 0.8];
        generic_trait::f, generic_trait::value_and_grad_f, generic_trait::jvp_f; [0.3, -1.2, 0.8];
        enum_methods::f, enum_methods::value_and_grad_f, enum_methods::jvp_f; [0.3, -1.2, 0.8];
        modules_cfg::f, modules_cfg::value_and_grad_f, modules_cfg::jvp_f; [0.3, -1.2];
        rc_cow::f, rc_cow::value_and_grad_f, rc_cow::jvp_f; [0.3, -1.2];
        builder::f, builder::value_and_grad_f, builder::jvp_f; [0.3, -1.2, 0.8];
        const_repeat::f, const_repeat::value_and_grad_f, const_repeat::jvp_f; [0.3, -1.2, 0.7, 0.4, 1.1, 0.9];
    }
}
