//! `Cell`, `RefCell` and locks as variables of a function: written through shared references.

mod scalars {
    use grad_runtime::differentiate;
    use std::cell::Cell;
    #[differentiate]
    pub fn f(x: &[f64]) -> f64 {
        let c = Cell::new(x[0]);
        for v in x {
            c.set(c.get() * 0.5 + v * v);
        }
        let r = c.replace(3.0);
        let d = Cell::new(x[1]);
        d.swap(&c);
        c.update(|v| v * x[2]);
        let seen = &c;
        if seen.get().is_nan() {
            return 0.0;
        }
        println!("{}", c.get());
        r * c.get() + d.get() + c.take() * seen.clone().into_inner()
    }
}

mod in_closures {
    use grad_runtime::differentiate;
    use std::cell::{Cell, RefCell};
    #[differentiate]
    pub fn f(x: &[f64]) -> f64 {
        let total = Cell::new(0.0);
        let add = |v: f64| total.set(total.get() + v * v);
        x.iter().for_each(|v| add(*v * 2.0));
        let log: RefCell<Vec<f64>> = RefCell::new(Vec::new());
        let calls = Cell::new(0usize);
        let eval = |v: f64| {
            log.borrow_mut().push(v * v);
            calls.set(calls.get() + 1);
            v.sin()
        };
        let a = eval(x[0]) + eval(x[1]);
        let next = {
            let state = Cell::new(x[2]);
            move || {
                let v = state.get();
                state.set(v * 2.0 + x[1]);
                v
            }
        };
        let logged: f64 = log.borrow().iter().sum();
        let b = next() + next() * next();
        x.iter()
            .map(|v| {
                add(*v);
                v * 2.0
            })
            .sum::<f64>()
            * total.get()
            * (a * logged * calls.get() as f64 + b)
    }
}

mod structures {
    use grad_runtime::{Differentiable, differentiate};
    use std::cell::RefCell;
    use std::rc::Rc;
    use std::sync::{Arc, Mutex, RwLock};
    #[derive(Differentiable, Clone, Copy, Default)]
    struct P {
        a: f64,
        b: f64,
    }
    #[differentiate]
    pub fn f(x: &[f64]) -> f64 {
        let c = RefCell::new(P { a: x[0], b: x[1] });
        c.borrow_mut().a *= x[2];
        {
            let p = &mut *c.borrow_mut();
            p.b += x[3];
        }
        let old = c.replace(P { a: x[3], b: 1.0 });
        let t = c.take();
        let v = Rc::new(RefCell::new(vec![x[0]; 2]));
        let (w, u) = (Rc::clone(&v), v.clone());
        w.borrow_mut()[0] *= x[1];
        u.borrow_mut().push(x[2]);
        let sum: f64 = v.borrow().iter().sum();
        let m = Arc::new(RwLock::new(x.to_vec()));
        Arc::clone(&m).write().unwrap()[0] *= sum;
        let k = Mutex::new(m.read().unwrap()[0]);
        *k.lock().unwrap() *= x[3];
        old.a * old.b + t.a + c.borrow().b + k.into_inner().unwrap()
    }
}

#[test]
fn all() {
    for x in [[1.3, 0.7, 2.1, -0.4], [-0.6, 1.9, 0.3, 1.2]] {
        slice!(scalars::f, scalars::value_and_grad_f, scalars::jvp_f; x);
        slice!(in_closures::f, in_closures::value_and_grad_f, in_closures::jvp_f; x);
        slice!(structures::f, structures::value_and_grad_f, structures::jvp_f; x);
    }
}
