//! `#[derive(Differentiable)]` on every form of type.

use core::marker::PhantomData;
use core::ops::Mul;

use grad_runtime::{
    Differentiable, LeafVisitor, NoTangent, Parameters, ShapeError, ShapeMismatch, Tangent,
};

/// Floats only, no `Clone`: its own tangent.
#[derive(Differentiable)]
pub struct Mlp {
    /// Weights.
    pub w1: Vec<Vec<f64>>,
    /// Weights.
    pub b1: [f32; 2],
    b2: (f64, Option<Box<f64>>),
}

/// No `PartialEq`.
#[derive(Clone, Debug, Differentiable)]
pub struct Spring {
    /// One.
    pub stiffness: f64,
    /// Two.
    pub rest: f64,
}

/// Holds a type of one's own: a generated tangent.
#[derive(Differentiable)]
pub struct Chain {
    /// The springs.
    pub springs: Vec<Spring>,
    /// A constant.
    #[differentiate(skip)]
    pub length: f64,
    /// A number without derivative.
    pub count: usize,
    gravity: f64,
    r#type: u8,
}

/// Own tangents all, in a tuple struct.
#[derive(Clone, Copy, Debug, PartialEq, Differentiable)]
pub struct Point(f64, [f64; 2]);

#[derive(Differentiable)]
struct Tagged(Point, #[differentiate(skip)] f64, &'static str);

#[derive(Clone, Debug, PartialEq, Differentiable)]
struct Empty;

#[derive(Differentiable)]
#[allow(dead_code, reason = "only its traits are used")]
enum Mode {
    On,
    Off,
}

/// Every field its own tangent.
#[derive(Clone, Debug, PartialEq, Differentiable)]
pub enum Shape {
    /// Round.
    Circle {
        /// Radius.
        r: f64,
    },
    /// Not round.
    Triangle(f64, f64, f64),
    /// Nothing.
    Dot,
}

/// A recursive enum: a generated tangent that holds itself.
#[derive(Differentiable)]
pub enum Tree {
    /// A number and an index.
    Leaf(f64, usize),
    /// Two.
    Node {
        /// One.
        left: Box<Tree>,
        /// Other.
        right: Box<Tree>,
    },
}

/// Generic: its own tangent when its parameter is.
#[derive(Clone, Copy, Debug, PartialEq, Differentiable)]
pub struct Vec3<T> {
    /// x
    pub x: T,
    /// y
    pub y: T,
}

/// Generic with bounds, which the tangent keeps.
#[derive(Clone, Debug, PartialEq, Differentiable)]
pub struct Matrix<T: Mul<Output = T> + Copy, const N: usize = 2>
where
    T: PartialOrd,
{
    /// Rows.
    pub rows: [[T; N]; N],
}

/// A generic type inside another: a generated generic tangent.
#[derive(Differentiable)]
pub struct Layered<'a, A, B, const N: usize, U = ()> {
    first: A,
    second: Vec3<B>,
    data: &'a [B],
    #[differentiate(skip)]
    names: [&'a str; N],
    marker: PhantomData<U>,
}

/// Gathers every leaf, by slices.
#[derive(Default)]
struct Gather {
    leaves: Vec<(f64, f64)>,
    calls: usize,
}

impl LeafVisitor for Gather {
    fn f32s(&mut self, x: &mut [f32], tangent: &[f32]) {
        self.calls += 1;
        let pairs = x.iter().zip(tangent);
        self.leaves
            .extend(pairs.map(|(x, t)| (f64::from(*x), f64::from(*t))));
    }
    fn f64s(&mut self, x: &mut [f64], tangent: &[f64]) {
        self.calls += 1;
        self.leaves
            .extend(x.iter().zip(tangent).map(|(x, t)| (*x, *t)));
    }
}

fn leaves<P: Parameters>(x: &mut P, tangent: &P::Tangent) -> (Vec<(f64, f64)>, usize) {
    let mut gather = Gather::default();
    x.visit(tangent, &mut gather);
    (gather.leaves, gather.calls)
}

fn mlp() -> Mlp {
    Mlp {
        w1: vec![vec![1.0, 2.0], vec![3.0]],
        b1: [4.0, 5.0],
        b2: (6.0, Some(Box::new(7.0))),
    }
}

#[test]
fn a_struct_of_floats_is_its_own_tangent() {
    let mut x = mlp();
    let mut t: Mlp = x.zero_tangent();
    assert_eq!(t.w1, [vec![0.0, 0.0], vec![0.0]]);
    t.accumulate(&x);
    t.accumulate(&x);
    t.scale(2.0);
    assert_eq!(t.w1, [vec![4.0, 8.0], vec![12.0]]);
    assert_eq!((t.b1, &t.b2), ([16.0, 20.0], &(24.0, Some(Box::new(28.0)))));
    assert_eq!(
        t.dot(&x),
        4.0 * (1.0 + 4.0 + 9.0 + 16.0 + 25.0 + 36.0 + 49.0)
    );
    assert_eq!(x.norm(), 140.0_f64.sqrt());
    let (pairs, calls) = leaves(&mut x, &t);
    let expected: Vec<_> = (1..=7).map(|i| (f64::from(i), f64::from(4 * i))).collect();
    assert_eq!((pairs, calls), (expected, 5));
    let taken = t.take();
    assert!(t.equals(&x.zero_tangent()));
    assert_eq!(taken.w1[1], [12.0]);
}

#[test]
fn a_generated_tangent_has_the_fields_of_the_type() {
    let spring = Spring {
        stiffness: 1.0,
        rest: 2.0,
    };
    let mut chain = Chain {
        springs: vec![spring.clone(), spring],
        length: 3.0,
        count: 4,
        gravity: 5.0,
        r#type: 6,
    };
    assert_eq!((chain.length, chain.count, chain.r#type), (3.0, 4, 6));
    let mut t: ChainTangent = chain.zero_tangent();
    assert_eq!(
        (t.length, t.count, t.r#type),
        (NoTangent, NoTangent, NoTangent)
    );
    t.springs[1].rest = 7.0;
    t.gravity = 8.0;
    let (pairs, _) = leaves(&mut chain, &t);
    assert_eq!(
        pairs,
        [(1.0, 0.0), (2.0, 0.0), (1.0, 0.0), (2.0, 7.0), (5.0, 8.0)]
    );
    assert_eq!(
        format!("{t:?}"),
        "ChainTangent { springs: [Spring { stiffness: 0.0, rest: 0.0 }, \
         Spring { stiffness: 0.0, rest: 7.0 }], length: NoTangent, count: NoTangent, \
         gravity: 8.0, type: NoTangent }"
            .replace("type:", "r#type:"),
    );
    let copy = t.clone();
    assert_eq!(copy, t);
    t.set_zero();
    assert_ne!(copy, t);
    // A tangent is its own tangent.
    let second: ChainTangent = t.zero_tangent();
    assert_eq!(second, t);
    assert_eq!(leaves(&mut t, &copy).0.len(), 5);
}

#[test]
fn tuple_structs_and_types_without_fields() {
    let point = Point(1.0, [2.0, 3.0]);
    let t: PointTangent = point.zero_tangent();
    assert_eq!(t, Point(0.0, [0.0, 0.0]));
    let tagged = Tagged(point, 1.0, "name");
    assert_eq!((tagged.1, tagged.2), (1.0, "name"));
    assert_eq!(
        tagged.zero_tangent(),
        TaggedTangent(t, NoTangent, NoTangent)
    );
    assert_eq!(Empty.zero_tangent(), NoTangent);
    assert_eq!(Mode::On.zero_tangent(), NoTangent);
    let _: (EmptyTangent, ModeTangent) = (NoTangent, NoTangent);
}

#[test]
fn enums_have_the_tangent_of_their_variant() {
    let circle = Shape::Circle { r: 1.0 };
    let mut t = circle.zero_tangent();
    assert_eq!(t, ShapeTangent::Circle { r: 0.0 });
    *t.__grad_mut_Circle_r() = 3.0;
    assert_eq!(t.__grad_ref_Circle_r(), &3.0);
    t.accumulate(&circle);
    assert_eq!(t, Shape::Circle { r: 4.0 });
    assert_eq!(
        Shape::Triangle(1.0, 2.0, 3.0).dot(&Shape::Triangle(1.0, 1.0, 1.0)),
        6.0
    );
    let error = Shape::Dot.check_shape(&circle).unwrap_err();
    assert_eq!(error, ShapeError::variant("Shape"));

    let leaf = |x| Box::new(Tree::Leaf(x, 0));
    let mut tree = Tree::Node {
        left: leaf(1.0),
        right: leaf(2.0),
    };
    let mut t = tree.zero_tangent();
    assert_eq!(
        format!("{t:?}"),
        "Node { left: Leaf(0.0, NoTangent), right: Leaf(0.0, NoTangent) }",
    );
    if let TreeTangent::Node { right, .. } = &mut t {
        **right = TreeTangent::Leaf(5.0, NoTangent);
    }
    assert_eq!(leaves(&mut tree, &t).0, [(1.0, 0.0), (2.0, 5.0)]);
    assert_eq!(t.clone().norm(), 5.0);
}

#[test]
#[should_panic(expected = "another variant of `Shape`")]
fn tangents_of_two_variants_do_not_add() {
    Shape::Dot.accumulate(&Shape::Circle { r: 1.0 });
}

#[test]
fn generic_types() {
    let v = Vec3 { x: 1.0, y: 2.0 };
    let t: Vec3<f64> = v.zero_tangent();
    assert_eq!(t, Vec3 { x: 0.0, y: 0.0 });
    let mixed: Vec3<Vec<Spring>> = Vec3 {
        x: vec![Spring {
            stiffness: 1.0,
            rest: 2.0,
        }],
        y: vec![],
    }
    .zero_tangent();
    assert_eq!((mixed.x.len(), mixed.y.len()), (1, 0));
    let counted: Vec3<NoTangent> = Vec3 { x: 1, y: 2 }.zero_tangent();
    assert_eq!(
        counted,
        Vec3 {
            x: NoTangent,
            y: NoTangent
        }
    );

    let mut m = Matrix {
        rows: [[1.0, 2.0], [3.0, 4.0]],
    };
    let t: Matrix<f64> = m.clone();
    assert_eq!(m.dot(&t), 30.0);
    let (pairs, calls) = leaves(&mut m, &t);
    assert_eq!((pairs.len(), calls), (4, 1), "a nested array is one slice");

    let layered = Layered::<_, _, 1> {
        first: Point(1.0, [2.0, 3.0]),
        second: v,
        data: &[1.0, 2.0],
        names: ["a"],
        marker: PhantomData,
    };
    assert_eq!(layered.names, ["a"]);
    let t = layered.zero_tangent();
    let _: &LayeredTangent<Point, f64, 1> = &t;
    assert_eq!(
        (&t.first, &t.second, &t.data),
        (
            &Point(0.0, [0.0; 2]),
            &Vec3 { x: 0.0, y: 0.0 },
            &vec![0.0; 2]
        )
    );
    assert_eq!((t.names, t.marker), (NoTangent, NoTangent));
    assert_eq!(t.clone(), t);
}

#[test]
fn shapes_are_compared_by_length_and_field() {
    let x = mlp();
    let mut t = mlp();
    assert_eq!(x.check_shape(&t), Ok(()));
    t.w1[1].push(0.0);
    let error = x.check_shape(&t).unwrap_err();
    assert_eq!(error.field(), Some("w1"));
    assert_eq!(
        error.mismatch(),
        ShapeMismatch::Length {
            expected: 1,
            found: 2
        }
    );
    assert_eq!(
        error.to_string(),
        "the tangent has another shape in field `w1`: expected length 1, found 2",
    );
}

#[test]
#[should_panic(expected = "expected length 2, found 3")]
fn vectors_of_two_lengths_do_not_add() {
    vec![1.0, 2.0].accumulate(&vec![1.0; 3]);
}

#[test]
fn none_is_a_zero_of_no_shape() {
    let mut t: Option<f64> = None;
    t.accumulate(&None);
    assert_eq!(t, None);
    t.accumulate(&Some(2.0));
    t.accumulate(&None);
    assert_eq!((t, t.dot(&None)), (Some(2.0), 0.0));
    assert_eq!(leaves(&mut Some(3.0), &None).0, [(3.0, 0.0)]);
}

#[test]
fn references_and_slices_have_owned_tangents() {
    let xs = [1.0, 2.0];
    let t: Vec<f64> = xs[..].zero_tangent();
    assert_eq!(t, [0.0, 0.0]);
    let t: (Vec<f64>, f64, NoTangent) = (&xs[..], &1.5, "text").zero_tangent();
    assert_eq!(t, (vec![0.0; 2], 0.0, NoTangent));
    let mut y = [1.0, 2.0];
    assert_eq!(
        leaves(&mut &mut y[..], &vec![3.0, 4.0]).0,
        [(1.0, 3.0), (2.0, 4.0)]
    );
}
