//! Structs that hold references, made in a function and handed on; options of references; mutable
//! references whose target a branch chooses.

mod block_local {
    use grad_runtime::{Differentiable, differentiate};
    #[derive(Differentiable)]
    struct Block<'a> {
        w: &'a [f64],
        n: usize,
    }
    #[differentiate]
    impl<'a> Block<'a> {
        fn apply(&self, x: f64) -> f64 {
            let mut s = 0.0;
            for i in 0..self.n {
                s = s * x + self.w[i];
            }
            s
        }
    }
    #[differentiate]
    pub fn f(x: &[f64]) -> f64 {
        let w = [x[0], x[1] * x[2], x[2].sin()];
        let block = Block { w: &w, n: 3 };
        block.apply(x[0]) * block.apply(x[1])
    }
    #[test]
    fn t() {
        slice!(f, value_and_grad_f, jvp_f; [0.5, 1.5, -0.7]);
    }
}

mod view_block {
    use grad_runtime::{Differentiable, differentiate};
    #[derive(Differentiable, Clone, Copy)]
    struct View<'a> {
        data: &'a [f64],
        rows: usize,
        cols: usize,
    }
    #[differentiate]
    impl<'a> View<'a> {
        fn at(&self, i: usize, j: usize) -> f64 {
            self.data[i * self.cols + j]
        }
    }
    #[differentiate]
    fn trace(v: &View<'_>) -> f64 {
        let mut s = 0.0;
        for i in 0..v.rows {
            s += v.at(i, i) * v.data[i];
        }
        s
    }
    #[differentiate]
    pub fn f(x: &[f64]) -> f64 {
        let v = View {
            data: &x[..4],
            rows: 2,
            cols: 2,
        };
        trace(&v) * v.at(0, 1)
            + trace(&View {
                data: &x[2..],
                rows: 2,
                cols: 2,
            })
    }
    #[test]
    fn t() {
        slice!(f, value_and_grad_f, jvp_f; [0.5, 1.5, -0.7, 0.3, 1.1, 2.0]);
    }
}

mod trait_view {
    use grad_runtime::{Differentiable, differentiate};
    #[differentiate]
    trait Field {
        fn eval(&self, x: f64) -> f64;
        fn twice(&self, x: f64) -> f64 {
            self.eval(x) + self.eval(x * x)
        }
    }
    #[derive(Differentiable, Clone, Copy)]
    struct Grid<'a> {
        data: &'a [f64],
        h: f64,
    }
    #[differentiate]
    impl Field for Grid<'_> {
        fn eval(&self, x: f64) -> f64 {
            let i = ((x / self.h) as usize).min(self.data.len() - 2);
            let t = x / self.h - i as f64;
            self.data[i] * (1.0 - t) + self.data[i + 1] * t
        }
    }
    #[differentiate]
    impl<'a> Grid<'a> {
        fn at2(&self, x: f64) -> f64 {
            self.eval(x) * self.eval(x + 0.1)
        }
    }
    #[differentiate]
    fn through<F: Field>(f: &F, x: f64) -> f64 {
        f.eval(x) * f.twice(x)
    }
    #[differentiate]
    fn direct(g: &Grid<'_>, x: f64) -> f64 {
        g.eval(x) * g.at2(0.5 * x)
    }
    #[differentiate]
    fn g(x: &[f64]) -> f64 {
        let y: Vec<f64> = x.iter().map(|v| v * v).collect();
        let g = Grid { data: &y, h: 0.5 };
        let h = Grid { data: x, h: 0.4 };
        direct(&g, x[0]) + h.eval(0.3) + h.at2(0.35)
    }
    #[test]
    fn t() {
        slice!(g, value_and_grad_g, jvp_g; [0.33, 1.5, -0.7, 0.9]);
    }
}

