//! Generic types and functions over traits of the user's own whose names do not say that they are of numbers.

use std::ops::{Add, AddAssign, Div, Mul, Neg, Sub};

use grad_runtime::{Differentiable, differentiate};

#[differentiate]
pub trait Field:
    Copy
    + Add<Output = Self>
    + Sub<Output = Self>
    + Mul<Output = Self>
    + Div<Output = Self>
    + Neg<Output = Self>
    + PartialOrd
    + AddAssign
{
    const ZERO: Self;
    const ONE: Self;
    fn of(v: f64) -> Self;
    fn sqrt(self) -> Self;
    fn sin(self) -> Self;
    fn square(self) -> Self {
        self * self
    }
}

#[differentiate]
impl Field for f64 {
    const ZERO: f64 = 0.0;
    const ONE: f64 = 1.0;
    fn of(v: f64) -> f64 {
        v
    }
    fn sqrt(self) -> f64 {
        f64::sqrt(self)
    }
    fn sin(self) -> f64 {
        f64::sin(self)
    }
}

#[differentiate]
impl Field for f32 {
    const ZERO: f32 = 0.0;
    const ONE: f32 = 1.0;
    fn of(v: f64) -> f32 {
        v as f32
    }
    fn sqrt(self) -> f32 {
        f32::sqrt(self)
    }
    fn sin(self) -> f32 {
        f32::sin(self)
    }
}
#[derive(Clone, Copy, Debug, PartialEq, Differentiable)]
pub struct Complex<T> {
    re: T,
    im: T,
}

#[differentiate]
impl<T: Field> Complex<T> {
    fn new(re: T, im: T) -> Self {
        Complex { re, im }
    }
    fn norm_sqr(self) -> T {
        self.re.square() + self.im.square()
    }
    fn conj(self) -> Self {
        Complex {
            re: self.re,
            im: -self.im,
        }
    }
}

#[differentiate]
impl<T: Field> Add for Complex<T> {
    type Output = Self;
    fn add(self, o: Self) -> Self {
        Complex::new(self.re + o.re, self.im + o.im)
    }
}

#[differentiate]
impl<T: Field> Mul for Complex<T> {
    type Output = Self;
    fn mul(self, o: Self) -> Self {
        Complex::new(
            self.re * o.re - self.im * o.im,
            self.re * o.im + self.im * o.re,
        )
    }
}

#[differentiate]
impl<T: Field> Div for Complex<T> {
    type Output = Self;
    fn div(self, o: Self) -> Self {
        let d = o.norm_sqr();
        let n = self * o.conj();
        Complex {
            re: n.re / d,
            im: n.im / d,
        }
    }
}

#[differentiate]
fn mandel<T: Field>(c: Complex<T>, n: usize) -> T {
    let mut z = Complex::new(T::ZERO, T::ZERO);
    for _ in 0..n {
        z = z * z + c;
        if z.norm_sqr() > T::of(100.0) {
            break;
        }
    }
    z.norm_sqr()
}

#[differentiate]
pub fn run_mandel(x: &[f64]) -> f64 {
    mandel(Complex::new(0.3 * x[0] - 0.5, 0.2 * x[1]), 6) * x[2]
}

#[differentiate]
pub fn run_complex_div(x: &[f64]) -> f64 {
    let a = Complex::new(x[0], x[1]);
    let b = Complex::new(x[2], x[3]);
    let q = a / b + b * a.conj();
    q.re * q.im + q.norm_sqr().sqrt()
}
#[derive(Clone, Copy, Debug, Differentiable)]
pub struct VecN<T, const N: usize>([T; N]);

#[differentiate]
impl<T: Field, const N: usize> VecN<T, N> {
    fn zero() -> Self {
        VecN([T::ZERO; N])
    }
    fn dot(&self, o: &Self) -> T {
        let mut s = T::ZERO;
        for i in 0..N {
            s += self.0[i] * o.0[i];
        }
        s
    }
    fn norm(&self) -> T {
        self.dot(self).sqrt()
    }
    fn scale(self, k: T) -> Self {
        let mut out = self;
        for v in out.0.iter_mut() {
            *v = *v * k;
        }
        out
    }
}

