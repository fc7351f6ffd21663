//! Where the nodes of a drawing go: layers from left to right, few crossings, straight wires.
//!
//! 1. Layers: a node stands right of all its operands (longest path); what is constant stands just
//!    left of its first use, parameters at the far left.
//! 2. A wire over several layers is led through a point of each (a waypoint), which takes part in
//!    the steps below as a node of little height.
//! 3. Order in a layer: by the mean position of the neighbours in the layer before, then after, and
//!    so on; the order with the fewest crossings wins. Sugiyama, Tagawa and Toda, "Methods for
//!    Visual Understanding of Hierarchical System Structures" (1981).
//! 4. Height: each layer, its order and distances kept, is brought as close as can be to the mean
//!    heights of its neighbours, in turns from both sides. That is an isotonic regression.

use alloc::{vec, vec::Vec};

/// A node to place: its operands, by number and all before it, and its size.
pub(super) struct Item {
    pub(super) operands: Vec<usize>,
    pub(super) source: Source,
    pub(super) width: f64,
    pub(super) height: f64,
}

/// How far left a node goes.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Source {
    /// To the first layer.
    Parameter,
    /// Beside its first use.
    Constant,
    /// Right of its operands.
    Operation,
}

/// The drawing: a point for each node, the left end and the middle of its box, and for each operand
/// of each node the points its wire is led through, as the two ends of a level piece.
pub(super) struct Layout {
    pub(super) places: Vec<(f64, f64)>,
    pub(super) wires: Vec<Vec<Wire>>,
    pub(super) width: f64,
    pub(super) height: f64,
}

/// The level pieces of a wire.
pub(super) type Wire = Vec<[(f64, f64); 2]>;

const WAYPOINT: f64 = 26.0;
const SWEEPS: usize = 12;

pub(super) fn lay_out(items: &[Item], gap: f64) -> Layout {
    let layer = assign_layers(items);
    let mut net = Net::new(items, &layer);
    net.order();
    net.settle();

    let count = net.layers.len();
    let mut widths = vec![0.0_f64; count];
    for (item, &layer) in items.iter().zip(&layer) {
        widths[layer] = widths[layer].max(item.width);
    }
    let mut left = vec![0.0; count + 1];
    for layer in 0..count {
        left[layer + 1] = left[layer] + widths[layer] + gap;
    }
    let top = (0..net.y.len())
        .map(|v| net.y[v] - net.heights[v] / 2.0)
        .fold(f64::MAX, f64::min);
    let bottom = (0..net.y.len())
        .map(|v| net.y[v] + net.heights[v] / 2.0)
        .fold(top, f64::max);
    let level = |v: usize| net.y[v] - top;
    Layout {
        places: (0..items.len())
            .map(|v| (left[layer[v]], level(v)))
            .collect(),
        wires: net
            .wires
            .iter()
            .map(|wires| {
                let lead = |&v: &usize| {
                    let x = left[net.layer[v]];
                    [(x, level(v)), (x + widths[net.layer[v]], level(v))]
                };
                wires
                    .iter()
                    .map(|wire| wire.iter().map(lead).collect())
                    .collect()
            })
            .collect(),
        width: (left[count] - gap).max(0.0),
        height: if items.is_empty() { 0.0 } else { bottom - top },
    }
}

fn assign_layers(items: &[Item]) -> Vec<usize> {
    let mut layer = vec![0; items.len()];
    for (v, item) in items.iter().enumerate() {
        layer[v] = item
            .operands
            .iter()
            .map(|&u| layer[u] + 1)
            .max()
            .unwrap_or(0);
    }
    let mut first_use = vec![usize::MAX; items.len()];
    for (v, item) in items.iter().enumerate() {
        for &u in &item.operands {
            first_use[u] = first_use[u].min(layer[v]);
        }
    }
    for (v, item) in items.iter().enumerate() {
        if item.source == Source::Constant && first_use[v] != usize::MAX {
            layer[v] = first_use[v] - 1;
        }
    }
    layer
}