mod two_lifetimes {
    use grad_runtime::{Differentiable, differentiate};
    #[derive(Differentiable, Clone, Copy)]
    struct View<'a> {
        data: &'a [f64],
    }
    #[differentiate]
    impl<'a> View<'a> {
        fn dot<'b>(&self, o: &View<'b>) -> f64 {
            self.data.iter().zip(o.data).map(|(a, b)| a * b).sum()
        }
        fn dist(&self, o: &View<'_>) -> f64 {
            self.data
                .iter()
                .zip(o.data)
                .map(|(a, b)| (a - b) * (a - b))
                .sum::<f64>()
                .sqrt()
        }
    }
    #[differentiate]
    pub fn f(x: &[f64]) -> f64 {
        let y: Vec<f64> = x.iter().map(|v| v * v).collect();
        let a = View { data: x };
        let b = View { data: &y };
        a.dot(&b) + b.dist(&a)
    }
    #[test]
    fn t() {
        slice!(f, value_and_grad_f, jvp_f; [0.5, 1.5, -0.7, 0.3, 1.1, 2.0]);
    }
}

mod ref_struct {
    use grad_runtime::{Differentiable, differentiate};
    #[derive(Differentiable, Clone)]
    struct Params {
        k: f64,
        c: f64,
    }
    #[derive(Differentiable, Clone)]
    struct Sim<'a> {
        p: &'a Params,
        dt: f64,
    }
    #[differentiate]
    impl Sim<'_> {
        fn acc(&self, x: f64, v: f64) -> f64 {
            -self.p.k * x - self.p.c * v
        }
        fn step(&self, s: (f64, f64)) -> (f64, f64) {
            let a = self.acc(s.0, s.1);
            (s.0 + self.dt * s.1, s.1 + self.dt * a)
        }
    }
    #[differentiate]
    pub fn f(x: &[f64]) -> f64 {
        let p = Params {
            k: x[0] * x[0],
            c: x[1],
        };
        let sim = Sim { p: &p, dt: 0.1 };
        let mut s = (x[2], x[3]);
        for _ in 0..10 {
            s = sim.step(s);
        }
        s.0 * s.0 + s.1
    }
    #[differentiate]
    pub fn g(x: &[f64]) -> f64 {
        let p = Params {
            k: x[0] * x[0],
            c: x[1],
        };
        let sim = Sim { p: &p, dt: 0.1 };
        let mut s = (x[2], x[3]);
        #[differentiate(checkpoint)]
        for _ in 0..10 {
            s = sim.step(s);
        }
        s.0 * s.0 + s.1
    }
    #[differentiate]
    pub fn h(x: &[f64]) -> f64 {
        let mut s = (x[2], x[3]);
        let mut k = x[0];
        for _ in 0..10 {
            let p = Params {
                k: k * x[0],
                c: x[1],
            };
            let sim = Sim { p: &p, dt: 0.1 };
            s = sim.step(s);
            k += 0.1 * s.0;
        }
        s.0 * s.0 + s.1
    }
    #[test]
    fn t() {
        each!([0.5, 1.5, -0.7, 0.3]; f, value_and_grad_f, jvp_f; g, value_and_grad_g, jvp_g; h, value_and_grad_h, jvp_h;);
    }
}

mod opt_ref {
    use grad_runtime::differentiate;
    #[differentiate]
    fn bias(x: f64, b: Option<&f64>) -> f64 {
        match b {
            Some(b) => x + b,
            None => x,
        }
    }
    #[differentiate]
    fn wsum(x: &[f64], w: Option<&[f64]>) -> f64 {
        match w {
            Some(w) => x.iter().zip(w).map(|(a, b)| a * b).sum(),
            None => x.iter().sum(),
        }
    }
    #[differentiate]
    fn wsum2(x: &[f64], w: Option<&Vec<f64>>) -> f64 {
        let mut s = 0.0;
        for i in 0..x.len() {
            s += x[i] * w.map_or(1.0, |w| w[i]);
        }
        s
    }
    #[differentiate]
    pub fn f(x: &[f64]) -> f64 {
        let w = x[1..].to_vec();
        bias(x[0], Some(&x[1])) * bias(x[1], None)
            + wsum(&x[..3], Some(&x[1..])) * wsum(x, None)
            + wsum2(&x[..2], Some(&w)) * wsum2(x, None)
    }
    #[test]
    fn t() {
        slice!(f, value_and_grad_f, jvp_f; [0.5, 1.5, -0.7, 0.3]);
    }
}

