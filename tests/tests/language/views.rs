//! Structs that hold references as engineers write them: meshes, images, arms, springs, filters.

mod ctor_in_fn {
    use grad_runtime::{Differentiable, differentiate};
    #[derive(Differentiable, Clone)]
    pub struct Config {
        g: f64,
        drag: f64,
    }
    #[derive(Differentiable)]
    pub struct Sim<'c> {
        cfg: &'c Config,
        forces: &'c [f64],
        dt: f64,
    }
    #[differentiate]
    impl<'c> Sim<'c> {
        pub fn new(cfg: &'c Config, forces: &'c [f64], dt: f64) -> Sim<'c> {
            Self { cfg, forces, dt }
        }
        fn acc(&self, i: usize, v: f64) -> f64 {
            self.forces[i] - self.cfg.g - self.cfg.drag * v * v.abs()
        }
        pub fn run(&self, mut v: f64) -> f64 {
            for i in 0..self.forces.len() {
                v += self.dt * self.acc(i, v);
            }
            v
        }
    }
    #[differentiate]
    pub fn f(x: &[f64]) -> f64 {
        let cfg = Config {
            g: x[0],
            drag: x[1] * x[1],
        };
        let forces: Vec<f64> = x.iter().map(|v| v.sin()).collect();
        let sim = Sim::new(&cfg, &forces, 0.1);
        sim.run(x[2]) * sim.run(1.0)
    }
    #[differentiate]
    pub fn g(x: &[f64]) -> f64 {
        let cfg = Config {
            g: x[0],
            drag: x[1] * x[1],
        };
        let mut s = 0.0;
        for k in 0..2 {
            let forces: Vec<f64> = x.iter().map(|v| v.sin() * k as f64).collect();
            let sim = Sim::new(&cfg, &forces, 0.1);
            s += sim.run(x[2] + s);
        }
        s
    }
    #[test]
    fn t() {
        each!([0.5, 1.5, -0.7, 0.3]; f, value_and_grad_f, jvp_f; g, value_and_grad_g, jvp_g;);
    }
}

mod nested_refs {
    use grad_runtime::{Differentiable, differentiate};
    #[derive(Differentiable, Clone)]
    struct Body {
        m: f64,
        p: [f64; 2],
    }
    #[derive(Differentiable)]
    struct Pair<'a, 'b> {
        a: &'a Body,
        b: &'b Body,
        k: &'a f64,
    }
    #[differentiate]
    impl Pair<'_, '_> {
        fn energy(&self) -> f64 {
            let d = [self.a.p[0] - self.b.p[0], self.a.p[1] - self.b.p[1]];
            -self.k * self.a.m * self.b.m / (d[0] * d[0] + d[1] * d[1]).sqrt()
        }
    }
    #[differentiate]
    fn total(bodies: &[Body], k: &f64) -> f64 {
        let mut e = 0.0;
        for i in 0..bodies.len() {
            for j in i + 1..bodies.len() {
                let pair = Pair {
                    a: &bodies[i],
                    b: &bodies[j],
                    k,
                };
                e += pair.energy();
            }
        }
        e
    }
    #[differentiate]
    pub fn f(x: &[f64]) -> f64 {
        let bodies: Vec<Body> = (0..3)
            .map(|i| Body {
                m: x[i],
                p: [x[i + 1] * x[i], x[(i + 2) % 4]],
            })
            .collect();
        let k = x[0] * x[1];
        total(&bodies, &k)
    }
    #[test]
    fn t() {
        slice!(f, value_and_grad_f, jvp_f; [0.5, 1.5, -0.7, 0.3]);
    }
}

