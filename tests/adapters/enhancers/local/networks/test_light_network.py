"""The network that tells the tint of the light answers alike at any size, and fails plainly."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import helper

from pixellab.adapters.enhancers.local.networks.light_network import (
    LightNetwork,
    open_light_network,
)
from pixellab.adapters.enhancers.local.networks.onnx_session import open_session
from pixellab.adapters.enhancers.local.networks.shipped import (
    LIGHT,
    WEIGHTS,
    shipped_light_network,
)
from pixellab.domain.errors import BackendFailed, BackendUnavailable
from tests.adapters.enhancers.local.scenes import dimmed, product_scene

SCENE = product_scene()


def test_it_is_opened_once() -> None:
    assert shipped_light_network() is shipped_light_network()


def test_it_has_its_card() -> None:
    assert (WEIGHTS / f"{LIGHT}.md").read_text().startswith("# ")


@pytest.mark.parametrize("shape", [(1, 1), (1, 300), (64, 64), (500, 20)])
def test_it_answers_at_any_size_with_a_distribution(shape: tuple[int, int]) -> None:
    pixels = np.random.default_rng(1).integers(0, 256, (*shape, 3), np.uint8)
    tint = shipped_light_network().tint(pixels)
    assert tint.mean.shape == (2,)
    assert (np.linalg.eigvalsh(tint.covariance) > 0).all()
    assert np.allclose(tint.covariance, tint.covariance.T)


def test_it_tells_warm_light_from_cool() -> None:
    network = shipped_light_network()
    warm, cool = (
        network.tint(dimmed(SCENE, *gains)).mean for gains in ((1, 0.78, 0.5), (0.5, 0.78, 1))
    )
    assert warm[0] > cool[0]
    assert warm[1] < cool[1]


def test_a_damaged_file_is_said_to_be(tmp_path: Path) -> None:
    file = tmp_path / f"{LIGHT}.onnx"
    file.write_bytes((WEIGHTS / f"{LIGHT}.onnx").read_bytes()[:-1])
    with pytest.raises(BackendUnavailable, match="SHA-256 is not the published one"):
        open_light_network(file, sha256="0" * 64)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(BackendUnavailable, match="network light is not there"):
        open_light_network(tmp_path / "light.onnx", sha256="0" * 64)


def test_a_network_of_another_shape_fails_plainly(tmp_path: Path) -> None:
    shape = (1, 3, 8, 8)
    graph = helper.make_graph(
        [helper.make_node("Identity", ["x"], ["y"])],
        "other",
        [helper.make_tensor_value_info("x", onnx.TensorProto.FLOAT, shape)],
        [helper.make_tensor_value_info("y", onnx.TensorProto.FLOAT, shape)],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    network = LightNetwork(
        "other", "0" * 64, open_session(model.SerializeToString(), "other", threads=1)
    )
    with pytest.raises(BackendFailed, match="network other failed"):
        network.tint(SCENE)
