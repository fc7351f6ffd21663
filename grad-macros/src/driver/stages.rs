//! The stages between the front and emission, and the dump of what each gives.

use std::collections::HashMap;

use crate::diag::{Diagnostics, Problem};
use crate::emit::{Graphs, Home};
use crate::ir::{Arg, Graph, Kind, SiteId};
use crate::options::Options;
use crate::signature::Signature;
use crate::stages::{ForwardLanes, Gradient, Lowered, Tangents};
use crate::{ad, pass};

/// What is active in a function; reports what cannot be.
pub(super) fn active_in(lowered: &mut Lowered, diag: &Diagnostics) -> ad::Activity {
    note_untouched(lowered);
    let active = ad::activity(&lowered.graph, &lowered.if_active, diag);
    for check in ad::disguises(&lowered.graph, &active, diag) {
        super::disguises::put(&mut lowered.graph, check);
    }
    check_checkpoints(&lowered.graph, &active, diag);
    active
}

/// Notes what the closures that a function passes change without a derivative, those in them first.
fn note_untouched(lowered: &mut Lowered) {
    let mut closures = HashMap::new();
    for (number, passed) in lowered.passed.iter_mut().enumerate() {
        note_untouched(&mut passed.lowered);
        let is_function = |k: usize| passed.signature.parameters[k].function.is_some();
        let untouched = ad::untouched(&passed.lowered.graph, passed.inputs, is_function);
        closures.insert(number, untouched);
    }
    ad::note_untouched(&mut lowered.graph, &closures);
}

/// Whether a loop calls a function that this one is given and that may change something: no run can begin
/// at a place where it was before.
fn calls_changing(graph: &Graph, id: SiteId) -> bool {
    let regions = graph.site(id).regions.iter();
    let mut sites = regions.flat_map(|region| graph.sites_within(*region));
    let is_state = |arg: &Arg| matches!(arg, Arg::State(_));
    sites.any(
        |id| matches!(&graph.site(id).kind, Kind::Call(call) if call.args.iter().any(is_state)),
    )
}

/// Reports loops under `checkpoint` that carry nothing. One loop of the source may be several of the
/// graph, of which one is enough.
pub(super) fn check_checkpoints(
    graph: &crate::ir::Graph,
    active: &ad::Activity,
    diag: &Diagnostics,
) {
    let mut marks: Vec<(proc_macro2::Span, bool)> = Vec::new();
    for id in graph.sites_within(graph.body) {
        let body = graph.site(id).regions.last();
        let Some(mark) = body.and_then(|body| graph.block(*body).checkpoint) else {
            continue;
        };
        let span = mark.span;
        if calls_changing(graph, id) {
            diag.report(span, Problem::CheckpointOfEffects);
        }
        let carries = ad::carries(graph, active, id);
        let place = |span: &proc_macro2::Span| format!("{span:?}");
        match marks.iter_mut().find(|(at, _)| place(at) == place(&span)) {
            Some((_, any)) => *any |= carries,
            None => marks.push((span, carries)),
        }
    }
    for (span, _) in marks.iter().filter(|(_, carries)| !carries) {
        diag.report(*span, Problem::CheckpointOfNothing);
    }
}

/// The options without what cannot be had of this function, which is reported.
pub(super) fn allowed(
    signature: &Signature,
    home: Home,
    span: proc_macro2::Span,
    options: &Options,
    diag: &Diagnostics,
) -> Options {
    let mut options = options.clone();
    let refused = if signature.is_given_functions() {
        Some("a function that is given functions")
    } else if matches!(home, Home::Trait | Home::TraitImpl) {
        Some("a method of a trait")
    } else if signature.number_names.is_empty() {
        None
    } else {
        Some("a function of generic numbers")
    };
    if let (Some(what), Some(_)) = (refused, options.lanes) {
        diag.report(span, Problem::LanesHere(what.to_owned()));
        options.lanes = None;
    }
    if options.jacobian && matches!(home, Home::Trait | Home::TraitImpl | Home::Rule) {
        let what = "a method of a trait".to_owned();
        diag.report(span, Problem::JacobianHere(what));
        options.jacobian = false;
    }
    options
}

