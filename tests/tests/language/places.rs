//! Ways where it is easy to be wrong: two that lead to one place, references that return early or depend on
//! a branch, generic containers, conversions.

mod adv_alias {
    use grad_runtime::{Differentiable, differentiate};
    #[derive(Differentiable, Clone)]
    pub struct Ring {
        data: Vec<f64>,
        n: usize,
    }
    #[differentiate]
    impl std::ops::Index<usize> for Ring {
        type Output = f64;
        fn index(&self, i: usize) -> &f64 {
            &self.data[i % self.n]
        }
    }
    #[differentiate]
    impl std::ops::IndexMut<usize> for Ring {
        fn index_mut(&mut self, i: usize) -> &mut f64 {
            let n = self.n;
            &mut self.data[i % n]
        }
    }
    #[differentiate]
    pub fn smooth(r: &mut Ring, k: f64) -> f64 {
        let mut s = 0.0;
        for i in 0..9 {
            let old = r[i];
            r[i + 1] += old * k;
            r[i] *= r[i + 4];
            s += r.data[0] * r[i + 8] - r[3];
            if i == 4 {
                r.data[2] = r[i].sin();
            }
        }
        s
    }
    #[differentiate]
    pub fn f(x: &[f64]) -> f64 {
        let mut r = Ring {
            data: x[..4].to_vec(),
            n: 4,
        };
        let s = smooth(&mut r, x[4]);
        for i in 0..8 {
            r[i] = r[i + 1] * x[i % 6] + r[i];
        }
        let mut total = 0.0;
        for i in 0..12 {
            total += r[i] * r[i] * x[5];
        }
        total + s
    }
}

mod adv_rows {
    use grad_runtime::{Differentiable, differentiate};
    #[derive(Differentiable, Clone)]
    pub struct M {
        d: Vec<f64>,
        c: usize,
        scale: f64,
    }
    #[differentiate]
    impl M {
        pub fn row_mut(&mut self, i: usize) -> &mut [f64] {
            let c = self.c;
            &mut self.d[i * c..(i + 1) * c]
        }
        pub fn row(&self, i: usize) -> &[f64] {
            let k = self.c;
            if i > 5 {
                return &self.d[..0];
            }
            &self.d[i * k..(i + 1) * k]
        }
        pub fn slot(&mut self, which: usize) -> &mut f64 {
            match which {
                0 => &mut self.scale,
                k if k < 3 => &mut self.d[k],
                _ => {
                    let n = self.d.len();
                    &mut self.d[n - 1]
                }
            }
        }
        pub fn eliminate(&mut self) {
            for p in 0..2 {
                let f = self.row(1)[p] / self.row(0)[p];
                for j in 0..self.c {
                    let v = self.row(0)[j];
                    self.row_mut(1)[j] -= f * v;
                }
                self.c = self.c + 0;
                *self.slot(p) += f * self.scale;
            }
        }
        pub fn swap_rows(&mut self) {
            for j in 0..self.c {
                let a = self.row(0)[j];
                let b = self.row(1)[j];
                self.row_mut(0)[j] = b;
                self.row_mut(1)[j] = a;
            }
        }
        pub fn fill_row(&mut self, i: usize, v: f64) {
            self.row_mut(i).fill(v);
            let r = self.row_mut(i);
            r[0] = v * v;
            r.swap(0, 1);
            for e in r.iter_mut() {
                *e += v;
            }
        }
    }
    #[differentiate]
    pub fn f(x: &[f64]) -> f64 {
        let mut m = M {
            d: x.to_vec(),
            c: 3,
            scale: x[2],
        };
        m.eliminate();
        m.swap_rows();
        let a = m.row(0)[1];
        m.fill_row(0, a * x[0]);
        *m.slot(9) *= x[3];
        let t: f64 = m.row(0).iter().zip(m.row(1)).map(|(p, q)| p * q).sum();
        m.c = 2;
        t + m.row(1)[1] * m.scale + m.row(2)[0]
    }
}

mod adv_early {
    use grad_runtime::{Differentiable, differentiate};
    #[differentiate]
    pub fn find(x: &[f64], limit: f64) -> &f64 {
        for i in 0..x.len() {
            if x[i] > limit {
                return &x[i];
            }
        }
        &x[x.len() - 1]
    }
    #[differentiate]
    pub fn bounds<'a>(a: &'a [f64], b: &'a [f64], k: usize) -> &'a [f64] {
        if k == 0 {
            return a;
        }
        if k == 1 { &b[1..] } else { &a[..2] }
    }
    #[derive(Differentiable, Clone)]
    pub struct Tree {
        v: f64,
        kids: Vec<Tree>,
    }
    #[differentiate]
    impl Tree {
        pub fn at(&self, path: &[usize]) -> &Tree {
            if path.is_empty() {
                return self;
            }
            &self.kids[path[0]]
        }
        pub fn value_mut(&mut self, k: usize) -> &mut f64 {
            &mut self.kids[k].v
        }
        pub fn deep(&self, a: usize, b: usize) -> &f64 {
            &self.at(&[a]).at(&[b]).v
        }
    }
    #[differentiate]
    pub fn f(x: &[f64]) -> f64 {
        let mut t = Tree {
            v: x[0],
            kids: vec![
                Tree {
                    v: x[1],
                    kids: vec![Tree {
                        v: x[2] * x[3],
                        kids: vec![],
                    }],
                },
                Tree {
                    v: x[4],
                    kids: vec![],
                },
            ],
        };
        *t.value_mut(1) *= x[5];
        let mut s = *find(x, 0.6) * t.at(&[1]).v;
        for k in 0..3 {
            let b = bounds(&x[..3], &x[3..], k);
            for j in 0..b.len() {
                s += b[j] * b[0];
            }
        }
        s + *t.deep(0, 0) * t.v
    }
}

