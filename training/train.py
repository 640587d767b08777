"""Trains one of the networks; ``training.publish`` then writes it as ONNX.

    python -m training.train upscale_x2 --work WORK [--minutes 3] [--device cuda] [--start FILE]
                                        [--batch 8] [--patch 96] [--rate 0.2] [--threads 1]

WORK holds what ``training.prepare`` wrote. A checkpoint is kept there every half minute and at
SIGTERM; the same command goes on from it. The learning rate stays for the first part of the
minutes, then falls to zero evenly; with more ``--minutes`` a later run goes on with a longer plan.
``--start`` takes the first weights from an ONNX file of the same network, as the package has them,
or of one whose stages are not joined yet; weights that are good already want a part of the rates
alone, ``--rate``. On a CPU smaller batches of smaller patches make steps that a few minutes allow.
"""

from __future__ import annotations

import argparse
import json
import signal
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import onnx
import torch
from onnx import numpy_helper
from torch import Tensor

from training.batches import Crops, batch
from training.network import HALF, Network
from training.optimizer import Muon
from training.recipes import RECIPES, Recipe

WARM_UP = 100
STEADY = 0.3
"""Share of the time after which the rate begins to fall."""
AVERAGING = 0.999
KEPT_EVERY = 30.0
SQUARED = 0.7
"""Share of the time after which enlargements are held to squared instead of absolute errors."""
LUMA = (65.481 / 255, 128.553 / 255, 24.966 / 255)
"""Y of ITU-R BT.601 from R, G, B."""


class Run:
    """A network in training, with its optimizers and the running average of its weights."""

    def __init__(self, recipe: Recipe, device: str, seed: int = 1) -> None:
        torch.manual_seed(seed)
        self.recipe, self.device = recipe, device
        network = Network(recipe.shape).to(device)
        self.network = network.to(memory_format=torch.channels_last)
        hidden = network.matrices()
        rest = [p for p in network.parameters() if all(p is not h for h in hidden)]
        self.optimizers: tuple[torch.optim.Optimizer, ...] = (
            Muon(hidden, recipe.matrix_rate),
            torch.optim.Adam(rest, recipe.other_rate, betas=(0.9, 0.99)),
        )
        self.average = [p.detach().clone() for p in network.parameters()]
        self.luma = torch.tensor(LUMA, device=device).view(1, 3, 1, 1)
        self.step, self.seconds = 0, 0.0

    def learn(self, crops: Crops, progress: float) -> Tensor:
        """One step, ``progress`` (0 to 1) of the time being over; the loss."""
        inputs, targets = batch(crops, self.recipe)
        rates = (self.recipe.matrix_rate, self.recipe.other_rate)
        share = min((self.step + 1) / WARM_UP, max(0.0, (1 - progress) / (1 - STEADY)), 1.0)
        for optimizer, rate in zip(self.optimizers, rates, strict=True):
            for group in optimizer.param_groups:
                group["lr"] = rate * share
        with torch.autocast("cuda", torch.bfloat16, enabled=self.device == "cuda"):
            found = self.network.correction(inputs.to(memory_format=torch.channels_last))
        off = found.float() + self.network.base(inputs) - targets
        rim = self.recipe.rim * self.recipe.shape.scale
        loss = self._loss(off[:, :, rim:-rim, rim:-rim], progress)
        self.change(loss, AVERAGING)
        return loss.detach()

    def change(self, loss: Tensor, averaging: float) -> None:
        """The weights by what lessens the ``loss``, and their running average."""
        self.network.zero_grad()
        loss.backward()
        for optimizer in self.optimizers:
            optimizer.step()
        keep = min(averaging, (1 + self.step) / (10 + self.step))
        weights = [p.detach() for p in self.network.parameters()]
        torch._foreach_lerp_(self.average, weights, 1 - keep)
        self.step += 1

    def _loss(self, off: Tensor, progress: float) -> Tensor:
        """Of RGB and, with the recipe's weight, of luma.

        The root of each patch's mean square, so that patches with much damage don't rule the rest.
        """
        luma = (off * self.luma).sum(1, keepdim=True)
        if self.recipe.shape.scale > 1 and progress < SQUARED:
            return off.abs().mean() + self.recipe.luma * luma.abs().mean()
        return _root_mean_square(off) + self.recipe.luma * _root_mean_square(luma)

    def averaged(self) -> Network:
        network = Network(self.recipe.shape).to(self.device)
        for weight, average in zip(network.parameters(), self.average, strict=True):
            weight.data.copy_(average)
        return network.eval()

    def save(self, file: Path) -> None:
        part = file.with_suffix(".part")
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
        part.replace(file)

    def start(self, file: Path) -> None:
        """From the weights in an ONNX file; KeyError or RuntimeError if its network is another.

        A network that lacks only what joins stages is the same one until that has learned.
        """
        kept = {
            weight.name.removesuffix(HALF): numpy_helper.to_array(weight).astype(np.float32)
            for weight in onnx.load(file).graph.initializer
        }
        own = self.network.state_dict()
        named = {n for n in own if n in kept or not n.startswith("join.")}
        self.network.load_state_dict(own | {name: torch.tensor(kept[name]) for name in named})
        self.average = [p.detach().clone() for p in self.network.parameters()]

    def resume(self, file: Path) -> None:
        kept = torch.load(file, map_location=self.device, weights_only=True)
        self.network.load_state_dict(kept["network"])
        for optimizer, state in zip(self.optimizers, kept["optimizers"], strict=True):
            optimizer.load_state_dict(state)
        self.average, self.step, self.seconds = kept["average"], kept["step"], kept["seconds"]