/// The graphs of the derivatives asked for.
pub(super) fn differentiated(
    lowered: &Lowered,
    active: &ad::Activity,
    signature: &Signature,
    home: Home,
    options: &Options,
) -> Graphs {
    let graph = &lowered.graph;
    let push = |stage: &str, graph: &Graph, active: &ad::Activity, tangents| {
        let mut forward = ad::forward(graph, active, tangents);
        pass::simplify(&mut forward.graph);
        dump(&graph.name, stage, &forward.graph);
        forward.graph.debug_verify(stage);
        forward
    };
    let forward = (options.modes.forward()).then(|| push("forward", graph, active, Tangents::One));
    let lanes = options.lanes.map(|_| {
        let all = push("forward in lanes", graph, active, Tangents::Lanes);
        let some = ad::subsets(graph).into_iter().map(|subset| {
            let stage = format!("forward in lanes, by {:b}", subset.mask);
            let forward = push(&stage, &subset.graph, &subset.active, Tangents::Lanes);
            (subset.mask, forward)
        });
        ForwardLanes {
            wrt: ad::wrt_mask(graph),
            some: some.collect(),
            all,
        }
    });
    let linear = (options.lanes)
        .filter(|_| home != Home::Rule)
        .and_then(|_| ad::linear(lowered, active))
        .map(|mut linear| {
            let some = linear.lanes.some.iter_mut().map(|(_, forward)| forward);
            for forward in some.chain([&mut linear.lanes.all]) {
                pass::simplify(&mut forward.graph);
                ad::drop_unread(&mut forward.graph);
                pass::simplify(&mut forward.graph);
                dump(&graph.name, "push", &forward.graph);
                forward.graph.debug_verify("push");
            }
            linear
        });
    let reverse = options.modes.reverse().then(|| {
        let mut reverse = ad::reverse(graph, &lowered.output, active);
        dump(
            &graph.name,
            "reverse, before simplification",
            &reverse.graph,
        );
        pass::simplify_reverse(&mut reverse.graph, pass::Size::of(graph));
        if ad::keep_partial(&mut reverse) {
            pass::simplify_reverse(&mut reverse.graph, pass::Size::of(graph));
        }
        dump(&graph.name, "reverse", &reverse.graph);
        reverse.graph.debug_verify("reverse mode");
        reverse
    });
    let gradient =
        (options.modes.reverse() && signature.returns_float() && !signature.is_given_functions())
            .then(|| gradients(lowered, active));
    Graphs {
        forward,
        lanes,
        linear,
        reverse,
        gradient,
        // One that asks itself would ask without end.
        rewritten: if lowered.recursive {
            Vec::new()
        } else {
            ad::rewritten(graph)
        },
    }
}

/// The gradient, and the one for where sizes are as they should be.
pub(super) fn gradients(lowered: &Lowered, active: &ad::Activity) -> Gradient {
    let graph = &lowered.graph;
    let built = |stage: &str, trust| {
        let (mut gradient, assumed) = ad::gradient(graph, &lowered.output, active, trust);
        pass::simplify_reverse(&mut gradient.graph, pass::Size::of(graph));
        dump(&graph.name, stage, &gradient.graph);
        gradient.graph.debug_verify(stage);
        (gradient, assumed)
    };
    let (always, _) = built("gradient", ad::Trust::Nothing);
    let (trusting, assumed) = built("gradient, trusting", ad::Trust::Sizes);
    let same = assumed.is_empty() || trusting.graph.to_string() == always.graph.to_string();
    Gradient {
        always,
        trusting: (!same).then_some((trusting, assumed)),
    }
}

pub(super) fn dumped(name: &str) -> bool {
    std::env::var("GRAD_DUMP").is_ok_and(|wanted| wanted == name)
}

pub(super) fn dump(name: &str, stage: &str, graph: &crate::ir::Graph) {
    if dumped(name) {
        eprintln!("{name}, {stage}:\n{graph}");
    }
}
