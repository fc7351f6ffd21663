//! Loads that read what was just read or written at the same place give the value that is at hand.

use std::collections::{HashMap, HashSet};

use crate::ir::{Graph, Kind, Literal, Path, Region, Site, Step, Value, Var};

/// What places are known to hold.
type Held = Vec<(Path, Value)>;

/// Forwards values through memory in a region and inside it.
pub(super) fn forward(graph: &mut Graph, region: Region) {
    let mut map = HashMap::new();
    walk(graph, region, Held::new(), &mut map);
    for region in graph.regions_within(region) {
        let swap = |v: &mut Value| *v = last(&map, *v);
        for id in graph.block(region).sites.clone() {
            graph.site_mut(id).each_read(&mut |v| swap(v));
        }
        graph.block_mut(region).yields.iter_mut().for_each(swap);
    }
}

fn last(map: &HashMap<Value, Value>, value: Value) -> Value {
    let mut value = value;
    while let Some(next) = map.get(&value) {
        value = *next;
    }
    value
}

fn walk(graph: &Graph, region: Region, mut held: Held, map: &mut HashMap<Value, Value>) {
    for id in &graph.block(region).sites {
        let site = graph.site(*id);
        if !site.regions.is_empty() {
            let written: HashSet<Var> = site
                .regions
                .iter()
                .flat_map(|inner| graph.sites_within(*inner))
                .flat_map(|id| written(graph, graph.site(id)))
                .collect();
            if site.kind.is_loop() {
                held.retain(|(path, _)| !written.contains(&path.root));
            }
            for inner in &site.regions {
                walk(graph, *inner, held.clone(), map);
            }
            held.retain(|(path, _)| !written.contains(&path.root));
            continue;
        }
        match &site.kind {
            Kind::Load(path) if graph.ty(site.results[0]).is_scalar() => {
                let path = renamed(path, map);
                match held.iter().find(|(other, _)| *other == path) {
                    Some((_, value)) => {
                        map.insert(site.results[0], *value);
                    }
                    None => held.push((path, site.results[0])),
                }
            }
            Kind::Store(path) => {
                let path = renamed(path, map);
                held.retain(|(other, _)| apart(graph, other, &path));
                if graph.ty(site.operands[0]).is_scalar() {
                    held.push((path, last(map, site.operands[0])));
                }
            }
            _ => {
                let written = written(graph, site);
                held.retain(|(path, _)| !written.contains(&path.root));
            }
        }
    }
}

fn renamed(path: &Path, map: &HashMap<Value, Value>) -> Path {
    let mut path = path.clone();
    let values: Vec<Value> = path.values().into_iter().map(|v| last(map, v)).collect();
    path.set_values(&mut values.into_iter());
    path
}

/// Variables a site may change.
fn written(graph: &Graph, site: &Site) -> Vec<Var> {
    let mut written: Vec<Var> = site.kind.writes().iter().map(|path| path.root).collect();
    match &site.kind {
        Kind::Allocate(var) => written.push(*var),
        Kind::Call(_) | Kind::CallVjp(_) | Kind::CallJvp(..) => {
            written.extend(graph.mutable_receiver(&site.kind));
        }
        Kind::Opaque { effect: true, .. } => {
            written.extend(site.paths().iter().map(|path| path.root));
        }
        _ => {}
    }
    written
}

/// Whether two places surely do not overlap: they part at a field or at literal indices.
fn apart(graph: &Graph, a: &Path, b: &Path) -> bool {
    a.root != b.root
        || a.steps.iter().zip(&b.steps).any(|(a, b)| match (a, b) {
            (Step::Field(a), Step::Field(b)) => a != b,
            (Step::Index(a), Step::Index(b)) => match (graph.literal(*a), graph.literal(*b)) {
                (Some(Literal::Int(a)), Some(Literal::Int(b))) => {
                    plain(a).zip(plain(b)).is_some_and(|(a, b)| a != b)
                }
                _ => false,
            },
            _ => false,
        })
}

fn plain(digits: &str) -> Option<u64> {
    digits.trim_end_matches("usize").parse().ok()
}
