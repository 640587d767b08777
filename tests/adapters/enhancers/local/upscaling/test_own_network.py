"""A network of the user's own enlarges in place of PixelLab's, or the answer says why not."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper

from pixellab.adapters.enhancers.local.networks.networks_of_picture import Networks
from pixellab.adapters.enhancers.local.pipeline import LocalEnhancer
from pixellab.adapters.enhancers.local.upscaling import enlarge as module
from pixellab.domain.requests import Mode, Task
from pixellab.domain.results import Enhanced
from tests.adapters.enhancers.local.scenes import noisy, picture, product_scene

SCENE = product_scene(120, 100)


def repeating(file: Path, scale: int) -> Path:
    """A network that repeats each pixel ``scale`` times in both directions."""
    open_sides: list[str | int] = ["n", 3, "h", "w"]
    graph = helper.make_graph(
        [helper.make_node("Resize", ["x", "", "scales"], ["y"], mode="nearest")],
        "repeating",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, open_sides)],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, ["n", 3, "H", "W"])],
        [helper.make_tensor("scales", TensorProto.FLOAT, [4], [1.0, 1.0, scale, scale])],
    )
    opset = helper.make_opsetid("", 13)
    onnx.save(helper.make_model(graph, opset_imports=[opset], ir_version=8), file)
    return file


def fragile(file: Path) -> Path:
    """A network that doubles small tiles, and fails on others."""
    graph = helper.make_graph(
        [
            helper.make_node("Resize", ["x", "", "scales"], ["large"], mode="nearest"),
            helper.make_node("Shape", ["x"], ["height"], start=2, end=3),
            helper.make_node("Sub", ["height", "most"], ["row"]),
            helper.make_node("Gather", ["none", "row"], ["zero"]),
            helper.make_node("Add", ["large", "zero"], ["y"]),
        ],
        "fragile",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["n", 3, "h", "w"])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, ["n", 3, "H", "W"])],
        [
            helper.make_tensor("scales", TensorProto.FLOAT, [4], [1.0, 1.0, 2.0, 2.0]),
            helper.make_tensor("most", TensorProto.INT64, [1], [32]),
            helper.make_tensor("none", TensorProto.FLOAT, [1], [0.0]),
        ],
    )
    opset = helper.make_opsetid("", 15)
    onnx.save(helper.make_model(graph, opset_imports=[opset], ir_version=8), file)
    return file


def enlarged(file: Path, scale: int, mode: Mode = Mode.UPSCALE, sigma: float = 0) -> Enhanced:
    scene = picture(noisy(SCENE, sigma) if sigma else SCENE)
    return LocalEnhancer(networks=Networks(upscaler=file)).enhance(
        scene, Task(mode=mode, scale=scale)
    )


@pytest.mark.parametrize("factor", [2, 3, 4])
@pytest.mark.parametrize("scale", [2, 3, 4])
def test_enlarges_as_much_as_was_asked(tmp_path: Path, factor: int, scale: int) -> None:
    done = enlarged(repeating(tmp_path / "mine.onnx", factor), scale)
    assert done.picture.pixels.shape == (120 * scale, 100 * scale, 3)
    assert done.model_version == "mine"
    assert done.warnings == ()
    assert "by a network of your own" in done.steps[-1].why
    if factor == scale:
        repeated = np.repeat(np.repeat(SCENE, scale, 0), scale, 1)
        assert np.array_equal(done.picture.pixels, repeated)


def test_one_that_makes_more_than_memory_should_hold_is_passed_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MOST_PIXELS", 120 * 100 * 16 - 1)
    done = enlarged(repeating(tmp_path / "mine.onnx", 4), 2)
    [warning] = done.warnings
    assert warning.startswith("The network mine would make 0 megapixels of this picture")
    assert done.model_version == "upscale_x2"


def test_one_that_fails_on_a_picture_is_said(tmp_path: Path) -> None:
    done = enlarged(fragile(tmp_path / "mine.onnx"), 2)
    assert done.warnings == (
        "The network mine failed on this picture. PixelLab's own was used instead.",
    )
    assert done.model_version == "upscale_x2"


def test_what_it_is_given_is_freed_of_noise_before(tmp_path: Path) -> None:
    done = enlarged(repeating(tmp_path / "mine.onnx", 2), 2, Mode.UPSCALE_DENOISE, sigma=20)
    assert [step.name for step in done.steps if step.applied] == ["denoise", "upscale"]
    assert done.model_version == "denoise, mine"
    assert done.picture.pixels[:60].std() < np.repeat(noisy(SCENE, 20), 2, 0)[:60].std()


def not_there(tmp_path: Path) -> Path:
    return tmp_path / "mine.onnx"


def no_model(tmp_path: Path) -> Path:
    (tmp_path / "mine.onnx").write_text("not a model")
    return tmp_path / "mine.onnx"


def same_size(tmp_path: Path) -> Path:
    return repeating(tmp_path / "mine.onnx", 1)


def with_levels(tmp_path: Path) -> Path:
    """A network that is to be told something, too."""
    model = onnx.load(repeating(tmp_path / "mine.onnx", 2))
    model.graph.node.append(helper.make_node("Add", ["y", "level"], ["z"]))
    model.graph.input.append(helper.make_tensor_value_info("level", TensorProto.FLOAT, [1]))
    model.graph.output[0].name = "z"
    onnx.save(model, tmp_path / "mine.onnx")
    return tmp_path / "mine.onnx"


@pytest.mark.parametrize(
    ("make", "what"),
    [
        (not_there, "is not there or cannot be read"),
        (no_model, "no ONNX model"),
        (same_size, "does not enlarge"),
        (with_levels, "has another layout than float32"),
    ],
)
def test_one_that_cannot_be_used_is_said(tmp_path: Path, make: object, what: str) -> None:
    assert callable(make)
    done = enlarged(make(tmp_path), 2)
    [warning] = done.warnings
    assert what in warning
    assert "PixelLab's own was used instead." in warning
    assert str(tmp_path) not in warning
    assert done.model_version == "upscale_x2"
    ours = LocalEnhancer().enhance(picture(SCENE), Task(mode=Mode.UPSCALE, scale=2))
    assert np.array_equal(done.picture.pixels, ours.picture.pixels)


@pytest.mark.parametrize("mode", [Mode.UPSCALE, Mode.DENOISE])
def test_a_provider_that_is_not_there_is_said(mode: Mode) -> None:
    enhancer = LocalEnhancer(networks=Networks(("COREML", "CPU")))
    done = enhancer.enhance(picture(noisy(SCENE, 15)), Task(mode=mode, scale=2))
    [warning] = done.warnings
    assert "with COREML, which cannot be used here" in warning
    assert "CPU does its work" in warning


def test_the_answer_names_the_networks_that_did_it_and_no_other() -> None:
    clean = LocalEnhancer().enhance(picture(SCENE), Task(mode=Mode.DENOISE))
    assert clean.model_version is None
    damaged = picture(noisy(SCENE, 30))
    both = LocalEnhancer().enhance(damaged, Task(mode=Mode.UPSCALE_DENOISE, scale=4))
    assert both.model_version == "denoise, upscale_real_x2, upscale_x2"