mod branch_ref {
    use grad_runtime::differentiate;
    #[differentiate]
    pub fn f(x: f64, y: f64) -> f64 {
        let mut a = x * y;
        let mut b = y.sin();
        let r = if x > y { &mut a } else { &mut b };
        *r += x * x;
        *r *= 2.0;
        a * b
    }
    #[differentiate]
    pub fn g(x: f64, y: f64) -> f64 {
        let a = [x, y * x];
        let b = [y, x.cos()];
        let r = if x > y { &a } else { &b };
        r[0] * r[1] + a[0]
    }
    #[differentiate]
    pub fn h(x: f64, y: f64) -> f64 {
        let mut a = vec![x, y * x];
        let mut b = vec![y, x.cos(), 1.0];
        for k in 0..3 {
            let r = match k {
                0 => &mut a,
                1 => &mut b,
                _ => &mut a,
            };
            r[0] *= y;
            r.push(x * k as f64);
        }
        a.iter().sum::<f64>() * b.iter().product::<f64>()
    }
    #[differentiate]
    pub fn l(x: f64, y: f64) -> f64 {
        let (a, b) = (x * y, y.exp());
        let r = if x > y { &a } else { &b };
        let m = if a > b { a } else { *r };
        *r * m
    }
    #[differentiate]
    pub fn m(x: f64, y: f64) -> f64 {
        let mut lo = [x, y];
        let mut hi = [y, x * x];
        let (p, q) = if x < y {
            (&mut lo, &mut hi)
        } else {
            (&mut hi, &mut lo)
        };
        p[0] += q[1];
        std::mem::swap(&mut p[1], &mut q[0]);
        lo[0] * lo[1] + hi[0] / hi[1]
    }
    #[test]
    fn t() {
        numbers!(f, value_and_grad_f, jvp_f, 2; [0.5, 1.5], [1.5, 0.5]);
        numbers!(g, value_and_grad_g, jvp_g, 2; [0.5, 1.5], [1.5, 0.5]);
        numbers!(h, value_and_grad_h, jvp_h, 2; [0.5, 1.5], [1.5, 0.5]);
        numbers!(l, value_and_grad_l, jvp_l, 2; [0.5, 1.5], [1.5, 0.5]);
        numbers!(m, value_and_grad_m, jvp_m, 2; [0.5, 1.5], [1.5, 0.5]);
    }
}

mod view_method {
    use grad_runtime::{Differentiable, differentiate};
    #[derive(Differentiable, Clone, Copy)]
    struct View<'a> {
        data: &'a [f64],
        rows: usize,
        cols: usize,
    }
    #[differentiate]
    impl<'a> View<'a> {
        fn new(data: &'a [f64], rows: usize, cols: usize) -> Self {
            View { data, rows, cols }
        }
        fn at(&self, i: usize, j: usize) -> f64 {
            self.data[i * self.cols + j]
        }
        fn row(&self, i: usize) -> &'a [f64] {
            &self.data[i * self.cols..(i + 1) * self.cols]
        }
    }
    #[derive(Differentiable, Clone)]
    struct Mat {
        data: Vec<f64>,
        rows: usize,
        cols: usize,
    }
    #[differentiate]
    impl Mat {
        fn view(&self) -> View<'_> {
            View {
                data: &self.data,
                rows: self.rows,
                cols: self.cols,
            }
        }
    }
    #[differentiate]
    fn prod(a: View<'_>, b: View<'_>) -> f64 {
        let mut s = 0.0;
        for i in 0..a.rows {
            for j in 0..b.cols {
                for k in 0..a.cols {
                    s += a.at(i, k) * b.at(k, j);
                }
            }
        }
        s
    }
    #[differentiate]
    pub fn f(x: &[f64]) -> f64 {
        let m = Mat {
            data: x.to_vec(),
            rows: 2,
            cols: 3,
        };
        let v = m.view();
        let w = View::new(x, 3, 2);
        prod(v, w) + v.row(1)[0] * w.at(1, 1)
    }
    #[test]
    fn t() {
        slice!(f, value_and_grad_f, jvp_f; [0.5, 1.5, -0.7, 0.3, 1.1, 2.0]);
    }
}