mod mesh {
    use grad_runtime::{Differentiable, differentiate};
    #[derive(Differentiable, Clone, Copy)]
    struct Vec3 {
        x: f64,
        y: f64,
        z: f64,
    }
    #[differentiate]
    impl Vec3 {
        fn dot(&self, o: &Vec3) -> f64 {
            self.x * o.x + self.y * o.y + self.z * o.z
        }
    }
    #[differentiate]
    impl std::ops::Sub for Vec3 {
        type Output = Vec3;
        fn sub(self, o: Vec3) -> Vec3 {
            Vec3 {
                x: self.x - o.x,
                y: self.y - o.y,
                z: self.z - o.z,
            }
        }
    }
    #[derive(Differentiable)]
    struct Mesh<'a> {
        verts: &'a [Vec3],
        tris: &'a [[usize; 3]],
    }
    #[derive(Differentiable)]
    struct Ray<'m> {
        o: &'m Vec3,
        d: Vec3,
    }
    #[differentiate]
    impl<'a> Mesh<'a> {
        fn vert(&self, t: usize, k: usize) -> &'a Vec3 {
            &self.verts[self.tris[t][k]]
        }
        fn edge(&self, t: usize) -> Vec3 {
            *self.vert(t, 1) - *self.vert(t, 0)
        }
        fn score(&self, r: &Ray<'_>) -> f64 {
            let mut s = 0.0;
            for t in 0..self.tris.len() {
                s += self.edge(t).dot(&r.d) * r.o.dot(self.vert(t, 2));
            }
            s
        }
    }
    #[differentiate]
    pub fn f(x: &[f64]) -> f64 {
        let verts: Vec<Vec3> = (0..4)
            .map(|i| Vec3 {
                x: x[i],
                y: x[(i + 1) % 4] * x[i],
                z: x[(i + 2) % 4],
            })
            .collect();
        let tris = [[0, 1, 2], [2, 3, 0]];
        let mesh = Mesh {
            verts: &verts,
            tris: &tris,
        };
        let o = Vec3 {
            x: x[0],
            y: 1.0,
            z: x[1],
        };
        let r = Ray { o: &o, d: verts[1] };
        mesh.score(&r)
    }
    #[test]
    fn t() {
        slice!(f, value_and_grad_f, jvp_f; [0.5, 1.5, -0.7, 0.3]);
    }
}

mod system {
    use grad_runtime::{Differentiable, differentiate};
    #[derive(Differentiable, Clone)]
    struct Params {
        k: Vec<f64>,
        c: f64,
    }
    #[derive(Differentiable)]
    struct Chain<'p> {
        p: &'p Params,
        n: usize,
    }
    #[differentiate]
    trait System {
        fn rhs(&self, s: &[f64], out: &mut [f64]);
        fn dim(&self) -> usize;
    }
    #[differentiate]
    impl System for Chain<'_> {
        fn rhs(&self, s: &[f64], out: &mut [f64]) {
            for i in 0..self.n {
                let l = if i > 0 { s[i - 1] } else { 0.0 };
                out[i] = self.p.k[i] * (l - s[i]) - self.p.c * s[i];
            }
        }
        fn dim(&self) -> usize {
            self.n
        }
    }
    #[differentiate]
    fn euler(sys: &Chain<'_>, s: &mut Vec<f64>, h: f64) {
        let mut d = vec![0.0; s.len()];
        sys.rhs(s, &mut d);
        for i in 0..s.len() {
            s[i] += h * d[i];
        }
    }
    #[differentiate]
    fn euler_any<S: System>(sys: &S, s: &mut Vec<f64>, h: f64) {
        let mut d = vec![0.0; s.len()];
        sys.rhs(s, &mut d);
        for i in 0..s.len() {
            s[i] += h * d[i];
        }
    }
    #[differentiate]
    pub fn f(x: &[f64]) -> f64 {
        let p = Params {
            k: x[..2].to_vec(),
            c: x[2],
        };
        let sys = Chain { p: &p, n: 2 };
        let mut s = vec![x[3], 1.0];
        for _ in 0..5 {
            euler(&sys, &mut s, 0.1);
        }
        s[0] * s[1]
    }
    #[test]
    fn t() {
        slice!(f, value_and_grad_f, jvp_f; [0.5, 1.5, -0.7, 0.3]);
    }
}

