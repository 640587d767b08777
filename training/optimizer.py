"""Muon for the hidden layers, Adam for the rest.

K. Jordan et al., "Muon: an optimizer for hidden layers in neural networks", 2024: the momentum of
a weight matrix is replaced by the nearest orthogonal one, by Newton-Schulz iterations.
"""

from __future__ import annotations

import torch
from torch import Tensor


def orthogonal(matrix: Tensor, rounds: int = 5) -> Tensor:
    """(rows, columns) with rows <= columns to about the nearest with orthonormal rows."""
    a, b, c = 3.4445, -4.7750, 2.0315
    x = matrix / (matrix.norm() + 1e-7)
    for _ in range(rounds):
        gram = x @ x.T
        x = a * x + (b * gram + c * gram @ gram) @ x
    return x


class Muon(torch.optim.Optimizer):
    """``rate`` is relative: a step changes a matrix by that share of an orthogonal one."""

    def __init__(self, weights: list[Tensor], rate: float, momentum: float = 0.95) -> None:
        super().__init__(weights, {"lr": rate, "momentum": momentum})

    @torch.no_grad()
    def step(self) -> None:  # type: ignore[override]
        for group in self.param_groups:
            for weight in group["params"]:
                if weight.grad is None:
                    continue
                kept = self.state[weight].setdefault("momentum", torch.zeros_like(weight))
                kept.lerp_(weight.grad, 1 - group["momentum"])
                ahead = weight.grad.lerp(kept, group["momentum"])
                change = orthogonal(ahead.reshape(weight.shape[0], -1))
                weight.add_(change.reshape(weight.shape), alpha=-group["lr"])
