"""Teaches a network what few patches can teach, and keeps what it can do: on a CPU.

    python -m training.refine denoise --work WORK --start FILE [--teacher FILE]
                                      [--minutes 40] [--rate 1e-4] [--threads 1]

Goes on from the ONNX file FILE by small steps of Adam. WORK holds what ``training.prepare`` wrote;
the checkpoint is kept there as ``training.train`` keeps it, and the same command goes on from it.

``denoise``: for weights that clean photos well but take fine cloth for noise, and a camera's coarse
noise for what is shown. Of these the target is the truth; of other photos it is mostly what the
weights of the teacher, or those of the start, make of them (Z. Li and D. Hoiem, "Learning without
forgetting", IEEE TPAMI 40(12), 2018). Of the latter that asks for no change at first, so few
patches forget little, where steps towards the truth alone forget as fast as they learn.

``upscale_real_x2``: for weights that take away much damage well, but with little damage lose crisp
edges on smooth grounds, as of products. A third of the patches is damaged by JPEG alone, a third
slightly, a third as in ``training.train``; half show photos, the others print and what is out of
focus.
"""

from __future__ import annotations

import argparse
import copy
from collections.abc import Callable
from pathlib import Path

import torch
from torch import Tensor

from training import degrade
from training.batches import Crops, doubled, out_of_focus, some, turned
from training.network import Network
from training.recipes import RECIPES
from training.train import Run, train

SHARP, SOFT, SEEN, CLOTH = 6, 2, 4, 4
"""Patches of a step of ``denoise``: of photos, of photos out of focus, of photos that a camera made
noisy, of drawn cloth."""
CLEANED = 96
"""Side of a patch, in pixels."""
TAUGHT = 0.7
"""Weight of what the teacher makes of the first two; the rest is the true picture's."""
PHOTOS, PRINTS, BLURRED = 8, 4, 4
"""Patches of a step of ``upscale_real_x2``."""
DOUBLED = 64
"""Side of a patch before it is doubled, in pixels."""
WARM_UP, STEADY = 50, 0.4
"""Steps in which the rate rises, and share of the time after which it falls to zero."""
AVERAGING = 0.996

Pair = tuple[Tensor, Tensor]
"""Inputs and targets of a step."""


class Refining(Run):
    """A run by Adam alone, whose ``teacher`` may have a part in the targets."""

    def __init__(self, name: str, start: Path, teacher: Path, rate: float, seed: int) -> None:
        super().__init__(RECIPES[name], "cpu", seed)
        self.pair = PAIRS[name]
        self.start(teacher)
        self.teacher = copy.deepcopy(self.network).eval().requires_grad_(requires_grad=False)
        self.start(start)
        self.rate = rate
        self.optimizers = (torch.optim.Adam(self.network.parameters(), rate, betas=(0.9, 0.99)),)

    def learn(self, crops: Crops, progress: float) -> Tensor:
        """One step, ``progress`` (0 to 1) of the time being over; the loss."""
        share = min((self.step + 1) / WARM_UP, max(0.0, (1 - progress) / (1 - STEADY)), 1.0)
        for group in self.optimizers[0].param_groups:
            group["lr"] = self.rate * share
        inputs, targets = self.pair(crops, self.teacher)
        rim = self.recipe.rim * self.recipe.shape.scale
        loss = self._loss((self.network(inputs) - targets)[:, :, rim:-rim, rim:-rim], progress=1)
        self.change(loss, AVERAGING)
        return loss.detach()


def _cleaned(crops: Crops, teacher: Network) -> Pair:
    side = CLEANED
    known = torch.cat(
        turned(some(crops.large, SHARP, side, crops.clean), out_of_focus(crops, SOFT, side))
    )
    seen, cloth = turned(
        some(crops.large, SEEN, side, crops.clean), some(crops.meshes, CLOTH, side)
    )
    noisy = degrade.noisy(known)
    with torch.no_grad():
        known = TAUGHT * teacher(noisy) + (1 - TAUGHT) * known
    half = CLOTH // 2
    inputs = [
        noisy,
        degrade.seen_by_camera(seen, 30 / 255, 70),
        degrade.noisy(cloth[:half]),
        # As it comes, with next to no noise: that is what must not be lost.
        degrade.seen_by_camera(cloth[half:], 8 / 255, 75),
    ]
    return torch.cat(inputs), torch.cat([known, seen, cloth])


def _doubled(crops: Crops, _: Network) -> Pair:
    side = DOUBLED
    soft = degrade.levels(out_of_focus(crops, BLURRED, 2 * side))
    pairs = [
        doubled(crops, crops.clean, PHOTOS, side),
        doubled(crops, crops.drawn, PRINTS, side),
        (degrade.levels(degrade.halved(soft)), soft),
    ]
    order = torch.randperm(PHOTOS + PRINTS + BLURRED)
    inputs, targets = turned(*(torch.cat(each)[order] for each in zip(*pairs, strict=True)))
    by_jpeg, slightly, more = inputs.tensor_split(3)
    damaged = [degrade.blocky(by_jpeg, 50, 97), degrade.slight(slightly), degrade.real(more)]
    return torch.cat(damaged), targets


PAIRS: dict[str, Callable[[Crops, Network], Pair]] = {
    "denoise": _cleaned,
    "upscale_real_x2": _doubled,
}


def main() -> None:
    ask = argparse.ArgumentParser(description=__doc__)
    ask.add_argument("name", choices=PAIRS)
    ask.add_argument("--work", type=Path, required=True)
    ask.add_argument("--start", type=Path, required=True, help="an ONNX file of the same network")
    ask.add_argument("--teacher", type=Path, help="another; by default the same")
    ask.add_argument("--minutes", type=float, default=40)
    ask.add_argument("--rate", type=float, default=1e-4)
    ask.add_argument("--threads", type=int, default=1)
    ask.add_argument("--seed", type=int, default=1)
    given = ask.parse_args()
    torch.set_num_threads(given.threads)
    run = Refining(given.name, given.start, given.teacher or given.start, given.rate, given.seed)
    checkpoint = given.work / f"{given.name}.pt"
    if checkpoint.exists():
        run.resume(checkpoint)
    train(run, Crops(given.work, "cpu"), given.minutes, checkpoint)


if __name__ == "__main__":
    main()
