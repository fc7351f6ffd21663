//! Functions that return references, `Index` and `IndexMut` on types of the user's: places reached through
//! them, read and written.

mod matrix_index {
    use grad_runtime::{Differentiable, differentiate};
    #[derive(Differentiable, Clone)]
    pub struct Matrix {
        data: Vec<f64>,
        rows: usize,
        cols: usize,
    }
    #[differentiate]
    impl Matrix {
        pub fn zeros(rows: usize, cols: usize) -> Self {
            Matrix {
                data: vec![0.0; rows * cols],
                rows,
                cols,
            }
        }
    }
    #[differentiate]
    impl std::ops::Index<(usize, usize)> for Matrix {
        type Output = f64;
        fn index(&self, (i, j): (usize, usize)) -> &f64 {
            assert!(i < self.rows);
            &self.data[i * self.cols + j]
        }
    }
    #[differentiate]
    impl std::ops::IndexMut<(usize, usize)> for Matrix {
        fn index_mut(&mut self, (i, j): (usize, usize)) -> &mut f64 {
            &mut self.data[i * self.cols + j]
        }
    }
    #[differentiate]
    pub fn matmul(a: &Matrix, b: &Matrix) -> Matrix {
        let mut c = Matrix::zeros(a.rows, b.cols);
        for i in 0..a.rows {
            for j in 0..b.cols {
                for k in 0..a.cols {
                    c[(i, j)] += a[(i, k)] * b[(k, j)];
                }
            }
        }
        c
    }
    #[differentiate]
    pub fn f(x: &[f64]) -> f64 {
        let a = Matrix {
            data: x.to_vec(),
            rows: 2,
            cols: 3,
        };
        let mut t = Matrix::zeros(3, 2);
        for i in 0..2 {
            for j in 0..3 {
                t[(j, i)] = a[(i, j)] * a[(i, j)];
            }
        }
        let c = matmul(&a, &t);
        c[(0, 1)] * c[(1, 0)] + c[(0, 0)].sin() - c[(1, 1)]
    }
}

mod row_slices {
    use grad_runtime::{Differentiable, differentiate};
    #[derive(Differentiable, Clone)]
    pub struct Matrix {
        data: Vec<f64>,
        rows: usize,
        cols: usize,
    }
    #[differentiate]
    impl Matrix {
        pub fn row(&self, i: usize) -> &[f64] {
            &self.data[i * self.cols..(i + 1) * self.cols]
        }
        pub fn row_mut(&mut self, i: usize) -> &mut [f64] {
            let n = self.cols;
            &mut self.data[i * n..(i + 1) * n]
        }
        pub fn at(&self, i: usize, j: usize) -> &f64 {
            &self.data[i * self.cols + j]
        }
        pub fn at_mut(&mut self, i: usize, j: usize) -> &mut f64 {
            &mut self.data[i * self.cols + j]
        }
        pub fn norm(&self) -> f64 {
            let mut s = 0.0;
            for i in 0..self.rows {
                s += dot(self.row(i), self.row(i));
            }
            s.sqrt()
        }
        pub fn scale_row(&mut self, i: usize, k: f64) {
            for v in self.row_mut(i) {
                *v *= k;
            }
        }
    }
    #[differentiate]
    pub fn dot(a: &[f64], b: &[f64]) -> f64 {
        a.iter().zip(b).map(|(x, y)| x * y).sum()
    }
    #[differentiate]
    pub fn f(x: &[f64]) -> f64 {
        let mut m = Matrix {
            data: x.to_vec(),
            rows: 2,
            cols: 3,
        };
        m.scale_row(1, x[0]);
        m.row_mut(0)[2] = x[1] * x[5];
        *m.at_mut(1, 1) += x[2].sin();
        let r = m.row(1);
        let mut s = 0.0;
        for j in 0..3 {
            s += r[j] * m.row(0)[j];
        }
        s + m.norm() * *m.at(1, 2) + dot(m.row(0), m.row(1))
    }
}

