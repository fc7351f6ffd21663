//! Keep or compute again, as a minimum cut.
//!
//! The reverse of a region needs some values. Each value can be kept, at a price for its bytes, or
//! computed again, at the price of the operation, from operands that are themselves kept or computed
//! again. In the network every value has an entry and an exit, with the price of keeping between them;
//! the source feeds the entry with the price of computing again, exits feed the entries of what is
//! computed from them, and those of needed values the sink. The values whose own edge is cut are kept.
//! (Ford and Fulkerson 1956; the way in is found in the order of the values, so that equal input gives
//! equal output.)

use std::collections::{BTreeMap, BTreeSet};

use crate::ir::Value;

/// Never cut.
pub(super) const NEVER: u32 = u32::MAX / 4;

/// What can be done about one value.
pub(super) struct Choice {
    /// The price of keeping it.
    pub(super) keep: u32,
    /// The price of computing it from its operands, [`NEVER`] where that is not possible.
    pub(super) again: u32,
    /// Those of its operands that are themselves chosen about.
    pub(super) operands: Vec<Value>,
}

/// The values to keep so that all needed ones are at hand at the least price.
pub(super) fn kept(choices: &BTreeMap<Value, Choice>, needed: &[Value]) -> BTreeSet<Value> {
    let number: BTreeMap<Value, usize> = choices.keys().copied().zip(1..).collect();
    let (source, sink) = (0, 2 * choices.len() + 1);
    let (entry, exit) = (|v: usize| 2 * v - 1, |v: usize| 2 * v);
    let mut network = Network::new(sink + 1);
    for (value, choice) in choices {
        let own = number[value];
        network.edge(source, entry(own), choice.again);
        network.edge(entry(own), exit(own), choice.keep);
        for operand in &choice.operands {
            if let Some(operand) = number.get(operand) {
                network.edge(exit(*operand), entry(own), NEVER);
            }
        }
    }
    for value in needed {
        if let Some(own) = number.get(value) {
            network.edge(exit(*own), sink, NEVER);
        }
    }
    let reached = network.saturate(source, sink);
    number
        .into_iter()
        .filter(|(_, own)| reached[entry(*own)] && !reached[exit(*own)])
        .map(|(value, _)| value)
        .collect()
}

/// Edges in pairs: each with the one that takes flow back.
struct Network {
    from: Vec<Vec<usize>>,
    to: Vec<usize>,
    room: Vec<u32>,
}

impl Network {
    fn new(nodes: usize) -> Self {
        Network {
            from: vec![Vec::new(); nodes],
            to: Vec::new(),
            room: Vec::new(),
        }
    }

    fn edge(&mut self, from: usize, to: usize, room: u32) {
        for (from, to, room) in [(from, to, room), (to, from, 0)] {
            self.from[from].push(self.to.len());
            self.to.push(to);
            self.room.push(room);
        }
    }

    /// Sends as much as fits; gives the nodes that can still be reached.
    fn saturate(&mut self, source: usize, sink: usize) -> Vec<bool> {
        loop {
            let (reached, way) = self.search(source);
            if !reached[sink] {
                return reached;
            }
            let mut path = Vec::new();
            let mut node = sink;
            while node != source {
                let edge = way[node];
                path.push(edge);
                node = self.to[edge ^ 1];
            }
            let amount = path.iter().map(|edge| self.room[*edge]).min().unwrap_or(0);
            for edge in path {
                self.room[edge] -= amount;
                self.room[edge ^ 1] += amount;
            }
        }
    }

    /// Breadth first: what is reached, and by which edge.
    fn search(&self, source: usize) -> (Vec<bool>, Vec<usize>) {
        let mut reached = vec![false; self.from.len()];
        let mut way = vec![0; self.from.len()];
        let mut queue = std::collections::VecDeque::from([source]);
        reached[source] = true;
        while let Some(node) = queue.pop_front() {
            for edge in &self.from[node] {
                let next = self.to[*edge];
                if self.room[*edge] > 0 && !reached[next] {
                    reached[next] = true;
                    way[next] = *edge;
                    queue.push_back(next);
                }
            }
        }
        (reached, way)
    }
}

#[cfg(test)]
mod tests {
    use super::{Choice, NEVER, kept};
    use crate::ir::Value;
    use std::collections::BTreeMap;

    fn choice(keep: u32, again: u32, operands: &[u32]) -> Choice {
        Choice {
            keep,
            again,
            operands: operands.iter().copied().map(Value).collect(),
        }
    }

    fn kept_of(choices: Vec<Choice>, needed: &[u32]) -> Vec<u32> {
        let all: BTreeMap<Value, Choice> = (0..).map(Value).zip(choices).collect();
        let needed: Vec<Value> = needed.iter().copied().map(Value).collect();
        kept(&all, &needed).into_iter().map(|v| v.0).collect()
    }

    #[test]
    fn one_source_of_two_products_is_kept_once() {
        let choices = vec![
            choice(8, NEVER, &[]),
            choice(8, 1, &[0]),
            choice(8, 1, &[0]),
        ];
        assert_eq!(kept_of(choices, &[1, 2]), [0]);
    }

    #[test]
    fn one_sum_of_two_sources_is_kept_itself() {
        let choices = vec![
            choice(8, NEVER, &[]),
            choice(8, NEVER, &[]),
            choice(8, 1, &[0, 1]),
        ];
        assert_eq!(kept_of(choices, &[2]), [2]);
    }

    #[test]
    fn what_is_cheap_is_computed_again() {
        let choices = vec![choice(8, 1, &[]), choice(8, 1, &[0])];
        assert_eq!(kept_of(choices, &[1]), [0; 0]);
    }

    #[test]
    fn a_long_way_is_kept() {
        let choices = vec![choice(8, 5, &[]), choice(8, 5, &[0])];
        assert_eq!(kept_of(choices, &[1]), [1]);
    }

    #[test]
    fn no_product_of_what_is_kept_anyway() {
        let choices = vec![
            choice(8, NEVER, &[]),
            choice(8, NEVER, &[]),
            choice(8, 1, &[0, 1]),
        ];
        assert_eq!(kept_of(choices, &[0, 1, 2]), [0, 1]);
    }
}
