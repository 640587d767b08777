"""The colour judge: what tint the light has, and how sure that is."""

from __future__ import annotations

from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn import functional

CHANNELS = (32, 32, 64, 64, 96, 96)
STRIDES = (2, 1, 2, 1, 2, 1)
HIDDEN = 64
LEAST_LOG_VARIANCE, MOST_LOG_VARIANCE = -9.0, 1.0
DARKEST = 1e-3
"""Linear light below which a channel's logarithm is noise."""


class JudgeNetwork(nn.Module):
    """Linear R, G, B, 0 to 1, (N, 3, 64, 64), to (N, 5).

    Two logarithms of gains, R / G and B / G, of the light; two logarithms of their variances along
    warm and cool, and across; and the logit of there being any tint. Local estimates are pooled by
    a learned confidence (FC4: Y. Hu, B. Wang, S. Lin, CVPR 2017); the variance is learned by a
    Gaussian likelihood (A. Kendall and Y. Gal, NeurIPS 2017).
    """

    def __init__(self) -> None:
        super().__init__()
        inputs = (5, *CHANNELS[:-1])
        self.layers = nn.ModuleList(
            nn.Conv2d(wide, out, 3, stride=stride, padding=1)
            for wide, out, stride in zip(inputs, CHANNELS, STRIDES, strict=True)
        )
        self.local = nn.Conv2d(CHANNELS[-1], 3, 1)
        self.sure = nn.Sequential(
            nn.Linear(2 * CHANNELS[-1] + 5, HIDDEN), nn.ReLU(), nn.Linear(HIDDEN, 3)
        )
        for layer in self.layers:
            nn.init.kaiming_normal_(layer.weight, nonlinearity="relu")
            nn.init.zeros_(layer.bias)
        nn.init.zeros_(self.sure[2].weight)
        with torch.no_grad():
            self.sure[2].bias.copy_(torch.tensor([-2.0, -3.0, 1.0]))

    def forward(self, linear: Tensor) -> Tensor:
        x = features(linear)
        with torch.autocast("cpu", torch.bfloat16, enabled=self.training):
            for layer in self.layers:
                x = functional.relu(layer(x))
        x = x.float()
        local = self.local(x)
        weight = functional.softmax(local[:, 2:].flatten(2), dim=2)
        estimates = local[:, :2].flatten(2)
        found = (estimates * weight).sum(2)
        spread = ((estimates - found[:, :, None]) ** 2 * weight).sum(2)
        x = x.flatten(2)
        about = torch.cat(
            ((x * weight).sum(2), x.mean(2), found, spread, (weight * weight).sum(2)), dim=1
        )
        sure = self.sure(about)
        variance = LEAST_LOG_VARIANCE + functional.softplus(sure[:, :2] - LEAST_LOG_VARIANCE)
        variance = MOST_LOG_VARIANCE - functional.softplus(MOST_LOG_VARIANCE - variance)
        return torch.cat((found, variance, sure[:, 2:]), dim=1)


def features(linear: Tensor) -> Tensor:
    """Log-chromaticities, lightness, and the largest and the smallest channel: (N, 5, H, W)."""
    logs = torch.log(linear + DARKEST)
    red, green, blue = logs[:, :1], logs[:, 1:2], logs[:, 2:]
    largest, smallest = linear.amax(1, keepdim=True), linear.amin(1, keepdim=True)
    light = logs.mean(1, keepdim=True) / 3 + 0.7
    return torch.cat((red - green, blue - green, light, largest, smallest), dim=1)


def load(work: Path, seed: int) -> JudgeNetwork:
    """The one that ``train_judge`` kept, with its averaged weights."""
    network = JudgeNetwork()
    kept = torch.load(work / f"judge_{seed}.pt", weights_only=True)
    network.load_state_dict(kept["average"])
    return network.eval()
