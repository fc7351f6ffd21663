//! Derived tangents: recursive and generic types, accessors, arithmetic, and what the tangents of
//! the standard library's types are.

use std::collections::VecDeque;
use std::ops::Range;
use std::rc::Rc;
use std::sync::Arc;

use grad_runtime::{Differentiable, LeafVisitor, NoTangent, Parameters, Tangent};

/// Recursive and generic: its own tangent where its parameter is.
#[derive(Clone, Debug, PartialEq, Differentiable)]
pub enum Tree<T> {
    /// One.
    Leaf(T),
    /// Two.
    Node(Box<Tree<T>>, Box<Tree<T>>),
    /// Any number.
    Many {
        /// All.
        trees: Vec<Tree<T>>,
    },
}

/// Recursive with something else inside: a generated tangent that holds itself.
#[derive(Differentiable)]
pub enum Expression<T, const N: usize>
where
    T: Clone,
{
    /// A constant.
    Number(T),
    /// An input.
    Input(usize),
    /// A sum of two.
    Sum(Box<Expression<T, N>>, Box<Expression<T, N>>),
    /// A product with a list of weights and a name.
    Weighted {
        /// Weights.
        weights: [T; N],
        /// The rest.
        rest: Vec<Expression<T, N>>,
        #[differentiate(skip)]
        /// A constant.
        scale: f64,
        /// A field that is a keyword.
        r#in: T,
    },
    /// Nothing.
    Empty,
}

/// A linked list.
#[derive(Clone, Debug, PartialEq, Differentiable)]
pub struct Linked {
    /// The head.
    pub value: f64,
    /// The tail.
    pub next: Option<Box<Linked>>,
}

/// One variant only.
#[derive(Differentiable)]
enum Single<'a> {
    Only { data: &'a [f64], count: usize },
}

/// Pointers that are shared.
#[derive(Differentiable)]
struct Scene {
    camera: Linked,
    texture: Rc<Vec<f64>>,
    palette: Arc<[f64; 2]>,
    near_far: Range<f64>,
    recent: VecDeque<f32>,
    outcome: Result<f64, String>,
}

/// Counts leaves.
struct Count(usize);

impl LeafVisitor for Count {
    fn f32s(&mut self, x: &mut [f32], _: &[f32]) {
        self.0 += x.len();
    }
    fn f64s(&mut self, x: &mut [f64], _: &[f64]) {
        self.0 += x.len();
    }
}

fn leaves<P: Parameters>(x: &mut P) -> usize {
    let mut count = Count(0);
    let zero = x.zero_tangent();
    x.visit(&zero, &mut count);
    count.0
}

#[test]
fn a_recursive_generic_type_is_its_own_tangent() {
    let leaf = |x| Box::new(Tree::Leaf(x));
    let mut tree = Tree::Node(
        leaf(1.0),
        Box::new(Tree::Many {
            trees: vec![Tree::Leaf(2.0), Tree::Leaf(3.0)],
        }),
    );
    let mut tangent: Tree<f64> = tree.zero_tangent();
    *tangent.__grad_mut_Node_0().__grad_mut_Leaf_0() += 5.0;
    tangent.__grad_mut_Node_1().__grad_mut_Many_trees()[1].accumulate(&Tree::Leaf(7.0));
    assert_eq!(tangent.dot(&tree), 5.0 + 21.0);
    assert_eq!(tangent.__grad_ref_Node_0(), &leaf(5.0));
    assert_eq!(leaves(&mut tree), 3);

    let integers: Tree<NoTangent> = Tree::Leaf(3).zero_tangent();
    assert_eq!(integers, Tree::Leaf(NoTangent));
    let nested: Tree<Vec<f64>> = Tree::Leaf([1.0, 2.0].as_slice()).zero_tangent();
    assert_eq!(nested, Tree::Leaf(vec![0.0; 2]));

    let list = Linked {
        value: 1.0,
        next: Some(Box::new(Linked {
            value: 2.0,
            next: None,
        })),
    };
    let tangent: Linked = list.zero_tangent();
    assert_eq!(tangent.next.map(|next| next.value), Some(0.0));
}

