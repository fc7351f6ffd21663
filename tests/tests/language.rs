//! The language: ordinary functions in one construct each and in combination, both modes against
//! central differences and each other, values bit for bit.
#![allow(
    clippy::all,
    clippy::pedantic,
    unreachable_pub,
    dead_code,
    missing_docs
)]
#![forbid(unsafe_code)]

#[path = "language/check.rs"]
#[macro_use]
mod check;
#[path = "language/abreast.rs"]
mod abreast;
#[path = "language/apart.rs"]
mod apart;
#[path = "language/associated.rs"]
mod associated;
#[path = "language/borrowed.rs"]
mod borrowed;
#[path = "language/boxed_slices.rs"]
mod boxed_slices;
#[path = "language/by_use.rs"]
mod by_use;
#[path = "language/cells.rs"]
mod cells;
#[path = "language/changing.rs"]
mod changing;
#[path = "language/declared.rs"]
mod declared;
#[path = "language/deques.rs"]
mod deques;
#[path = "language/domains.rs"]
mod domains;
#[path = "language/enums.rs"]
mod enums;
#[path = "language/exchanged.rs"]
mod exchanged;
#[path = "language/flow.rs"]
mod flow;
#[path = "language/function_tables.rs"]
mod function_tables;
#[path = "language/functions.rs"]
mod functions;
#[path = "language/generic.rs"]
mod generic;
#[path = "language/given_to_traits.rs"]
mod given_to_traits;
#[path = "language/handed.rs"]
mod handed;
#[path = "language/heaps.rs"]
mod heaps;
#[path = "language/hunt.rs"]
mod hunt;
#[path = "language/idioms.rs"]
mod idioms;
#[path = "language/inactive.rs"]
mod inactive;
#[path = "language/indices.rs"]
mod indices;
#[path = "language/items.rs"]
mod items;
#[path = "language/kept_references.rs"]
mod kept_references;
#[path = "language/literals.rs"]
mod literals;
#[path = "language/macros.rs"]
mod macros;
#[path = "language/made_of_items.rs"]
mod made_of_items;
#[path = "language/maps.rs"]
mod maps;
#[path = "language/mutation.rs"]
mod mutation;
#[path = "language/named.rs"]
mod named;
#[path = "language/names.rs"]
mod names;
#[path = "language/objects.rs"]
mod objects;
#[path = "language/observers.rs"]
mod observers;
#[path = "language/offsets.rs"]
mod offsets;
#[path = "language/operators.rs"]
mod operators;
#[path = "language/options.rs"]
mod options;
#[path = "language/order.rs"]
mod order;
#[path = "language/outcomes.rs"]
mod outcomes;
#[path = "language/own_iterators.rs"]
mod own_iterators;
#[path = "language/own_rules.rs"]
mod own_rules;
#[path = "language/parsed.rs"]
mod parsed;
#[path = "language/passed.rs"]
mod passed;
#[path = "language/places.rs"]
mod places;
#[path = "language/places_in_turn.rs"]
mod places_in_turn;
#[path = "language/pointers.rs"]
mod pointers;
#[path = "language/programs.rs"]
mod programs;
#[path = "language/ranges.rs"]
mod ranges;
#[path = "language/reads.rs"]
mod reads;
#[path = "language/receivers.rs"]
mod receivers;
#[path = "language/references.rs"]
mod references;
#[path = "language/returned_functions.rs"]
mod returned_functions;
#[path = "language/saturated.rs"]
mod saturated;
#[path = "language/sequences.rs"]
mod sequences;
#[path = "language/short.rs"]
mod short;
#[path = "language/slices_of_traits.rs"]
mod slices_of_traits;
#[path = "language/taken.rs"]
mod taken;
#[path = "language/taken_apart.rs"]
mod taken_apart;
#[path = "language/text.rs"]
mod text;
#[path = "language/then.rs"]
mod then;
#[path = "language/tuples.rs"]
mod tuples;
#[path = "language/unread.rs"]
mod unread;
#[path = "language/vectors.rs"]
mod vectors;
#[path = "language/views.rs"]
mod views;
#[path = "language/walks.rs"]
mod walks;
#[path = "language/zeros.rs"]
mod zeros;
