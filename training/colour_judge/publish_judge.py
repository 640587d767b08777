"""Puts the colour judge into the package: one ONNX file of its networks, and its line.

    python -m training.colour_judge.publish_judge --work WORK --seeds 1 2

The networks' answers are pooled in the file. Weights are kept as float16 and computed as float32.
"""

from __future__ import annotations

import argparse
import hashlib
from pathlib import Path

import numpy as np
import onnx
import torch
from onnx import helper, numpy_helper
from torch import Tensor, nn

from pixellab.adapters.enhancers.local.networks.shipped import LIGHT, WEIGHTS
from training.colour_judge.judge_network import JudgeNetwork, load
from training.colour_judge.lights import SIDE, WARM
from training.publish import read_listing, write_listing

FEWEST = 64
"""Values from which on a tensor is kept as float16."""


class Pooled(nn.Module):
    """Mean and covariance of the networks' mixture, so that their disagreement counts."""

    def __init__(self, networks: list[JudgeNetwork]) -> None:
        super().__init__()
        self.networks = nn.ModuleList(networks)
        self.register_buffer("warm", WARM.clone())

    def forward(self, linear: Tensor) -> tuple[Tensor, Tensor]:
        answers = torch.cat([network(linear) for network in self.networks])
        mean = answers[:, :2].mean(0)
        variance = answers[:, 2:4].exp().mean(0)
        apart = answers[:, :2] - mean
        own = self.warm.T @ (variance[:, None] * self.warm)
        return mean, own + apart.T @ apart / max(len(self.networks) - 1, 1)


def main() -> None:
    ask = argparse.ArgumentParser(description=__doc__)
    ask.add_argument("--work", type=Path, required=True)
    ask.add_argument("--seeds", type=int, nargs="+", required=True)
    given = ask.parse_args()
    networks = [load(given.work, seed) for seed in given.seeds]
    file = WEIGHTS / f"{LIGHT}.onnx"
    _write(Pooled(networks).eval(), file)
    digest = hashlib.sha256(file.read_bytes()).hexdigest()
    write_listing(read_listing() | {LIGHT: {"sha256": digest}})
    print(f"{file.name}: {file.stat().st_size / 1000:.0f} kB, SHA-256 {digest}")


def _write(network: Pooled, file: Path) -> None:
    torch.onnx.export(
        network,
        (torch.rand(1, 3, SIDE, SIDE),),
        file,
        dynamo=False,
        input_names=["linear"],
        output_names=["mean", "covariance"],
        opset_version=17,
    )
    model = onnx.load(file)
    casts = []
    for tensor in model.graph.initializer:
        values = numpy_helper.to_array(tensor)
        if values.dtype != np.float32 or values.size < FEWEST:
            continue
        whole, half = tensor.name, f"{tensor.name}_half"
        tensor.CopyFrom(numpy_helper.from_array(values.astype(np.float16), half))
        casts.append(helper.make_node("Cast", [half], [whole], to=onnx.TensorProto.FLOAT))
    for cast in reversed(casts):
        model.graph.node.insert(0, cast)
    onnx.checker.check_model(model)
    onnx.save(model, file)


if __name__ == "__main__":
    main()
