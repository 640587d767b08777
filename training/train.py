"""Trains one of the networks; ``training.publish`` then writes it as ONNX.

    python -m training.train upscale_x2 --work WORK

WORK holds what ``training.prepare`` wrote. A checkpoint is kept there every few hundred steps and
at SIGTERM; the same command goes on from it. The learning rate falls to zero evenly over the
steps; ``--steps`` moves the end, so that a later run can go on with a longer plan.
"""

from __future__ import annotations

import argparse
import json
import signal
import time
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from training.batches import DAMAGE, Stores, batch, tensor
from training.degrade import degraded
from training.network import Cleaning, Doubling, PlainNet
from training.optimizer import Muon
from training.recipes import RECIPES, Recipe

WARM_UP = 100
FALLING = 0.95
AVERAGING = 0.999
EVERY = 500
LUMA = torch.tensor([65.481, 128.553, 24.966]).view(1, 3, 1, 1) / 255
"""Y of ITU-R BT.601 from R, G, B."""


class Run:
    """A network in training, with its optimizers and the running average of its weights."""

    def __init__(self, name: str, recipe: Recipe, work: Path, seed: int) -> None:
        torch.manual_seed(seed)
        self.name, self.recipe, self.work, self.seed = name, recipe, work, seed
        self.network = built(recipe)
        if recipe.warm:
            self.network.load_state_dict(average_of(work / f"{recipe.warm}.pt"))
        hidden = [layer.weight for layer in list(self.network.body)[1:]]
        rest = [p for p in self.network.parameters() if all(p is not h for h in hidden)]
        self.optimizers = (
            Muon(hidden, recipe.matrix_rate),
            torch.optim.Adam(rest, recipe.other_rate, betas=(0.9, 0.99)),
        )
        self.average = {k: v.clone() for k, v in self.network.state_dict().items()}
        self.step, self.seconds = 0, 0.0
        if self.checkpoint.exists():
            self._resume()

    @property
    def checkpoint(self) -> Path:
        return self.work / f"{self.name}.pt"

    def _resume(self) -> None:
        kept = torch.load(self.checkpoint, weights_only=True)
        self.network.load_state_dict(kept["network"])
        for optimizer, state in zip(self.optimizers, kept["optimizers"], strict=True):
            optimizer.load_state_dict(state)
        self.average, self.step, self.seconds = kept["average"], kept["step"], kept["seconds"]

    def save(self) -> None:
        part = self.checkpoint.with_suffix(".part")
        torch.save(
            {
                "network": self.network.state_dict(),
                "optimizers": [o.state_dict() for o in self.optimizers],
                "average": self.average,
                "step": self.step,
                "seconds": self.seconds,
            },
            part,
        )
        part.replace(self.checkpoint)

    def learn(self, share: float, inputs: Tensor, targets: Tensor, *levels: Tensor) -> float:
        """One step at ``share`` of the full learning rate; the loss."""
        rates = (self.recipe.matrix_rate, self.recipe.other_rate)
        for optimizer, rate in zip(self.optimizers, rates, strict=True):
            optimizer.param_groups[0]["lr"] = rate * share
            optimizer.zero_grad()
        with torch.no_grad():
            base = self.network.base(inputs)
        with torch.autocast("cpu", torch.bfloat16):
            rest = self.network.rest(inputs, *levels)
        off = functional.pixel_shuffle(rest.float() + base, self.network.factor) - targets
        rim = self.recipe.rim * targets.shape[2] // inputs.shape[2]
        off = off[:, :, rim:-rim, rim:-rim]
        if self.recipe.task in DAMAGE:
            loss = off.square().mean()
        else:
            loss = off.abs().mean() + 0.5 * (off * LUMA).sum(1).abs().mean()
        loss.backward()
        for optimizer in self.optimizers:
            optimizer.step()
        keep = min(AVERAGING, (1 + self.step) / (10 + self.step))
        for key, value in self.network.state_dict().items():
            self.average[key].lerp_(value, 1 - keep)
        self.step += 1
        return loss.item()

    def averaged(self) -> PlainNet:
        network = built(self.recipe)
        network.load_state_dict(self.average)
        return network.eval()


def built(recipe: Recipe) -> Doubling | Cleaning:
    kind = Cleaning if recipe.task in DAMAGE else Doubling
    return kind(recipe.channels, recipe.depth)


def average_of(checkpoint: Path) -> dict[str, Tensor]:
    return torch.load(checkpoint, weights_only=True)["average"]


def share_of_rate(step: int, steps: int) -> float:
    return min((step + 1) / WARM_UP, (steps - step) / (FALLING * steps), 1.0)


@torch.no_grad()
def measured(network: PlainNet, stores: Stores, task: str) -> float:
    """PSNR of Y in dB on crops that don't train, against the truth."""
    chance = np.random.default_rng(7)
    found = []
    for n in range(stores.training, len(stores.small)):
        levels = []
        if task in DAMAGE:
            given, level = DAMAGE[task](stores.large[n], chance)
            levels = [torch.tensor([level], dtype=torch.float32)]
        else:
            given = degraded(stores.small[n], chance) if task == "real" else stores.small[n]
        made = network(tensor(given[None].astype(np.float32)), *levels).clamp(0, 1)
        off = ((made - tensor(stores.large[n][None].astype(np.float32))) * LUMA).sum(1)
        found.append(-10 * torch.log10(off[:, 8:-8, 8:-8].square().mean()).item())
    return float(np.mean(found))


def main() -> None:
    ask = argparse.ArgumentParser(description=__doc__)
    ask.add_argument("name", choices=RECIPES)
    ask.add_argument("--work", type=Path, required=True)
    ask.add_argument("--steps", type=int)
    ask.add_argument("--threads", type=int, default=2)
    ask.add_argument("--seed", type=int, default=1)
    given = ask.parse_args()
    torch.set_num_threads(given.threads)
    recipe = RECIPES[given.name]
    steps = given.steps or recipe.steps
    stores = Stores(given.work)
    run = Run(given.name, recipe, given.work, given.seed)
    began, before = time.monotonic(), run.seconds
    stopped: list[int] = []
    signal.signal(signal.SIGTERM, lambda number, _: stopped.append(number))
    while run.step < steps and not stopped:
        chance = np.random.default_rng((given.seed, run.step))
        loss = run.learn(share_of_rate(run.step, steps), *batch(stores, recipe, chance))
        if run.step % EVERY == 0 or run.step == steps or stopped:
            run.seconds = before + time.monotonic() - began
            run.save()
            figure = measured(run.averaged(), stores, recipe.task)
            line = {"step": run.step, "loss": loss, "db": figure, "seconds": run.seconds}
            print(json.dumps({k: round(v, 5) for k, v in line.items()}), flush=True)


if __name__ == "__main__":
    main()