/// Nodes and waypoints, with neighbours in the adjacent layers alone.
struct Net {
    layer: Vec<usize>,
    heights: Vec<f64>,
    before: Vec<Vec<usize>>,
    after: Vec<Vec<usize>>,
    layers: Vec<Vec<usize>>,
    /// The waypoints of each operand of each node.
    wires: Vec<Vec<Vec<usize>>>,
    y: Vec<f64>,
}

impl Net {
    fn new(items: &[Item], layer: &[usize]) -> Self {
        let count = layer.iter().max().map_or(0, |last| last + 1);
        let mut net = Self {
            layer: layer.to_vec(),
            heights: items.iter().map(|item| item.height).collect(),
            before: vec![Vec::new(); items.len()],
            after: vec![Vec::new(); items.len()],
            layers: vec![Vec::new(); count],
            wires: Vec::new(),
            y: Vec::new(),
        };
        // The wires of one node share their waypoints.
        let mut trunks: Vec<Vec<usize>> = vec![Vec::new(); items.len()];
        for (v, item) in items.iter().enumerate() {
            let mut wires = Vec::new();
            for &u in &item.operands {
                let reach = layer[v] - layer[u] - 1;
                while trunks[u].len() < reach {
                    let previous = trunks[u].last().copied().unwrap_or(u);
                    let waypoint = net.layer.len();
                    net.layer.push(net.layer[previous] + 1);
                    net.heights.push(WAYPOINT);
                    net.before.push(Vec::new());
                    net.after.push(Vec::new());
                    net.join(previous, waypoint);
                    trunks[u].push(waypoint);
                }
                let wire = trunks[u][..reach].to_vec();
                net.join(wire.last().copied().unwrap_or(u), v);
                wires.push(wire);
            }
            net.wires.push(wires);
        }
        for v in net.by_depth() {
            net.layers[net.layer[v]].push(v);
        }
        net
    }

    fn join(&mut self, u: usize, v: usize) {
        self.after[u].push(v);
        self.before[v].push(u);
    }

    /// All nodes, in the order in which a walk back from the last one meets them: a first order that
    /// keeps what belongs together side by side.
    fn by_depth(&self) -> Vec<usize> {
        let mut seen = vec![false; self.layer.len()];
        let mut order = Vec::new();
        for root in (0..self.wires.len()).rev() {
            let mut stack = vec![root];
            while let Some(v) = stack.pop() {
                if !core::mem::replace(&mut seen[v], true) {
                    order.push(v);
                    stack.extend(self.before[v].iter().rev());
                }
            }
        }
        order
    }

    fn order(&mut self) {
        let mut best = (self.crossings(), self.layers.clone());
        for sweep in 0..SWEEPS {
            if best.0 == 0 {
                break;
            }
            let count = self.layers.len();
            for step in 1..count {
                let backwards = sweep % 2 == 1;
                let layer = if backwards { count - 1 - step } else { step };
                let rank = self.ranks();
                let sides = if backwards { &self.after } else { &self.before };
                let key = |v: usize| mean(sides[v].iter().map(|&u| rank[u])).unwrap_or(rank[v]);
                self.layers[layer].sort_by(|&a, &b| key(a).total_cmp(&key(b)));
            }
            let crossings = self.crossings();
            if crossings < best.0 {
                best = (crossings, self.layers.clone());
            }
        }
        self.layers = best.1;
    }

    #[allow(clippy::cast_precision_loss, reason = "counts are far below 2^53")]
    fn ranks(&self) -> Vec<f64> {
        let mut rank = vec![0.0; self.layer.len()];
        for layer in &self.layers {
            for (i, &v) in layer.iter().enumerate() {
                rank[v] = i as f64;
            }
        }
        rank
    }