#[test]
fn a_recursive_type_with_constants_has_a_tangent_that_holds_itself() {
    let mut expression = Expression::Sum(
        Box::new(Expression::Input(3)),
        Box::new(Expression::Weighted {
            weights: [1.0_f32, 2.0],
            rest: vec![Expression::Number(4.0), Expression::Empty],
            scale: 9.0,
            r#in: 1.0,
        }),
    );
    let mut tangent: ExpressionTangent<f32, 2> = expression.zero_tangent();
    let weighted = tangent.__grad_mut_Sum_1();
    *weighted.__grad_mut_Weighted_in() = 3.0;
    weighted.__grad_mut_Weighted_weights()[1] = 4.0;
    assert_eq!(weighted.__grad_ref_Weighted_scale(), &NoTangent);
    assert_eq!(weighted.__grad_ref_Weighted_rest().len(), 2);
    assert_eq!(tangent.__grad_ref_Sum_0().__grad_ref_Input_0(), &NoTangent);
    assert_eq!(tangent.norm(), 5.0);
    assert_eq!(leaves(&mut expression), 4);
    let Expression::Sum(_, second) = &expression else {
        panic!("a sum")
    };
    assert!(matches!(**second, Expression::Weighted { scale: 9.0, .. }));

    let tangent = Single::Only {
        data: &[1.0],
        count: 2,
    }
    .zero_tangent();
    assert_eq!(tangent.__grad_ref_Only_data(), &[0.0]);
    assert_eq!(tangent.__grad_ref_Only_count(), &NoTangent);
}

#[test]
#[should_panic(expected = "another variant of `Tree`")]
fn a_tangent_of_another_variant_is_named() {
    let mut tangent = Tree::Leaf(1.0);
    let _ = tangent.__grad_mut_Node_0();
}

#[test]
fn generated_tangents_have_arithmetic() {
    let one = Expression::<f64, 1>::Number(1.0).zero_tangent();
    let number = |x| ExpressionTangent::<f64, 1>::Number(x);
    assert_eq!(one + number(2.0) * 3.0 - -number(4.0), number(10.0));
    let mut sum = number(1.0);
    sum += number(2.0);
    sum -= number(5.0);
    sum *= 3.0;
    assert_eq!(sum, number(-6.0));
}

#[test]
fn types_of_the_standard_library() {
    let scene = Scene {
        camera: Linked {
            value: 1.0,
            next: None,
        },
        texture: Rc::new(vec![1.0, 2.0]),
        palette: Arc::new([3.0, 4.0]),
        near_far: 0.5..2.0,
        recent: VecDeque::from([1.0, 2.0]),
        outcome: Ok(5.0),
    };
    let mut tangent: SceneTangent = scene.zero_tangent();
    assert_eq!(scene.check_shape(&tangent), Ok(()));
    tangent.texture[1] = 1.0;
    tangent.palette[0] = 1.0;
    tangent.near_far.end = 1.0;
    tangent.recent[1] = 1.0;
    tangent.outcome = Some(1.0);
    tangent.camera.value = 1.0;
    assert_eq!(tangent.norm(), 6.0_f64.sqrt());
    assert_eq!(format!("{:?}", tangent.near_far), "0.0..1.0");
    assert_eq!(leaves(&mut tangent), 10);
    tangent.recent.pop_back();
    let error = scene.check_shape(&tangent).unwrap_err();
    assert_eq!(error.field(), Some("recent"));
    assert_eq!(scene.outcome, Ok(5.0));

    let failed: Result<f64, u8> = Err(1);
    assert_eq!(failed.zero_tangent(), None);
    assert!(failed.check_shape(&Some(1.0)).is_err());
    assert_eq!(leaves(&mut Ok::<_, u8>([1.0, 2.0])), 2);
    assert_eq!((1..3).zero_tangent(), NoTangent..NoTangent);
    assert_eq!(leaves(&mut (0.5..2.0)), 2);
    assert_eq!(leaves(&mut VecDeque::from([1.0, 2.0])), 2);
}
