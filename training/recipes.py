"""What each network is, and how it is trained; the weights that stand have a card each."""

from __future__ import annotations

from dataclasses import dataclass

from training.network import Shape


@dataclass(frozen=True)
class Recipe:
    """``minutes`` on a GPU, in batches of ``batch`` patches of ``patch`` x ``patch`` input pixels.

    ``task`` is "double", "real" (double what is damaged), "denoise" or "deblock" (at the same
    size). ``taught`` is the weight of the teacher's enlargement in the target; the rest is the true
    picture's. Errors within ``rim`` pixels of a patch's edge don't count. ``luma`` is the weight of
    errors of luma beside those of RGB.
    """

    shape: Shape
    minutes: float
    task: str
    batch: int = 96
    patch: int = 64
    rim: int = 6
    taught: float = 0.0
    luma: float = 0.5
    matrix_rate: float = 0.01
    other_rate: float = 1e-3


RECIPES = {
    "upscale_x2": Recipe(
        Shape(64, 8, joined=4),
        8.5,
        "double",
        batch=128,
        taught=0.5,
        luma=1.0,
        matrix_rate=0.006,
        other_rate=6e-4,
    ),
    "upscale_real_x2": Recipe(Shape(48, 2, coarse=3), 0.7, "real", taught=0.3),
    "denoise": Recipe(Shape(96, 7, scale=1, fold=2), 2.3, "denoise", batch=64, patch=128, rim=12),
    "deblock": Recipe(
        Shape(64, 4, scale=1, fold=2, coarse=2), 0.4, "deblock", batch=64, patch=128, rim=12
    ),
}
