"""Writes the tables that optim_torch.rs compares with: python3 optim_torch.py

Needs PyTorch (made with 1.12.1, on the CPU, in double precision). Writes optim_torch.csv, a row
for each case and step: the point after the step, from (1, -2, 0.5), where the gradient is that of
x0^2 + 2 x1^2 + x0 x1 / 2 + exp(x2), but for x2 every third step, whose entry is 0 there. And
schedule_torch.csv: the rate of each epoch from 0 on.
"""
import csv
import os

import torch

STEPS = 20
HERE = os.path.dirname(os.path.abspath(__file__))
OPTIMIZERS = {
    "sgd": lambda p: torch.optim.SGD(p, lr=0.1),
    "momentum": lambda p: torch.optim.SGD(p, lr=0.05, momentum=0.9),
    "nesterov": lambda p: torch.optim.SGD(p, lr=0.05, momentum=0.9, nesterov=True),
    "adagrad": lambda p: torch.optim.Adagrad(p, lr=0.3),
    "adagrad epsilon": lambda p: torch.optim.Adagrad(p, lr=0.3, eps=0.01),
    "rmsprop": lambda p: torch.optim.RMSprop(p, lr=0.02),
    "rmsprop set": lambda p: torch.optim.RMSprop(p, lr=0.02, alpha=0.8, eps=1e-3),
    "rmsprop momentum": lambda p: torch.optim.RMSprop(p, lr=0.01, momentum=0.8),
    "adam": lambda p: torch.optim.Adam(p, lr=0.1),
    "adam set": lambda p: torch.optim.Adam(p, lr=0.2, betas=(0.8, 0.95), eps=1e-3),
    "adamw": lambda p: torch.optim.AdamW(p, lr=0.1),
    "adamw set": lambda p: torch.optim.AdamW(
        p, lr=0.2, betas=(0.8, 0.95), eps=1e-3, weight_decay=0.1
    ),
}
CLIPS = {
    "": lambda p: None,
    "norm": lambda p: torch.nn.utils.clip_grad_norm_(p, 1.5),
    "value": lambda p: torch.nn.utils.clip_grad_value_(p, 0.7),
}
CLIPPED = ["sgd", "momentum", "rmsprop momentum", "adam", "adamw"]


def trajectory(make, clip):
    x = torch.tensor([1.0, -2.0, 0.5], dtype=torch.float64, requires_grad=True)
    optimizer = make([x])
    for step in range(STEPS):
        optimizer.zero_grad()
        third = torch.exp(x[2]) if step % 3 else 0 * x[2]
        (x[0] ** 2 + 2 * x[1] ** 2 + x[0] * x[1] / 2 + third).backward()
        clip([x])
        optimizer.step()
        yield [repr(entry) for entry in x.tolist()]


def optimizers(out):
    out.writerow(["case", "clip", "step", "x0", "x1", "x2"])
    for clip in CLIPS:
        for case in OPTIMIZERS if clip == "" else CLIPPED:
            for step, point in enumerate(trajectory(OPTIMIZERS[case], CLIPS[clip]), 1):
                out.writerow([case, clip, step, *point])


def losses(epoch):
    """Falls, then stays, then falls a little, then rises."""
    return [3.0, 2.0, 1.5, 1.5, 1.5, 1.5, 1.49995, 1.4, 1.4][min(epoch, 8)] + 0.1 * max(0, epoch - 12)


def schedules(out):
    scheduler = torch.optim.lr_scheduler
    cases = {
        "step": lambda o: scheduler.StepLR(o, 7, gamma=0.3),
        "cosine": lambda o: scheduler.CosineAnnealingLR(o, STEPS, eta_min=0.01),
        "warm": lambda o: scheduler.LinearLR(o, start_factor=0.25, total_iters=5),
        "warm cosine": lambda o: scheduler.SequentialLR(
            o,
            [
                scheduler.LinearLR(o, start_factor=0.25, total_iters=5),
                scheduler.CosineAnnealingLR(o, STEPS - 5, eta_min=0.01),
            ],
            [5],
        ),
        "plateau": lambda o: scheduler.ReduceLROnPlateau(o, factor=0.5, patience=2, min_lr=0.04),
    }
    out.writerow(["case", "epoch", "loss", "rate"])
    for case, make in cases.items():
        optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=0.2)
        schedule = make(optimizer)
        for epoch in range(STEPS + 1):
            out.writerow([case, epoch, repr(losses(epoch)), repr(optimizer.param_groups[0]["lr"])])
            optimizer.step()
            schedule.step(*([losses(epoch)] if case == "plateau" else []))


for name, write in [("optim_torch.csv", optimizers), ("schedule_torch.csv", schedules)]:
    with open(os.path.join(HERE, name), "w", newline="") as file:
        write(csv.writer(file, lineterminator="\n"))
