"""Reading text with PP-OCR's networks."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont

from pixellab.adapters.enhancers.fidelity.text.text_boxes import cut_out_line, text_boxes
from pixellab.adapters.enhancers.fidelity.text.text_networks import TextNetworks
from pixellab.domain.errors import BackendFailed, BackendUnavailable
from tests.adapters.enhancers.fidelity.products import Pixels


def page(*lines: str, size: tuple[int, int] = (360, 200)) -> Pixels:
    image = Image.new("RGB", size, "white")
    for n, line in enumerate(lines):
        font = ImageFont.load_default(30)
        ImageDraw.Draw(image).text((20, 20 + 60 * n), line, fill="black", font=font)
    return np.asarray(image)


def read(networks: TextNetworks, pixels: Pixels) -> set[str]:
    return {each.text for each in networks.read(pixels, networks.find(pixels))}


def test_lines_are_found_and_read(text_networks: TextNetworks) -> None:
    pixels = page("ALMOND", "75 cl", "Est. 1968")
    assert read(text_networks, pixels) == {"ALMOND", "75 cl", "Est. 1968"}
    readings = text_networks.read(pixels, text_networks.find(pixels))
    assert all(each.sure > 0.9 and len(each.sureness) == len(each.text) for each in readings)


def test_a_slanted_line_and_one_that_runs_upwards_are_read(text_networks: TextNetworks) -> None:
    turn = cv2.getRotationMatrix2D((180, 100), 12, 1.0)
    pixels = page("", "COFFEE")
    slanted = cv2.warpAffine(pixels, turn, (360, 200), borderValue=(255, 255, 255))
    assert read(text_networks, np.asarray(slanted, np.uint8)) == {"COFFEE"}
    assert len(text_networks.find(np.ascontiguousarray(np.rot90(pixels)))) == 1


def test_nothing_is_read_where_nothing_is_written(text_networks: TextNetworks) -> None:
    boxes = text_networks.find(page())
    assert boxes.shape == (0, 4, 2)
    assert text_networks.read(page(), boxes) == []
    corners = np.array([[[10, 10], [90, 10], [90, 40], [10, 40]]], np.float32)
    [nothing] = text_networks.read(page(), corners)
    assert (nothing.text, nothing.sure) == ("", 0.0)


def test_boxes_are_as_large_as_the_lines_around_what_the_network_marks() -> None:
    likely = np.zeros((64, 160), np.float32)
    likely[30:36, 20:120] = 0.9
    likely[5:7, 5:7] = 0.9  # too small
    likely[50:60, 20:120] = 0.4  # not sure
    [box] = text_boxes(likely)
    distance = 1.6 * (6 * 100) / (2 * (6 + 100))
    assert box == pytest.approx(
        np.array(
            [
                [20 - distance, 30 - distance],
                [120 + distance, 30 - distance],
                [120 + distance, 36 + distance],
                [20 - distance, 36 + distance],
            ]
        ),
        abs=1.5,
    )


def test_a_line_that_is_higher_than_wide_is_turned_to_be_read() -> None:
    upright = np.zeros((100, 60, 3), np.uint8)
    upright[10:90, 20:40] = np.arange(80, dtype=np.uint8)[:, None, None]
    box = np.array([[20, 10], [40, 10], [40, 90], [20, 90]], np.float32)
    line = cut_out_line(upright, box)
    assert line.shape == (20, 80, 3)


def test_files_of_other_networks_are_refused(tmp_path: Path, text_files: tuple[Path, Path]) -> None:
    detection, recognition = text_files
    with pytest.raises(BackendUnavailable, match="no alphabet"):
        TextNetworks(detection, detection)
    cut = tmp_path / "cut.onnx"
    cut.write_bytes(recognition.read_bytes()[:-1000])
    with pytest.raises(BackendUnavailable, match="cannot be read"):
        TextNetworks(detection, cut)


def test_a_network_that_fails_is_told_of(text_files: tuple[Path, Path]) -> None:
    _, recognition = text_files
    networks = TextNetworks(recognition, recognition)  # takes lines of 48 pixels only
    with pytest.raises(BackendFailed, match="read text failed"):
        networks.find(page("ALMOND"))
