//! References that walk along a structure: lists and trees, read and written, with children in vectors,
//! behind methods of the user's, two walks at a time, and a walk that is returned.

mod list_deref {
    use grad_runtime::{Differentiable, differentiate};

    #[derive(Differentiable, Clone)]
    pub struct Node {
        v: f64,
        next: Option<Box<Node>>,
    }
    #[differentiate]
    pub fn walk(list: &Node, x: f64) -> f64 {
        let mut s = 0.0;
        let mut cur = Some(list);
        while let Some(node) = cur {
            s += node.v * x;
            cur = node.next.as_deref();
        }
        s
    }
    #[differentiate]
    pub fn f(x: &[f64]) -> f64 {
        let list = Node {
            v: x[0],
            next: Some(Box::new(Node {
                v: x[1] * x[2],
                next: None,
            })),
        };
        walk(&list, x[3])
    }
}

mod tree_descent {
    use grad_runtime::{Differentiable, differentiate};

    #[derive(Differentiable, Clone)]
    pub enum Tree {
        Leaf {
            value: f64,
        },
        Split {
            at: f64,
            below: Box<Tree>,
            above: Box<Tree>,
        },
    }
    #[differentiate]
    pub fn eval(tree: &Tree, x: f64) -> f64 {
        let mut node = tree;
        while let Tree::Split { below, above, at } = node {
            node = if x < *at { below } else { above };
        }
        match node {
            Tree::Leaf { value } => *value * x,
            _ => 0.0,
        }
    }
    #[differentiate]
    pub fn f(x: &[f64]) -> f64 {
        let t = Tree::Split {
            at: 0.5,
            below: Box::new(Tree::Leaf { value: x[0] }),
            above: Box::new(Tree::Leaf { value: x[1] * x[2] }),
        };
        eval(&t, x[3])
    }
}

mod tree_loop {
    use grad_runtime::{Differentiable, differentiate};

    #[derive(Differentiable, Clone)]
    pub enum Tree {
        Leaf(f64),
        Branch(Box<Tree>, Box<Tree>),
    }
    #[differentiate]
    pub fn eval(tree: &Tree, bits: usize, x: f64) -> f64 {
        let mut node = tree;
        let mut k = bits;
        loop {
            match node {
                Tree::Leaf(v) => break *v * x,
                Tree::Branch(l, r) => {
                    node = if k % 2 == 0 { l } else { r };
                    k /= 2;
                }
            }
        }
    }
    #[differentiate]
    pub fn f(x: &[f64]) -> f64 {
        let t = Tree::Branch(
            Box::new(Tree::Leaf(x[0])),
            Box::new(Tree::Leaf(x[1] * x[2])),
        );
        eval(&t, 0, x[3]) + eval(&t, 1, x[4])
    }
}

mod push_end {
    use grad_runtime::{Differentiable, differentiate};

    #[derive(Differentiable, Clone)]
    pub struct Node {
        v: f64,
        next: Option<Box<Node>>,
    }
    #[differentiate]
    pub fn push(list: &mut Node, v: f64) {
        let mut cur = list;
        while let Some(ref mut next) = cur.next {
            cur = next;
        }
        cur.next = Some(Box::new(Node { v, next: None }));
    }
    #[differentiate]
    pub fn total(n: &Option<Box<Node>>) -> f64 {
        match n {
            None => 0.0,
            Some(n) => n.v * n.v + total(&n.next),
        }
    }
    #[differentiate]
    pub fn f(x: &[f64]) -> f64 {
        let mut list = Node {
            v: x[0],
            next: None,
        };
        push(&mut list, x[1]);
        push(&mut list, x[2] * x[3]);
        list.v + total(&list.next)
    }
}

mod list_as_ref {
    use grad_runtime::{Differentiable, differentiate};

