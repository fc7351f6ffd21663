//! References kept in variables that are set again: the best of several, options of references as
//! arguments and results, slices that shrink, mutable ones too.

mod best_ref {
    use grad_runtime::{Differentiable, differentiate};

    #[derive(Differentiable, Clone)]
    pub struct Point {
        x: f64,
        y: f64,
    }
    #[differentiate]
    pub fn f(x: &[f64]) -> f64 {
        let points: Vec<Point> = x.chunks(2).map(|c| Point { x: c[0], y: c[1] }).collect();
        let mut best = &points[0];
        for p in &points {
            if p.x < best.x {
                best = p;
            }
        }
        best.y * 2.0 + best.x
    }
}

mod best_fold {
    use grad_runtime::{Differentiable, differentiate};

    #[derive(Differentiable, Clone)]
    pub struct Item {
        w: f64,
        v: f64,
    }
    #[differentiate]
    pub fn low(items: &[Item]) -> f64 {
        let b = items
            .iter()
            .fold(&items[0], |a, b| if a.w > b.w { a } else { b });
        b.v * b.w
    }
    #[differentiate]
    pub fn f(x: &[f64]) -> f64 {
        let items = [Item { w: x[0], v: x[1] }, Item { w: x[2], v: x[3] }];
        low(&items)
    }
}

mod filter_last {
    use grad_runtime::{Differentiable, differentiate};

    #[derive(Differentiable, Clone)]
    pub struct P {
        x: f64,
        y: f64,
    }
    #[differentiate]
    pub fn low(ps: &[P], t: f64) -> f64 {
        if let Some(p) = ps.iter().filter(|p| p.x > t).last() {
            p.x * p.y
        } else {
            t
        }
    }
    #[differentiate]
    pub fn f(x: &[f64]) -> f64 {
        let ps = vec![
            P { x: x[0], y: x[1] },
            P { x: x[2], y: x[3] },
            P { x: x[4], y: x[5] },
        ];
        low(&ps, 0.9) + low(&ps, 9.0 + x[0])
    }
}

mod get_first {
    use grad_runtime::differentiate;

    #[differentiate]
    pub fn g(x: &[f64]) -> f64 {
        let a = match x.get(1) {
            Some(v) => *v * 2.0,
            None => 0.0,
        };
        let b = x.first().unwrap() * x.last().unwrap();
        let c = if let Some((h, t)) = x.split_first() {
            h * t[0]
        } else {
            0.0
        };
        let d = if let Some((h, t)) = x.split_last() {
            h * t[0]
        } else {
            0.0
        };
        let e = match x.get(1..) {
            Some(rest) => rest.iter().sum::<f64>(),
            None => 1.0,
        };
        a + b + c + d + e
    }
    #[differentiate]
    pub fn f(x: &[f64]) -> f64 {
        g(x) + g(&x[2..])
    }
}

mod option_ref_kept {
    use grad_runtime::{Differentiable, differentiate};

    #[derive(Differentiable, Clone)]
    pub struct P {
        x: f64,
        y: f64,
    }
    #[differentiate]
    pub fn take(p: Option<&P>) -> f64 {
        match p {
            Some(p) => p.x * p.y,
            None => 1.0,
        }
    }
    #[differentiate]
    pub fn low(ps: &[P], t: f64) -> f64 {
        let mut best: Option<&P> = None;
        for p in ps {
            match best {
                Some(b) if b.x <= p.x => {}
                _ => best = Some(p),
            }
        }
        let s = take(best);
        s + best.map_or(0.0, |b| b.y) * t
    }
    #[differentiate]
    pub fn f(x: &[f64]) -> f64 {
        let ps = vec![
            P { x: x[0], y: x[1] },
            P { x: x[2], y: x[3] },
            P { x: x[4], y: x[5] },
        ];
        low(&ps, x[1])
    }
}

mod option_some_ref {
    use grad_runtime::differentiate;

    #[differentiate]
    pub fn g(o: Option<&f64>) -> f64 {
        o.map_or(1.0, |v| v * v)
    }
    #[differentiate]
    pub fn f(x: &[f64]) -> f64 {
        let y = x[0] * x[1];
        let o = Some(&y);
        g(o) + g(None) + g(x.get(2)) + g(x.first())
    }
}