mod largest {
    use grad_runtime::differentiate;
    #[differentiate]
    pub fn largest<'a>(a: &'a [f64], b: &'a [f64]) -> &'a [f64] {
        if a.iter().sum::<f64>() > b.iter().sum::<f64>() {
            a
        } else {
            b
        }
    }
    #[differentiate]
    pub fn f(x: &[f64]) -> f64 {
        let (a, b) = x.split_at(3);
        let l = largest(a, b);
        l[0] * l[1] + l.iter().map(|v| v * v).sum::<f64>() * a[0]
    }
}

mod accessor {
    use grad_runtime::{Differentiable, differentiate};
    #[derive(Differentiable, Clone)]
    pub struct Layer {
        w: Vec<f64>,
        b: f64,
    }
    #[derive(Differentiable, Clone)]
    pub struct Net {
        layers: Vec<Layer>,
        name: String,
    }
    #[differentiate]
    impl Layer {
        pub fn weights(&self) -> &[f64] {
            &self.w
        }
        pub fn bias(&self) -> &f64 {
            &self.b
        }
        pub fn bias_mut(&mut self) -> &mut f64 {
            &mut self.b
        }
        pub fn run(&self, x: f64) -> f64 {
            self.weights().iter().fold(self.b, |s, w| s * x + w)
        }
    }
    #[differentiate]
    impl Net {
        pub fn layer(&self, i: usize) -> &Layer {
            &self.layers[i]
        }
        pub fn layer_mut(&mut self, i: usize) -> &mut Layer {
            &mut self.layers[i]
        }
        pub fn last(&self) -> &Layer {
            self.layer(self.layers.len() - 1)
        }
        pub fn run(&self, x: f64) -> f64 {
            let mut y = x;
            for l in &self.layers {
                y = l.run(y).tanh();
            }
            y
        }
    }
    #[differentiate]
    pub fn f(x: &[f64]) -> f64 {
        let mut net = Net {
            layers: vec![
                Layer {
                    w: x[..2].to_vec(),
                    b: x[2],
                },
                Layer {
                    w: x[3..5].to_vec(),
                    b: x[5],
                },
            ],
            name: String::new(),
        };
        *net.layer_mut(0).bias_mut() *= x[0];
        net.layer_mut(1).w[0] += x[1];
        let y = net.run(x[0]) + net.layer(0).run(0.3) * net.last().b;
        y * net.last().weights()[1] + *net.layer(0).bias()
    }
}

mod index_usize {
    use grad_runtime::{Differentiable, differentiate};
    #[derive(Differentiable, Clone, Copy)]
    pub struct V3 {
        x: f64,
        y: f64,
        z: f64,
    }
    #[differentiate]
    impl std::ops::Index<usize> for V3 {
        type Output = f64;
        fn index(&self, i: usize) -> &f64 {
            match i {
                0 => &self.x,
                1 => &self.y,
                2 => &self.z,
                _ => panic!("out of range {i}"),
            }
        }
    }
    #[differentiate]
    impl std::ops::IndexMut<usize> for V3 {
        fn index_mut(&mut self, i: usize) -> &mut f64 {
            match i {
                0 => &mut self.x,
                1 => &mut self.y,
                2 => &mut self.z,
                _ => panic!(),
            }
        }
    }
    #[derive(Differentiable, Clone)]
    pub struct Poly {
        c: Vec<f64>,
        label: u8,
    }
    #[differentiate]
    impl std::ops::Index<usize> for Poly {
        type Output = f64;
        fn index(&self, i: usize) -> &Self::Output {
            &self.c[i]
        }
    }
    #[differentiate]
    pub fn length(v: &V3) -> f64 {
        let mut s = 0.0;
        for i in 0..3 {
            s += v[i] * v[i];
        }
        s.sqrt()
    }
    #[differentiate]
    pub fn value(p: &Poly, t: f64) -> f64 {
        let mut s = 0.0;
        for i in (0..3).rev() {
            s = s * t + p[i];
        }
        s
    }
    #[differentiate]
    pub fn f(x: &[f64]) -> f64 {
        let mut v = V3 {
            x: x[0],
            y: x[1],
            z: x[2],
        };
        v[1] *= x[3];
        v[2] = v[0] + v[1];
        let p = Poly {
            c: vec![x[3], x[4], x[5]],
            label: 3,
        };
        length(&v) * value(&p, v[0]) + p[1]
    }
}