mod views_in_loops {
    use grad_runtime::{Differentiable, differentiate};
    #[derive(Differentiable, Clone, Copy, Debug)]
    pub struct MatRef<'a> {
        data: &'a [f64],
        rows: usize,
        cols: usize,
    }
    #[differentiate]
    impl<'a> MatRef<'a> {
        pub fn new(data: &'a [f64], rows: usize, cols: usize) -> Self {
            assert_eq!(data.len(), rows * cols);
            MatRef { data, rows, cols }
        }
        pub fn row(&self, i: usize) -> &'a [f64] {
            &self.data[i * self.cols..(i + 1) * self.cols]
        }
        pub fn at(&self, i: usize, j: usize) -> f64 {
            self.data[i * self.cols + j]
        }
        pub fn sum(self) -> f64 {
            self.data.iter().sum()
        }
        pub fn top(&self, n: usize) -> MatRef<'a> {
            MatRef {
                data: &self.data[..n * self.cols],
                rows: n,
                cols: self.cols,
            }
        }
        pub fn matvec(&self, x: &[f64]) -> Vec<f64> {
            (0..self.rows)
                .map(|i| self.row(i).iter().zip(x).map(|(a, b)| a * b).sum())
                .collect()
        }
    }
    #[differentiate]
    fn frob(m: MatRef<'_>) -> f64 {
        m.data.iter().map(|v| v * v).sum::<f64>().sqrt()
    }
    #[differentiate]
    pub fn f(x: &[f64]) -> f64 {
        let mut s = 0.0;
        for k in 0..3 {
            let m = MatRef::new(&x[k..k + 4], 2, 2);
            let v = m.matvec(&x[1..3]);
            s = s * 0.5 + v[0] * m.at(1, 1) + v[1].sin() + frob(m);
        }
        s
    }
    #[differentiate]
    pub fn g(x: &[f64]) -> f64 {
        let mut w = x.to_vec();
        let mut s = 1.0;
        for k in 0..3 {
            let m = MatRef {
                data: &w,
                rows: 2,
                cols: 3,
            };
            let t = m.top(1);
            s *= 0.3 + t.at(0, k) + m.sum();
            w[k] = s * 0.1;
            w[5] += x[k] * x[k];
        }
        s + w[0]
    }
    #[differentiate]
    pub fn h(x: &[f64]) -> f64 {
        let mut w = x.to_vec();
        let mut s = 1.0;
        #[differentiate(checkpoint)]
        for k in 0..3 {
            let m = MatRef {
                data: &w,
                rows: 2,
                cols: 3,
            };
            s *= 0.3 + m.at(0, k) + m.sum();
            w[k] = s * 0.1;
        }
        s + w[0]
    }
    #[test]
    fn t() {
        each!([0.5, 1.5, -0.7, 0.3, 0.9, -0.2]; f, value_and_grad_f, jvp_f; g, value_and_grad_g, jvp_g; h, value_and_grad_h, jvp_h;);
    }
}

