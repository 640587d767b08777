"""The architecture of the shipped networks, and how they are written as ONNX."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import numpy as np
import onnx
import torch
from onnx import numpy_helper
from torch import Tensor, nn
from torch.nn import functional

from training.bicubic import taps


class PlainNet(nn.Module):
    """3 x 3 convolutions and ReLUs, then pixel shuffle, over a skip that needs no learning.

    Nothing else, since convolutions fused with ReLU are what CPU runtimes do fastest. Values are
    RGB from 0 to 1, float32, NCHW.
    """

    factor = 2
    """Of the pixel shuffle that ends the network."""
    levels = 0
    """Numbers, beside the picture, that the network is given."""

    def __init__(self, entry: int, channels: int, depth: int) -> None:
        super().__init__()
        widths = [entry, *[channels] * (depth + 1)]
        self.body = nn.ModuleList(nn.Conv2d(a, b, 3, padding=1) for a, b in pairwise(widths))
        self.last = nn.Conv2d(channels, 3 * self.factor**2, 3, padding=1)
        for layer in self.body:
            nn.init.kaiming_normal_(layer.weight, nonlinearity="relu")
            nn.init.zeros_(layer.bias)
        for layer in list(self.body)[1:]:
            # Near the identity a deep plain network learns as quickly as a residual one.
            layer.weight.data *= 0.5
            layer.weight.data[:, :, 1, 1] += 0.7 * torch.eye(channels)
        nn.init.normal_(self.last.weight, std=0.001)
        nn.init.zeros_(self.last.bias)
        self.depth = depth
        self.framed = False
        """Inputs come with a margin that is cut off, so what is beyond their edges is no matter."""

    def base(self, x: Tensor) -> Tensor:
        """The skip, before the pixel shuffle."""
        raise NotImplementedError

    def rest(self, x: Tensor, *levels: Tensor) -> Tensor:
        """What the layers add to the skip, before the pixel shuffle."""
        for layer in self.body:
            x = functional.relu(layer(x))
        return self.last(x)

    def forward(self, x: Tensor, *levels: Tensor) -> Tensor:
        return functional.pixel_shuffle(self.rest(x, *levels) + self.base(x), self.factor)


class Doubling(PlainNet):
    """Twice the size; the skip is bicubic interpolation, as a fixed 5 x 5 convolution."""

    grid = 1

    def __init__(self, channels: int, depth: int) -> None:
        super().__init__(3, channels, depth)
        self.reach = depth + 2
        self.register_buffer("skip", torch.from_numpy(_bicubic_kernel(self.factor)))

    def base(self, x: Tensor) -> Tensor:
        if self.framed:
            return functional.conv2d(x, self.skip, padding=2)
        return functional.conv2d(functional.pad(x, (2, 2, 2, 2), mode="replicate"), self.skip)


class Cleaning(PlainNet):
    """The same size, worked on at half of it, as FFDNet does (K. Zhang et al., 2018).

    It is told one level, from 0 on: the sigma of the noise, or what a JPEG's quality lacks to 100,
    divided by 100.
    """

    grid = 2
    levels = 1

    def __init__(self, channels: int, depth: int) -> None:
        super().__init__(12 + self.levels, channels, depth)
        self.reach = 2 * (depth + 2)
        # The noise that is to be taken away is the input's own: without these it would have to be
        # carried through all layers, and blue, which counts least, was left out.
        self.near = nn.Conv2d(12, 12, 3, padding=1)
        self.gated = nn.Conv2d(12, 12, 3, padding=1, bias=False)
        self.gate = nn.Linear(self.levels, 12)
        for weight in (self.near.weight, self.near.bias, self.gated.weight):
            nn.init.zeros_(weight)

    def base(self, x: Tensor) -> Tensor:
        return functional.pixel_unshuffle(x, self.factor)

    def rest(self, x: Tensor, *levels: Tensor) -> Tensor:
        small = functional.pixel_unshuffle(x, self.factor)
        level = levels[0].reshape(-1, self.levels)
        told = level[:, :, None, None].expand(-1, -1, small.shape[2], small.shape[3])
        share = torch.sigmoid(10 * self.gate(level))[:, :, None, None]
        deep = super().rest(torch.cat([small, told], dim=1))
        return deep + self.near(small) + self.gated(small * share)


def _bicubic_kernel(scale: int) -> np.ndarray:
    """(3 * scale^2, 3, 5, 5): each phase of the enlargement, in the pixel shuffle's order."""
    line = np.zeros((scale, 5), np.float32)
    places, weights = taps(5, 5 * scale)
    for phase in range(scale):
        for place, weight in zip(
            places[2 * scale + phase], weights[2 * scale + phase], strict=True
        ):
            line[phase, place] += weight
    kernel = np.zeros((3, scale, scale, 3, 5, 5), np.float32)
    for channel in range(3):
        kernel[channel, :, :, channel] = np.einsum("ai,bj->abij", line, line)
    return kernel.reshape(3 * scale**2, 3, 5, 5)


def write_onnx(network: PlainNet, path: Path) -> None:
    """Input ``x`` (1, 3, H, W), output ``y``, and ``levels`` where the network is given some.

    Denormal weights, which stall CPUs, become zero.
    """
    network.eval()
    network.framed = True
    samples = [torch.zeros(1, 3, 32, 32), *[torch.zeros(network.levels)] * bool(network.levels)]
    torch.onnx.export(
        network,
        tuple(samples),
        path,
        dynamo=False,
        input_names=["x", "levels"][: len(samples)],
        output_names=["y"],
        dynamic_axes={"x": {2: "height", 3: "width"}, "y": {2: "height_out", 3: "width_out"}},
        opset_version=17,
    )
    model = onnx.load(path)
    for tensor in model.graph.initializer:
        values = numpy_helper.to_array(tensor)
        if values.dtype == np.float32:
            flushed = np.where(np.abs(values) < 1e-30, np.float32(0), values)
            tensor.CopyFrom(numpy_helper.from_array(flushed, tensor.name))
    onnx.checker.check_model(model)
    onnx.save(model, path)
