//! Calls through `dyn Trait`, differentiated by the arguments.

mod dyn_tree {
    use grad_runtime::{Differentiable, differentiate};
    #[differentiate(wrt(x, y))]
    pub trait Expr {
        fn eval(&self, x: f64, y: f64) -> f64;
        fn twice(&self, x: f64, y: f64) -> f64 {
            let a = self.eval(x, y);
            self.eval(a, y) * x
        }
    }
    #[derive(Differentiable)]
    pub struct X;
    #[derive(Differentiable)]
    pub struct Y {
        scale: f64,
    }
    pub struct Sum(Vec<Box<dyn Expr>>);
    pub struct Mul {
        a: Box<dyn Expr>,
        b: Box<dyn Expr>,
    }
    impl Differentiable for Sum {
        type Tangent = grad_runtime::NoTangent;
        fn zero_tangent(&self) -> grad_runtime::NoTangent {
            grad_runtime::NoTangent
        }
        fn check_shape(&self, _: &grad_runtime::NoTangent) -> Result<(), grad_runtime::ShapeError> {
            Ok(())
        }
    }
    impl Differentiable for Mul {
        type Tangent = grad_runtime::NoTangent;
        fn zero_tangent(&self) -> grad_runtime::NoTangent {
            grad_runtime::NoTangent
        }
        fn check_shape(&self, _: &grad_runtime::NoTangent) -> Result<(), grad_runtime::ShapeError> {
            Ok(())
        }
    }
    #[differentiate(wrt(x, y))]
    impl Expr for X {
        fn eval(&self, x: f64, _y: f64) -> f64 {
            x
        }
    }
    #[differentiate(wrt(x, y))]
    impl Expr for Y {
        fn eval(&self, _x: f64, y: f64) -> f64 {
            self.scale * y.sin()
        }
    }
    #[differentiate(wrt(x, y))]
    pub fn sum(parts: &[Box<dyn Expr>], x: f64, y: f64) -> f64 {
        let mut s = 0.0;
        for p in parts {
            s += p.twice(x, y);
        }
        s
    }
    #[differentiate(wrt(x, y))]
    impl Expr for Sum {
        fn eval(&self, x: f64, y: f64) -> f64 {
            let parts: &[Box<dyn Expr>] = &self.0;
            let mut s = 0.0;
            for p in parts {
                s += p.twice(x, y);
            }
            s
        }
    }
    #[differentiate(wrt(x, y))]
    impl Expr for Mul {
        fn eval(&self, x: f64, y: f64) -> f64 {
            let a: &dyn Expr = &*self.a;
            let b: &Box<dyn Expr> = &self.b;
            a.eval(x, y) * b.eval(y, x)
        }
    }
    #[differentiate]
    pub fn at(e: &dyn Expr, p: &[f64]) -> f64 {
        e.eval(p[0], p[1]) * e.twice(p[1], p[0])
    }
    #[differentiate]
    pub fn f(x: &[f64]) -> f64 {
        let e: Box<dyn Expr> = Box::new(Mul {
            a: Box::new(Sum(vec![Box::new(X), Box::new(Y { scale: 1.5 })])),
            b: Box::new(Y { scale: 0.7 }),
        });
        at(&*e, x) + at(&X, &x[1..])
    }
}

mod dyn_slices {
    use grad_runtime::differentiate;
    #[differentiate(wrt(q))]
    pub trait Potential {
        fn energy(&self, q: &[f64], pair: (f64, f64)) -> f64;
        fn force(&self, q: Vec<f64>) -> Vec<f64>;
        fn cutoff(&self) -> f64 {
            2.5
        }
    }
    pub struct Harmonic {
        k: f64,
    }
    pub struct Quartic;
    #[differentiate(wrt(q))]
    impl Potential for Harmonic {
        fn energy(&self, q: &[f64], pair: (f64, f64)) -> f64 {
            q.iter().map(|v| 0.5 * self.k * v * v).sum::<f64>() * pair.0
        }
        fn force(&self, q: Vec<f64>) -> Vec<f64> {
            q.iter().map(|v| -self.k * v).collect()
        }
    }
    #[differentiate(wrt(q))]
    impl Potential for Quartic {
        fn energy(&self, q: &[f64], pair: (f64, f64)) -> f64 {
            q[0].powi(4) + pair.1
        }
        fn force(&self, q: Vec<f64>) -> Vec<f64> {
            vec![q[0] * q[1], q[1]]
        }
        fn cutoff(&self) -> f64 {
            1.0
        }
    }
    #[differentiate(wrt(q))]
    pub fn run(p: &dyn Potential, q: &[f64]) -> f64 {
        let mut q = q.to_vec();
        for _ in 0..3 {
            let f = p.force(q.clone());
            for i in 0..q.len() {
                q[i] += 0.1 * f[i];
            }
        }
        p.energy(&q, (1.0, 2.0)) * p.cutoff()
    }
    #[differentiate]
    pub fn f(x: &[f64]) -> f64 {
        run(&Harmonic { k: 1.3 }, &x[..2]) + run(&Quartic, x)
    }
}

mod dyn_scene {
    use grad_runtime::{Differentiable, differentiate};
    #[differentiate(wrt(s))]
    pub trait Shape {
        fn area(&self, s: f64) -> f64;
        fn weight(&self) -> f64 {
            2.0
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
        fn weight(&self) -> f64 {
            self.a
        }
    }
    #[derive(Differentiable)]
    pub struct Scene {
        #[differentiate(skip)]
        shapes: Vec<Box<dyn Shape>>,
        light: f64,
    }
    #[differentiate]
    impl Scene {
        pub fn total(&self, s: f64) -> f64 {
            let shapes: &[Box<dyn Shape>] = &self.shapes;
            let mut t = 0.0;
            for shape in shapes {
                t += shape.area(s * self.light) * shape.weight();
            }
            t * self.light
        }
        pub fn first(&self, s: f64) -> f64 {
            let shape: &dyn Shape = &*self.shapes[0];
            shape.area(s)
        }
    }
    #[differentiate]
    pub fn both(scene: &Scene, x: &[f64]) -> f64 {
        scene.total(x[0]) + scene.first(x[1])
    }
    pub fn f(x: &[f64]) -> f64 {
        let scene = Scene {
            shapes: vec![Box::new(Circle { r: 2.0 }), Box::new(Square { a: 1.5 })],
            light: x[0],
        };
        both(&scene, x)
    }
    pub fn value_and_grad_f(x: &[f64]) -> (f64, Vec<f64>) {
        let scene = Scene {
            shapes: vec![Box::new(Circle { r: 2.0 }), Box::new(Square { a: 1.5 })],
            light: x[0],
        };
        let (y, (s, mut g)) = value_and_grad_both(&scene, x);
        g[0] += s.light;
        (y, g)
    }
    pub fn jvp_f(x: &[f64], d: &[f64]) -> (f64, f64) {
        let scene = Scene {
            shapes: vec![Box::new(Circle { r: 2.0 }), Box::new(Square { a: 1.5 })],
            light: x[0],
        };
        let mut s = scene.zero_tangent();
        s.light = d[0];
        jvp_both(&scene, x, &s, d)
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
        dyn_tree::f, dyn_tree::value_and_grad_f, dyn_tree::jvp_f; [0.3, -1.2, 0.8];
        dyn_slices::f, dyn_slices::value_and_grad_f, dyn_slices::jvp_f; [0.3, -1.2];
        dyn_scene::f, dyn_scene::value_and_grad_f, dyn_scene::jvp_f; [0.3, -1.2];
    }
}