    #[derive(Differentiable, Clone)]
    pub struct Node {
        v: f64,
        next: Option<Box<Node>>,
    }
    #[derive(Differentiable, Clone)]
    pub struct List {
        head: Option<Box<Node>>,
        n: usize,
    }
    #[differentiate]
    impl List {
        fn poly(&self, x: f64) -> f64 {
            let mut s = 0.0;
            let mut p = 1.0;
            let mut cur = self.head.as_ref();
            while let Some(node) = cur {
                s += node.v * p;
                p *= x;
                cur = node.next.as_ref();
            }
            s
        }
        fn last(&self) -> f64 {
            let mut cur = self.head.as_deref();
            let mut l = 0.0;
            while let Some(n) = cur {
                l = n.v;
                cur = n.next.as_deref();
            }
            l
        }
        fn scale(&mut self, k: f64) {
            let mut cur = self.head.as_mut();
            while let Some(node) = cur {
                node.v *= k;
                cur = node.next.as_mut();
            }
        }
        fn push(&mut self, v: f64) {
            self.n += 1;
            let mut cur = &mut self.head;
            while let Some(node) = cur {
                cur = &mut node.next;
            }
            *cur = Some(Box::new(Node { v, next: None }));
        }
    }
    #[differentiate]
    pub fn f(x: &[f64]) -> f64 {
        let mut l = List { head: None, n: 0 };
        for i in 0..5 {
            l.push(x[i] * x[0]);
        }
        l.scale(x[1]);
        l.poly(x[5]) + l.last() * l.last()
    }
}

mod children_vec {
    use grad_runtime::{Differentiable, differentiate};

    #[derive(Differentiable, Clone)]
    pub struct Tree {
        v: f64,
        kids: Vec<Tree>,
    }
    #[differentiate]
    pub fn descend(t: &Tree, x: f64) -> f64 {
        let mut node = t;
        let mut s = node.v;
        while !node.kids.is_empty() {
            let k = if node.v > x { 0 } else { node.kids.len() - 1 };
            node = &node.kids[k];
            s = s * x + node.v.sin();
        }
        s
    }
    #[differentiate]
    pub fn f(x: &[f64]) -> f64 {
        let t = Tree {
            v: x[0],
            kids: vec![
                Tree {
                    v: x[1],
                    kids: vec![Tree {
                        v: x[2],
                        kids: vec![],
                    }],
                },
                Tree {
                    v: x[3],
                    kids: vec![
                        Tree {
                            v: x[4],
                            kids: vec![],
                        },
                        Tree {
                            v: x[5],
                            kids: vec![],
                        },
                    ],
                },
            ],
        };
        descend(&t, 0.9) * descend(&t, x[1])
    }
}

mod bst_insert {
    use grad_runtime::{Differentiable, differentiate};

    #[derive(Differentiable, Clone)]
    pub struct Node {
        k: f64,
        w: f64,
        l: Option<Box<Node>>,
        r: Option<Box<Node>>,
    }
    #[differentiate]
    pub fn insert(root: &mut Option<Box<Node>>, k: f64, w: f64) {
        let mut cur = root;
        while let Some(node) = cur {
            cur = if k < node.k { &mut node.l } else { &mut node.r };
        }
        *cur = Some(Box::new(Node {
            k,
            w,
            l: None,
            r: None,
        }));
    }
    #[differentiate]
    pub fn lookup(root: &Option<Box<Node>>, q: f64) -> f64 {
        let mut best = 0.0;
        let mut cur = root.as_deref();
        while let Some(n) = cur {
            best += n.w * (n.k - q);
            cur = if q < n.k {
                n.l.as_deref()
            } else {
                n.r.as_deref()
            };
        }
        best
    }
    #[differentiate]
    pub fn f(x: &[f64]) -> f64 {
        let mut t = None;
        for i in 0..x.len() {
            insert(&mut t, x[i], x[i] * x[0]);
        }
        lookup(&t, 0.8) + lookup(&t, 1.3 * x[1])
    }
}

mod leaf_ref {
    use grad_runtime::{Differentiable, differentiate};