mod tail_pattern {
    use grad_runtime::differentiate;

    #[differentiate]
    pub fn f(x: &[f64]) -> f64 {
        let mut rest = &x[..];
        let mut s = 0.0;
        while let [first, tail @ ..] = rest {
            s += first * first;
            rest = tail;
        }
        s
    }
}

mod split_first_loop {
    use grad_runtime::differentiate;

    #[differentiate]
    pub fn f(x: &[f64]) -> f64 {
        let mut rest = x;
        let mut s = 1.0;
        while let Some((a, r)) = rest.split_first() {
            s *= a;
            rest = r;
        }
        s
    }
}

mod split_recursion {
    use grad_runtime::differentiate;

    #[differentiate]
    pub fn sum(x: &[f64]) -> f64 {
        let n = x.len();
        if n == 0 {
            return 0.0;
        }
        if n == 1 {
            return x[0] * x[0];
        }
        let (l, r) = x.split_at(n / 2);
        sum(l) * 0.5 + sum(r)
    }
    #[differentiate]
    pub fn f(x: &[f64]) -> f64 {
        sum(x)
    }
}

mod mut_split_rest {
    use grad_runtime::differentiate;

    #[differentiate]
    pub fn fill(v: &mut [f64], k: f64) {
        let mut rest = &mut v[..];
        let mut c = k;
        while rest.len() >= 2 {
            let (a, b) = rest.split_at_mut(2);
            a[0] *= c;
            a[1] += a[0];
            c *= k;
            rest = b;
        }
    }
    #[differentiate]
    pub fn f(x: &[f64]) -> f64 {
        let mut v = x.to_vec();
        fill(&mut v, x[0]);
        v.iter().map(|a| a * a).sum()
    }
}

mod mut_take {
    use grad_runtime::differentiate;

    #[differentiate]
    pub fn fill(v: &mut [f64], k: f64) {
        let mut rest = v;
        while !rest.is_empty() {
            let (a, b) = std::mem::take(&mut rest).split_at_mut(1);
            a[0] *= k;
            rest = b;
        }
    }
    #[differentiate]
    pub fn f(x: &[f64]) -> f64 {
        let mut v = x.to_vec();
        fill(&mut v, x[0]);
        v.iter().map(|a| a * a).sum()
    }
}

mod mut_pattern {
    use grad_runtime::differentiate;

    #[differentiate]
    pub fn fill(v: &mut [f64], k: f64) {
        let mut rest = v;
        while let [a, tail @ ..] = rest {
            *a *= k;
            rest = tail;
        }
    }
    #[differentiate]
    pub fn f(x: &[f64]) -> f64 {
        let mut v = x.to_vec();
        fill(&mut v, x[0]);
        v.iter().map(|a| a * a).sum()
    }
}

mod asref {
    use grad_runtime::{Differentiable, differentiate};

    #[derive(Differentiable, Clone)]
    pub struct P {
        a: Option<f64>,
        b: Option<Box<f64>>,
        c: Option<Vec<f64>>,
    }
    #[differentiate]
    pub fn f(x: &[f64]) -> f64 {
        let mut p = P {
            a: Some(x[0]),
            b: Some(Box::new(x[1])),
            c: Some(x.to_vec()),
        };
        let u = p.a.as_ref().map_or(0.0, |v| *v * 2.0);
        let w = p.b.as_deref().map_or(0.0, |v| v * 3.0);
        if let Some(v) = p.a.as_mut() {
            *v *= x[2];
        }
        if let Some(v) = p.c.as_mut() {
            v[0] *= x[2];
            v.push(x[1]);
        }
        let z = p.c.as_deref().map_or(0.0, |v| v[0] + v[6]);
        u * w + p.a.unwrap() + z
    }
}

mod opt_get {
    use grad_runtime::differentiate;

    #[differentiate]
    pub fn g(o: Option<&f64>, k: f64) -> f64 {
        o.map_or(1.0, |v| v * v) * k
    }
    #[differentiate]
    pub fn f(x: &[f64]) -> f64 {
        g(x.get(2), x[0])
            + g(x.first(), 2.0)
            + g(x.get(20), x[1])
            + g(x.iter().find(|v| **v > 1.0), x[1])
    }
}

