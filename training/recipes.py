"""What each network is, and how it is trained; the weights that stand have a card each."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Recipe:
    """``steps`` of ``batch`` patches of ``patch`` x ``patch`` input pixels.

    ``taught`` is the weight of the teacher's enlargement in the target, against the true one.
    ``task`` is "double", "real" (double what is damaged), "denoise" or "deblock" (at the same
    size). ``warm`` names the recipe whose weights this one starts from.
    """

    channels: int
    depth: int
    steps: int
    batch: int = 8
    patch: int = 48
    rim: int = 6
    taught: float = 1.0
    task: str = "double"
    warm: str | None = None
    matrix_rate: float = 0.02
    other_rate: float = 1e-3


def _cleaning(task: str, depth: int, steps: int) -> Recipe:
    return Recipe(
        channels=80,
        depth=depth,
        steps=steps,
        patch=96,
        rim=12,
        task=task,
        matrix_rate=0.006,
        other_rate=5e-4,
    )


RECIPES = {
    "upscale_x2": Recipe(channels=48, depth=7, steps=25_000),
    "upscale_real_x2": Recipe(
        channels=48, depth=7, steps=6_000, taught=0.7, task="real", warm="upscale_x2"
    ),
    "denoise": _cleaning("denoise", depth=3, steps=14_000),
    "deblock": _cleaning("deblock", depth=4, steps=5_000),
}