mod tuple_struct_ref {
    use grad_runtime::{Differentiable, differentiate};
    #[derive(Differentiable, Clone, Copy)]
    struct Poly<'a>(&'a [f64]);
    #[differentiate]
    impl Poly<'_> {
        fn eval(self, x: f64) -> f64 {
            self.0.iter().rev().fold(0.0, |a, c| a * x + c)
        }
    }
    #[derive(Differentiable, Clone, Copy)]
    enum Kernel<'a> {
        Poly(&'a [f64]),
        Scaled { by: f64, of: &'a [f64] },
        Zero,
    }
    #[differentiate]
    fn apply(k: Kernel<'_>, x: f64) -> f64 {
        match k {
            Kernel::Poly(c) => Poly(c).eval(x),
            Kernel::Scaled { by, of } => by * Poly(of).eval(x),
            Kernel::Zero => 0.0,
        }
    }
    #[differentiate]
    pub fn f(x: &[f64]) -> f64 {
        let c = [x[0], x[1] * x[2], x[2]];
        apply(Kernel::Poly(&c), x[0])
            + apply(Kernel::Scaled { by: x[1], of: x }, x[2]) * Poly(&x[1..]).eval(0.3)
            + apply(Kernel::Zero, 1.0)
    }
    #[test]
    fn t() {
        slice!(f, value_and_grad_f, jvp_f; [0.5, 1.5, -0.7]);
    }
}

mod generic_view {
    use grad_runtime::{Differentiable, differentiate};
    #[derive(Differentiable, Clone, Copy)]
    struct View<'a, T> {
        data: &'a [T],
        cols: usize,
    }
    #[differentiate]
    impl<'a> View<'a, f64> {
        fn at(&self, i: usize, j: usize) -> f64 {
            self.data[i * self.cols + j]
        }
    }
    #[derive(Differentiable, Clone, Copy)]
    struct Fixed<'a, const N: usize> {
        data: &'a [f64; N],
    }
    #[differentiate]
    impl<const N: usize> Fixed<'_, N> {
        fn norm(&self) -> f64 {
            self.data.iter().map(|v| v * v).sum()
        }
    }
    #[differentiate]
    pub fn f(x: &[f64]) -> f64 {
        let v = View {
            data: &x[1..],
            cols: 1,
        };
        let y = [x[0], x[1] * x[1], 2.0];
        let n = Fixed { data: &y };
        v.at(0, 0) * v.at(1, 0) + n.norm()
    }
    #[test]
    fn t() {
        slice!(f, value_and_grad_f, jvp_f; [0.5, 1.5, -0.7]);
    }
}

mod number_changed {
    use grad_runtime::differentiate;
    #[differentiate]
    trait Bump {
        fn bump(&mut self, k: f64);
        fn twice(&self) -> f64;
    }
    #[differentiate]
    impl Bump for f64 {
        fn bump(&mut self, k: f64) {
            *self += k * *self;
        }
        fn twice(&self) -> f64 {
            2.0 * *self
        }
    }
    #[differentiate]
    pub fn f(x: f64, y: f64) -> f64 {
        let mut a = x;
        a.bump(y);
        a.bump(x * y);
        a.twice() * y
    }
    #[test]
    fn t() {
        numbers!(f, value_and_grad_f, jvp_f, 2; [0.5, 1.5]);
    }
}

mod chosen_in_loops {
    use grad_runtime::differentiate;
    #[differentiate]
    pub fn f(x: &[f64]) -> f64 {
        let mut pos = x[..2].to_vec();
        let mut vel = x[2..].to_vec();
        let mut count = 0.0;
        for k in 0..4 {
            let (src, dst) = if k % 2 == 0 {
                (&vel, &mut pos)
            } else {
                (&pos, &mut vel)
            };
            for i in 0..2 {
                dst[i] += 0.1 * src[i] * (1.0 + k as f64);
            }
            count += dst[0];
        }
        pos[0] * vel[1] + count
    }
    #[differentiate]
    pub fn g(x: &[f64]) -> f64 {
        let (mut lo, mut hi) = (x[0], x[1]);
        for _ in 0..5 {
            let mid = 0.5 * (lo + hi);
            let end = if mid * mid > x[2].abs() {
                &mut hi
            } else {
                &mut lo
            };
            *end = mid * (1.0 + 0.01 * x[3]);
        }
        lo + hi
    }
    #[differentiate]
    pub fn h(x: &[f64]) -> f64 {
        let mut bins = [0.0; 3];
        let mut over = x[0];
        for v in x {
            let b = match (*v * 2.0).floor() as i64 {
                0 => &mut bins[0],
                1 => &mut bins[1],
                n if n > 1 => &mut bins[2],
                _ => &mut over,
            };
            *b += v * v;
        }
        bins[0] * bins[1] + over * bins[2]
    }
    #[test]
    fn t() {
        each!([0.2, 1.5, -0.7, 0.8]; f, value_and_grad_f, jvp_f; g, value_and_grad_g, jvp_g; h, value_and_grad_h, jvp_h;);
    }
}

