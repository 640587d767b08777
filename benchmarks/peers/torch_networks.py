"""FFDNet and a deJPEG network, from their published weights, as ONNX; needs torch to read those."""

from __future__ import annotations

import io
from itertools import pairwise
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn import functional


class _FFDNet(nn.Module):
    """Colour FFDNet: 12 convolutions of 96 channels at half size, told the noise's sigma."""

    def __init__(self) -> None:
        super().__init__()
        widths = [13, *[96] * 11]
        layers: list[nn.Module] = []
        for before, after in pairwise(widths):
            layers += [nn.Conv2d(before, after, 3, padding=1), nn.ReLU()]
        self.model = nn.Sequential(*layers, nn.Conv2d(96, 12, 3, padding=1))

    def forward(self, x: Tensor, sigma: Tensor) -> Tensor:
        small = functional.pixel_unshuffle(x, 2)
        told = sigma.reshape(1, 1, 1, 1).expand(1, 1, small.shape[2], small.shape[3])
        return functional.pixel_shuffle(self.model(torch.cat([small, told], 1)), 2)


class _Block(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        convolutions = (nn.Conv2d(64, 64, 3, padding=1) for _ in range(2))
        self.body = nn.Sequential(next(convolutions), nn.ReLU(), next(convolutions))

    def forward(self, x: Tensor) -> Tensor:
        return x + self.body(x)


class _DeJpeg(nn.Module):
    """Eight residual blocks of 64 channels at half size."""

    def __init__(self) -> None:
        super().__init__()
        self.sub_mean, self.add_mean = nn.Conv2d(3, 3, 1), nn.Conv2d(3, 3, 1)
        self.head = nn.Sequential(nn.Conv2d(12, 64, 3, padding=1))
        blocks = [_Block() for _ in range(8)]
        self.body = nn.Sequential(*blocks, nn.Conv2d(64, 64, 3, padding=1))
        self.tail = nn.Sequential(nn.Conv2d(64, 12, 3, padding=1))

    def forward(self, x: Tensor) -> Tensor:
        x = self.head(functional.pixel_unshuffle(self.sub_mean(x), 2))
        return self.add_mean(functional.pixel_shuffle(self.tail(self.body(x) + x), 2))


def ffdnet(weights: Path) -> bytes:
    """Inputs ``x`` (1, 3, H, W), H and W even, and ``sigma`` (1), both over 255."""
    return _onnx(_FFDNet(), weights, [torch.zeros(1, 3, 32, 32), torch.zeros(1)], ["x", "sigma"])


def dejpeg(weights: Path) -> bytes:
    """Input ``x`` (1, 3, H, W), H and W even."""
    return _onnx(_DeJpeg(), weights, [torch.zeros(1, 3, 32, 32)], ["x"])


def _onnx(network: nn.Module, weights: Path, samples: list[Tensor], names: list[str]) -> bytes:
    state = torch.load(weights, map_location="cpu", weights_only=True)
    flushed = {k: torch.where(v.abs() < 1e-30, torch.zeros_like(v), v) for k, v in state.items()}
    network.load_state_dict(flushed)
    file = io.BytesIO()
    torch.onnx.export(
        network.eval(),
        tuple(samples),
        file,
        dynamo=False,
        input_names=names,
        output_names=["y"],
        dynamic_axes={"x": {2: "h", 3: "w"}, "y": {2: "h", 3: "w"}},
    )
    return file.getvalue()