mod image {
    use grad_runtime::{Differentiable, differentiate};
    #[derive(Differentiable, Clone, Copy)]
    struct Image<'a> {
        px: &'a [f64],
        w: usize,
        h: usize,
    }
    #[differentiate]
    impl<'a> Image<'a> {
        fn get(&self, x: isize, y: isize) -> f64 {
            let x = x.clamp(0, self.w as isize - 1) as usize;
            let y = y.clamp(0, self.h as isize - 1) as usize;
            self.px[y * self.w + x]
        }
        fn bilinear(&self, u: f64, v: f64) -> f64 {
            let (x0, y0) = (u.floor(), v.floor());
            let (fx, fy) = (u - x0, v - y0);
            let (i, j) = (x0 as isize, y0 as isize);
            let a = self.get(i, j) * (1.0 - fx) + self.get(i + 1, j) * fx;
            let b = self.get(i, j + 1) * (1.0 - fx) + self.get(i + 1, j + 1) * fx;
            a * (1.0 - fy) + b * fy
        }
    }
    #[differentiate]
    fn warp_loss(im: &Image<'_>, target: Option<&Image<'_>>, d: [f64; 2]) -> f64 {
        let mut s = 0.0;
        for y in 0..im.h {
            for x in 0..im.w {
                let v = im.bilinear(x as f64 + d[0], y as f64 + d[1]);
                let t = match target {
                    Some(t) => t.get(x as isize, y as isize),
                    None => 0.0,
                };
                s += (v - t) * (v - t);
            }
        }
        s
    }
    #[differentiate]
    pub fn f(x: &[f64]) -> f64 {
        let base: Vec<f64> = x.iter().map(|v| v * v).collect();
        let im = Image { px: x, w: 2, h: 2 };
        let target = Image {
            px: &base,
            w: 2,
            h: 2,
        };
        warp_loss(&im, Some(&target), [0.25, 0.5 * x[0]]) + warp_loss(&target, None, [0.1, 0.2])
    }
    #[test]
    fn t() {
        slice!(f, value_and_grad_f, jvp_f; [0.5, 1.5, -0.7, 0.3]);
    }
}

mod arm {
    use grad_runtime::{Differentiable, differentiate};
    #[derive(Differentiable, Clone)]
    struct Joint {
        len: f64,
        q: f64,
    }
    #[derive(Differentiable)]
    struct Arm<'a> {
        joints: &'a [Joint],
        base: (f64, f64),
        tool: Option<f64>,
    }
    #[differentiate]
    impl Arm<'_> {
        fn fk(&self) -> (f64, f64) {
            let (mut x, mut y) = self.base;
            let mut a = 0.0;
            for j in self.joints {
                a += j.q;
                x += j.len * a.cos();
                y += j.len * a.sin();
            }
            if let Some(t) = self.tool {
                x += t * a.cos();
                y += t * a.sin();
            }
            (x, y)
        }
        fn err(&self, goal: &[f64; 2]) -> f64 {
            let (x, y) = self.fk();
            (x - goal[0]).powi(2) + (y - goal[1]).powi(2)
        }
    }
    #[differentiate]
    pub fn f(x: &[f64]) -> f64 {
        let joints: Vec<Joint> = x.windows(2).map(|w| Joint { len: w[0], q: w[1] }).collect();
        let arm = Arm {
            joints: &joints,
            base: (x[0], 0.5),
            tool: Some(x[1]),
        };
        let short = Arm {
            joints: &joints[..1],
            base: (0.0, x[2]),
            tool: None,
        };
        arm.err(&[1.0, x[2]]) + short.err(&[0.5, 0.5])
    }
    #[test]
    fn t() {
        slice!(f, value_and_grad_f, jvp_f; [0.5, 1.5, -0.7, 0.3]);
    }
}

mod triangles {
    use grad_runtime::{Differentiable, differentiate};
    #[derive(Differentiable, Clone, Copy)]
    struct Tri<'a> {
        a: &'a [f64; 2],
        b: &'a [f64; 2],
        c: &'a [f64; 2],
    }
    #[differentiate]
    impl<'a> Tri<'a> {
        fn new(p: &'a [[f64; 2]], i: usize) -> Self {
            Tri {
                a: &p[i],
                b: &p[i + 1],
                c: &p[i + 2],
            }
        }
        fn area(&self) -> f64 {
            0.5 * ((self.b[0] - self.a[0]) * (self.c[1] - self.a[1])
                - (self.c[0] - self.a[0]) * (self.b[1] - self.a[1]))
        }
    }
    #[differentiate]
    fn strip(p: &[[f64; 2]]) -> f64 {
        (0..p.len() - 2)
            .map(|i| {
                let t = Tri::new(p, i);
                t.area() * t.area()
            })
            .sum()
    }
    #[differentiate]
    fn strip2(p: &[[f64; 2]]) -> f64 {
        let mut s = 0.0;
        for w in p.windows(3) {
            let t = Tri {
                a: &w[0],
                b: &w[1],
                c: &w[2],
            };
            s = s * 0.9 + t.area();
        }
        s
    }
    #[differentiate]
    pub fn f(x: &[f64]) -> f64 {
        let p: Vec<[f64; 2]> = x.windows(2).map(|w| [w[0], w[1] * w[0]]).collect();
        strip(&p) + strip2(&p)
    }
    #[test]
    fn t() {
        slice!(f, value_and_grad_f, jvp_f; [0.5, 1.5, -0.7, 0.3, 0.8]);
    }
}