    #[derive(Differentiable, Clone)]
    pub enum Tree {
        Leaf {
            value: f64,
            n: usize,
        },
        Split {
            at: f64,
            dim: usize,
            below: Box<Tree>,
            above: Box<Tree>,
        },
    }
    #[differentiate]
    impl Tree {
        fn leaf(&self, x: &[f64]) -> &Tree {
            let mut node = self;
            while let Tree::Split {
                at,
                dim,
                below,
                above,
            } = node
            {
                node = if x[*dim] < *at { below } else { above };
            }
            node
        }
        fn value(&self) -> f64 {
            match self {
                Tree::Leaf { value, .. } => *value,
                Tree::Split { at, .. } => *at,
            }
        }
    }
    #[differentiate]
    pub fn predict(forest: &[Tree], x: &[f64]) -> f64 {
        let mut s = 0.0;
        for t in forest {
            s += t.leaf(x).value() * x[0];
        }
        s
    }
    #[differentiate]
    pub fn f(x: &[f64]) -> f64 {
        let t = vec![
            Tree::Split {
                at: 0.9,
                dim: 1,
                below: Box::new(Tree::Leaf { value: x[0], n: 0 }),
                above: Box::new(Tree::Split {
                    at: 1.0,
                    dim: 2,
                    below: Box::new(Tree::Leaf { value: x[3], n: 1 }),
                    above: Box::new(Tree::Leaf {
                        value: x[4] * x[2],
                        n: 2,
                    }),
                }),
            },
            Tree::Leaf { value: x[5], n: 2 },
        ];
        predict(&t, x)
    }
}

mod prev_cur {
    use grad_runtime::{Differentiable, differentiate};

    #[derive(Differentiable, Clone)]
    pub struct Node {
        v: f64,
        next: Option<Box<Node>>,
    }
    #[differentiate]
    pub fn rough(list: &Node) -> f64 {
        let mut s = 0.0;
        let mut prev = list;
        let mut cur = list.next.as_deref();
        while let Some(n) = cur {
            s += (n.v - prev.v) * (n.v - prev.v);
            prev = n;
            cur = n.next.as_deref();
        }
        s
    }
    #[differentiate]
    pub fn f(x: &[f64]) -> f64 {
        let mut list = Node {
            v: x[0],
            next: None,
        };
        for i in 1..x.len() {
            list = Node {
                v: x[i] * x[0],
                next: Some(Box::new(list)),
            };
        }
        rough(&list)
    }
}

mod steps_limit {
    use grad_runtime::{Differentiable, differentiate};

    #[derive(Differentiable, Clone)]
    pub struct Node {
        v: f64,
        next: Option<Box<Node>>,
    }
    #[differentiate]
    pub fn nth(list: &Node, n: usize) -> f64 {
        let mut node = list;
        for _ in 0..n {
            match &node.next {
                Some(next) => node = next,
                None => return node.v * 2.0,
            }
        }
        node.v
    }
    #[differentiate]
    pub fn f(x: &[f64]) -> f64 {
        let mut list = Node {
            v: x[0],
            next: None,
        };
        for i in 1..x.len() {
            list = Node {
                v: x[i] * x[0],
                next: Some(Box::new(list)),
            };
        }
        nth(&list, 2) * nth(&list, 9) + nth(&list, 0)
    }
}

mod two_lists {
    use grad_runtime::{Differentiable, differentiate};

    #[derive(Differentiable, Clone)]
    pub struct Node {
        v: f64,
        next: Option<Box<Node>>,
    }
    #[differentiate]
    pub fn dot(a: &Node, b: &Node) -> f64 {
        let (mut p, mut q) = (Some(a), Some(b));
        let mut s = 0.0;
        while let (Some(u), Some(w)) = (p, q) {
            s += u.v * w.v;
            p = u.next.as_deref();
            q = w.next.as_deref();
        }
        s
    }
    #[differentiate]
    pub fn f(x: &[f64]) -> f64 {
        let mut a = Node {
            v: x[0],
            next: None,
        };
        let mut b = Node {
            v: x[3],
            next: None,
        };
        for i in 1..3 {
            a = Node {
                v: x[i] * x[0],
                next: Some(Box::new(a)),
            };
            b = Node {
                v: x[i + 3].sin(),
                next: Some(Box::new(b)),
            };
        }
        dot(&a, &b)
    }
}

