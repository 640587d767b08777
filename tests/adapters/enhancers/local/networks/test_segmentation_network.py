"""The cut-out with networks: the real u2netp, and small ones made here."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import onnx
import pytest
from numpy.typing import NDArray
from onnx import TensorProto, helper
from PIL import Image

from pixellab.adapters.enhancers.local.cutout.cut_out import cut_out
from pixellab.adapters.enhancers.local.networks.segmentation_network import (
    SegmentationNetwork,
    Segmenter,
)
from pixellab.adapters.enhancers.local.pipeline import LocalEnhancer
from pixellab.adapters.network_files.registry import IMAGENET_MEAN
from pixellab.domain.errors import BackendUnavailable
from pixellab.domain.pictures import Picture
from pixellab.domain.requests import Mode, Task
from tests.adapters.enhancers.local.cutout.test_cut_out import (
    RED,
    SIDE,
    disc,
    floats,
    gradient,
    mean_error,
    plain,
    scene,
    shadowed,
)

Array = NDArray[Any]
SAMPLES = Path(__file__).parents[5] / "samples"


@pytest.fixture(scope="module")
def segment(u2netp: Path) -> Segmenter:
    return Segmenter("u2netp", lambda: u2netp)


def busy() -> Array:
    """Coloured blobs of every size."""
    rng = np.random.default_rng(11)
    blobs = [rng.normal(0, 1, (side, side, 3)).astype(np.float32) for side in (6, 20, 60)]
    grown = [cv2.resize(each, (SIDE, SIDE), interpolation=cv2.INTER_CUBIC) for each in blobs]
    return np.asarray(floats([128, 128, 128]) + 14 * np.sum(grown, axis=0), np.float32)


def brightness(file: Path, *, shape: tuple[int | str, ...] = (1, 3, "h", "w")) -> Path:
    """A network that takes what is bright for the product, in logits: 20 * (mean - 0.5)."""
    nodes = [
        helper.make_node("ReduceMean", ["x"], ["mean"], axes=[1], keepdims=1),
        helper.make_node("Mul", ["mean", "slope"], ["y"]),
    ]
    graph = helper.make_graph(
        nodes,
        "brightness",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, shape)],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, (1, 1, "h", "w"))],
        [helper.make_tensor("slope", TensorProto.FLOAT, [1], [20.0])],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
    onnx.save(model, file)
    return file


@pytest.mark.parametrize("behind", [plain(), gradient(), busy()], ids=["grey", "gradient", "busy"])
def test_finds_alpha_and_colours(segment: Segmenter, behind: Array) -> None:
    alpha = disc()
    picture = scene(alpha, shadowed(behind, alpha))
    cutout = cut_out(picture, segment)
    assert cutout.found
    assert cutout.model == "u2netp"
    assert "network u2netp" in cutout.why
    assert mean_error(cutout, alpha) < 0.01
    soft = (alpha > 0.2) & (alpha < 0.8)
    error = np.abs(cutout.foreground[soft].astype(np.float32) - floats(RED)).mean()
    assert error < 0.4 * np.abs(picture[soft] - floats(RED)).mean()


def test_opens_the_hole_of_a_ring(segment: Segmenter) -> None:
    alpha = disc(hole=0.15)
    cutout = cut_out(scene(alpha, gradient()), segment)
    assert cutout.model == "u2netp"
    assert cutout.alpha[SIDE // 2, SIDE // 2] == 0
    assert mean_error(cutout, alpha) < 0.02


def grey(level: int) -> Array:
    return np.full((SIDE, SIDE, 3), level, np.uint8)


def noise() -> Array:
    return np.random.default_rng(2).integers(0, 256, (SIDE, SIDE, 3), np.uint8)


@pytest.mark.parametrize(
    "picture",
    [
        grey(255),
        grey(0),
        noise(),
        scene(np.zeros((SIDE, SIDE), np.float32), gradient()),
        noise()[:, :1].copy(),
        noise()[:1].copy(),
        noise()[:1, :1].copy(),
    ],
    ids=["white", "black", "noise", "paper", "one column", "one row", "one pixel"],
)
def test_without_a_product_it_says_so_and_changes_nothing(
    u2netp: Path, segment: Segmenter, picture: Array
) -> None:
    done = LocalEnhancer(segment).enhance(
        Picture(pixels=picture, format="PNG"), Task(mode=Mode.BACKGROUND_REMOVE)
    )
    [step] = done.steps
    assert not step.applied
    assert step.why in done.warnings
    assert done.picture.pixels is picture
    assert done.model_version is None


def sample(name: str) -> Array:
    return np.asarray(Image.open(SAMPLES / f"{name}.jpg").convert("RGB"))


def cropped(photo: Array, alpha: Array) -> tuple[Array, Array]:
    """Both so far that the product runs off all four sides."""
    rows, columns = np.flatnonzero((alpha > 127).any(1)), np.flatnonzero((alpha > 127).any(0))
    part = np.s_[rows[0] + 4 : rows[-1] - 3, columns[0] + 4 : columns[-1] - 3]
    return np.ascontiguousarray(photo[part]), alpha[part]


def test_a_product_that_touches_all_edges(segment: Segmenter) -> None:
    photo = sample("noisy-bottle")
    close, expected = cropped(photo, cut_out(photo, segment).alpha)
    sides = expected[0], expected[-1], expected[:, 0], expected[:, -1]
    assert all((side > 127).any() for side in sides)
    assert (expected < 127).mean() > 0.15
    cutout = cut_out(close, segment)
    assert cutout.model == "u2netp"
    ours, whole = cutout.alpha > 127, expected > 127
    assert (ours & whole).sum() / (ours | whole).sum() > 0.98


def test_a_network_in_doubt_says_so_and_changes_nothing(segment: Segmenter) -> None:
    photo = sample("yellow-box")
    close, _ = cropped(photo, cut_out(photo, segment).alpha)
    done = LocalEnhancer(segment).enhance(
        Picture(pixels=close, format="PNG"), Task(mode=Mode.BACKGROUND_REMOVE)
    )
    assert done.picture.pixels is close
    assert done.warnings == (
        "The network u2netp is unsure where in this picture the product ends.",
    )


def test_a_network_unsure_of_a_part_says_so(tmp_path: Path) -> None:
    file = brightness(tmp_path / "bright.onnx")
    segment = Segmenter("bright", lambda: file)
    sure = scene(disc(0.3), busy() * 0.4, (250, 240, 245))
    unsure = sure.copy()
    unsure[: SIDE // 6] = np.rint(np.multiply(IMAGENET_MEAN, sure.max())).astype(np.uint8)
    assert "unsure" not in {each.name for each in cut_out(sure, segment).doubts}
    cutout = cut_out(unsure, segment)
    assert cutout.found
    assert "unsure" in {each.name for each in cutout.doubts}


def test_a_part_is_not_taken_for_the_product(segment: Segmenter) -> None:
    """The network sees the dial of the watch; its strap is the product, too."""
    photo = sample("soft-watch")
    dial = segment(photo).saliency > 0.5
    cutout = cut_out(photo, segment)
    assert cutout.found
    assert (cutout.alpha > 127).mean() > 1.5 * dial.mean()
    assert cutout.alpha[-1, :40].min() == 255
    assert cutout.alpha[0, -60:-20].min() == 255
    assert cutout.alpha[:200, :200].max() == 0


def test_a_handle_stays_open(segment: Segmenter) -> None:
    cutout = cut_out(sample("dark-mug"), segment)
    _, labels, stats, _ = cv2.connectedComponentsWithStats((cutout.alpha < 10).astype(np.uint8))
    width = cutout.alpha.shape[1]
    enclosed = (stats[:, cv2.CC_STAT_WIDTH] < width / 4) & (stats[:, cv2.CC_STAT_AREA] > 2000)
    [hole] = np.flatnonzero(enclosed)
    assert 0.6 * width < np.argwhere(labels == hole)[:, 1].mean() < 0.9 * width


def test_threads_share_one_network(u2netp: Path) -> None:
    segment = Segmenter("u2netp", lambda: u2netp)
    picture = scene(disc(), busy())
    with ThreadPoolExecutor(4) as pool:
        networks = list(pool.map(lambda _: segment.network(), range(8)))
        cutouts = list(pool.map(lambda _: cut_out(picture, segment), range(4)))
    assert len({id(each) for each in networks}) == 1
    assert len({each.alpha.tobytes() for each in cutouts}) == 1


def test_a_network_of_one_s_own(tmp_path: Path) -> None:
    file = brightness(tmp_path / "bright.onnx")
    picture = scene(disc(0.2), plain((30, 60, 30)), (250, 240, 245))
    cutout = cut_out(picture, Segmenter("bright", lambda: file))
    assert cutout.model == "bright"
    assert mean_error(cutout, disc(0.2)) < 0.01


def test_a_file_beside_a_network_says_what_it_wants(tmp_path: Path) -> None:
    """Levels of 60 and 120 are both bright once the brightest counts as 255, as u2net wants it."""
    file = brightness(tmp_path / "bright.onnx")
    picture = scene(disc(0.2), plain((60, 60, 60)), (120, 120, 120))
    assert cut_out(picture, Segmenter("bright", lambda: file)).model is None
    (tmp_path / "bright.toml").write_text("size = [240, 200]\nmean = 90\ndeviation = 255\n")
    network = Segmenter("bright", lambda: file)
    assert network(picture).saliency.shape == (240, 200)
    cutout = cut_out(picture, network)
    assert cutout.model == "bright"
    assert mean_error(cutout, disc(0.2)) < 0.01


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("mean 128", "cannot be read as TOML"),
        ("mena = 128", "'mena' is none of size, mean, deviation, output, stretch"),
        ("mean = [1, 2]", "mean must be a level from 0 to 255, or three of them"),
        ("mean = true", "mean must be a level"),
        ("deviation = 0", "deviation must be a number of levels above 0"),
        ("size = -1", "size must be a side or"),
        ("size = [1, 2, 3]", "size must be a side or"),
        ("stretch = 1", "stretch must be true or false"),
        ("output = 2", "output must be the name"),
        ("output = 'z'", "no output 'z'; allowed are y"),
    ],
)
def test_a_wrong_description_is_named(tmp_path: Path, text: str, why: str) -> None:
    file = brightness(tmp_path / "bright.onnx")
    (tmp_path / "bright.toml").write_text(text)
    told = Segmenter("bright", lambda: file)(np.zeros((40, 40, 3), np.uint8)).warnings
    assert why in told[0]
    assert str(tmp_path) not in told[0]
    with pytest.raises(BackendUnavailable):
        SegmentationNetwork(file)


@pytest.mark.parametrize("shape", [(1, 1, 32, 32), (1, 3), (3, 32, 32), (1, 32, 32, 3)], ids=str)
def test_another_layout_is_refused(tmp_path: Path, shape: tuple[int, ...]) -> None:
    file = tmp_path / "odd.onnx"
    graph = helper.make_graph(
        [helper.make_node("Identity", ["x"], ["y"])],
        "odd",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, shape)],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, shape)],
    )
    onnx.save(
        helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8), file
    )
    with pytest.raises(BackendUnavailable, match=r"odd is not one for segmentation: allowed is"):
        SegmentationNetwork(file)


def cut(u2netp: Path, tmp_path: Path) -> Path:
    file = tmp_path / "cut.onnx"
    file.write_bytes(u2netp.read_bytes()[:1_000_000])
    return file


def missing(_: Path, tmp_path: Path) -> Path:
    return tmp_path / "missing.onnx"


def text(_: Path, tmp_path: Path) -> Path:
    file = tmp_path / "text.onnx"
    file.write_text("not a model")
    return file


@pytest.mark.parametrize("make", [cut, missing, text])
def test_a_file_that_is_no_model_leaves_the_classical_method(
    u2netp: Path, tmp_path: Path, make: Any
) -> None:
    file = make(u2netp, tmp_path)
    enhancer = LocalEnhancer(Segmenter(file.stem, lambda: file))
    picture = Picture(pixels=scene(disc(), plain()), format="PNG")
    for mode in (Mode.BACKGROUND_REMOVE, Mode.STANDARDIZE, Mode.FULL):
        done = enhancer.enhance(picture, Task(mode=mode))
        [warning] = [each for each in done.warnings if "network" in each]
        assert f"{file.stem} cannot be read" in warning
        assert "The classical method was used instead." in warning
        assert str(tmp_path) not in warning
        assert any("without a network" in each.why for each in done.steps)
        assert file.stem not in (done.model_version or "")


@pytest.mark.parametrize("mode", [Mode.BACKGROUND_REMOVE, Mode.STANDARDIZE, Mode.FULL])
def test_the_answer_names_the_network(segment: Segmenter, mode: Mode) -> None:
    picture = Picture(pixels=scene(disc(), busy()), format="PNG")
    done = LocalEnhancer(segment).enhance(picture, Task(mode=mode))
    assert done.model_version is not None
    assert "u2netp" in done.model_version.split(", ")
    assert any("network u2netp" in step.why for step in done.steps)


def test_a_provider_that_is_not_there_is_said(u2netp: Path) -> None:
    segment = Segmenter("u2netp", lambda: u2netp, ("COREML", "CPU"))
    cutout = cut_out(scene(disc(), plain()), segment)
    assert cutout.found
    [warning] = cutout.warnings
    assert "with COREML, which cannot be used here" in warning
    assert "CPU does its work" in warning
