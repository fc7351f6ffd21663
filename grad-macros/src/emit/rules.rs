//! The runtime's rules of the floats, from the operator table.
//!
//! Where the macro does not know that a value is a float, rustc finds the derivative through traits
//! of `grad_runtime::private::rules`. Their impls for `f32` and `f64` are written here, so that the
//! table stays the only place that states a derivative: each row is put into a graph of one site,
//! and what [`term`] appends is emitted as everywhere else. For the row of `recip`:
//!
//! ```text
//! fn __grad_vjp_recip<const M: u64>(&self, _: Wrt<M>)
//!     -> (Self, impl FnOnce(Self, &Self, Option<&mut Self>) + use<M>)
//! {
//!     ((*self).recip(), |t: Self, x: &Self, x_bar: Option<&mut Self>| {
//!         let x = *x;
//!         if let Some(x_bar) = x_bar {
//!             let out = x.recip();
//!             let t_1 = out * out;
//!             ..
//!             *x_bar += t_6;
//!         }
//!     })
//! }
//! ```
//!
//! A pullback is handed its arguments again, so it keeps nothing and takes no room. Which operands
//! are active is not known: a factor that is steep only sometimes is taken as steep.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{format_ident, quote};

use super::body::Body;
use super::names::Names;
use super::spelling::spelled;
use crate::ir::{Cost, Graph, Kind, Op, Region, Slot, Spelling, Ty, Width, row};
use crate::ir::{Partial, Reach, term};
use crate::stages::Tangents;

/// The names of operands.
const OPERANDS: [&str; 3] = ["x", "y", "z"];

