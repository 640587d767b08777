"""Muon for the hidden layers, Adam for the rest.

K. Jordan et al., "Muon: an optimizer for hidden layers in neural networks", 2024: the momentum of
a weight matrix is replaced by the nearest orthogonal one, by Newton-Schulz iterations.
"""

from __future__ import annotations

import torch
from torch import Tensor


def orthogonal(matrices: Tensor, rounds: int = 5) -> Tensor:
    """(N, rows, columns), each to about the nearest with orthonormal rows or columns."""
    a, b, c = 3.4445, -4.7750, 2.0315
    tall = matrices.shape[1] > matrices.shape[2]
    x = matrices.mT if tall else matrices
    x = x / (x.norm(dim=(1, 2), keepdim=True) + 1e-7)
    for _ in range(rounds):
        gram = x @ x.mT
        x = a * x + (b * gram + c * gram @ gram) @ x
    return x.mT if tall else x


class Muon(torch.optim.Optimizer):
    """``rate`` is relative: a step changes a matrix by that share of an orthogonal one."""

    def __init__(self, weights: list[Tensor], rate: float, momentum: float = 0.95) -> None:
        shapes = dict.fromkeys(weight.shape for weight in weights)
        groups = [{"params": [w for w in weights if w.shape == shape]} for shape in shapes]
        super().__init__(groups, {"lr": rate, "momentum": momentum})

    @torch.no_grad()
    def step(self) -> None:  # type: ignore[override]
        for group in self.param_groups:
            weights = group["params"]
            gradients = torch.stack([weight.grad.flatten(1) for weight in weights])
            state = self.state[weights[0]]
            kept = state.setdefault("momentum", torch.zeros_like(gradients))
            kept.lerp_(gradients, 1 - group["momentum"])
            change = orthogonal(gradients.lerp(kept, group["momentum"]))
            for weight, each in zip(weights, change.unbind(), strict=True):
                weight.sub_(each.reshape(weight.shape), alpha=group["lr"])
