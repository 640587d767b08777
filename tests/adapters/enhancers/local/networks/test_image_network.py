"""Networks run in tiles without seams, and say plainly what is wrong with a model file."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import onnx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from onnx import helper

from pixellab.adapters.enhancers.local.networks.image_network import open_network
from pixellab.adapters.enhancers.local.networks.shipped import WEIGHTS, contents, shipped
from pixellab.domain.errors import BackendFailed, BackendUnavailable
from tests.adapters.enhancers.local.scenes import Pixels, noisy, product_scene

NAMES = sorted(contents())
SCENE = noisy(product_scene(120, 100), 6)
LINE = "upscale_x2"
"""What the networks that want to be told how strong to be are told."""
FLOAT = onnx.TensorProto.FLOAT


def _furthest(a: Pixels, b: Pixels) -> int:
    return int(np.abs(a.astype(int) - b.astype(int)).max())


@pytest.mark.parametrize("name", NAMES)
@settings(max_examples=10, deadline=None)
@given(
    height=st.integers(1, 90),
    width=st.integers(1, 90),
    tile=st.integers(2, 16).map(lambda part: 4 * part),
    seed=st.integers(0, 9),
)
def test_tiles_leave_no_seam_at_any_size(
    name: str, height: int, width: int, tile: int, seed: int
) -> None:
    pixels = np.random.default_rng(seed).integers(0, 256, (height, width, 3), np.uint8)
    network = shipped(name)
    whole = network.run(pixels, tile=1000)
    assert whole.shape == (height * network.scale, width * network.scale, 3)
    assert _furthest(network.run(pixels, tile=tile), whole) <= 1


@pytest.mark.parametrize("name", NAMES)
def test_any_number_of_threads_gives_the_same(name: str) -> None:
    network = shipped(name)
    one = network.run(SCENE, tile=32, threads=1)
    assert np.array_equal(network.run(SCENE, tile=32, threads=3), one)


@pytest.mark.parametrize("name", NAMES)
def test_one_colour_comes_back_as_it_is_also_beside_something_else(name: str) -> None:
    pixels = np.full((96, 96, 3), (250, 252, 255), np.uint8)
    pixels[:8, :8] = 0
    network = shipped(name)
    result = network.run(pixels, tile=32)[40 * network.scale :]
    assert _furthest(result, np.full_like(result, (250, 252, 255))) <= 1


@pytest.mark.parametrize("name", NAMES)
def test_a_network_is_opened_once(name: str) -> None:
    assert shipped(name) is shipped(name)


@pytest.mark.parametrize("name", NAMES)
def test_every_network_has_its_card(name: str) -> None:
    assert (WEIGHTS / f"{name}.md").read_text().startswith("# ")


def test_the_networks_are_small() -> None:
    assert sum(file.stat().st_size for file in WEIGHTS.glob("*.onnx")) < 8e6


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(BackendUnavailable, match="network not_found is not there"):
        open_network(tmp_path / "not_found.onnx")


def test_a_changed_file_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "ours.onnx"
    data = bytearray((WEIGHTS / f"{LINE}.onnx").read_bytes())
    data[len(data) // 2] ^= 1
    file.write_bytes(data)
    with pytest.raises(BackendUnavailable, match="SHA-256 is not the published one"):
        open_network(file, sha256=str(contents()[LINE]["sha256"]))


def test_a_cut_file_is_refused_without_a_checksum_too(tmp_path: Path) -> None:
    file = tmp_path / "cut.onnx"
    file.write_bytes((WEIGHTS / f"{LINE}.onnx").read_bytes()[:-1000])
    with pytest.raises(
        BackendUnavailable,
        match="network cut cannot be read: its file is missing, cut, or no ONNX model",
    ):
        open_network(file)


def test_the_file_is_what_counts_not_its_name(tmp_path: Path) -> None:
    shutil.copy(WEIGHTS / f"{LINE}.onnx", tmp_path / "mine.onnx")
    mine = open_network(tmp_path / "mine.onnx", reach=shipped(LINE).reach)
    assert mine.scale == 2
    assert np.array_equal(mine.run(SCENE), shipped(LINE).run(SCENE))


def _model(file: Path, nodes: list[onnx.NodeProto], *, kind: int = FLOAT, rank: int = 4) -> Path:
    """An ONNX model from ``x`` to ``y``, both of any size."""
    sides = [None] * rank
    graph = helper.make_graph(
        nodes,
        "test",
        [helper.make_tensor_value_info("x", kind, sides)],
        [helper.make_tensor_value_info("y", kind, sides)],
    )
    opset = helper.make_opsetid("", 17)
    onnx.save(helper.make_model(graph, opset_imports=[opset], ir_version=8), file)
    return file


SAME = [helper.make_node("Identity", ["x"], ["y"])]


def test_a_model_of_the_same_size_is_taken(tmp_path: Path) -> None:
    network = open_network(_model(tmp_path / "same.onnx", SAME))
    assert network.scale == 1
    assert np.array_equal(network.run(SCENE), SCENE)


@pytest.mark.parametrize(("kind", "rank"), [(onnx.TensorProto.INT64, 4), (FLOAT, 3)])
def test_another_layout_is_refused(tmp_path: Path, kind: int, rank: int) -> None:
    file = _model(tmp_path / "other.onnx", SAME, kind=kind, rank=rank)
    with pytest.raises(BackendUnavailable, match="network other has another layout"):
        open_network(file)


def test_an_answer_of_another_size_is_refused(tmp_path: Path) -> None:
    mean = [helper.make_node("GlobalAveragePool", ["x"], ["y"])]
    with pytest.raises(BackendUnavailable, match="enlarged 1 to 4 times"):
        open_network(_model(tmp_path / "mean.onnx", mean))


def _greedy(file: Path, doublings: float) -> Path:
    """Hands ``x`` back, and wants 2 to the power of ``doublings`` per row numbers for that."""
    constants = {"two": 2.0, "doublings": doublings}
    nodes = [
        *(
            helper.make_node("Constant", [], [name], value_float=value)
            for name, value in constants.items()
        ),
        helper.make_node("Shape", ["x"], ["rows"], start=2, end=3),
        helper.make_node("Cast", ["rows"], ["height"], to=FLOAT),
        helper.make_node("Mul", ["height", "doublings"], ["power"]),
        helper.make_node("Pow", ["two", "power"], ["count"]),
        helper.make_node("Cast", ["count"], ["shape"], to=onnx.TensorProto.INT64),
        helper.make_node("ConstantOfShape", ["shape"], ["zeros"]),
        helper.make_node("ReduceSum", ["zeros"], ["zero"], keepdims=0),
        helper.make_node("Add", ["x", "zero"], ["y"]),
    ]
    return _model(file, nodes)


def test_a_tile_beyond_memory_is_done_in_smaller_ones(tmp_path: Path) -> None:
    # A tile of 100 rows wants 256 terabytes, one of 50 some 33 megabytes.
    network = open_network(_greedy(tmp_path / "greedy.onnx", 0.46), reach=0)
    assert np.array_equal(network.run(SCENE, tile=100), SCENE)


def test_too_little_memory_for_any_tile_is_said(tmp_path: Path) -> None:
    network = open_network(_greedy(tmp_path / "greedy.onnx", 0.4), reach=40)
    with pytest.raises(BackendFailed, match="too little memory for the network greedy"):
        network.run(SCENE, tile=32)