mod opt_struct {
    use grad_runtime::{Differentiable, differentiate};

    #[derive(Differentiable, Clone)]
    pub struct P {
        x: f64,
        y: f64,
    }
    #[differentiate]
    pub fn take(p: Option<&P>) -> f64 {
        match p {
            Some(p) => p.x * p.y,
            None => 1.0,
        }
    }
    #[differentiate]
    pub fn f(x: &[f64]) -> f64 {
        let ps = vec![
            P { x: x[0], y: x[1] },
            P { x: x[2], y: x[3] },
            P { x: x[4], y: x[5] },
        ];
        let best = ps.iter().min_by(|a, b| a.x.partial_cmp(&b.x).unwrap());
        take(ps.get(1)) + take(ps.last()) + take(best) + take(ps.iter().find(|p| p.x > 100.0))
    }
}

mod opt_best_untyped {
    use grad_runtime::{Differentiable, differentiate};

    #[derive(Differentiable, Clone)]
    pub struct P {
        x: f64,
        y: f64,
    }
    #[differentiate]
    pub fn f(x: &[f64]) -> f64 {
        let ps = vec![
            P { x: x[0], y: x[1] },
            P { x: x[2], y: x[3] },
            P { x: x[4], y: x[5] },
        ];
        let mut best: Option<&P> = None;
        for p in &ps {
            if best.map_or(true, |b| p.x < b.x) {
                best = Some(p);
            }
        }
        best.unwrap().y * best.unwrap().x
    }
}

mod nearest2 {
    use grad_runtime::{Differentiable, differentiate};

    #[derive(Differentiable, Clone)]
    pub struct P {
        x: f64,
        y: f64,
    }
    #[differentiate]
    impl P {
        fn size(&self) -> f64 {
            (self.x * self.x + self.y * self.y).sqrt()
        }
    }
    #[differentiate(wrt(p))]
    pub fn nearest<'a>(p: &'a [P], q: f64) -> Option<&'a P> {
        let mut best: Option<&P> = None;
        for r in p {
            if best.is_none() || (r.x - q).abs() < (best.unwrap().x - q).abs() {
                best = Some(r);
            }
        }
        best
    }
    #[differentiate]
    pub fn nth(p: &[P], k: usize) -> Option<&P> {
        if k < p.len() { Some(&p[k]) } else { None }
    }
    #[differentiate(wrt(p))]
    pub fn first_big(p: &[P], t: f64) -> Option<(usize, &P)> {
        p.iter().enumerate().find(|(_, p)| p.x > t)
    }
    #[differentiate]
    pub fn f(x: &[f64]) -> f64 {
        let ps = vec![
            P { x: x[0], y: x[1] },
            P { x: x[2], y: x[3] },
            P { x: x[4], y: x[5] },
        ];
        let a = match nearest(&ps, 1.0) {
            Some(p) => p.x * p.y,
            None => 0.0,
        };
        let b = if let Some(p) = nth(&ps, 1) {
            p.size()
        } else {
            1.0
        };
        let c = nth(&ps, 7).map_or(2.0, |p| p.x);
        let d = nth(&ps, 2).unwrap().y;
        let e = if let Some((i, p)) = first_big(&ps, 0.5) {
            p.y * i as f64
        } else {
            0.5
        };
        a * b + c * d + e
    }
}

mod tree_child {
    use grad_runtime::{Differentiable, differentiate};

    #[derive(Differentiable, Clone)]
    pub struct Node {
        v: f64,
        l: Option<Box<Node>>,
        r: Option<Box<Node>>,
    }
    #[differentiate]
    impl Node {
        fn child(&self, right: bool) -> Option<&Node> {
            if right {
                self.r.as_deref()
            } else {
                self.l.as_deref()
            }
        }
    }
    #[differentiate]
    pub fn total(root: &Node, q: f64) -> f64 {
        let mut s = root.v;
        if let Some(n) = root.child(true) {
            s += n.v * q;
        }
        if let Some(n) = root.child(false) {
            s += n.v * n.v;
        }
        s
    }
    #[differentiate]
    pub fn f(x: &[f64]) -> f64 {
        let leaf = |i: usize| {
            Some(Box::new(Node {
                v: x[i],
                l: None,
                r: None,
            }))
        };
        let t = Node {
            v: x[0],
            l: leaf(1),
            r: None,
        };
        total(&t, 0.9)
    }
}

