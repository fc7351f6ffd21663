"""Prints the tables of optim.rs: python3 optim_reference.py

Exact arithmetic (Decimal, 60 digits) on the update rules as the papers state them, unfolded,
rounded once at the end. Gradient of the test function x0^2 + 2 x1^2 + 0.5 x0 x1, from (1, -2).
"""
from decimal import Decimal as D, getcontext

getcontext().prec = 60


def gradient(x):
    return [2 * x[0] + x[1] / 2, 4 * x[1] + x[0] / 2]


def run(update, state, steps=5):
    x = [D(1), D(-2)]
    for t in range(1, steps + 1):
        g = gradient(x)
        x = [update(x[i], g[i], state[i], t) for i in range(2)]
        print(f"    [{float(x[0])!r}, {float(x[1])!r}],")


def sgd(rate, momentum, nesterov):
    def update(x, g, s, t):
        s[0] = momentum * s[0] + g
        return x - rate * (g + momentum * s[0] if nesterov else s[0])
    return update


def adam(rate, b1, b2, eps):
    def update(x, g, s, t):
        s[0] = b1 * s[0] + (1 - b1) * g
        s[1] = b2 * s[1] + (1 - b2) * g * g
        m, v = s[0] / (1 - b1**t), s[1] / (1 - b2**t)
        return x - rate * m / (v.sqrt() + eps)
    return update


for name, update in [
    ("Sgd::new(0.1)", sgd(D("0.1"), D(0), False)),
    ("Sgd::new(0.05).momentum(0.9)", sgd(D("0.05"), D("0.9"), False)),
    ("Sgd::new(0.05).momentum(0.9).nesterov(true)", sgd(D("0.05"), D("0.9"), True)),
    ("Adam::new(0.1)", adam(D("0.1"), D("0.9"), D("0.999"), D("1e-8"))),
    ("Adam::new(0.2).betas(0.8, 0.95).epsilon(1e-3)", adam(D("0.2"), D("0.8"), D("0.95"), D("1e-3"))),
]:
    print(name)
    run(update, [[D(0), D(0)], [D(0), D(0)]])