mod skip_constant {
    use grad_runtime::{Differentiable, constant, differentiate};
    #[derive(Differentiable, Clone)]
    struct P {
        a: f64,
        #[differentiate(skip)]
        b: f64,
        #[differentiate(skip)]
        t: Vec<f64>,
        #[differentiate(skip)]
        n: usize,
    }
    #[differentiate]
    impl P {
        fn val(&self, x: f64) -> f64 {
            let b = constant(self.b);
            let t = constant(&self.t);
            let mut v = x;
            v += b * v;
            for k in 0..self.n {
                v += t[k] * x;
            }
            v * self.a * b + b.sin() - constant(self.b) + t[1] * x
        }
    }
    #[differentiate]
    pub fn f(x: f64, y: f64) -> f64 {
        let p = P {
            a: x * y,
            b: 2.0,
            t: vec![1.0, 2.0],
            n: 2,
        };
        p.val(x)
    }
    #[test]
    fn t() {
        numbers!(f, value_and_grad_f, jvp_f, 2; [0.5, 1.5]);
    }
}

mod list_deref {
    use grad_runtime::{Differentiable, differentiate};
    #[derive(Differentiable, Clone)]
    pub struct Node {
        v: f64,
        next: Option<Box<Node>>,
    }
    #[derive(Differentiable, Clone)]
    pub struct Tree {
        v: f64,
        left: Option<Box<Tree>>,
        right: Option<Box<Tree>>,
    }
    #[differentiate]
    fn build(x: &[f64]) -> Option<Box<Node>> {
        let mut head = None;
        for v in x.iter().rev() {
            head = Some(Box::new(Node {
                v: *v * *v,
                next: head,
            }));
        }
        head
    }
    #[differentiate]
    fn total(head: &Option<Box<Node>>) -> f64 {
        match head {
            Some(n) => n.v + 0.5 * total(&n.next),
            None => 0.0,
        }
    }
    #[differentiate]
    fn total2(head: Option<&Node>) -> f64 {
        match head {
            Some(n) => n.v + 0.5 * total2(n.next.as_deref()),
            None => 0.0,
        }
    }
    #[differentiate]
    fn depth(t: &Tree) -> f64 {
        t.v + t.left.as_deref().map_or(0.0, |l| 0.5 * depth(l))
            + t.right.as_ref().map_or(0.0, |r| depth(r) * t.v)
    }
    #[differentiate]
    pub fn f(x: &[f64]) -> f64 {
        let l = build(x);
        total(&l)
    }
    #[differentiate]
    pub fn f2(x: &[f64]) -> f64 {
        let l = build(x);
        total2(l.as_deref())
    }
    #[differentiate]
    pub fn h(x: &[f64]) -> f64 {
        let t = Tree {
            v: x[0],
            left: Some(Box::new(Tree {
                v: x[1],
                left: None,
                right: None,
            })),
            right: Some(Box::new(Tree {
                v: x[2] * x[0],
                left: None,
                right: Some(Box::new(Tree {
                    v: x[1],
                    left: None,
                    right: None,
                })),
            })),
        };
        depth(&t)
    }
    #[test]
    fn t() {
        each!([0.5, 1.5, -0.7]; f, value_and_grad_f, jvp_f; f2, value_and_grad_f2, jvp_f2; h, value_and_grad_h, jvp_h;);
    }
}