    fn crossings(&self) -> usize {
        let rank = self.ranks();
        let crossed = |layer: &Vec<usize>| -> usize {
            let mut ends = Vec::new();
            for &v in layer {
                let mut targets: Vec<f64> = self.after[v].iter().map(|&w| rank[w]).collect();
                targets.sort_by(f64::total_cmp);
                ends.extend(targets);
            }
            let after = |i: usize| ends[i + 1..].iter().filter(|&&end| end < ends[i]).count();
            (0..ends.len()).map(after).sum()
        };
        self.layers.iter().map(crossed).sum()
    }

    fn settle(&mut self) {
        self.y = vec![0.0; self.layer.len()];
        for layer in &self.layers {
            let mut y = 0.0;
            for &v in layer {
                self.y[v] = y + self.heights[v] / 2.0;
                y += self.heights[v];
            }
        }
        let count = self.layers.len();
        for sweep in 0..2 * SWEEPS {
            for step in 0..count {
                let backwards = sweep % 2 == 1;
                let layer = if backwards { count - 1 - step } else { step };
                // The last rounds listen to both sides.
                let both = sweep + 4 >= 2 * SWEEPS;
                let wish = |v: usize| {
                    let before = self.before[v].iter().filter(|_| both || !backwards);
                    let after = self.after[v].iter().filter(|_| both || backwards);
                    mean(before.chain(after).map(|&u| self.y[u])).unwrap_or(self.y[v])
                };
                let wishes: Vec<f64> = self.layers[layer].iter().map(|&v| wish(v)).collect();
                let heights: Vec<f64> = self.layers[layer]
                    .iter()
                    .map(|&v| self.heights[v])
                    .collect();
                let placed = place_apart(&wishes, &heights);
                for (&v, y) in self.layers[layer].iter().zip(placed) {
                    self.y[v] = y;
                }
            }
        }
    }
}

#[allow(clippy::cast_precision_loss, reason = "counts are far below 2^53")]
fn mean(values: impl Iterator<Item = f64>) -> Option<f64> {
    let (sum, count) = values.fold((0.0, 0_usize), |(sum, count), x| (sum + x, count + 1));
    (count > 0).then(|| sum / count as f64)
}

/// The positions nearest to `wishes`, in least squares, that keep the order and let boxes of these
/// heights touch at most. Shifted by the heights above, they only have to ascend; neighbours that do
/// not are pooled at their mean.
#[allow(clippy::cast_precision_loss, reason = "counts are far below 2^53")]
fn place_apart(wishes: &[f64], heights: &[f64]) -> Vec<f64> {
    let mut shifts = Vec::with_capacity(heights.len());
    let mut above = 0.0;
    for &height in heights {
        shifts.push(above + height / 2.0);
        above += height;
    }
    let mut pools: Vec<(f64, usize)> = Vec::new();
    for (wish, shift) in wishes.iter().zip(&shifts) {
        let mut pool = (wish - shift, 1);
        while let Some(&(sum, count)) = pools.last() {
            if sum / count as f64 <= pool.0 / pool.1 as f64 {
                break;
            }
            pools.pop();
            pool = (pool.0 + sum, pool.1 + count);
        }
        pools.push(pool);
    }
    let levels = pools
        .iter()
        .flat_map(|&(sum, count)| core::iter::repeat_n(sum / count as f64, count));
    levels
        .zip(shifts)
        .map(|(level, shift)| level + shift)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::place_apart;

    #[test]
    fn boxes_stay_apart_and_near_their_wishes() {
        assert_eq!(place_apart(&[0.0, 10.0], &[2.0, 2.0]), [0.0, 10.0]);
        assert_eq!(place_apart(&[5.0, 5.0], &[2.0, 2.0]), [4.0, 6.0]);
        assert_eq!(
            place_apart(&[9.0, 1.0, 20.0], &[2.0, 4.0, 2.0]),
            [3.5, 6.5, 20.0]
        );
    }
}
