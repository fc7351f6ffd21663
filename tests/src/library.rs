//! What every compiled program may call: methods, operators, traits, functions of functions.

/// In marked text; `∂` stands before what is differentiated, `∂∂` before what calls itself through
/// others.
pub const LIBRARY: &str = r#"
#[derive(Clone, Debug)]
enum Motion { Still, Turn(ℝ), Move { x: ℝ, y: ℝ }, At(Point) }
∂impl Point {
    fn dot(self, other: Point) -> ℝ { self.x * other.x + self.y * other.y }
    fn turn(&mut self, a: ℝ) {
        let x = self.x * a.cos() - self.y * a.sin();
        self.y = self.x * a.sin() + self.y * a.cos();
        self.x = x;
    }
    fn flipped(&self) -> Point { Point { x: self.y, y: -self.x } }
}
∂impl std::ops::Add for Point {
    type Output = Point;
    fn add(self, other: Point) -> Point { Point { x: self.x + other.x, y: self.y + other.y } }
}
∂impl std::ops::Mul<ℝ> for Point {
    type Output = Point;
    fn mul(self, c: ℝ) -> Point { Point { x: self.x * c, y: self.y * c } }
}
∂impl std::ops::Neg for Point {
    type Output = Point;
    fn neg(self) -> Point { Point { x: -self.x, y: -self.y } }
}
∂impl std::ops::AddAssign for Point {
    fn add_assign(&mut self, other: Point) {
        self.x += other.x;
        self.y += other.y;
    }
}
∂impl State {
    fn fresh(a: ℝ, b: ℝ) -> State {
        State { at: Point { x: a, y: b }, w: [a, b, a * b], list: vec![b, a, a - b], k: a }
    }
    fn energy(&self, c: ℝ) -> ℝ {
        let mut e = self.k * c;
        for i in 0..3 {
            e += self.w[i] * self.list[i].sin();
        }
        e + self.at.dot(self.at.flipped()) + self.at.x * self.at.y
    }
    fn kick(&mut self, c: ℝ) -> &mut Self {
        self.k = (self.k * c).sin();
        self.w.swap(0, 2);
        self.list[1] = (self.list[1] + c).cos();
        self
    }
    fn moved(mut self, c: ℝ) -> State {
        self.at.turn(c);
        self.k = (self.k + c).tanh();
        self
    }
    fn above(&self, c: ℝ) -> Option<ℝ> {
        for v in &self.list {
            if *v > c {
                return Some(*v * c);
            }
        }
        None
    }
    fn product(&self, c: ℝ) -> Option<ℝ> {
        let a = self.above(c)?;
        let b = self.above(-a)?;
        Some(a * b)
    }
    fn largest(&mut self) -> &mut ℝ {
        let mut best = 0;
        for i in 1..3 {
            if self.w[i] > self.w[best] {
                best = i;
            }
        }
        &mut self.w[best]
    }
}
∂impl Motion {
    fn size(&self) -> ℝ {
        match self {
            Motion::Still => ⟦1.0⟧,
            Motion::Turn(a) if *a > ⟦0.5⟧ => a.cos(),
            Motion::Turn(a) => a.sin(),
            Motion::Move { x, y } => *x * *y,
            Motion::At(p) => p.x - p.y,
        }
    }
    fn step(&mut self, c: ℝ) {
        match self {
            Motion::Turn(a) => *a = (*a + c).sin(),
            Motion::Move { x, .. } => *x = (*x * c).cos(),
            Motion::At(p) => p.turn(c),
            Motion::Still => *self = Motion::Turn(c),
        }
    }
}
∂trait Measure {
    fn measure(&self, c: ℝ) -> ℝ;
    fn double(&self, c: ℝ) -> ℝ { self.measure(c) * self.measure(-c) + c }
}
∂impl Measure for Point {
    fn measure(&self, c: ℝ) -> ℝ { (self.x * c).sin() + self.y }
}
∂impl Measure for State {
    fn measure(&self, c: ℝ) -> ℝ { self.k * c + self.at.measure(c) }
}
∂fn lib_total<M: Measure>(a: &M, b: &M, c: ℝ) -> ℝ { a.measure(c) - b.double(c) }
∂fn lib_twice(g: impl Fn(ℝ) -> ℝ, x: ℝ) -> ℝ { g(g(x).sin()) }
∂fn lib_apply(g: &dyn Fn(ℝ) -> ℝ, x: ℝ) -> ℝ { g(x) + g(x * x) }
∂fn lib_each(x: &mut [ℝ], mut g: impl FnMut(ℝ) -> ℝ) {
    for v in x.iter_mut() {
        *v = g(*v).sin();
    }
}
∂fn lib_scaled(k: ℝ) -> impl Fn(ℝ) -> ℝ { move |t: ℝ| k * t.sin() }
∂∂fn lib_even(x: ℝ, y: ℝ, n: usize) -> ℝ { if n == 0 { x * y } else { lib_odd(x.sin(), x - y, n - 1) } }
∂∂fn lib_odd(x: ℝ, y: ℝ, n: usize) -> ℝ { if n == 0 { x + y } else { y * lib_even(y.cos(), x, n - 1) } }
∂fn lib_tree(x: &[ℝ]) -> ℝ {
    if x.len() < 2 {
        return x.iter().map(|&v| v.sin()).sum::<ℝ>();
    }
    let (a, b) = x.split_at(x.len() / 2);
    lib_tree(a) * lib_tree(b) + x[0].cos()
}
∂fn lib_relax(x: &mut [ℝ], c: ℝ) -> ℝ {
    let before = x[0];
    for i in 1..x.len() {
        x[i] = (x[i] + x[i - 1] * c).sin();
    }
    before * x[1]
}
∂fn lib_quotient(a: ℝ, b: ℝ) -> Result<ℝ, String> {
    if b.abs() < ⟦0.2⟧ {
        return Err("small".to_string());
    }
    Ok(a / b)
}
∂fn lib_chain(a: ℝ, b: ℝ) -> Result<ℝ, String> {
    let q = lib_quotient(a, b)?;
    let r = lib_quotient(q, a)?;
    Ok(q.sin() * r)
}
∂fn lib_root(p: ℝ) -> ℝ {
    let (mut x, mut n) = (⟦1.0⟧ + p * p, 0);
    while (x * x - p * p - ⟦1.0⟧).abs() > ⟦1e-3⟧ && n < 20 {
        x = ⟦0.5⟧ * (x + (p * p + ⟦1.0⟧) / x);
        n += 1;
    }
    x
}
"#;

/// The functions among them.
pub const FUNCTIONS: &[&str] = &[
    "lib_total",
    "lib_twice",
    "lib_apply",
    "lib_each",
    "lib_scaled",
    "lib_even",
    "lib_odd",
    "lib_tree",
    "lib_relax",
    "lib_quotient",
    "lib_chain",
    "lib_root",
];
