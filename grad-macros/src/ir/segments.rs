//! Checkpoints in the interpreter: a state is kept every third iteration.
//!
//! A run is a mark, which counts the iterations, and the states kept behind it. Three is enough for
//! segments of each kind: full ones, a shorter last one, and runs of one.

use super::data::Datum;
use super::eval::Stop;

const STRIDE: i128 = 3;

type Run<T> = Result<T, Stop>;

/// Where the mark of the last run is, and what it counted.
fn mark(entries: &[Datum]) -> Run<(usize, i128)> {
    let mut last = entries.iter().enumerate().rev();
    last.find_map(|(k, entry)| Some((k, entry.int().ok()?)))
        .ok_or_else(|| Stop::Unknown("checkpoints of no run".to_owned()))
}

pub(super) fn begin(entries: &mut Vec<Datum>) {
    entries.push(Datum::Int(0));
}

pub(super) fn due(entries: &mut [Datum]) -> Run<Datum> {
    let (at, trips) = mark(entries)?;
    entries[at] = Datum::Int(trips + 1);
    Ok(Datum::Bool(trips % STRIDE == 0))
}

pub(super) fn segments(entries: &mut Vec<Datum>) -> Run<Datum> {
    let (at, _) = mark(entries)?;
    let count = entries.len() - at - 1;
    if count == 0 {
        entries.pop();
    }
    Ok(Datum::count(count))
}

pub(super) fn segment(entries: &mut Vec<Datum>) -> Run<Datum> {
    let (at, trips) = mark(entries)?;
    let before = entries.len() - at - 2;
    let start = STRIDE * i128::try_from(before).unwrap_or(0);
    if before == 0 {
        entries.remove(at);
    } else {
        entries[at] = Datum::Int(start);
    }
    Ok(Datum::Int(trips - start))
}