mod grid_generic {
    use grad_runtime::{Differentiable, differentiate};
    #[derive(Differentiable, Clone)]
    pub struct Grid<const W: usize, const H: usize> {
        cells: [[f64; W]; H],
    }
    #[differentiate]
    impl<const W: usize, const H: usize> Grid<W, H> {
        pub fn get(&self, x: usize, y: usize) -> &f64 {
            &self.cells[y][x]
        }
        pub fn get_mut(&mut self, x: usize, y: usize) -> &mut f64 {
            &mut self.cells[y][x]
        }
        pub fn laplacian(&self) -> f64 {
            let mut s = 0.0;
            for y in 1..H - 1 {
                for x in 1..W - 1 {
                    let c = *self.get(x, y);
                    s += (self.get(x - 1, y) + self.get(x + 1, y) - 2.0 * c).powi(2);
                }
            }
            s
        }
    }
    #[differentiate]
    pub fn f(x: &[f64]) -> f64 {
        let mut g = Grid::<3, 3> {
            cells: [[0.0; 3]; 3],
        };
        for i in 0..3 {
            for j in 0..3 {
                *g.get_mut(i, j) = x[(i + j) % 6] * x[i];
            }
        }
        g.laplacian()
    }
}

mod search {
    use grad_runtime::differentiate;
    #[differentiate]
    pub fn largest_entry(x: &[f64]) -> &f64 {
        let mut best = 0;
        for i in 1..x.len() {
            if x[i] > x[best] {
                best = i;
            }
        }
        &x[best]
    }
    #[differentiate]
    pub fn pick(x: &mut [f64], k: usize) -> &mut f64 {
        if k > 3 {
            return &mut x[0];
        }
        let n = x.len();
        &mut x[n - 1 - k]
    }
    #[differentiate]
    pub fn tail(x: &[f64]) -> &[f64] {
        &x[1..]
    }
    #[differentiate]
    pub fn f(x: &[f64]) -> f64 {
        let mut v = x.to_vec();
        *pick(&mut v, 1) *= 2.0;
        *pick(&mut v, 5) += x[1] * x[2];
        let t = tail(&v);
        *largest_entry(&v) * t[2] + t.len() as f64 * tail(t)[0]
    }
}

mod view_loop {
    use grad_runtime::{Differentiable, differentiate};
    #[derive(Differentiable, Clone)]
    pub struct Points {
        xs: Vec<[f64; 2]>,
        weight: Vec<f64>,
    }
    #[differentiate]
    impl Points {
        pub fn points(&self) -> &Vec<[f64; 2]> {
            &self.xs
        }
        pub fn point(&self, i: usize) -> &[f64; 2] {
            &self.xs[i]
        }
        pub fn weights_mut(&mut self) -> &mut Vec<f64> {
            &mut self.weight
        }
    }
    #[differentiate]
    pub fn f(x: &[f64]) -> f64 {
        let mut p = Points {
            xs: vec![[x[0], x[1]], [x[2], x[3]]],
            weight: vec![x[4]],
        };
        p.weights_mut().push(x[5] * x[0]);
        let mut s = 0.0;
        for (q, w) in p.points().iter().zip(p.weight.iter()) {
            s += (q[0] * q[1]).sin() * w;
        }
        for i in 0..2 {
            let [a, b] = p.point(i);
            s += a / b;
        }
        s
    }
}

