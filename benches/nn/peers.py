"""One table of training steps: ours, by hand, candle, burn (the Rust program of this folder),
PyTorch and JAX, all on the same number of threads and in turns, so that what slows the machine for a
while slows all.

    pip install torch jax
    cargo build --release --features peers
    python peers.py --program target/release/grad-benches-nn --threads 1

prints a table in Markdown: the fastest microseconds a step, and in brackets ratios to the generated
gradient, the median over the rounds of the ratio within a round, and that of the fastest times, which
a busy machine disturbs less. Of the ways to write a step in PyTorch and JAX the
fastest stands in the table; `--all` prints each.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import time

ARGUMENTS = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
ARGUMENTS.add_argument("--program", help="the Rust program; without it PyTorch and JAX alone")
ARGUMENTS.add_argument("--threads", type=int, default=1)
ARGUMENTS.add_argument("--rounds", type=int, default=11)
ARGUMENTS.add_argument("--workloads", default="a,a-sgd,b,c,d")
ARGUMENTS.add_argument("--all", action="store_true")
OPTIONS = ARGUMENTS.parse_args()

# Before the libraries are loaded: they read these once. JAX takes as many threads as there are cores
# it may run on, so every process is held to some cores.
CORES = sorted(os.sched_getaffinity(0))[: OPTIONS.threads]
os.sched_setaffinity(0, CORES)
for name in ["OMP_NUM_THREADS", "MKL_NUM_THREADS", "RAYON_NUM_THREADS"]:
    os.environ[name] = str(OPTIONS.threads)
# Large buffers stay with the process from step to step: it doubles the speed of candle and burn.
os.environ["MALLOC_MMAP_THRESHOLD_"] = "33554432"
os.environ["MALLOC_TRIM_THRESHOLD_"] = "17179869184"
os.environ["JAX_PLATFORMS"] = "cpu"

import jax  # noqa: E402
import jax.numpy as jnp  # noqa: E402
import numpy as np  # noqa: E402
import torch  # noqa: E402
import torch.nn.functional as F  # noqa: E402

torch.set_num_threads(OPTIONS.threads)

TITLES = {
    "a": "a: MLP 64-32-10, batch 32, Adam",
    "a-sgd": "a with SGD",
    "b": "b: MLP 784-512-256-10, batch 128, Adam",
    "c": "c: LeNet-5, batch 64, momentum",
    "d": "d: CNN 3 x 32 x 32, batch 64, Adam",
}
RULES = {"a": ("adam", 1e-3), "a-sgd": ("sgd", 1e-2), "b": ("adam", 1e-4), "c": ("momentum", 1e-3), "d": ("adam", 1e-4)}
# Images of a batch, channels last, or rows; classes.
SHAPES = {"a": (32, 64), "a-sgd": (32, 64), "b": (128, 784), "c": (64, 28, 28, 1), "d": (64, 32, 32, 3)}
SIZES = {"a": [64, 32, 10], "a-sgd": [64, 32, 10], "b": [784, 512, 256, 10], "c": [400, 120, 84, 10], "d": [4096, 256, 4]}
# Convolutions: channels, filters, kernel, padding, whether a pooling follows.
CONVOLUTIONS = {
    "c": [(1, 6, 5, 2, True), (6, 16, 5, 0, True)],
    "d": [(3, 32, 3, 1, False), (32, 32, 3, 1, True), (32, 64, 3, 1, False), (64, 64, 3, 1, True)],
}


def batch(letter):
    """Images between -1 and 1, and a class for each."""
    images = np.random.default_rng(1).uniform(-1, 1, SHAPES[letter]).astype(np.float32)
    labels = np.arange(len(images)) * 7 % SIZES[letter][-1]
    return images, labels


# --- PyTorch ---


def torch_model(letter):
    layers = []
    for channels, filters, kernel, padding, pooled in CONVOLUTIONS.get(letter, []):
        layers += [torch.nn.Conv2d(channels, filters, kernel, padding=padding), torch.nn.ReLU()]
        if pooled:
            layers.append(torch.nn.MaxPool2d(2))
    if layers:
        layers.append(torch.nn.Flatten())
    sizes = SIZES[letter]
    for i, (before, after) in enumerate(zip(sizes, sizes[1:])):
        layers.append(torch.nn.Linear(before, after))
        if i + 2 < len(sizes):
            layers.append(torch.nn.ReLU())
    return torch.nn.Sequential(*layers)


def torch_optimizer(letter, model, **options):
    rule, rate = RULES[letter]
    if rule == "adam":
        return torch.optim.Adam(model.parameters(), lr=rate, **options)
    return torch.optim.SGD(model.parameters(), lr=rate, momentum=0.9 if rule == "momentum" else 0, **options)


def torch_step(letter, compiled, last):
    """A step: `compiled` is "", "loss" or "step"; `last`: channels last."""
    torch.manual_seed(0)
    images, labels = batch(letter)
    images, labels = torch.from_numpy(images), torch.from_numpy(labels)
    model = torch_model(letter)
    if images.dim() == 4:
        images = images.permute(0, 3, 1, 2)
        layout = torch.channels_last if last else torch.contiguous_format
        images = images.contiguous(memory_format=layout)
        model = model.to(memory_format=layout)
    # The fused update is one kernel; a compiled one is fused by the compiler.
    optimizer = torch_optimizer(letter, model, **({} if compiled == "step" else {"fused": True}))

    def loss():
        return F.cross_entropy(model(images), labels)

    if compiled == "loss":
        loss = torch.compile(loss)

    def step():
        optimizer.zero_grad(set_to_none=True)
        loss().backward()
        optimizer.step()

    if compiled == "step":
        # The way back cannot be part of a graph that the compiler sees, but the update can.
        loss = torch.compile(loss)
        update = torch.compile(optimizer.step)

        def step():  # noqa: F811
            optimizer.zero_grad(set_to_none=True)
            loss().backward()
            update()

    return lambda count: [step() for _ in range(count)]


def torch_ways(letter):
    lasts = [False, True] if letter in CONVOLUTIONS else [False]
    for compiled in ["", "loss", "step"]:
        for last in lasts:
            name = {"": "eager", "loss": "compiled", "step": "compiled, update too"}[compiled]
            yield f"PyTorch {name}{', channels last' if last else ''}", lambda c=compiled, l=last: torch_step(letter, c, l)


# --- JAX ---


def jax_parameters(letter):
    random = np.random.default_rng(2)

    def weights(*shape, inputs):
        return jnp.asarray(random.normal(0, (2 / inputs) ** 0.5, shape).astype(np.float32))

    parameters = []
    for channels, filters, kernel, _, _ in CONVOLUTIONS.get(letter, []):
        w = weights(kernel, kernel, channels, filters, inputs=kernel * kernel * channels)
        parameters.append((w, jnp.zeros(filters)))
    for before, after in zip(SIZES[letter], SIZES[letter][1:]):
        parameters.append((weights(before, after, inputs=before), jnp.zeros(after)))
    return parameters


def jax_loss(letter, parameters, images, labels):
    x = images
    convolutions = CONVOLUTIONS.get(letter, [])
    for (w, b), (_, _, _, padding, pooled) in zip(parameters, convolutions):
        x = jax.lax.conv_general_dilated(x, w, (1, 1), [(padding, padding)] * 2, dimension_numbers=("NHWC", "HWIO", "NHWC"))
        x = jax.nn.relu(x + b)
        if pooled:
            x = jax.lax.reduce_window(x, -jnp.inf, jax.lax.max, (1, 2, 2, 1), (1, 2, 2, 1), "VALID")
    x = x.reshape(len(x), -1)
    dense = parameters[len(convolutions) :]
    for i, (w, b) in enumerate(dense):
        x = x @ w + b
        if i + 1 < len(dense):
            x = jax.nn.relu(x)
    scores = jax.nn.log_softmax(x)
    return -jnp.mean(jnp.take_along_axis(scores, labels[:, None], axis=1))


def jax_update(letter, state, gradient):
    rule, rate = RULES[letter]
    parameters, first, second, t = state
    tree = jax.tree.map
    if rule == "adam":
        t = t + 1
        first = tree(lambda m, g: 0.9 * m + 0.1 * g, first, gradient)
        second = tree(lambda v, g: 0.999 * v + 0.001 * g * g, second, gradient)
        unbias, root = rate / (1 - 0.9**t), 1 / jnp.sqrt(1 - 0.999**t)
        parameters = tree(lambda p, m, v: p - unbias * m / (jnp.sqrt(v) * root + 1e-8), parameters, first, second)
    elif rule == "momentum":
        first = tree(lambda m, g: 0.9 * m + g, first, gradient)
        parameters = tree(lambda p, m: p - rate * m, parameters, first)
    else:
        parameters = tree(lambda p, g: p - rate * g, parameters, gradient)
    return parameters, first, second, t


def jax_step(letter, scanned):
    images, labels = map(jnp.asarray, batch(letter))
    parameters = jax_parameters(letter)
    zeros = jax.tree.map(jnp.zeros_like, parameters)
    state = (parameters, zeros, jax.tree.map(jnp.zeros_like, parameters), jnp.float32(0))

    def one(state, images, labels):
        value, gradient = jax.value_and_grad(lambda p: jax_loss(letter, p, images, labels))(state[0])
        return jax_update(letter, state, gradient), value

    if scanned:

        def many(state, images, labels):
            return jax.lax.scan(lambda s, _: one(s, images, labels), state, length=scanned)

        run = jax.jit(many, donate_argnums=0)
    else:
        run = jax.jit(one, donate_argnums=0)
    held = [state]

    def steps(count):
        for _ in range(max(1, count // max(1, scanned))):
            held[0], value = run(held[0], images, labels)
        value.block_until_ready()

    return steps


def jax_ways(letter):
    yield "JAX", lambda: jax_step(letter, 0)
    length = {"a": 1000, "a-sgd": 1000, "b": 20, "c": 5, "d": 2}[letter]
    yield f"JAX scan of {length}", lambda: jax_step(letter, length)


# --- Timing ---


def timed(steps, count):
    start = time.perf_counter()
    steps(count)
    return (time.perf_counter() - start) / count * 1e6


class Library:
    """One way in this process."""

    def __init__(self, name, make):
        self.name = name
        self.steps = make()
        length = int(name.rsplit(" ", 1)[1]) if "scan" in name else 1
        for _ in range(3):
            self.steps(length)
        once = timed(self.steps, length)
        # Some 50 ms a round.
        self.count = length * max(1, round(50_000 / (once * length)))

    def time(self):
        return timed(self.steps, self.count)


def ways_of(letter):
    for name, make in [*torch_ways(letter), *jax_ways(letter)]:
        try:
            yield Library(name, make)
        except Exception as error:  # A compiler that fails must not hide the others.
            print(f"{letter}, {name}: {type(error).__name__}: {error}", file=sys.stderr)


def rounds(letter, program):
    """For each way its times, a list that has an entry for each round."""
    libraries = list(ways_of(letter))
    times = {}

    def ask():
        if program is None:
            return {}
        program.stdin.write(letter + "\n")
        program.stdin.flush()
        return json.loads(program.stdout.readline())

    ask()
    for _ in range(OPTIONS.rounds):
        for name, time_taken in ask().items():
            times.setdefault(name, []).append(time_taken)
        for library in libraries:
            times.setdefault(library.name, []).append(library.time())
    return times


def shown(times, ours):
    fastest = f"{min(times):.4g}"
    if not ours:
        return fastest
    return f"{fastest} ({statistics.median(t / o for t, o in zip(times, ours)):.2f}, {min(times) / min(ours):.2f})"


def best_of(times, kind):
    """The times of the fastest way of a kind, and its name."""
    name = min((n for n in times if n.startswith(kind)), key=lambda n: min(times[n]), default=None)
    return (times[name], name[len(kind) :].strip()) if name else ([], "not measured")


def main():
    program = None
    if OPTIONS.program:
        program = subprocess.Popen([OPTIONS.program, "--ask"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    print(f"{OPTIONS.threads} threads, {OPTIONS.rounds} rounds; PyTorch {torch.__version__}, JAX {jax.__version__}; load at the start {os.getloadavg()[0]:.1f}")
    print("| workload | generated | by hand | candle | burn | PyTorch | JAX |")
    print("|---|---|---|---|---|---|---|")
    for letter in OPTIONS.workloads.split(","):
        times = rounds(letter, program)
        ours = times.get("generated", [])
        cells = [shown(times[name], [] if name == "generated" else ours) if name in times else "" for name in ["generated", "by hand", "candle", "burn"]]
        for kind in ["PyTorch", "JAX"]:
            best, name = best_of(times, kind)
            cells.append(f"{shown(best, ours)} {name}" if best else name)
        print(f"| {TITLES[letter]} | {' | '.join(cells)} |", flush=True)
        if OPTIONS.all:
            for name, taken in times.items():
                print(f"    {name}: {shown(taken, ours)}", flush=True)
    print(f"load at the end {os.getloadavg()[0]:.1f}")
    if program:
        program.stdin.close()
        program.wait()


if __name__ == "__main__":
    main()