mod adv_from {
    use grad_runtime::{Differentiable, differentiate};
    #[derive(Differentiable, Clone)]
    pub struct Series {
        c: Vec<f64>,
    }
    #[differentiate]
    impl From<&[f64]> for Series {
        fn from(c: &[f64]) -> Self {
            Series {
                c: c.iter().map(|v| v * 2.0).collect(),
            }
        }
    }
    #[differentiate]
    impl From<Vec<f64>> for Series {
        fn from(c: Vec<f64>) -> Self {
            Series { c }
        }
    }
    #[differentiate]
    impl From<Series> for Vec<f64> {
        fn from(s: Series) -> Vec<f64> {
            s.c
        }
    }
    #[differentiate]
    impl From<f64> for Series {
        fn from(v: f64) -> Self {
            Series { c: vec![v, v * v] }
        }
    }
    #[differentiate]
    impl From<usize> for Series {
        fn from(n: usize) -> Self {
            Series { c: vec![1.0; n] }
        }
    }
    #[differentiate]
    pub fn f(x: &[f64]) -> f64 {
        let a = Series::from(&x[..2]);
        let b: Series = x[2].into();
        let c = Series::from(vec![x[0] * x[3], 1.0]);
        let d = Series::from(2usize);
        a.c[0] * b.c[1] + c.c[0] * a.c[1] + d.c[0] * f64::from(3u8) * x[1]
    }
}

mod adv_generic {
    use grad_runtime::{Differentiable, differentiate};
    #[derive(Differentiable, Clone)]
    pub struct Grid<T> {
        cells: Vec<T>,
        w: usize,
    }
    #[differentiate]
    impl<T> std::ops::Index<(usize, usize)> for Grid<T> {
        type Output = T;
        fn index(&self, (x, y): (usize, usize)) -> &T {
            &self.cells[y * self.w + x]
        }
    }
    #[differentiate]
    impl<T> std::ops::IndexMut<(usize, usize)> for Grid<T> {
        fn index_mut(&mut self, (x, y): (usize, usize)) -> &mut T {
            let w = self.w;
            &mut self.cells[y * w + x]
        }
    }
    #[differentiate]
    impl<T> Grid<T> {
        pub fn get(&self, k: usize) -> &T {
            &self.cells[k]
        }
        pub fn cells_mut(&mut self) -> &mut Vec<T> {
            &mut self.cells
        }
    }
    pub trait Real: Copy + std::ops::Mul<Output = Self> + std::ops::Add<Output = Self> {
        fn zero() -> Self;
    }
    impl Real for f64 {
        fn zero() -> f64 {
            0.0
        }
    }
    #[derive(Differentiable, Clone)]
    pub struct Mat<T> {
        d: Vec<T>,
        n: usize,
    }
    #[differentiate]
    impl<T: Real> std::ops::Index<[usize; 2]> for Mat<T> {
        type Output = T;
        fn index(&self, i: [usize; 2]) -> &T {
            &self.d[i[0] * self.n + i[1]]
        }
    }
    #[differentiate]
    pub fn trace<T: Real>(m: &Mat<T>) -> T {
        let mut s = T::zero();
        for i in 0..2 {
            s = s + m[[i, i]] * m[[0, i]];
        }
        s
    }
    #[differentiate]
    pub fn f(x: &[f64]) -> f64 {
        let mut g = Grid {
            cells: x.to_vec(),
            w: 2,
        };
        g[(1, 0)] = g[(0, 1)] * g[(1, 1)];
        g.cells_mut().push(x[0] * x[1]);
        g[(0, 2)] += *g.get(1);
        let m = Mat {
            d: vec![x[0], x[1], x[2], x[3]],
            n: 2,
        };
        g[(0, 2)] * g[(1, 0)] + *g.get(4) + trace(&m)
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
        adv_alias::f, adv_alias::value_and_grad_f, adv_alias::jvp_f; [0.3, -1.2, 0.7, 0.4, 0.5, 0.9];
        adv_rows::f, adv_rows::value_and_grad_f, adv_rows::jvp_f; [1.3, -1.2, 0.7, 0.4, 0.5, 0.9];
        adv_early::f, adv_early::value_and_grad_f, adv_early::jvp_f; [0.3, -1.2, 0.7, 0.4, 0.5, 0.9];
        adv_from::f, adv_from::value_and_grad_f, adv_from::jvp_f; [0.3, -1.2, 0.7, 0.4];
        adv_generic::f, adv_generic::value_and_grad_f, adv_generic::jvp_f; [0.3, -1.2, 0.7, 0.4];
    }
}