mod layers {
    use grad_runtime::{Differentiable, differentiate};
    #[derive(Differentiable, Clone)]
    struct Net {
        w1: Vec<f64>,
        w2: Vec<f64>,
        hidden: usize,
    }
    #[derive(Differentiable)]
    struct Layer<'w> {
        w: &'w [f64],
        n_in: usize,
        n_out: usize,
    }
    #[differentiate]
    impl<'w> Layer<'w> {
        fn forward(&self, x: &[f64], out: &mut [f64]) {
            for i in 0..self.n_out {
                let mut s = 0.0;
                for j in 0..self.n_in {
                    s += self.w[i * self.n_in + j] * x[j];
                }
                out[i] = s.tanh();
            }
        }
    }
    #[differentiate]
    impl Net {
        fn layer1(&self) -> Layer<'_> {
            Layer {
                w: &self.w1,
                n_in: 2,
                n_out: self.hidden,
            }
        }
        fn run(&self, x: &[f64]) -> f64 {
            let mut h = vec![0.0; self.hidden];
            let first = Layer {
                w: &self.w1,
                n_in: 2,
                n_out: self.hidden,
            };
            first.forward(x, &mut h);
            let mut y = [0.0];
            Layer {
                w: &self.w2,
                n_in: self.hidden,
                n_out: 1,
            }
            .forward(&h, &mut y);
            y[0]
        }
        fn run2(&self, x: &[f64]) -> f64 {
            let mut h = vec![0.0; self.hidden];
            self.layer1().forward(x, &mut h);
            h[0] * h[1]
        }
    }
    #[differentiate]
    pub fn f(x: &[f64]) -> f64 {
        let net = Net {
            w1: x[..4].to_vec(),
            w2: x[2..4].to_vec(),
            hidden: 2,
        };
        net.run(&x[..2]) + net.run2(&x[1..3])
    }
    #[test]
    fn t() {
        slice!(f, value_and_grad_f, jvp_f; [0.5, 1.5, -0.7, 0.3]);
    }
}

mod frames {
    use grad_runtime::{Differentiable, differentiate};
    #[derive(Differentiable, Clone)]
    pub struct Rot {
        m: [[f64; 3]; 3],
    }
    #[derive(Differentiable)]
    pub struct Frame<'a> {
        r: &'a Rot,
        t: &'a [f64; 3],
    }
    #[differentiate]
    impl<'a> Frame<'a> {
        pub fn new(r: &'a Rot, t: &'a [f64; 3]) -> Self {
            Frame { r, t }
        }
        pub fn apply(&self, p: &[f64; 3]) -> [f64; 3] {
            let mut q = *self.t;
            for i in 0..3 {
                for j in 0..3 {
                    q[i] += self.r.m[i][j] * p[j];
                }
            }
            q
        }
    }
    #[differentiate]
    pub fn rot(a: f64) -> Rot {
        let (s, c) = a.sin_cos();
        Rot {
            m: [[c, -s, 0.0], [s, c, 0.0], [0.0, 0.0, 1.0]],
        }
    }
    #[differentiate]
    pub fn f(x: &[f64]) -> f64 {
        let r = rot(x[0]);
        let t = [x[1], x[2], 0.5];
        let fr = Frame::new(&r, &t);
        let q = fr.apply(&[x[3], 1.0, x[0]]);
        let q = fr.apply(&q);
        q.iter().map(|v| v * v).sum()
    }
    #[differentiate]
    pub fn g(x: &[f64]) -> f64 {
        let mut p = [x[3], 1.0, x[0]];
        for k in 0..4 {
            let r = rot(x[0] * k as f64);
            let t = [x[1], p[0], 0.5];
            let fr = Frame::new(&r, &t);
            p = fr.apply(&p);
        }
        p.iter().sum()
    }
    #[test]
    fn t() {
        each!([0.5, 1.5, -0.7, 0.3]; f, value_and_grad_f, jvp_f; g, value_and_grad_g, jvp_g;);
    }
}

