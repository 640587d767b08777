"""The architecture of the shipped networks, and how they are written as ONNX."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnx
import torch
from onnx import TensorProto, helper, numpy_helper
from torch import Tensor, nn
from torch.nn import functional

from training.bicubic import taps

HALF = ".half"
"""How the names of weights end that are kept as float16."""


@dataclass(frozen=True)
class Shape:
    """What a network is.

    ``scale`` is how many times larger its answer is: 1 or 2. It works at 1 / ``fold`` of the
    input's size, as FFDNet does (K. Zhang et al., 2018), in ``depth`` layers of ``channels``
    between the first and the last. With ``coarse`` there are so many layers more, of twice the
    channels at half that size, in the middle of them: they look farther at the same cost. With
    ``joined`` the last layer sees what came of so many stages, evenly spread, joined by a 1 x 1
    convolution, as in J. Liu, J. Tang and G. Wu, "Residual feature distillation network", 2020.
    """

    channels: int
    depth: int
    scale: int = 2
    fold: int = 1
    coarse: int = 0
    joined: int = 0

    @property
    def reach(self) -> int:
        """How many pixels of the input the network looks to each side, rounded up to ``grid``."""
        farther = 2 * self.coarse + 2 if self.coarse else 0
        looked = self.fold * (self.depth + 2 + farther)
        return -(-looked // self.grid) * self.grid

    @property
    def grid(self) -> int:
        """Heights and widths of inputs are multiples of so many pixels."""
        return self.fold * (2 if self.coarse else 1)


class Network(nn.Module):
    """3 x 3 convolutions and ReLUs, then pixel shuffle, over a skip that needs no learning.

    Hardly more, since convolutions fused with ReLU are what CPU runtimes do fastest. Values are
    RGB from 0 to 1, float32, NCHW. The skip is the input itself, or to double it bicubic
    interpolation, as a fixed 5 x 5 convolution.
    """

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.shape = shape
        wide = shape.channels
        self.first = _layer(3 * shape.fold**2, wide)
        self.body = nn.ModuleList(_layer(wide, wide, near=True) for _ in range(shape.depth))
        self.last = nn.Conv2d(wide, 3 * (shape.fold * shape.scale) ** 2, 3, padding=1)
        nn.init.normal_(self.last.weight, std=0.001)
        nn.init.zeros_(self.last.bias)
        if shape.coarse:
            self.down = _layer(wide, 2 * wide, stride=2)
            self.low = nn.ModuleList(
                _layer(2 * wide, 2 * wide, near=True) for _ in range(shape.coarse)
            )
            self.up = nn.Conv2d(2 * wide, 4 * wide, 1)
            nn.init.zeros_(self.up.weight)
            nn.init.zeros_(self.up.bias)
        if shape.joined:
            self.join = nn.Conv2d(shape.joined * wide, wide, 1)
            _keep_last(self.join)
        self.register_buffer("skip", torch.from_numpy(_bicubic_kernel(2)), persistent=False)
        self.framed = False
        """Inputs come with a margin that is cut off, so what is beyond their edges is no matter."""

    def base(self, x: Tensor) -> Tensor:
        """The skip: (N, 3, H * scale, W * scale)."""
        if self.shape.scale == 1:
            return x
        if self.framed:
            return functional.pixel_shuffle(functional.conv2d(x, self.skip, padding=2), 2)
        wide = functional.pad(x, (2, 2, 2, 2), mode="replicate")
        return functional.pixel_shuffle(functional.conv2d(wide, self.skip), 2)

    def correction(self, x: Tensor) -> Tensor:
        """What the layers add to the skip."""
        if self.shape.fold > 1:
            x = functional.pixel_unshuffle(x, self.shape.fold)
        x = functional.relu(self.first(x))
        middle, stages = len(self.body) // 2, []
        for n, layer in enumerate(self.body):
            if self.shape.coarse and n == middle:
                x = x + self._coarse(x)
            x = functional.relu(layer(x))
            if self.shape.joined and (len(self.body) - 1 - n) % self._apart == 0:
                stages.append(x)
        if self.shape.joined:
            x = functional.relu(self.join(torch.cat(stages[-self.shape.joined :], 1)))
        return functional.pixel_shuffle(self.last(x), self.shape.fold * self.shape.scale)

    @property
    def _apart(self) -> int:
        """Layers from one stage that is joined to the next; the last one always is."""
        return self.shape.depth // self.shape.joined

    def _coarse(self, x: Tensor) -> Tensor:
        x = functional.relu(self.down(x))
        for layer in self.low:
            x = functional.relu(layer(x))
        return functional.pixel_shuffle(self.up(x), 2)

    def forward(self, x: Tensor) -> Tensor:
        return self.correction(x) + self.base(x)

    def matrices(self) -> list[Tensor]:
        """The weights between hidden layers, which Muon changes."""
        layers = [*self.body, *([self.down, *self.low, self.up] if self.shape.coarse else [])]
        return [layer.weight for layer in layers]


def _layer(before: int, after: int, *, stride: int = 1, near: bool = False) -> nn.Conv2d:
    """``near`` the identity, where a deep plain network learns as quickly as a residual one."""
    layer = nn.Conv2d(before, after, 3, padding=1, stride=stride)
    nn.init.kaiming_normal_(layer.weight, nonlinearity="relu")
    nn.init.zeros_(layer.bias)
    if near:
        layer.weight.data *= 0.5
        layer.weight.data[:, :, 1, 1] += 0.7 * torch.eye(after)
    return layer


def _keep_last(join: nn.Conv2d) -> None:
    """So that a network that is joined begins as the same one without it: all are positive."""
    nn.init.zeros_(join.weight)
    nn.init.zeros_(join.bias)
    join.weight.data[:, -join.out_channels :, 0, 0] = torch.eye(join.out_channels)


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


def write_onnx(network: Network, path: Path, *, half: bool = False) -> None:
    """Input ``x`` (1, 3, H, W), output ``y``. Denormal weights, which stall CPUs, become zero.

    With ``half`` weights are kept as float16, which runtimes make float32 when they open the file.
    """
    network.eval()
    network.framed = True
    torch.onnx.export(
        network,
        (torch.zeros(1, 3, 32, 32),),
        path,
        dynamo=False,
        input_names=["x"],
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
    if half:
        _halve(model.graph)
    onnx.checker.check_model(model)
    onnx.save(model, path)


def _halve(graph: onnx.GraphProto) -> None:
    casts = []
    for tensor in graph.initializer:
        values, name = numpy_helper.to_array(tensor), tensor.name
        if values.dtype == np.float32:
            tensor.CopyFrom(numpy_helper.from_array(values.astype(np.float16), name + HALF))
            casts.append(helper.make_node("Cast", [tensor.name], [name], to=TensorProto.FLOAT))
    nodes = [*casts, *graph.node]
    del graph.node[:]
    graph.node.extend(nodes)
