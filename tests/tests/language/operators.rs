//! Operators on users' types, found by rustc where the macro does not know the types.

use std::ops::{Add, AddAssign, Div, Mul, Neg, Sub};

use grad_runtime::{Differentiable, differentiate};

#[derive(Clone, Copy, Debug, PartialEq, Differentiable)]
pub struct Vec3 {
    pub x: f64,
    pub y: f64,
    pub z: f64,
}

#[differentiate]
impl Vec3 {
    pub fn new(x: f64, y: f64, z: f64) -> Self {
        Vec3 { x, y, z }
    }
    pub fn dot(self, o: Vec3) -> f64 {
        self.x * o.x + self.y * o.y + self.z * o.z
    }
    pub fn length(self) -> f64 {
        self.dot(self).sqrt()
    }
    pub fn cross(&self, o: &Self) -> Self {
        Self::new(
            self.y * o.z - self.z * o.y,
            self.z * o.x - self.x * o.z,
            self.x * o.y - self.y * o.x,
        )
    }
    pub fn normalized(self) -> Self {
        self / self.length()
    }
}

#[differentiate]
impl Add for Vec3 {
    type Output = Vec3;
    fn add(self, o: Vec3) -> Vec3 {
        Vec3::new(self.x + o.x, self.y + o.y, self.z + o.z)
    }
}

#[differentiate]
impl Sub for Vec3 {
    type Output = Self;
    fn sub(self, o: Self) -> Self::Output {
        Vec3 {
            x: self.x - o.x,
            y: self.y - o.y,
            z: self.z - o.z,
        }
    }
}

#[differentiate]
impl<'a> Sub<&'a Vec3> for &'a Vec3 {
    type Output = Vec3;
    fn sub(self, o: &Vec3) -> Vec3 {
        Vec3 {
            x: self.x - o.x,
            y: self.y - o.y,
            z: self.z - o.z,
        }
    }
}

#[differentiate]
impl Mul<f64> for Vec3 {
    type Output = Vec3;
    fn mul(self, k: f64) -> Vec3 {
        Vec3::new(self.x * k, self.y * k, self.z * k)
    }
}

#[differentiate]
impl Mul<Vec3> for f64 {
    type Output = Vec3;
    fn mul(self, v: Vec3) -> Vec3 {
        v * self
    }
}

#[differentiate]
impl Div<f64> for Vec3 {
    type Output = Vec3;
    fn div(self, k: f64) -> Vec3 {
        Vec3::new(self.x / k, self.y / k, self.z / k)
    }
}

#[differentiate]
impl Neg for Vec3 {
    type Output = Vec3;
    fn neg(self) -> Vec3 {
        Vec3::new(-self.x, -self.y, -self.z)
    }
}

#[differentiate]
impl AddAssign for Vec3 {
    fn add_assign(&mut self, o: Vec3) {
        self.x += o.x;
        self.y += o.y;
        self.z += o.z;
    }
}

#[differentiate]
pub fn ray_sphere(origin: Vec3, dir: Vec3, centre: Vec3, radius: f64) -> f64 {
    let oc = origin - centre;
    let a = dir.dot(dir);
    let b = oc.dot(dir);
    let c = oc.dot(oc) - radius * radius;
    let disc = b * b - a * c;
    if disc < 0.0 {
        return f64::INFINITY;
    }
    let t = (-b - disc.sqrt()) / a;
    if t > 0.0 {
        return t;
    }
    (-b + disc.sqrt()) / a
}

#[derive(Clone, Differentiable)]
pub struct Planet {
    pub pos: Vec3,
    pub vel: Vec3,
    pub mass: f64,
}

#[differentiate]
pub fn orbit(planets: &[Planet], dt: f64) -> f64 {
    let mut energy = 0.0;
    let mut total = Vec3::new(0.0, 0.0, 0.0);
    for (i, p) in planets.iter().enumerate() {
        energy += 0.5 * p.mass * p.vel.dot(p.vel);
        for q in &planets[i + 1..] {
            let d = p.pos - q.pos;
            let r = &p.pos - &q.pos;
            energy -= p.mass * q.mass / d.length() + r.x * 0.01;
            total += d * dt + 2.0 * p.vel.cross(&q.vel);
        }
    }
    energy + total.length() + (-total).normalized().x
}

#[test]
fn operators() {
    let build = |x: &[f64]| {
        let v = |k: usize| Vec3::new(x[k], x[k + 1], x[k + 2]);
        (v(0), v(3), v(6), x[9])
    };
    let flat = |(a, b, c, d): (Vec3, Vec3, Vec3, f64)| {
        vec![a.x, a.y, a.z, b.x, b.y, b.z, c.x, c.y, c.z, d]
    };
    let f = |x: &[f64]| {
        let (a, b, c, d) = build(x);
        ray_sphere(a, b, c, d)
    };
    let g = |x: &[f64]| {
        let (a, b, c, d) = build(x);
        let (y, g) = value_and_grad_ray_sphere(a, b, c, d);
        (y, flat(g))
    };
    let j = |x: &[f64], t: &[f64]| {
        let ((a, b, c, d), (e, f, g, h)) = (build(x), build(t));
        jvp_ray_sphere(a, b, c, d, e, f, g, h)
    };
    slice!(f, g, j; [0.0, 0.1, -5.0, 0.1, 0.05, 1.0, 0.1, 0.0, 0.2, 1.5], [0.0, 0.1, 0.0, 0.1, 0.05, 1.0, 0.1, 0.0, 0.2, 1.5]);

    let planets = |x: &[f64]| -> Vec<Planet> {
        x.chunks_exact(7)
            .map(|c| Planet {
                pos: Vec3::new(c[0], c[1], c[2]),
                vel: Vec3::new(c[3], c[4], c[5]),
                mass: c[6],
            })
            .collect()
    };
    let f = |x: &[f64]| orbit(&planets(&x[1..]), x[0]);
    let g = |x: &[f64]| {
        let (y, (p, dt)) = value_and_grad_orbit(&planets(&x[1..]), x[0]);
        let mut g = vec![dt];
        for p in p {
            g.extend([p.pos.x, p.pos.y, p.pos.z, p.vel.x, p.vel.y, p.vel.z, p.mass]);
        }
        (y, g)
    };
    let j = |x: &[f64], d: &[f64]| {
        let (_, g) = g(x);
        (f(x), g.iter().zip(d).map(|(a, b)| a * b).sum::<f64>())
    };
    slice!(f, g, j; [0.3, 0.1, 0.2, 0.3, 1.0, 0.5, 0.2, 2.0, 1.1, -0.2, 0.4, 0.3, 0.1, -0.2, 1.5, -0.5, 0.9, 0.8, 0.2, 0.3, 0.1, 0.7]);
}

/// Operators by the names of their functions.
#[differentiate]
pub fn by_name(x: &[f64]) -> f64 {
    let total = x.iter().copied().fold(1.0, std::ops::Add::add);
    let product = x.iter().fold(0.5, |a, b| std::ops::Mul::mul(a, *b));
    let v = Vec3::new(x[0], x[1], total);
    Sub::sub(v, v * product).dot(Neg::neg(v))
}

#[test]
fn operators_by_name() {
    slice!(by_name, value_and_grad_by_name, jvp_by_name; [0.3, -0.7]);
}