mod world {
    use grad_runtime::{Differentiable, differentiate};
    #[derive(Differentiable, Clone)]
    struct Spring {
        i: usize,
        j: usize,
        k: f64,
        l: f64,
    }
    #[derive(Differentiable)]
    struct World<'w> {
        springs: &'w [Spring],
        mass: &'w [f64],
        g: f64,
    }
    #[differentiate]
    impl World<'_> {
        fn force(&self, x: &[f64], f: &mut [f64]) {
            for (i, m) in self.mass.iter().enumerate() {
                f[i] = -m * self.g;
            }
            for s in self.springs {
                let d = x[s.j] - x[s.i];
                let e = s.k * (d - s.l);
                f[s.i] += e;
                f[s.j] -= e;
            }
        }
        fn energy(&self, x: &[f64]) -> f64 {
            self.springs
                .iter()
                .map(|s| {
                    let d = x[s.j] - x[s.i] - s.l;
                    0.5 * s.k * d * d
                })
                .sum()
        }
    }
    #[differentiate]
    fn step(w: &World<'_>, x: &mut [f64], v: &mut [f64], h: f64) {
        let mut f = vec![0.0; x.len()];
        w.force(x, &mut f);
        for i in 0..x.len() {
            v[i] += h * f[i] / w.mass[i];
            x[i] += h * v[i];
        }
    }
    #[differentiate]
    pub fn f(p: &[f64]) -> f64 {
        let springs = vec![
            Spring {
                i: 0,
                j: 1,
                k: p[0],
                l: p[1],
            },
            Spring {
                i: 1,
                j: 2,
                k: p[2],
                l: 1.0,
            },
        ];
        let mass = [1.0, p[3], 2.0];
        let w = World {
            springs: &springs,
            mass: &mass,
            g: p[0],
        };
        let (mut x, mut v) = ([0.0, 1.0, 2.5], [0.0; 3]);
        #[differentiate(checkpoint)]
        for _ in 0..6 {
            step(&w, &mut x, &mut v, 0.1);
        }
        w.energy(&x) + v[0]
    }
    #[test]
    fn t() {
        slice!(f, value_and_grad_f, jvp_f; [0.5, 1.5, 0.7, 1.3]);
    }
}

mod fields {
    use grad_runtime::{Differentiable, differentiate};
    #[differentiate]
    trait Field {
        fn at(&self, p: [f64; 2]) -> f64;
    }
    #[derive(Differentiable)]
    struct Sum<'a, A, B> {
        a: &'a A,
        b: &'a B,
    }
    #[derive(Differentiable, Clone)]
    struct Disk {
        c: [f64; 2],
        r: f64,
    }
    #[differentiate]
    impl Field for Disk {
        fn at(&self, p: [f64; 2]) -> f64 {
            ((p[0] - self.c[0]).powi(2) + (p[1] - self.c[1]).powi(2)).sqrt() - self.r
        }
    }
    #[differentiate]
    impl<'a, A: Field, B: Field> Field for Sum<'a, A, B> {
        fn at(&self, p: [f64; 2]) -> f64 {
            self.a.at(p) + self.b.at(p)
        }
    }
    #[differentiate]
    pub fn f(x: &[f64]) -> f64 {
        let a = Disk {
            c: [x[0], x[1]],
            r: x[2],
        };
        let b = Disk {
            c: [x[1], 0.3],
            r: 0.5,
        };
        let s = Sum { a: &a, b: &b };
        s.at([0.1, x[3]])
    }
    #[test]
    fn t() {
        slice!(f, value_and_grad_f, jvp_f; [0.5, 1.5, 0.7, 1.3]);
    }
}