#[differentiate]
impl<T: Field, const N: usize> Add for VecN<T, N> {
    type Output = Self;
    fn add(self, o: Self) -> Self {
        let mut out = Self::zero();
        for i in 0..N {
            out.0[i] = self.0[i] + o.0[i];
        }
        out
    }
}

#[differentiate]
impl<T, const N: usize> std::ops::Index<usize> for VecN<T, N> {
    type Output = T;
    fn index(&self, i: usize) -> &T {
        &self.0[i]
    }
}

#[differentiate]
impl<T, const N: usize> std::ops::IndexMut<usize> for VecN<T, N> {
    fn index_mut(&mut self, i: usize) -> &mut T {
        &mut self.0[i]
    }
}

#[differentiate]
pub fn run_vec_n(x: &[f64]) -> f64 {
    let mut v = VecN::<f64, 3>::zero();
    for i in 0..3 {
        v[i] = x[i] * x[i + 1];
    }
    let w = v + v.scale(x[4]);
    w.norm() + w.dot(&v) * v[2]
}

#[differentiate]
pub trait Elem:
    Copy
    + Add<Output = Self>
    + Sub<Output = Self>
    + Mul<Output = Self>
    + Div<Output = Self>
    + PartialOrd
{
    fn zero() -> Self;
    fn exp(self) -> Self;
}

#[differentiate]
impl Elem for f64 {
    fn zero() -> f64 {
        0.0
    }
    fn exp(self) -> f64 {
        f64::exp(self)
    }
}

#[differentiate]
impl Elem for f32 {
    fn zero() -> f32 {
        0.0
    }
    fn exp(self) -> f32 {
        f32::exp(self)
    }
}

#[differentiate]
fn axpy<T: Elem>(a: T, x: &[T], y: &mut [T]) {
    for i in 0..x.len() {
        y[i] = y[i] + a * x[i];
    }
}

#[differentiate]
fn scale_all<T>(v: &mut Vec<T>, k: T)
where
    T: Elem,
{
    for e in v.iter_mut() {
        *e = *e * k;
    }
}

#[differentiate]
fn softmax<T: Elem>(v: &[T]) -> Vec<T> {
    let mut m = v[0];
    for &e in v {
        if e > m {
            m = e;
        }
    }
    let ex: Vec<T> = v.iter().map(|&e| (e - m).exp()).collect();
    let mut s = T::zero();
    for &e in &ex {
        s = s + e;
    }
    ex.into_iter().map(|e| e / s).collect()
}

#[differentiate]
pub fn run_axpy(x: &[f64]) -> f64 {
    let mut y = vec![1.0, x[0], x[1]];
    axpy(x[2], &x[3..6], &mut y);
    scale_all(&mut y, x[7]);
    let p = softmax(&y);
    p[0] * p[2] + p[1]
}

#[derive(Differentiable)]
pub struct Stack<T> {
    items: Vec<T>,
    top: T,
}

#[differentiate]
impl<T: Elem> Stack<T> {
    fn new(seed: T) -> Self {
        Stack {
            items: vec![],
            top: seed,
        }
    }
    fn push(&mut self, v: T) {
        self.items.push(self.top);
        self.top = v * self.top;
    }
    fn total(&self) -> T {
        self.items.iter().fold(self.top, |a, b| a + *b)
    }
}

#[differentiate]
pub fn run_stack(x: &[f64]) -> f64 {
    let mut s = Stack::new(x[0]);
    for v in &x[1..5] {
        s.push(*v);
    }
    s.total()
}

#[derive(Differentiable)]
pub struct Ring<T, const N: usize> {
    buf: [T; N],
    head: usize,
    len: usize,
}