mod mut_rest_cases {
    use grad_runtime::differentiate;

    #[differentiate]
    pub fn scan(mut v: &mut [f64], k: f64) -> f64 {
        let mut n = 0.0;
        while let Some((first, rest)) = v.split_first_mut() {
            *first *= k;
            n += *first * rest.len() as f64;
            v = rest;
        }
        n
    }
    #[differentiate]
    pub fn chunked(v: &mut [f64], k: f64) {
        let mut rest = &mut v[..];
        while rest.len() > 3 {
            let (a, b) = std::mem::take(&mut rest).split_at_mut(2);
            let t = a[0];
            a[0] = a[1] * k;
            a[1] = t + b[0];
            rest = &mut b[1..];
        }
        for r in rest.iter_mut() {
            *r += k;
        }
    }
    #[differentiate]
    pub fn f(x: &[f64]) -> f64 {
        let mut v = x.to_vec();
        let n = scan(&mut v[1..], x[0]);
        chunked(&mut v, x[1]);
        n + v.iter().map(|a| a * a).sum::<f64>()
    }
}

mod two_best {
    use grad_runtime::{Differentiable, differentiate};

    #[derive(Differentiable, Clone, Copy)]
    pub struct P {
        x: f64,
        y: f64,
    }
    #[differentiate]
    pub fn pair(ps: &[P]) -> f64 {
        let mut best: Option<&P> = None;
        let mut second: Option<&P> = None;
        for p in ps {
            match best {
                Some(b) if p.x <= b.x => {
                    if second.map_or(true, |s| p.x > s.x) {
                        second = Some(p);
                    }
                }
                _ => {
                    second = best;
                    best = Some(p);
                }
            }
        }
        let (b, s) = (best.unwrap(), second.unwrap());
        b.x * s.y + b.y
    }
    #[differentiate]
    pub fn f(x: &[f64]) -> f64 {
        let ps = [
            P { x: x[0], y: x[1] },
            P { x: x[2], y: x[3] },
            P { x: x[4], y: x[5] },
        ];
        pair(&ps)
    }
}

#[test]
fn all() {
    at_points! { [0.3, 1.2, 0.7, 0.4, 1.1, 0.9], [1.4, 0.6, 0.5, 1.3, 0.2, 0.8];
        best_ref::f, best_ref::value_and_grad_f, best_ref::jvp_f;
        best_fold::f, best_fold::value_and_grad_f, best_fold::jvp_f;
        filter_last::f, filter_last::value_and_grad_f, filter_last::jvp_f;
        get_first::f, get_first::value_and_grad_f, get_first::jvp_f;
        option_ref_kept::f, option_ref_kept::value_and_grad_f, option_ref_kept::jvp_f;
        option_some_ref::f, option_some_ref::value_and_grad_f, option_some_ref::jvp_f;
        tail_pattern::f, tail_pattern::value_and_grad_f, tail_pattern::jvp_f;
        split_first_loop::f, split_first_loop::value_and_grad_f, split_first_loop::jvp_f;
        split_recursion::f, split_recursion::value_and_grad_f, split_recursion::jvp_f;
        mut_split_rest::f, mut_split_rest::value_and_grad_f, mut_split_rest::jvp_f;
        mut_take::f, mut_take::value_and_grad_f, mut_take::jvp_f;
        mut_pattern::f, mut_pattern::value_and_grad_f, mut_pattern::jvp_f;
        asref::f, asref::value_and_grad_f, asref::jvp_f;
        opt_get::f, opt_get::value_and_grad_f, opt_get::jvp_f;
        opt_struct::f, opt_struct::value_and_grad_f, opt_struct::jvp_f;
        opt_best_untyped::f, opt_best_untyped::value_and_grad_f, opt_best_untyped::jvp_f;
        nearest2::f, nearest2::value_and_grad_f, nearest2::jvp_f;
        tree_child::f, tree_child::value_and_grad_f, tree_child::jvp_f;
        mut_rest_cases::f, mut_rest_cases::value_and_grad_f, mut_rest_cases::jvp_f;
        two_best::f, two_best::value_and_grad_f, two_best::jvp_f;
    }
}