mod optional_field {
    use grad_runtime::{Differentiable, differentiate};
    #[derive(Differentiable)]
    struct Ctx<'a> {
        w: &'a Vec<f64>,
        b: Option<&'a f64>,
    }
    #[differentiate]
    impl Ctx<'_> {
        fn eval(&self, x: f64) -> f64 {
            let mut s = 0.0;
            for w in self.w.iter() {
                s = s * x + w;
            }
            match self.b {
                Some(b) => s * b,
                None => s,
            }
        }
    }
    #[differentiate]
    pub fn f(x: &[f64]) -> f64 {
        let w = x.to_vec();
        let k = x[0] * 2.0;
        let c = Ctx { w: &w, b: Some(&k) };
        c.eval(x[0])
    }
    #[test]
    fn t() {
        slice!(f, value_and_grad_f, jvp_f; [0.5, 1.5, 0.7]);
    }
}

mod filters {
    use grad_runtime::{Differentiable, differentiate};
    #[derive(Differentiable)]
    struct Filter<'a> {
        taps: &'a [f64],
    }
    #[differentiate]
    impl<'a> Filter<'a> {
        fn out(&self, s: &[f64]) -> Vec<f64> {
            s.windows(self.taps.len())
                .map(|w| w.iter().zip(self.taps).map(|(a, b)| a * b).sum())
                .collect()
        }
        fn gain(&self) -> f64 {
            self.taps.iter().sum()
        }
    }
    #[differentiate]
    pub fn f(x: &[f64]) -> f64 {
        let fl = Filter { taps: &x[..2] };
        let y = fl.out(x);
        let z = Filter { taps: &y }.out(&y);
        let best = if fl.gain() > 1.0 {
            fl.gain()
        } else {
            Filter { taps: &y[1..] }.gain()
        };
        z.iter().map(|v| v * v).sum::<f64>() + best
    }
    #[test]
    fn t() {
        slice!(f, value_and_grad_f, jvp_f; [0.5, 1.5, 0.7, -0.2], [0.1, 0.3, 0.7, -0.2]);
    }
}

mod pendulum {
    use grad_runtime::{Differentiable, differentiate};
    #[derive(Differentiable)]
    struct Pendulum<'a> {
        l: &'a f64,
        damping: &'a f64,
    }
    #[differentiate]
    impl<'a> Pendulum<'a> {
        fn rhs(&self, s: [f64; 2]) -> [f64; 2] {
            [s[1], -9.81 / *self.l * s[0].sin() - self.damping * s[1]]
        }
        fn rk4(&self, s: [f64; 2], h: f64) -> [f64; 2] {
            let k1 = self.rhs(s);
            let k2 = self.rhs([s[0] + 0.5 * h * k1[0], s[1] + 0.5 * h * k1[1]]);
            let k3 = self.rhs([s[0] + 0.5 * h * k2[0], s[1] + 0.5 * h * k2[1]]);
            let k4 = self.rhs([s[0] + h * k3[0], s[1] + h * k3[1]]);
            [
                s[0] + h / 6.0 * (k1[0] + 2.0 * k2[0] + 2.0 * k3[0] + k4[0]),
                s[1] + h / 6.0 * (k1[1] + 2.0 * k2[1] + 2.0 * k3[1] + k4[1]),
            ]
        }
    }
    #[differentiate]
    pub fn f(x: &[f64]) -> f64 {
        let (l, d) = (x[0].exp(), x[1] * x[1]);
        let p = Pendulum { l: &l, damping: &d };
        let mut s = [x[2], 0.0];
        #[differentiate(checkpoint)]
        for _ in 0..12 {
            s = p.rk4(s, 0.05);
        }
        s[0] * s[1]
    }
    #[differentiate]
    pub fn g(x: &[f64]) -> f64 {
        let p = Pendulum {
            l: &x[0],
            damping: &x[1],
        };
        let mut s = [x[2], 0.0];
        while s[0] > 0.2 {
            s = p.rk4(s, 0.05);
        }
        s[0] * s[1]
    }
    #[test]
    fn t() {
        each!([0.5, 0.4, 0.7]; f, value_and_grad_f, jvp_f; g, value_and_grad_g, jvp_g;);
    }
}
