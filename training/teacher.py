"""Runs a teacher's ONNX file as torch does: on whatever device the training is on."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import onnx
import torch
from onnx import numpy_helper
from torch import Tensor, nn
from torch.nn import functional


class Teacher(nn.Module):
    """The network in an ONNX file of convolutions, arithmetic and pixel shuffles, like SPAN's."""

    def __init__(self, file: Path) -> None:
        super().__init__()
        self.graph = onnx.load(file).graph
        for n, weight in enumerate(self.graph.initializer):
            self.register_buffer(f"w{n}", torch.tensor(numpy_helper.to_array(weight)))

    def forward(self, x: Tensor) -> Tensor:
        """(N, 3, H, W), RGB, 0 to 1, to what the network makes of it."""
        known = {w.name: getattr(self, f"w{n}") for n, w in enumerate(self.graph.initializer)}
        known[self.graph.input[0].name] = x
        for node in self.graph.node:
            given = [known[name] for name in node.input]
            known[node.output[0]] = _done(node, given)
        return known[self.graph.output[0].name]


def _done(node: Any, given: list[Tensor]) -> Tensor:
    about = {a.name: onnx.helper.get_attribute_value(a) for a in node.attribute}
    match node.op_type:
        case "Conv":
            return functional.conv2d(*given, padding=about["pads"][0] if "pads" in about else 0)
        case "Add":
            return given[0] + given[1]
        case "Sub":
            return given[0] - given[1]
        case "Mul":
            return given[0] * given[1]
        case "Sigmoid":
            return given[0].sigmoid()
        case "Concat":
            return torch.cat(given, about["axis"])
        case "DepthToSpace":
            return functional.pixel_shuffle(given[0], about["blocksize"])
        case "Identity":
            return given[0]
    raise ValueError(f"The teacher has an operator that is not known: {node.op_type}.")
