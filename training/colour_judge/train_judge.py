"""Trains the networks of the colour judge.

    python -m training.colour_judge.train_judge --work WORK --seed 1 [--minutes 15]

Reads what ``thumbnails`` and ``compositions`` wrote in WORK, and keeps ``judge_SEED.pt`` there
every minute; the same command goes on from it. The rate falls to zero over the minutes.
"""

from __future__ import annotations

import argparse
import json
import math
import time
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from training.colour_judge.judge_network import JudgeNetwork
from training.colour_judge.lights import WARM, relit
from training.colour_judge.thumbnails import KINDS

BATCH = 128
RATE, WEIGHT_DECAY, WARM_UP = 2e-3, 0.02, 200
AVERAGING = 0.998
KEPT_EVERY = 60.0
SHARES = {"clothing": 0.2, "groceries": 0.2, "catalogue": 0.03, "scenes": 0.17}
"""Of a batch; the rest is products laid on drawn grounds."""
TINTED = 0.03
"""Length of a log-chromaticity from which on a light is tinted."""
OUTLIER = 3.0
"""Errors, in standard deviations, beyond which the likelihood's penalty grows evenly."""


class Photos:
    """Batches of thumbnails, each kind with its share."""

    def __init__(self, work: Path, seed: int) -> None:
        learn = np.load(work / "learn.npz")
        laid = np.load(work / "laid_learn.npy")
        photos = np.concatenate((learn["photos"], laid)).transpose(0, 3, 1, 2)
        self.photos = torch.from_numpy(np.ascontiguousarray(photos))
        kinds = np.concatenate((learn["kinds"], np.full(len(laid), len(KINDS))))
        share = np.array([*(SHARES.get(kind, 0) for kind in KINDS), 1 - sum(SHARES.values())])
        counts = np.maximum(np.bincount(kinds, minlength=len(share)), 1)
        self.weights = torch.from_numpy((share / counts)[kinds])
        torch.manual_seed(seed)

    def some(self) -> Tensor:
        """uint8 (BATCH, 3, H, W)."""
        return self.photos[torch.multinomial(self.weights, BATCH, replacement=True)]


def loss_of(answer: Tensor, tint: Tensor) -> Tensor:
    """Negative logarithm of the likelihood of the tint, and of there being one."""
    off = (answer[:, :2] - tint) @ WARM.T
    spread = (answer[:, 2:4] / 2).exp()
    z = (off / spread).abs()
    penalty = torch.where(z < OUTLIER, z * z / 2, OUTLIER * z - OUTLIER**2 / 2)
    gauss = (penalty + answer[:, 2:4] / 2).sum(1)
    there = (tint.norm(dim=1) > TINTED).float()
    told = torch.nn.functional.binary_cross_entropy_with_logits(
        answer[:, 4], there, reduction="none"
    )
    return (gauss + told + 5 * (answer[:, :2] - tint).abs().sum(1)).mean()


def main() -> None:
    ask = argparse.ArgumentParser(description=__doc__)
    ask.add_argument("--work", type=Path, required=True)
    ask.add_argument("--seed", type=int, required=True)
    ask.add_argument("--minutes", type=float, default=15)
    ask.add_argument("--threads", type=int, default=2)
    given = ask.parse_args()
    torch.set_num_threads(given.threads)
    torch.set_flush_denormal(True)
    torch.manual_seed(given.seed)
    network = JudgeNetwork().to(memory_format=torch.channels_last)
    average = JudgeNetwork()
    optimizer = torch.optim.AdamW(
        network.parameters(), RATE, betas=(0.9, 0.98), weight_decay=WEIGHT_DECAY
    )
    file = given.work / f"judge_{given.seed}.pt"
    step, seconds = 0, 0.0
    if file.exists():
        kept = torch.load(file, weights_only=True)
        network.load_state_dict(kept["network"])
        average.load_state_dict(kept["average"])
        optimizer.load_state_dict(kept["optimizer"])
        step, seconds = kept["step"], kept["seconds"]
    else:
        average.load_state_dict(network.state_dict())
    photos = Photos(given.work, given.seed * 1000 + step)
    whole, began, saved = 60 * given.minutes, time.monotonic() - seconds, seconds
    mean = None
    while seconds < whole:
        linear, tint = relit(photos.some())
        rate = RATE * min((step + 1) / WARM_UP, (1 + math.cos(math.pi * seconds / whole)) / 2)
        for group in optimizer.param_groups:
            group["lr"] = rate
        optimizer.zero_grad()
        loss = loss_of(network(linear.contiguous(memory_format=torch.channels_last)), tint)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(network.parameters(), 5.0)
        optimizer.step()
        with torch.no_grad():
            keep = min(AVERAGING, (1 + step) / (10 + step))
            for slow, fast in zip(average.parameters(), network.parameters(), strict=True):
                slow.lerp_(fast, 1 - keep)
        step += 1
        mean = loss.item() if mean is None else 0.98 * mean + 0.02 * loss.item()
        seconds = time.monotonic() - began
        if step % 100 == 0:
            print(
                json.dumps({"step": step, "loss": round(mean, 3), "s": round(seconds)}), flush=True
            )
        if seconds - saved > KEPT_EVERY or seconds >= whole:
            saved = seconds
            torch.save(
                {
                    "network": network.state_dict(),
                    "average": average.state_dict(),
                    "optimizer": optimizer.state_dict(),
                    "step": step,
                    "seconds": seconds,
                },
                file,
            )


if __name__ == "__main__":
    main()