mod trait_refs {
    use grad_runtime::{Differentiable, differentiate};
    #[differentiate]
    pub trait Model {
        fn params(&self) -> &[f64];
        fn params_mut(&mut self) -> &mut [f64];
        fn loss(&self, x: f64) -> f64 {
            let p = self.params();
            (p[0] * x - p[1]).powi(2)
        }
    }
    #[derive(Differentiable, Clone)]
    pub struct Line {
        p: Vec<f64>,
        id: usize,
    }
    #[differentiate]
    impl Model for Line {
        fn params(&self) -> &[f64] {
            &self.p
        }
        fn params_mut(&mut self) -> &mut [f64] {
            &mut self.p
        }
    }
    #[differentiate]
    pub fn total<M: Model>(m: &M, xs: &[f64]) -> f64 {
        xs.iter().map(|x| m.loss(*x)).sum::<f64>() + m.params()[0]
    }
    #[differentiate]
    pub fn f(x: &[f64]) -> f64 {
        let mut l = Line {
            p: vec![x[0], x[1]],
            id: 0,
        };
        l.params_mut()[1] += x[2] * x[3];
        total(&l, &x[2..])
    }
}

mod generic_matrix {
    use grad_runtime::{Differentiable, differentiate};
    #[derive(Differentiable, Clone)]
    pub struct Mat<const R: usize, const C: usize> {
        d: [[f64; C]; R],
    }
    #[differentiate]
    impl<const R: usize, const C: usize> std::ops::Index<usize> for Mat<R, C> {
        type Output = [f64; C];
        fn index(&self, i: usize) -> &[f64; C] {
            &self.d[i]
        }
    }
    #[differentiate]
    impl<const R: usize, const C: usize> std::ops::IndexMut<usize> for Mat<R, C> {
        fn index_mut(&mut self, i: usize) -> &mut [f64; C] {
            &mut self.d[i]
        }
    }
    #[differentiate]
    impl<const R: usize, const C: usize> Mat<R, C> {
        pub fn times(&self, v: &[f64; C]) -> [f64; R] {
            let mut out = [0.0; R];
            for i in 0..R {
                for j in 0..C {
                    out[i] += self[i][j] * v[j];
                }
            }
            out
        }
        pub fn shift(&mut self, k: f64) {
            for i in 0..R {
                self[i][0] += k;
            }
        }
    }
    #[differentiate]
    pub fn f(x: &[f64]) -> f64 {
        let mut m = Mat::<2, 2> {
            d: [[x[0], x[1]], [x[2], x[3]]],
        };
        m.shift(x[4]);
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
        matrix_index::f, matrix_index::value_and_grad_f, matrix_index::jvp_f; [0.3, -1.2, 0.7, 0.4, 1.1, 0.9];
        row_slices::f, row_slices::value_and_grad_f, row_slices::jvp_f; [0.3, -1.2, 0.7, 0.4, 1.1, 0.9];
        largest::f, largest::value_and_grad_f, largest::jvp_f; [0.3, -1.2, 0.7, 0.4, 1.1, 0.9];
        accessor::f, accessor::value_and_grad_f, accessor::jvp_f; [0.3, -1.2, 0.7, 0.4, 1.1, 0.9];
        index_usize::f, index_usize::value_and_grad_f, index_usize::jvp_f; [0.3, -1.2, 0.7, 0.4, 1.1, 0.9];
        grid_generic::f, grid_generic::value_and_grad_f, grid_generic::jvp_f; [0.3, -1.2, 0.7, 0.4, 1.1, 0.9];
        search::f, search::value_and_grad_f, search::jvp_f; [0.3, -1.2, 0.7, 0.4, 1.1, 0.9];
        view_loop::f, view_loop::value_and_grad_f, view_loop::jvp_f; [0.3, -1.2, 0.7, 0.4, 1.1, 0.9];
        trait_refs::f, trait_refs::value_and_grad_f, trait_refs::jvp_f; [0.3, -1.2, 0.7, 0.4, 1.1, 0.9];
        generic_matrix::f, generic_matrix::value_and_grad_f, generic_matrix::jvp_f; [0.3, -1.2, 0.7, 0.4, 1.1, 0.9];
    }
}
