"""What every Imaging promises."""

from __future__ import annotations

import io

import numpy as np
import pytest
from attrs import evolve

from pixellab.domain.errors import FileTooLarge, UndecodableImage, UnsupportedImage
from pixellab.domain.formats import Format
from pixellab.domain.pictures import EncodeSpec, Metadata, Picture
from pixellab.domain.ports import Imaging, Origin
from pixellab.domain.requests.framing import Fit, Frame
from pixellab.testing.assert_findings import assert_advises
from pixellab.testing.threads import at_once

PNG = EncodeSpec(format=Format.PNG)


class ImagingContract:
    """Needs the fixture ``imaging``: one that opens at most 100 000 pixels and 100 000 bytes of a
    user's, and twice as many of a backend's."""

    def test_diagnoses_itself(self, imaging: Imaging) -> None:
        findings = imaging.diagnose()
        assert findings
        assert_advises(findings)

    @pytest.mark.parametrize("alpha", [False, True])
    def test_opens_what_it_wrote_without_loss(self, imaging: Imaging, alpha: bool) -> None:
        picture = _picture(alpha=alpha)
        file = imaging.encode(picture, PNG)
        opened = imaging.open(io.BytesIO(file.data))
        assert opened.format == file.format == "PNG"
        assert np.array_equal(opened.pixels, picture.pixels)
        assert (file.width, file.height) == (picture.width, picture.height)

    @pytest.mark.parametrize("written", Format)
    @pytest.mark.parametrize("alpha", [False, True])
    def test_writes_every_format(self, imaging: Imaging, written: Format, alpha: bool) -> None:
        picture = _picture(alpha=alpha)
        before = picture.pixels.copy()
        file = imaging.encode(picture, EncodeSpec(format=written))
        assert np.array_equal(picture.pixels, before), "the picture it was given was changed"
        opened = imaging.open(io.BytesIO(file.data))
        assert opened.format == file.format == written
        assert opened.has_alpha == (alpha and written.keeps_alpha)
        assert (opened.width, opened.height) == (picture.width, picture.height)
        assert opened.pixels.dtype == np.uint8
        assert opened.pixels.flags.c_contiguous
        assert file.target_met is None

    @pytest.mark.parametrize("written", Format)
    def test_the_same_picture_gives_the_same_bytes(self, imaging: Imaging, written: Format) -> None:
        spec = EncodeSpec(format=written)
        alone = imaging.encode(_picture(), spec)
        together = at_once(lambda _: imaging.encode(_picture(), spec), 4)
        assert together == [alone] * 4

    @pytest.mark.parametrize("written", Format)
    def test_keeps_to_the_size_or_says_that_it_could_not(
        self, imaging: Imaging, written: Format
    ) -> None:
        freely = imaging.encode(_picture(), EncodeSpec(format=written)).size_bytes
        for max_bytes in (freely, freely * 3 // 4, 10):
            file = imaging.encode(_picture(), EncodeSpec(format=written, max_bytes=max_bytes))
            assert file.target_met == (file.size_bytes <= max_bytes)
            assert file.target_met or file.reason
        assert file.target_met is False

    def test_opens_from_the_current_position_on(self, imaging: Imaging) -> None:
        data = io.BytesIO(b"skipped" + imaging.encode(_picture(), PNG).data)
        data.seek(7)
        assert np.array_equal(imaging.open(data).pixels, _picture().pixels)

    def test_refuses_what_is_no_picture_or_a_broken_one(self, imaging: Imaging) -> None:
        with pytest.raises(UnsupportedImage):
            imaging.open(io.BytesIO(b"not a picture at all " * 50))
        with pytest.raises(UndecodableImage):
            imaging.open(io.BytesIO(imaging.encode(_noise(100), PNG).data[:9000]))

    @pytest.mark.parametrize("side", [190, 400], ids=["bytes", "pixels"])
    def test_its_limits_are_not_for_files_of_its_own(self, imaging: Imaging, side: int) -> None:
        # Noise fills more bytes than are allowed, one colour few; either is refused by one limit.
        file = imaging.encode(_noise(side) if side == 190 else _plain(side), PNG)
        assert (file.size_bytes > 100_000) == (side == 190)
        with pytest.raises(FileTooLarge):
            imaging.open(io.BytesIO(file.data))
        assert imaging.open(io.BytesIO(file.data), origin=Origin.OWN).width == side

    @pytest.mark.parametrize(("make", "fits"), [("noise", 190), ("plain", 400)])
    def test_a_backends_files_have_limits_of_their_own(
        self, imaging: Imaging, make: str, fits: int
    ) -> None:
        draw = _noise if make == "noise" else _plain
        file = imaging.encode(draw(fits), PNG)
        assert imaging.open(io.BytesIO(file.data), origin=Origin.BACKEND).width == fits
        too_large = imaging.encode(draw(2 * fits), PNG)
        with pytest.raises(FileTooLarge):
            imaging.open(io.BytesIO(too_large.data), origin=Origin.BACKEND)

    @pytest.mark.parametrize("alpha", [False, True])
    def test_makes_a_small_picture_that_keeps_shape_and_transparency(
        self, imaging: Imaging, alpha: bool
    ) -> None:
        for longest, size in ((40, (40, 30)), (160, (160, 120)), (320, (160, 120))):
            file = imaging.thumbnail(_picture(alpha=alpha), longest)
            opened = imaging.open(io.BytesIO(file.data))
            assert (opened.format, opened.has_alpha) == ("WEBP", alpha)
            assert (opened.width, opened.height) == (file.width, file.height) == size
        drawn = Metadata(copyright="Acme", digital_source_type="trainedAlgorithmicMedia")
        marked = imaging.thumbnail(evolve(_picture(alpha=alpha), metadata=drawn), 40)
        assert imaging.open(io.BytesIO(marked.data)).metadata == drawn
        long = Picture(pixels=np.full((2, 700, 3), 9, np.uint8), format="PNG")
        assert (imaging.thumbnail(long, 320).width, imaging.thumbnail(long, 320).height) == (320, 1)

    @pytest.mark.parametrize("alpha", [False, True])
    @pytest.mark.parametrize("fit", Fit)
    def test_brings_a_picture_to_a_size(self, imaging: Imaging, fit: Fit, alpha: bool) -> None:
        picture = evolve(_picture(alpha=alpha), metadata=Metadata(copyright="Acme"))
        before = picture.pixels.copy()
        frame = Frame(width=70, height=70, fit=fit)
        layout = frame.layout(picture.width, picture.height)
        clear = imaging.frame(picture, layout, None)
        white = imaging.frame(picture, layout, (255, 255, 255))
        for framed in (clear, white):
            assert (framed.width, framed.height) == layout.canvas
            assert framed.metadata == picture.metadata
            assert framed.pixels.dtype == np.uint8
            assert framed.pixels.flags.c_contiguous
        if fit is Fit.PAD:
            assert not clear.pixels[0, 0].any()
            assert clear.has_alpha
            assert not white.has_alpha
            assert (white.pixels[0, 0] == 255).all()
        assert np.array_equal(picture.pixels, before), "the picture it was given was changed"

    def test_hands_back_the_picture_that_has_the_size(self, imaging: Imaging) -> None:
        picture = _picture()
        assert imaging.frame(picture, Frame(width=4000).layout(160, 120), None) is picture

    def test_measures_from_0_to_100_and_noise_as_worse(self, imaging: Imaging) -> None:
        clean, noisy = imaging.assess(_picture()), imaging.assess(_noise(160))
        for report in (clean, noisy):
            assert 0 <= report.score <= 100
            assert all(0 <= part <= 100 for part in report.parts.values())
        assert noisy.noise < clean.noise

    def test_compares_from_0_to_100_and_the_same_pixels_are_the_same_product(
        self, imaging: Imaging
    ) -> None:
        picture = _picture()
        assert imaging.compare(picture, evolve(picture, pixels=picture.pixels.copy())).score == 100
        for other in (_noise(160), _plain(40), _picture(alpha=True)):
            kept = imaging.compare(picture, other)
            figures = (kept.score, kept.colour, kept.detail, kept.whole)
            assert all(0 <= each <= 100 for each in figures)
        turned = picture.with_pixels(np.ascontiguousarray(picture.pixels[..., [2, 1, 0]]))
        assert imaging.compare(picture, turned).score < 50


def _picture(*, alpha: bool = False, width: int = 160, height: int = 120) -> Picture:
    """A disc with a soft edge and a little texture on a light ground."""
    y, x = np.mgrid[0:height, 0:width].astype(np.float64)
    inside = np.clip(height / 3 - np.hypot(x - width / 2, y - height / 2), 0, 1)[..., None]
    texture = np.random.default_rng(3).normal(0, 2, (height, width, 1))
    colours = 225 + inside * (np.array([-120.0, -60.0, 10.0]) + texture)
    layers = np.concatenate([colours, 255 * inside], axis=2) if alpha else colours
    pixels = np.ascontiguousarray(np.clip(layers, 0, 255).astype(np.uint8))
    return Picture(pixels=pixels, format="PNG")


def _noise(side: int) -> Picture:
    pixels = np.random.default_rng(5).integers(0, 256, (side, side, 3)).astype(np.uint8)
    return Picture(pixels=pixels, format="PNG")


def _plain(side: int) -> Picture:
    return Picture(pixels=np.full((side, side, 3), 200, np.uint8), format="PNG")
