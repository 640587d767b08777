"""Reads a network in ncnn's format and writes it as ONNX, so that peers run in our runtime.

Only the layers that SPAN and realesr-general are made of; anything else is refused by name.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

HALF_PRECISION = 0x01306B47
"""What ncnn writes before weights that it stored as float16."""
SIMPLE = {"Sigmoid": "Sigmoid"}
BINARY = {0: "Add", 1: "Sub", 2: "Mul", 3: "Div"}


def convert(param: Path, weights: Path) -> onnx.ModelProto:
    """The network with float32 NCHW input ``x`` and output ``y``; RGB, 0 to 1 on both sides."""
    return _Conversion(weights.read_bytes()).run(param.read_text().splitlines()[2:])


class _Conversion:
    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0
        self._nodes: list[onnx.NodeProto] = []
        self._tensors: list[onnx.TensorProto] = []
        self._names: dict[str, str] = {}

    def run(self, lines: list[str]) -> onnx.ModelProto:
        last = ""
        for line in lines:
            fields = line.split()
            kind, name = fields[0], fields[1]
            inputs, outputs = int(fields[2]), int(fields[3])
            sources = [self._names.get(f, f) for f in fields[4 : 4 + inputs]]
            made = fields[4 + inputs : 4 + inputs + outputs]
            given = dict(f.split("=") for f in fields[4 + inputs + outputs :])
            self._add(kind, name, sources, made, given)
            last = made[0]
        self._nodes.append(helper.make_node("Identity", [self._names.get(last, last)], ["y"]))
        shape = [None, 3, None, None]
        graph = helper.make_graph(
            self._nodes,
            "peer",
            [helper.make_tensor_value_info("x", TensorProto.FLOAT, shape)],
            [helper.make_tensor_value_info("y", TensorProto.FLOAT, shape)],
            self._tensors,
        )
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)])
        model.ir_version = 8
        return model

    def _add(
        self, kind: str, name: str, sources: list[str], made: list[str], given: dict[str, str]
    ) -> None:
        out = made[0]
        if kind == "Input":
            self._names[out] = "x"
        elif kind == "Split":
            self._names.update(dict.fromkeys(made, sources[0]))
        elif kind in SIMPLE:
            self._node(SIMPLE[kind], sources, out)
        elif (add := getattr(self, f"_{kind.lower()}", None)) is not None:
            add(name, sources, out, given)
        else:
            raise ValueError(f"ncnn layer {kind} is not converted.")

    def _memorydata(self, name: str, _: list[str], out: str, given: dict[str, str]) -> None:
        shape = [int(given[k]) for k in ("2", "1", "0") if k in given]
        self._tensors.append(self._tensor(out, self._floats(int(np.prod(shape))), shape))

    def _swish(self, name: str, sources: list[str], out: str, given: dict[str, str]) -> None:
        self._node("Sigmoid", sources, out + "/gate")
        self._node("Mul", [sources[0], out + "/gate"], out)

    def _prelu(self, name: str, sources: list[str], out: str, given: dict[str, str]) -> None:
        count = int(given["0"])
        self._tensors.append(self._tensor(name + "/slope", self._floats(count), [count, 1, 1]))
        self._node("PRelu", [sources[0], name + "/slope"], out)

    def _concat(self, name: str, sources: list[str], out: str, given: dict[str, str]) -> None:
        self._nodes.append(helper.make_node("Concat", sources, [out], axis=1))

    def _pixelshuffle(self, name: str, sources: list[str], out: str, given: dict[str, str]) -> None:
        how = {"blocksize": int(given["0"]), "mode": "CRD"}
        self._nodes.append(helper.make_node("DepthToSpace", sources, [out], **how))

    def _interp(self, name: str, sources: list[str], out: str, given: dict[str, str]) -> None:
        factors = np.array([1, 1, float(given["1"]), float(given["2"])], np.float32)
        self._tensors.append(numpy_helper.from_array(factors, name + "/factors"))
        how = {"coordinate_transformation_mode": "asymmetric", "nearest_mode": "floor"}
        names = [sources[0], "", name + "/factors"]
        self._nodes.append(helper.make_node("Resize", names, [out], mode="nearest", **how))

    def _binaryop(self, name: str, sources: list[str], out: str, given: dict[str, str]) -> None:
        operation = BINARY[int(given.get("0", "0"))]
        if given.get("1") == "1":
            value = np.array(float(given["2"]), np.float32)
            self._tensors.append(numpy_helper.from_array(value, name + "/value"))
            sources = [sources[0], name + "/value"]
        self._node(operation, sources, out)

    def _convolution(self, name: str, sources: list[str], out: str, given: dict[str, str]) -> None:
        filters, side, count = int(given["0"]), int(given["1"]), int(given["6"])
        pad = int(given.get("4", "0"))
        shape = [filters, count // (filters * side * side), side, side]
        self._tensors.append(self._tensor(name + "/w", self._weights(count), shape))
        names = [sources[0], name + "/w"]
        if given.get("5") == "1":
            self._tensors.append(self._tensor(name + "/b", self._floats(filters), [filters]))
            names.append(name + "/b")
        self._nodes.append(
            helper.make_node(
                "Conv", names, [out], kernel_shape=[side, side], pads=[pad, pad, pad, pad]
            )
        )

    def _node(self, operation: str, sources: list[str], out: str) -> None:
        self._nodes.append(helper.make_node(operation, sources, [out]))

    @staticmethod
    def _tensor(name: str, values: NDArray[np.float32], shape: list[int]) -> onnx.TensorProto:
        flushed = np.where(np.abs(values) < np.finfo(np.float32).tiny, 0, values)
        return numpy_helper.from_array(flushed.astype(np.float32).reshape(shape), name)

    def _weights(self, count: int) -> NDArray[np.float32]:
        flag = int.from_bytes(self._data[self._at : self._at + 4], "little")
        self._at += 4
        if flag == 0:
            return self._floats(count)
        if flag != HALF_PRECISION:
            raise ValueError(f"ncnn weights of kind {flag:#x} are not read.")
        values = np.frombuffer(self._data, np.float16, count, self._at).astype(np.float32)
        self._at += (count * 2 + 3) // 4 * 4
        return values

    def _floats(self, count: int) -> NDArray[np.float32]:
        values = np.frombuffer(self._data, np.float32, count, self._at)
        self._at += count * 4
        return values