mod mut_walk_write {
    use grad_runtime::{Differentiable, differentiate};

    #[derive(Differentiable, Clone)]
    pub struct Node {
        v: f64,
        next: Option<Box<Node>>,
    }
    #[differentiate]
    pub fn prefix(list: &mut Node) {
        let mut acc = 0.0;
        let mut cur = Some(list);
        while let Some(n) = cur {
            acc += n.v;
            n.v = acc * acc;
            cur = n.next.as_deref_mut();
        }
    }
    #[differentiate]
    pub fn total(list: &Node) -> f64 {
        let mut s = 0.0;
        let mut cur = Some(list);
        while let Some(n) = cur {
            s = s * 0.5 + n.v;
            cur = n.next.as_deref();
        }
        s
    }
    #[differentiate]
    pub fn f(x: &[f64]) -> f64 {
        let mut list = Node {
            v: x[0],
            next: None,
        };
        for i in 1..x.len() {
            list = Node {
                v: x[i] * x[0],
                next: Some(Box::new(list)),
            };
        }
        prefix(&mut list);
        total(&list)
    }
}

mod opt_match_assign {
    use grad_runtime::{Differentiable, differentiate};

    #[derive(Differentiable, Clone)]
    pub struct Node {
        v: f64,
        next: Option<Box<Node>>,
    }
    #[differentiate]
    pub fn total(list: &Option<Box<Node>>) -> f64 {
        let mut s = 0.0;
        let mut cur = list;
        loop {
            let node = match cur {
                Some(n) => n,
                None => break,
            };
            s += node.v * node.v;
            cur = &node.next;
        }
        let mut cur = list.as_ref();
        while cur.is_some() {
            let n = cur.unwrap();
            s *= n.v;
            cur = n.next.as_ref();
        }
        s
    }
    #[differentiate]
    pub fn f(x: &[f64]) -> f64 {
        let mut list = None;
        for i in 1..x.len() {
            list = Some(Box::new(Node {
                v: x[i] * x[0],
                next: list,
            }));
        }
        total(&list)
    }
}

mod trie {
    use grad_runtime::{Differentiable, differentiate};

    #[derive(Differentiable, Clone)]
    pub struct Node {
        w: f64,
        kids: [Option<Box<Node>>; 2],
    }
    #[differentiate]
    pub fn insert(root: &mut Node, bits: &[usize], w: f64) {
        let mut node = root;
        for &b in bits {
            node = node.kids[b].get_or_insert_with(|| {
                Box::new(Node {
                    w: 0.0,
                    kids: [None, None],
                })
            });
        }
        node.w += w;
    }
    #[differentiate]
    pub fn weigh(root: &Node, bits: &[usize]) -> f64 {
        let mut node = root;
        let mut s = 0.0;
        for &b in bits {
            match &node.kids[b] {
                Some(k) => {
                    s += k.w * 2.0;
                    node = k;
                }
                None => break,
            }
        }
        s
    }
    #[differentiate]
    pub fn f(x: &[f64]) -> f64 {
        let mut root = Node {
            w: x[5],
            kids: [None, None],
        };
        insert(&mut root, &[0, 1], x[0]);
        insert(&mut root, &[0, 1, 1], x[1] * x[2]);
        insert(&mut root, &[1], x[3]);
        insert(&mut root, &[0], x[4]);
        weigh(&root, &[0, 1, 1]) * weigh(&root, &[1, 1])
    }
}

mod way_child {
    use grad_runtime::{Differentiable, differentiate};