#[differentiate]
impl<T: Copy + Default + Add<Output = T>, const N: usize> Ring<T, N> {
    fn new() -> Self {
        Self {
            buf: [T::default(); N],
            head: 0,
            len: 0,
        }
    }
    fn push(&mut self, v: T) {
        self.buf[(self.head + self.len) % N] = v;
        if self.len < N {
            self.len += 1;
        } else {
            self.head = (self.head + 1) % N;
        }
    }
    fn sum(&self) -> T {
        let mut s = T::default();
        for i in 0..self.len {
            s = s + self.buf[(self.head + i) % N];
        }
        s
    }
}

#[differentiate]
pub fn run_ring(x: &[f64]) -> f64 {
    let mut r = Ring::<f64, 3>::new();
    let mut acc = 0.0;
    for v in x {
        r.push(*v * x[0]);
        acc += r.sum().sin();
    }
    acc
}

#[differentiate]
pub trait Integrator<S: Clone> {
    fn step(&self, s: S, dt: f64) -> S;
}

#[derive(Differentiable)]
pub struct Euler {
    k: f64,
}

#[differentiate]
impl Integrator<f64> for Euler {
    fn step(&self, s: f64, dt: f64) -> f64 {
        s - dt * self.k * s
    }
}

#[differentiate]
impl Integrator<[f64; 2]> for Euler {
    fn step(&self, s: [f64; 2], dt: f64) -> [f64; 2] {
        [s[0] + dt * s[1], s[1] - dt * self.k * s[0]]
    }
}

#[differentiate]
fn run<S: Clone, I: Integrator<S>>(i: &I, s: S, n: usize) -> S {
    let mut s = s;
    for _ in 0..n {
        s = i.step(s, 0.1);
    }
    s
}

#[differentiate]
pub fn run_integrators(x: &[f64]) -> f64 {
    let e = Euler { k: x[0] };
    let a: f64 = run(&e, x[1], 3);
    let b: [f64; 2] = run(&e, [x[2], x[3]], 4);
    a * b[0] + b[1]
}

#[differentiate]
fn larger<T: PartialOrd + Copy>(a: T, b: T) -> T {
    if a > b { a } else { b }
}

#[differentiate]
fn pick<T: Copy>(v: &[T], i: usize) -> T {
    v[i]
}

#[differentiate]
fn run_copy<S: Copy, I: Integrator<S>>(i: &I, s: S, n: usize) -> S {
    (0..n).fold(s, |s, _| i.step(s, 0.1))
}

#[differentiate]
fn insertion_sort<T: PartialOrd + Copy>(v: &mut [T]) {
    for i in 1..v.len() {
        let mut j = i;
        while j > 0 && v[j - 1] > v[j] {
            v.swap(j - 1, j);
            j -= 1;
        }
    }
}

#[differentiate]
pub fn run_larger(x: &[f64]) -> f64 {
    let e = Euler { k: x[0] };
    let b = run_copy(&e, [x[2], x[3]], 4);
    let mut v = x.to_vec();
    insertion_sort(&mut v);
    larger(x[0] * x[1], x[2]) * pick(x, 3) + b[0] * v[2] * v[5]
}

#[test]
fn all() {
    each!([0.4, 1.3, 0.9, 1.7, 0.6, 1.1, 0.3, 1.5], [1.6, 0.7, 1.2, 0.5, 1.4, 0.8, 1.9, 0.2];
        run_mandel, value_and_grad_run_mandel, jvp_run_mandel;
        run_complex_div, value_and_grad_run_complex_div, jvp_run_complex_div;
        run_vec_n, value_and_grad_run_vec_n, jvp_run_vec_n;
        run_axpy, value_and_grad_run_axpy, jvp_run_axpy;
        run_stack, value_and_grad_run_stack, jvp_run_stack;
        run_ring, value_and_grad_run_ring, jvp_run_ring;
        run_integrators, value_and_grad_run_integrators, jvp_run_integrators;
        run_larger, value_and_grad_run_larger, jvp_run_larger;
    );
}