/// The trait `RealRules`, and the impls of it and of the operators' traits for `f32` and `f64`.
pub(crate) fn real_rules() -> TokenStream {
    let methods: Vec<Joint> = Op::ALL
        .iter()
        .filter_map(|op| match row(*op).spelling {
            Spelling::Method(name) => Some(Joint::of(name, &[*op])),
            _ => None,
        })
        .chain([Joint::of("sin_cos", &[Op::Sin, Op::Cos])])
        .collect();
    let names = methods.iter().map(|joint| joint.name);
    let declarations = methods.iter().map(Joint::declaration);
    let in_lanes = methods.iter().map(Joint::lanes_declaration);
    let impls = [Width::F32, Width::F64].map(|width| {
        let float = float(width);
        let items = methods.iter().map(|joint| joint.definition(width));
        let in_lanes = methods.iter().map(|joint| joint.lanes_definition(width));
        let operators = operators(width);
        quote! {
            impl RealRules for #float { #(#items)* }
            impl RealLanes for #float { #(#in_lanes)* }
            #operators
        }
    });
    quote! {
        /// The derivatives of the methods that `f32` and `f64` share.
        pub trait RealRules: ::core::marker::Copy { #(#declarations)* }
        /// The same in several directions at once.
        pub trait RealLanes: RealRules { #(#in_lanes)* }
        #(#impls)*
        /// The methods of [`RealRules`], for tests that they leave none out.
        pub const REAL_METHODS: &[&str] = &[#(#names),*];
    }
}

fn lane_count() -> Ident {
    ident("L")
}

fn float(width: Width) -> Ident {
    let name = match width {
        Width::F32 => "f32",
        Width::F64 => "f64",
    };
    Ident::new(name, Span::call_site())
}

fn ident(name: &str) -> Ident {
    Ident::new(name, Span::call_site())
}

/// `x`, `y`, ..: the operands of `op`.
fn operands(op: Op) -> Vec<Ident> {
    let count = row(op).wrt.len();
    OPERANDS[..count].iter().map(|name| ident(name)).collect()
}

/// An exponent that is an integer.
fn is_count(op: Op, k: usize) -> bool {
    op == Op::Powi && k == 1
}

/// Statements, and the value they lead to.
struct Part {
    statements: TokenStream,
    value: TokenStream,
}

/// What `seed` comes to through operand `k`, `None` if nothing. The result of the operator is
/// called `out`, and computed by `define_out` where it is read.
fn part(op: Op, k: usize, width: Width, seed: &Ident, define_out: &TokenStream) -> Option<Part> {
    part_of(
        op,
        k,
        width,
        (seed, Tangents::One, Reach::Certain),
        define_out,
    )
}

/// What a rule's push asks of a tangent of which it knows nothing: see `ad::slopes`.
fn reach_in_push(op: Op) -> Reach {
    match row(op).cost {
        Cost::Cheap => Reach::Certain,
        Cost::Dear => Reach::Infinite,
    }
}

/// As [`part`], of a tangent that is a float or a row of lanes.
fn part_of(
    op: Op,
    k: usize,
    width: Width,
    (seed, tangents, reach): (&Ident, Tangents, Reach),
    define_out: &TokenStream,
) -> Option<Part> {
    let mut graph = Graph::new("rule");
    let (region, span) = (Region(0), Span::call_site());
    let ty = Ty::Float(Some(width));
    let names = operands(op);
    let given: Vec<_> = (0..names.len())
        .map(|k| {
            let ty = if is_count(op, k) { Ty::Int } else { ty.clone() };
            graph.new_arg(region, ty, span)
        })
        .collect();
    let out = graph.new_arg(region, ty.clone(), span);
    let t = graph.new_arg(region, ty, span);
    let active = given.iter().copied().collect();
    let partial = Partial {
        op,
        site: (&given, out),
        k,
        active: &active,
        reach,
    };
    let result = term(&mut graph, region, partial, t)?;
    let reads_out = graph.sites_within(region).into_iter().any(|site| {
        let site = graph.site(site);
        site.operands.contains(&out) && !matches!(site.kind, Kind::Literal(_))
    });

    let taken = quote!(#(#names)* out #seed);
    let mut body = Body::new(&graph, Names::avoiding(&taken), quote!(::grad_runtime));
    for (value, name) in given.iter().zip(&names) {
        body.name_value(*value, name);
    }
    body.name_value(out, &ident("out"));
    body.name_value(t, seed);
    if tangents == Tangents::Lanes {
        body.push_lanes(&lane_count(), &[Some(Slot::Scalar(t))]);
    }
    let define_out = reads_out.then_some(define_out);
    let statements = body.statements(region);
    Some(Part {
        statements: quote!(#define_out #statements),
        value: body.value(result),
    })
}

/// One method; of two rows if its result is a pair.
struct Joint {
    name: &'static str,
    rows: Vec<Op>,
}

impl Joint {
    fn of(name: &'static str, rows: &[Op]) -> Self {
        Joint {
            name,
            rows: rows.to_vec(),
        }
    }

    fn operands(&self) -> Vec<Ident> {
        operands(self.rows[0])
    }

    /// `Self`, or the integer type of an exponent, of each operand.
    fn types(&self) -> Vec<TokenStream> {
        let of = |k| {
            if is_count(self.rows[0], k) {
                quote!(i32)
            } else {
                quote!(Self)
            }
        };
        (0..self.operands().len()).map(of).collect()
    }

    fn tangents(&self) -> Vec<TokenStream> {
        let of = |k| {
            if is_count(self.rows[0], k) {
                quote!(::grad_runtime::NoTangent)
            } else {
                quote!(Self)
            }
        };
        (0..self.operands().len()).map(of).collect()
    }

    fn output(&self) -> TokenStream {
        self.tuple(&self.rows.iter().map(|_| quote!(Self)).collect::<Vec<_>>())
    }

    fn tuple(&self, parts: &[TokenStream]) -> TokenStream {
        if self.rows.len() == 1 {
            quote!(#(#parts)*)
        } else {
            quote!((#(#parts),*))
        }
    }

    fn seeds(&self) -> Vec<Ident> {
        (0..self.rows.len())
            .map(|k| format_ident!("t{k}"))
            .collect()
    }

    /// The signatures of the value's pullback, of the push, and of the receiver again.
    fn signatures(&self, capture_self: bool) -> [TokenStream; 3] {
        let [vjp, jvp, again] = ["vjp", "jvp", "again"]
            .map(|mode| super::items::sibling(mode, self.name, Span::call_site()));
        let (operands, types, tangents) = (self.operands(), self.types(), self.tangents());
        let output = self.output();
        let (rest, rest_types) = (&operands[1..], &types[1..]);
        let dots: Vec<_> = operands.iter().map(|x| format_ident!("{x}_dot")).collect();
        let capture = capture_self.then(|| quote!(Self,));
        // More than the trait promises: what is known to be a float has pullbacks that run again.
        let clone = (!capture_self).then(|| quote!(+ Clone));
        [
            quote! {
                fn #vjp<const M: u64>(&self, #(#rest: #rest_types,)* _: Wrt<M>) -> (
                    #output,
                    impl FnOnce(#output, #(&#types,)* #(Option<&mut #tangents>),*) #clone + use<#capture M>,
                )
            },
            quote! {
                fn #jvp<const M: u64>(
                    &self, #(#rest: #rest_types,)* _: Wrt<M>, #(#dots: Option<&#tangents>),*
                ) -> (#output, #output)
            },
            quote!(fn #again(&self) -> Shared<'_, Self>),
        ]
    }

    fn declaration(&self) -> TokenStream {
        let [vjp, jvp, again] = self.signatures(true);
        let name = self.name;
        let [vjp_doc, jvp_doc, again_doc] = [
            format!("The value of `{name}` and its pullback."),
            format!("The value of `{name}` and its tangent."),
            format!("The receiver of `{name}` again."),
        ];
        quote! {
            #[doc = #vjp_doc] #vjp;
            #[doc = #jvp_doc] #jvp;
            #[doc = #again_doc] #again;
        }
    }

    fn definition(&self, width: Width) -> TokenStream {
        let [vjp, jvp, again] = self.signatures(false);
        let (operands, types, tangents) = (self.operands(), self.types(), self.tangents());
        let (receiver, rest) = (&operands[0], &operands[1..]);
        let method = ident(self.name);
        let value = quote!(#receiver.#method(#(#rest),*));
        let (output, seeds) = (self.output(), self.seeds());
        let seed = self.tuple(&seeds.iter().map(|t| quote!(#t)).collect::<Vec<_>>());
        let bars: Vec<_> = operands.iter().map(|x| format_ident!("{x}_bar")).collect();
        let pulls = self.pulls(width, &seeds, &bars);
        let push = self.push(width, &value);
        quote! {
            #[inline]
            #vjp {
                let #receiver = *self;
                let pull = |#seed: #output, #(#operands: &#types,)* #(#bars: Option<&mut #tangents>),*| {
                    #(let #operands = *#operands;)*
                    #pulls
                };
                (#value, pull)
            }
            #[inline]
            #jvp { let #receiver = *self; #push }
            #[inline]
            #again { Shared::new(self) }
        }
    }

    /// The signature of the push in lanes.
    fn lanes_signature(&self) -> TokenStream {
        let name = super::items::sibling("lanes", self.name, Span::call_site());
        let (operands, types) = (self.operands(), self.types());
        let (rest, rest_types) = (&operands[1..], &types[1..]);
        let dots = operands.iter().map(|x| format_ident!("{x}_dot"));
        let tangents = (0..operands.len()).map(|k| {
            if is_count(self.rows[0], k) {
                quote!(::grad_runtime::NoTangent)
            } else {
                quote!(Lanes<Self, L>)
            }
        });
        let (output, rows) = (self.output(), self.rows.iter());
        let lanes = self.tuple(&rows.map(|_| quote!(Lanes<Self, L>)).collect::<Vec<_>>());
        quote! {
            fn #name<const M: u64, const L: usize>(
                &self, #(#rest: #rest_types,)* _: Wrt<M>, _: Directions<L>, #(#dots: Option<&#tangents>),*
            ) -> (#output, #lanes)
        }
    }

    fn lanes_declaration(&self) -> TokenStream {
        let doc = format!("The value of `{}` and its tangents.", self.name);
        let signature = self.lanes_signature();
        quote!(#[doc = #doc] #signature;)
    }

    fn lanes_definition(&self, width: Width) -> TokenStream {
        let (signature, operands) = (self.lanes_signature(), self.operands());
        let (receiver, rest) = (&operands[0], &operands[1..]);
        let method = ident(self.name);
        let push = self.push_of(
            width,
            Tangents::Lanes,
            &quote!(#receiver.#method(#(#rest),*)),
        );
        quote!(#[inline] #signature { let #receiver = *self; #push })
    }

    /// Adds into each cotangent.
    fn pulls(&self, width: Width, seeds: &[Ident], bars: &[Ident]) -> TokenStream {
        let into = |(k, bar): (usize, &Ident)| {
            let parts = self.rows.iter().zip(seeds).filter_map(|(op, seed)| {
                let part = part(*op, k, width, seed, &define_out(*op))?;
                let (statements, value) = (part.statements, part.value);
                Some(quote!({ #statements *#bar += #value; }))
            });
            let parts: TokenStream = parts.collect();
            (!parts.is_empty()).then(|| quote!(if let Some(#bar) = #bar { #parts }))
        };
        bars.iter().enumerate().filter_map(into).collect()
    }

    /// The value and the sum of what comes of each tangent.
    fn push(&self, width: Width, value: &TokenStream) -> TokenStream {
        self.push_of(width, Tangents::One, value)
    }

    fn push_of(&self, width: Width, tangents: Tangents, value: &TokenStream) -> TokenStream {
        let (operands, float) = (self.operands(), float(width));
        let outs: Vec<_> = (0..self.rows.len())
            .map(|k| format_ident!("out{k}"))
            .collect();
        let sums: Vec<_> = (0..self.rows.len())
            .map(|k| format_ident!("sum{k}"))
            .collect();
        let added = |(k, x): (usize, &Ident)| {
            let dot = format_ident!("{x}_dot");
            let parts = self.rows.iter().zip(outs.iter().zip(&sums));
            let parts = parts.filter_map(|(op, (out, sum))| {
                let seed = (&dot, tangents, reach_in_push(*op));
                let part = part_of(*op, k, width, seed, &quote!(let out = #out;))?;
                let (statements, value) = (part.statements, part.value);
                Some(quote!({ #statements #sum += #value; }))
            });
            let parts: TokenStream = parts.collect();
            (!parts.is_empty())
                .then(|| quote!(if let Some(#dot) = #dot { let #dot = *#dot; #parts }))
        };
        let added: TokenStream = operands.iter().enumerate().filter_map(added).collect();
        let [out, sum] = [&outs, &sums]
            .map(|names| self.tuple(&names.iter().map(|name| quote!(#name)).collect::<Vec<_>>()));
        let (ty, zero) = match tangents {
            // Adding to `-0.0` costs nothing.
            Tangents::One => (quote!(#float), quote!(-0.0)),
            Tangents::Lanes => (
                quote!(Lanes<#float, L>),
                quote!(Lanes::<#float, L>::NEUTRAL),
            ),
        };
        quote! {
            let #out = #value;
            #(let mut #sums: #ty = #zero;)*
            #added
            (#out, #sum)
        }
    }
}

/// The result of `op` by its operands' names.
fn define_out(op: Op) -> TokenStream {
    let value = spelled_row(op);
    quote!(let out = #value;)
}

/// `x + y`, `x.sqrt()`: the operator on its operands' names.
fn spelled_row(op: Op) -> TokenStream {
    let operands: Vec<_> = operands(op).iter().map(|x| quote!(#x)).collect();
    spelled(row(op).spelling, &operands, Span::call_site())
}

/// An operand: the float or a reference to it.
struct Operand {
    ty: TokenStream,
    deref: TokenStream,
}

/// The impls of the operators' traits for one float, owned and by reference.
fn operators(width: Width) -> TokenStream {
    let float = float(width);
    let both = [
        Operand {
            ty: quote!(#float),
            deref: TokenStream::new(),
        },
        Operand {
            ty: quote!(&#float),
            deref: quote!(*),
        },
    ];
    let mut items = TokenStream::new();
    for op in [Op::Add, Op::Sub, Op::Mul, Op::Div, Op::Rem] {
        for right in &both {
            for left in &both {
                items.extend(operator(op, width, left, Some(right)));
            }
            items.extend(assignment(op, width, right));
        }
    }
    for operand in &both {
        items.extend(operator(Op::Neg, width, operand, None));
    }
    items
}

/// `impl AddRule<right> for left`.
fn operator(op: Op, width: Width, left: &Operand, right: Option<&Operand>) -> TokenStream {
    let float = float(width);
    let name = format!("{op:?}");
    let trait_name = format_ident!("{name}Rule");
    let [vjp, jvp] = siblings(&name.to_lowercase());
    let (left, left_deref) = (&left.ty, &left.deref);
    let argument = right.map(|Operand { ty, .. }| quote!(y: #ty,));
    let generic = right.map(|Operand { ty, .. }| quote!(<#ty>));
    let base = right.map(|_| quote!(type RhsBase = #float; type RhsBar = #float;));
    let copy = right.map(|Operand { deref, .. }| quote!(let y = #deref y;));
    let joint = Joint::of("", &[op]);
    let names = joint.operands();
    let floats = vec![quote!(#float); names.len()];
    let bars: Vec<_> = names.iter().map(|x| format_ident!("{x}_bar")).collect();
    let dots: Vec<_> = names.iter().map(|x| format_ident!("{x}_dot")).collect();
    let pulls = joint.pulls(width, &[ident("t")], &bars);
    let value = spelled_row(op);
    let push = joint.push(width, &value);
    let in_lanes = joint.push_of(width, Tangents::Lanes, &value);
    let lanes_name = format_ident!("{name}Lanes");
    let lanes = super::items::sibling("lanes", &name.to_lowercase(), Span::call_site());
    quote! {
        impl #lanes_name #generic for #left {
            #[inline]
            fn #lanes<const M: u64, const L: usize>(
                self, #argument _: Wrt<M>, _: Directions<L>, #(#dots: Option<&Lanes<#float, L>>),*
            ) -> (#float, Lanes<#float, L>) {
                let x = #left_deref self;
                #copy
                #in_lanes
            }
        }
        impl #trait_name #generic for #left {
            type SelfBase = #float;
            #base
            #[inline]
            fn #vjp<const M: u64>(self, #argument _: Wrt<M>) -> (
                #float,
                impl FnOnce(#float, #(&#floats,)* #(Option<&mut #floats>),*) + Clone + use<M>,
            ) {
                let pull = |t: #float, #(#names: &#floats,)* #(#bars: Option<&mut #floats>),*| {
                    #(let #names = *#names;)*
                    #pulls
                };
                let x = #left_deref self;
                #copy
                (#value, pull)
            }
            #[inline]
            fn #jvp<const M: u64>(
                self, #argument _: Wrt<M>, #(#dots: Option<&#floats>),*
            ) -> (#float, #float) {
                let x = #left_deref self;
                #copy
                #push
            }
        }
    }
}

/// `impl AddAssignRule<right> for float`. Its pullback keeps the old value where it is read.
fn assignment(op: Op, width: Width, right: &Operand) -> TokenStream {
    let float = float(width);
    let name = format!("{op:?}");
    let trait_name = format_ident!("{name}AssignRule");
    let [vjp, jvp] = siblings(&format!("{}_assign", name.to_lowercase()));
    let (right, deref) = (&right.ty, &right.deref);
    let value = spelled_row(op);
    let terms: Vec<_> = (0..2)
        .map(|k| {
            let pull = part(op, k, width, &ident("t"), &define_out(op));
            pull.map_or_else(
                || quote!(0.0),
                |Part { statements, value }| quote!({ #statements #value }),
            )
        })
        .collect();
    let (by_self, by_rhs) = (&terms[0], &terms[1]);
    let joint = Joint::of("", &[op]);
    let push = joint.push(width, &value);
    let in_lanes = joint.push_of(width, Tangents::Lanes, &value);
    let lanes_name = format_ident!("{name}AssignLanes");
    let lanes = format!("{}_assign", name.to_lowercase());
    let lanes = super::items::sibling("lanes", &lanes, Span::call_site());
    quote! {
        impl #lanes_name<#right> for #float {
            #[inline]
            fn #lanes<const M: u64, const L: usize>(
                &mut self,
                y: #right,
                _: Wrt<M>,
                _: Directions<L>,
                x_dot: Option<&mut Lanes<#float, L>>,
                y_dot: Option<&Lanes<#float, L>>,
            ) -> ((), UnitTangent) {
                let (x, y) = (*self, #deref y);
                if let Some(dot) = x_dot {
                    let x_dot = Some(&*dot);
                    let (value, sum) = { #in_lanes };
                    *self = value;
                    *dot = sum;
                } else {
                    *self = #value;
                }
                ((), unit_tangent())
            }
        }
        impl #trait_name<#right> for #float {
            type RhsBase = #float;
            type RhsBar = #float;
            #[inline]
            fn #vjp<const M: u64>(&mut self, y: #right, _: Wrt<M>) -> (
                (),
                impl FnOnce(UnitTangent, (), &#float, Option<&mut #float>, Option<&mut #float>) + Clone + use<M>,
            ) {
                let (x, y) = (*self, #deref y);
                *self = #value;
                let pull = move |
                    _: UnitTangent,
                    (): (),
                    y: &#float,
                    x_bar: Option<&mut #float>,
                    y_bar: Option<&mut #float>,
                | {
                    let y = *y;
                    if let Some(x_bar) = x_bar {
                        let t = *x_bar;
                        if let Some(y_bar) = y_bar {
                            *y_bar += #by_rhs;
                        }
                        *x_bar = #by_self;
                    }
                };
                ((), pull)
            }
            #[inline]
            fn #jvp<const M: u64>(
                &mut self,
                y: #right,
                _: Wrt<M>,
                x_dot: Option<&mut #float>,
                y_dot: Option<&#float>,
            ) -> ((), UnitTangent) {
                let (x, y) = (*self, #deref y);
                if let Some(dot) = x_dot {
                    let x_dot = Some(&*dot);
                    let (value, sum) = { #push };
                    *self = value;
                    *dot = sum;
                } else {
                    *self = #value;
                }
                ((), unit_tangent())
            }
        }
    }
}

fn siblings(name: &str) -> [Ident; 2] {
    ["vjp", "jvp"].map(|mode| super::items::sibling(mode, name, Span::call_site()))
}
