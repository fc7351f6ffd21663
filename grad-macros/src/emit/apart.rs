//! Parts of one array in one call.
//!
//! `f(&mut v[..k], &mut v[k..])` borrows `v` twice: the source made the two slices before, by
//! `split_at_mut` or a pattern. The parts are borrowed together, in front of the call.

use proc_macro2::TokenStream;
use quote::quote;

use super::body::Body;
use crate::ir::{Arg, Call, Kind, Path, Site, Step, Value};

/// A place that a call is handed, and whether it is written there.
type Handed = (Path, Writes);

#[derive(Clone, Copy, PartialEq)]
enum Writes {
    No,
    /// Only rustc knows, of a receiver. Where it does not write, another place may be the same.
    Maybe,
    Yes,
}

impl Body<'_> {
    /// Borrows in front of a call the parts of an array of which the call may write one; until the next
    /// call these places stand for themselves.
    pub(super) fn set_apart(&mut self, site: &Site) -> TokenStream {
        self.apart.clear();
        let mut handed = handed_by(site);
        let mut before = TokenStream::new();
        while let Some((first, _)) = handed.first().cloned() {
            let (group, rest): (Vec<Handed>, Vec<Handed>) = handed
                .into_iter()
                .partition(|(path, _)| path.root == first.root);
            self.divide(&group, 0, &mut before);
            handed = rest;
        }
        before
    }

    /// Divides places that agree in their first steps.
    fn divide(&mut self, places: &[Handed], depth: usize, before: &mut TokenStream) {
        let mut steps: Vec<&Step> = Vec::new();
        for (path, _) in places {
            match path.steps.get(depth) {
                // One of the places is around the others.
                None => return,
                Some(step) if steps.contains(&step) => {}
                Some(step) => steps.push(step),
            }
        }
        if steps.len() > 1 && are_disjoint(places, &steps) && steps.iter().all(|s| is_part(s)) {
            before.extend(self.borrow_parts(&places[0].0, depth, &steps));
        }
        let steps: Vec<Step> = steps.into_iter().cloned().collect();
        for step in steps {
            let same = places
                .iter()
                .filter(|(path, _)| path.steps[depth] == step)
                .cloned();
            let same: Vec<Handed> = same.collect();
            if same.len() > 1 {
                self.divide(&same, depth + 1, before);
            }
        }
    }

    /// `let [a, b] = ..;`, of the parts of what the path leads to in `depth` steps.
    fn borrow_parts(&mut self, path: &Path, depth: usize, steps: &[&Step]) -> TokenStream {
        let root = self.root.clone();
        let mut whole = path.clone();
        whole.steps.truncate(depth);
        let place = self.place_mut(&whole);
        let (mut names, mut ranges) = (Vec::new(), Vec::new());
        for step in steps {
            let name = self.names.fresh("part");
            ranges.push(self.range_of(step));
            let seen = match step {
                Step::Index(_) => quote!(#name[0]),
                _ => quote!(#name[..]),
            };
            self.apart.push((whole.then((*step).clone()), seen));
            names.push(name);
        }
        quote!(let [#(#names),*] = #root::private::apart(&mut #place[..], &[#(#ranges),*]);)
    }

    /// The elements that a step leads to.
    fn range_of(&self, step: &Step) -> TokenStream {
        let root = &self.root;
        match step {
            Step::Index(v) => {
                let k = self.value(*v);
                quote!(#root::private::bounds(#k..=#k))
            }
            Step::Range {
                start,
                end,
                inclusive,
            } => {
                let range = self.range(*start, *end, *inclusive);
                quote!(#root::private::bounds(#range))
            }
            _ => TokenStream::new(),
        }
    }

    pub(super) fn swap(&self, a: &Path, b: &Path) -> TokenStream {
        if let Some((whole, i, j)) = of_one_array(a, b) {
            let (base, i, j) = (self.place_mut(&whole), self.value(i), self.value(j));
            return quote!(#base.swap(#i, #j));
        }
        let fields_of_one = a.root == b.root && self.lanes.is_some();
        let (root, a, b) = (&self.root, self.place_mut(a), self.place_mut(b));
        if fields_of_one {
            // Only one of them can be borrowed through what remembers whether it is zero.
            let take = quote!(#root::private::take);
            return quote!({ let part = #take(&mut #a); #a = #take(&mut #b); #b = part; });
        }
        quote!(::core::mem::swap(&mut #a, &mut #b))
    }

    /// The part that the path leads into, with the number of its steps.
    pub(super) fn apart_around(&self, path: &Path) -> Option<(usize, &TokenStream)> {
        let around = self.apart.iter();
        let (part, code) = around
            .filter(|(part, _)| part.is_around(path))
            .max_by_key(|(part, _)| part.steps.len())?;
        Some((part.steps.len(), code))
    }
}

/// Two elements of one array, which may be the same: the array and the indices.
fn of_one_array(a: &Path, b: &Path) -> Option<(Path, Value, Value)> {
    let ([before @ .., Step::Index(i)], [other @ .., Step::Index(j)]) =
        (&a.steps[..], &b.steps[..])
    else {
        return None;
    };
    let mut whole = Path::of(a.root);
    whole.steps = before.to_vec();
    (a.root == b.root && before == other).then_some((whole, *i, *j))
}

fn is_part(step: &Step) -> bool {
    matches!(step, Step::Index(_) | Step::Range { .. })
}

/// Whether the source borrowed the places at a time, one of them to write: then none is part of another.
fn are_disjoint(places: &[Handed], steps: &[&Step]) -> bool {
    let count = |wanted: Writes| {
        places
            .iter()
            .filter(|(_, writes)| *writes == wanted)
            .count()
    };
    match (count(Writes::Yes), count(Writes::Maybe)) {
        (0, 0) => false,
        (0, 1) => matches!(steps, [a, b] if ends_at(a, b) || ends_at(b, a)),
        _ => true,
    }
}

/// Whether one range ends where the other begins.
fn ends_at(one: &Step, other: &Step) -> bool {
    let (Step::Range { end, inclusive, .. }, Step::Range { start, .. }) = (one, other) else {
        return false;
    };
    end.is_some() && end == start && !inclusive
}

/// The places a call is handed by reference.
fn handed_by(site: &Site) -> Vec<Handed> {
    let by_reference =
        |call: &Call| -> Vec<Handed> { call.args.iter().filter_map(handed_arg).collect() };
    let with_dots = |call: &Call, dots: &[Option<Arg>]| {
        let dots = call.args.iter().zip(dots).filter_map(|(arg, dot)| {
            let (_, writes) = handed_arg(arg)?;
            Some((dot.as_ref()?.path()?.clone(), writes))
        });
        dots.collect::<Vec<_>>()
    };
    let mut places: Vec<Handed> = match &site.kind {
        Kind::Call(call) | Kind::CallVjp(call) => by_reference(call),
        Kind::CallJvp(call, dots) => {
            let mut all = by_reference(call);
            all.extend(with_dots(call, dots));
            all
        }
        Kind::Swap(a, b) if of_one_array(a, b).is_none() => {
            vec![(a.clone(), Writes::Yes), (b.clone(), Writes::Yes)]
        }
        Kind::CallPush(call, dots) => with_dots(call, dots),
        Kind::Pull { call, bars, .. } => {
            // Places that may be the same have cotangents of their own.
            let bars = bars.iter().flatten();
            let mut all: Vec<Handed> = bars.map(|path| (path.clone(), Writes::Yes)).collect();
            let again = by_reference(call).into_iter();
            all.extend(again.filter(|(_, writes)| *writes == Writes::No));
            all
        }
        _ => Vec::new(),
    };
    places.sort_by_key(|(path, _)| path.root);
    places
}

fn handed_arg(arg: &Arg) -> Option<Handed> {
    match arg {
        Arg::Ref(path) | Arg::Receiver(path) => Some((path.clone(), Writes::No)),
        Arg::MaybeMut(path) => Some((path.clone(), Writes::Maybe)),
        Arg::RefMut(path) => Some((path.clone(), Writes::Yes)),
        _ => None,
    }
}