def _root_mean_square(off: Tensor) -> Tensor:
    return (off.square().mean((1, 2, 3)) + 1e-7).sqrt().mean()


def main() -> None:
    ask = argparse.ArgumentParser(description=__doc__)
    ask.add_argument("name", choices=RECIPES)
    ask.add_argument("--work", type=Path, required=True)
    ask.add_argument("--minutes", type=float)
    ask.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    ask.add_argument("--seed", type=int, default=1)
    ask.add_argument("--start", type=Path, help="an ONNX file of the same network")
    ask.add_argument("--batch", type=int, help="patches of a step; by default the recipe's")
    ask.add_argument("--patch", type=int, help="their side in pixels; by default the recipe's")
    ask.add_argument("--rate", type=float, default=1.0, help="share of the recipe's rates")
    ask.add_argument("--threads", type=int, help="of the CPU")
    given = ask.parse_args()
    if given.threads:
        torch.set_num_threads(given.threads)
    run = Run(_asked(RECIPES[given.name], given), given.device, given.seed)
    checkpoint = given.work / f"{given.name}.pt"
    if checkpoint.exists():
        run.resume(checkpoint)
    elif given.start:
        run.start(given.start)
    train(run, Crops(given.work, given.device), given.minutes or run.recipe.minutes, checkpoint)


def _asked(recipe: Recipe, given: argparse.Namespace) -> Recipe:
    return replace(
        recipe,
        batch=given.batch or recipe.batch,
        patch=given.patch or recipe.patch,
        matrix_rate=given.rate * recipe.matrix_rate,
        other_rate=given.rate * recipe.other_rate,
    )


def train(run: Run, crops: Crops, minutes: float, checkpoint: Path) -> None:
    """Until it has had so many minutes, or SIGTERM."""
    stopped: list[int] = []
    signal.signal(signal.SIGTERM, lambda number, _: stopped.append(number))
    whole = 60 * minutes
    began, kept = time.monotonic() - run.seconds, run.seconds
    while run.seconds < whole and not stopped:
        loss = run.learn(crops, run.seconds / whole)
        if run.step % 10 == 0 and run.device == "cuda":
            torch.cuda.synchronize()
        run.seconds = time.monotonic() - began
        if run.seconds - kept > KEPT_EVERY or run.seconds >= whole or stopped:
            kept = run.seconds
            run.save(checkpoint)
            line = {"step": run.step, "loss": loss.item(), "seconds": run.seconds}
            print(json.dumps({k: round(v, 5) for k, v in line.items()}), flush=True)


if __name__ == "__main__":
    main()