    #[derive(Differentiable, Clone)]
    pub struct Node {
        v: f64,
        kids: Vec<Node>,
    }
    #[differentiate]
    impl Node {
        fn child(&self, k: usize) -> &Node {
            &self.kids[k]
        }
        fn child_mut(&mut self, k: usize) -> &mut Node {
            &mut self.kids[k]
        }
    }
    #[differentiate]
    pub fn total(root: &Node, q: f64) -> f64 {
        let mut s = 0.0;
        let mut cur = root;
        while cur.kids.len() > 0 {
            s += cur.v * cur.v * q;
            cur = cur.child(cur.kids.len() - 1);
        }
        s + cur.v
    }
    #[differentiate]
    pub fn bump(root: &mut Node, q: f64) {
        let mut cur = root;
        while cur.kids.len() > 0 {
            cur.v *= q;
            cur = cur.child_mut(0);
        }
        cur.v += q * q;
    }
    #[differentiate]
    pub fn f(x: &[f64]) -> f64 {
        let mut t = Node {
            v: x[0],
            kids: vec![Node {
                v: x[1],
                kids: vec![Node {
                    v: x[2],
                    kids: vec![],
                }],
            }],
        };
        bump(&mut t, x[3]);
        total(&t, x[4])
    }
}

mod insert_sorted {
    use grad_runtime::{Differentiable, differentiate};

    #[derive(Differentiable, Clone)]
    pub struct Node {
        v: f64,
        next: Option<Box<Node>>,
    }
    #[differentiate]
    pub fn insert(head: &mut Option<Box<Node>>, v: f64) {
        let mut cur = head;
        while cur.as_ref().map_or(false, |n| n.v < v) {
            cur = &mut cur.as_mut().unwrap().next;
        }
        let rest = cur.take();
        *cur = Some(Box::new(Node { v, next: rest }));
    }
    #[differentiate]
    pub fn f(x: &[f64]) -> f64 {
        let mut head = None;
        for i in 0..x.len() {
            insert(&mut head, x[i] * x[0]);
        }
        let mut s = 0.0;
        let mut w = 1.0;
        let mut cur = &head;
        while let Some(n) = cur {
            s += w * n.v;
            w *= 2.0;
            cur = &n.next;
        }
        s
    }
}

mod remove_last {
    use grad_runtime::{Differentiable, differentiate};

    #[derive(Differentiable, Clone)]
    pub struct Node {
        v: f64,
        next: Option<Box<Node>>,
    }
    #[differentiate]
    pub fn pop(list: &mut Node) -> f64 {
        let mut cur = list;
        while cur.next.as_ref().map_or(false, |n| n.next.is_some()) {
            cur = cur.next.as_mut().unwrap();
        }
        match cur.next.take() {
            Some(n) => n.v,
            None => 0.0,
        }
    }
    #[differentiate]
    pub fn f(x: &[f64]) -> f64 {
        let mut list = Node {
            v: x[0],
            next: None,
        };
        for i in 1..x.len() {
            list = Node {
                v: x[i] * x[i - 1],
                next: Some(Box::new(list)),
            };
        }
        let a = pop(&mut list);
        let b = pop(&mut list);
        a * b + list.v * list.next.as_ref().unwrap().v
    }
}

mod quadtree {
    use grad_runtime::{Differentiable, constant, differentiate};

    #[derive(Differentiable, Clone)]
    pub struct Quad {
        mass: f64,
        cx: f64,
        kids: Option<Box<[Quad; 2]>>,
    }
    #[differentiate]
    pub fn leaf(m: f64, c: f64) -> Quad {
        Quad {
            mass: m,
            cx: c,
            kids: None,
        }
    }
    #[differentiate(wrt(root, m))]
    pub fn deposit(root: &mut Quad, x: f64, m: f64) {
        let mut q = root;
        loop {
            q.mass += m;
            let c = q.cx;
            match q.kids.as_mut() {
                None => break,
                Some(k) => {
                    q = if x < c { &mut k[0] } else { &mut k[1] };
                }
            }
        }
    }
    #[differentiate]
    pub fn force(root: &Quad, x: f64) -> f64 {
        let mut s = 0.0;
        let mut q = root;
        while let Some(k) = q.kids.as_ref() {
            s += q.mass / (1.0 + (x - q.cx) * (x - q.cx));
            q = &k[if x < q.cx { 0 } else { 1 }];
        }
        s + q.mass
    }
    #[differentiate]
    pub fn f(x: &[f64]) -> f64 {
        let mut r = Quad {
            mass: 0.0,
            cx: 1.0,
            kids: Some(Box::new([
                leaf(x[5], 0.5),
                Quad {
                    mass: x[4],
                    cx: 1.5,
                    kids: Some(Box::new([leaf(0.0, 1.2), leaf(0.1, 1.8)])),
                },
            ])),
        };
        for i in 0..4 {
            deposit(&mut r, constant(x[i]), x[i] * x[0]);
        }
        force(&r, x[1]) + force(&r, x[2]) * force(&r, 0.2)
    }
}

