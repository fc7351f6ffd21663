//! Training steps, forward, loss, back and update: through generated gradients on layers, by hand on
//! the same kernels with every buffer allocated once, and, with the feature `peers`, in candle and burn.
//!
//! ```text
//! cargo run --release                          # ours and by hand
//! cargo run --release --features peers -- c d  # the peers too, two workloads
//! cargo run --release -- --scaling             # ours on one thread and on two
//! ```
//!
//! prints microseconds a step, medians of rounds in which every way has its turn; the median of the
//! ratio within a round; what a late step allocates; and the most memory held. `RAYON_NUM_THREADS` says
//! on how many threads. `peers.py` runs this program beside `PyTorch` and JAX: with `--ask` it takes the
//! letters of workloads, one a line, and answers each with the times of one round.

mod allocations;
mod by_hand;
mod measure;
mod models;
#[cfg(feature = "peers")]
mod peers;
mod workload;

use std::io::{BufRead, Write};

use measure::{Way, median, ways};
use workload::Workload;

const ROUNDS: usize = 15;

fn main() {
    enter_pool();
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if arguments.iter().any(|argument| argument == "--ask") {
        answer();
        return;
    }
    if arguments.iter().any(|argument| argument == "--scaling") {
        print_scaling();
        return;
    }
    println!(
        "| workload | microseconds a step | ratio to by hand | allocations | peak memory, MB |"
    );
    println!("|---|---|---|---|---|");
    for workload in Workload::ALL {
        let wanted = |letter: &String| letter == workload.letter();
        if arguments.is_empty() || arguments.iter().any(wanted) {
            print_row(workload);
        }
    }
}

/// Makes this thread one of the pool's. From a thread outside, every operation that is split is handed
/// over and waited for, which costs c a third of its step on two threads, and every 63rd allocates a block
/// of the queue.
fn enter_pool() {
    rayon::ThreadPoolBuilder::new()
        .use_current_thread()
        .build_global()
        .expect("nobody has started the pool yet");
}

fn print_row(workload: Workload) {
    let mut ways = ways(workload);
    let mut times = vec![Vec::new(); ways.len()];
    for _ in 0..ROUNDS {
        for (way, times) in ways.iter_mut().zip(&mut times) {
            times.push(way.time());
        }
    }
    let by_hand = times[1].clone();
    let ratio = |times: &Vec<f64>| median(times.iter().zip(&by_hand).map(|(t, h)| t / h).collect());
    let of_all = |text: &dyn Fn(&Way, &Vec<f64>) -> String| {
        let texts: Vec<String> = ways.iter().zip(&times).map(|(w, t)| text(w, t)).collect();
        texts.join(", ")
    };
    println!(
        "| {} | {} | {} | {} | {} |",
        workload.title(),
        of_all(&|way, times| format!("{} {:.1}", way.name, median(times.clone()))),
        of_all(&|_, times| format!("{:.2}", ratio(times))),
        of_all(&|way, _| way.late.allocations.to_string()),
        of_all(&|way, _| megabytes(way.first.peak)),
    );
}

#[allow(clippy::cast_precision_loss, reason = "two digits are shown")]
fn megabytes(bytes: usize) -> String {
    format!("{:.2}", bytes as f64 / 1e6)
}

/// The generated gradient on one thread and on two, in turns.
fn print_scaling() {
    println!("| workload | one thread | two threads | ratio: median (of the fastest) |");
    println!("|---|---|---|---|");
    let pool = |threads| {
        rayon::ThreadPoolBuilder::new()
            .num_threads(threads)
            .build()
            .expect("threads can be started")
    };
    let pools = [pool(1), pool(2)];
    for workload in [Workload::Large, Workload::LeNet, Workload::Cnn] {
        // Rounds of one step, many of them: on a busy machine few have both cores to themselves.
        let rounds = if workload == Workload::Cnn { 150 } else { 2000 };
        // A pool is entered from outside, by the thread that owns what a step changes.
        let [one, two] = [0, 1].map(|k| {
            pools[k].install(|| {
                let mut step = workload.generated();
                step();
                step
            })
        });
        let mut steps = [one, two];
        let mut times = [Vec::new(), Vec::new()];
        for _ in 0..rounds {
            for k in 0..2 {
                let start = std::time::Instant::now();
                pools[k].install(&mut steps[k]);
                times[k].push(start.elapsed().as_secs_f64() * 1e6);
            }
        }
        let ratios = times[0].iter().zip(&times[1]).map(|(one, two)| one / two);
        let ratio = median(ratios.collect());
        let [one, two] = times.map(|times| times.into_iter().fold(f64::INFINITY, f64::min));
        println!(
            "| {} | {one:.0} us | {two:.0} us | {ratio:.2} ({:.2}) |",
            workload.title(),
            one / two
        );
    }
}

/// Times of one round for each letter read.
fn answer() {
    let mut known: Vec<(Workload, Vec<Way>)> = Vec::new();
    for line in std::io::stdin().lock().lines() {
        let line = line.expect("standard input can be read");
        let Some(workload) = Workload::ALL
            .into_iter()
            .find(|w| w.letter() == line.trim())
        else {
            continue;
        };
        if !known.iter().any(|(other, _)| *other == workload) {
            known.push((workload, ways(workload)));
        }
        for (_, ways) in known.iter_mut().filter(|(other, _)| *other == workload) {
            let times: Vec<String> = ways
                .iter_mut()
                .map(|way| (way.name, way.time()))
                .map(|(name, time)| format!("\"{name}\": {time}"))
                .collect();
            println!("{{{}}}", times.join(", "));
        }
        std::io::stdout()
            .flush()
            .expect("standard output can be written");
    }
}
