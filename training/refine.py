"""Teaches ``denoise`` fine cloth and coarse noise, and keeps what it can do with photos.

    python -m training.refine --work WORK --start FILE [--teacher FILE]
                              [--minutes 40] [--rate 1e-4] [--threads 1]

For weights that clean photos well but take fine cloth for noise, and a camera's coarse noise for
what is shown. Of these the target is the truth; of other photos it is mostly what the weights of
the teacher, or those of the start, make of them (Z. Li and D. Hoiem, "Learning without forgetting",
IEEE TPAMI 40(12), 2018). Of the latter that asks for no change at first, so the small steps of few
patches that a CPU can do forget little, where steps towards the truth alone forget as fast as they
learn. Both are ONNX files. WORK holds what ``training.prepare`` wrote; the checkpoint is kept there
as ``training.train`` keeps it, and the same command goes on from it.
"""

from __future__ import annotations

import argparse
import copy
from pathlib import Path

import torch
from torch import Tensor

from training import degrade
from training.batches import Crops, out_of_focus, some, turned
from training.recipes import RECIPES
from training.train import Run, train

SHARP, SOFT, SEEN, CLOTH = 6, 2, 4, 4
"""Patches of a step: of photos, of photos out of focus, of photos that a camera made noisy, of
drawn cloth."""
PATCH = 96
TAUGHT = 0.7
"""Weight of what the teacher makes of the first two; the rest is the true picture's."""
WARM_UP, STEADY = 50, 0.4
"""Steps in which the rate rises, and share of the time after which it falls to zero."""
AVERAGING = 0.995


class Refining(Run):
    """A run that is held to what the weights in ``teacher`` make of photos."""

    def __init__(self, start: Path, teacher: Path, rate: float, seed: int) -> None:
        super().__init__(RECIPES["denoise"], "cpu", seed)
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
        known = torch.cat(
            turned(some(crops.large, SHARP, PATCH, crops.clean), out_of_focus(crops, SOFT, PATCH))
        )
        seen, cloth = turned(
            some(crops.large, SEEN, PATCH, crops.clean), some(crops.meshes, CLOTH, PATCH)
        )
        noisy = degrade.noisy(known)
        with torch.no_grad():
            known = TAUGHT * self.teacher(noisy) + (1 - TAUGHT) * known
        half = CLOTH // 2
        inputs = torch.cat(
            [
                noisy,
                degrade.seen_by_camera(seen, 30 / 255, 70),
                degrade.noisy(cloth[:half]),
                # As it comes, with next to no noise: that is what must not be lost.
                degrade.seen_by_camera(cloth[half:], 8 / 255, 75),
            ]
        )
        off = self.network(inputs) - torch.cat([known, seen, cloth])
        rim = self.recipe.rim
        loss = self._loss(off[:, :, rim:-rim, rim:-rim], progress)
        self.change(loss, AVERAGING)
        return loss.detach()


def main() -> None:
    ask = argparse.ArgumentParser(description=__doc__)
    ask.add_argument("--work", type=Path, required=True)
    ask.add_argument("--start", type=Path, required=True, help="an ONNX file of denoise")
    ask.add_argument("--teacher", type=Path, help="another that cleans photos better")
    ask.add_argument("--minutes", type=float, default=40)
    ask.add_argument("--rate", type=float, default=1e-4)
    ask.add_argument("--threads", type=int, default=1)
    ask.add_argument("--seed", type=int, default=1)
    given = ask.parse_args()
    torch.set_num_threads(given.threads)
    run = Refining(given.start, given.teacher or given.start, given.rate, given.seed)
    checkpoint = given.work / "denoise.pt"
    if checkpoint.exists():
        run.resume(checkpoint)
    train(run, Crops(given.work, "cpu"), given.minutes, checkpoint)


if __name__ == "__main__":
    main()