mod nested_walks {
    use grad_runtime::{Differentiable, differentiate};

    #[derive(Differentiable, Clone)]
    pub struct Item {
        w: f64,
        next: Option<Box<Item>>,
    }
    #[derive(Differentiable, Clone)]
    pub struct Row {
        items: Option<Box<Item>>,
        next: Option<Box<Row>>,
    }
    #[differentiate]
    pub fn total(rows: &Row, k: f64) -> f64 {
        let mut s = 0.0;
        let mut row = Some(rows);
        while let Some(r) = row {
            let mut t = 1.0;
            let mut item = r.items.as_deref();
            while let Some(i) = item {
                t *= i.w + k;
                item = i.next.as_deref();
            }
            s += t * t;
            row = r.next.as_deref();
        }
        s
    }
    #[differentiate]
    pub fn f(x: &[f64]) -> f64 {
        let a = Item {
            w: x[0],
            next: Some(Box::new(Item {
                w: x[1],
                next: None,
            })),
        };
        let b = Item {
            w: x[2],
            next: Some(Box::new(Item {
                w: x[3] * x[0],
                next: None,
            })),
        };
        let rows = Row {
            items: Some(Box::new(a)),
            next: Some(Box::new(Row {
                items: None,
                next: Some(Box::new(Row {
                    items: Some(Box::new(b)),
                    next: None,
                })),
            })),
        };
        total(&rows, x[5])
    }
}

#[test]
fn all() {
    at_points! { [0.3, 1.2, 0.7, 0.4, 1.1, 0.9], [1.4, 0.6, 0.5, 1.3, 0.2, 0.8];
        list_deref::f, list_deref::value_and_grad_f, list_deref::jvp_f;
        tree_descent::f, tree_descent::value_and_grad_f, tree_descent::jvp_f;
        tree_loop::f, tree_loop::value_and_grad_f, tree_loop::jvp_f;
        push_end::f, push_end::value_and_grad_f, push_end::jvp_f;
        list_as_ref::f, list_as_ref::value_and_grad_f, list_as_ref::jvp_f;
        children_vec::f, children_vec::value_and_grad_f, children_vec::jvp_f;
        bst_insert::f, bst_insert::value_and_grad_f, bst_insert::jvp_f;
        leaf_ref::f, leaf_ref::value_and_grad_f, leaf_ref::jvp_f;
        prev_cur::f, prev_cur::value_and_grad_f, prev_cur::jvp_f;
        steps_limit::f, steps_limit::value_and_grad_f, steps_limit::jvp_f;
        two_lists::f, two_lists::value_and_grad_f, two_lists::jvp_f;
        mut_walk_write::f, mut_walk_write::value_and_grad_f, mut_walk_write::jvp_f;
        opt_match_assign::f, opt_match_assign::value_and_grad_f, opt_match_assign::jvp_f;
        trie::f, trie::value_and_grad_f, trie::jvp_f;
        way_child::f, way_child::value_and_grad_f, way_child::jvp_f;
        insert_sorted::f, insert_sorted::value_and_grad_f, insert_sorted::jvp_f;
        remove_last::f, remove_last::value_and_grad_f, remove_last::jvp_f;
        quadtree::f, quadtree::value_and_grad_f, quadtree::jvp_f;
        nested_walks::f, nested_walks::value_and_grad_f, nested_walks::jvp_f;
    }
}
