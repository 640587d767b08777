"""Results that are signed: what is stored, measured and answered, and what stops the start."""

from __future__ import annotations

import hashlib
import io
import os
import re
import subprocess
import sys
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import c2pa
import numpy as np
import pytest
from attrs import evolve
from PIL import Image

from pixellab.domain.errors import Misconfigured, NotSigned
from pixellab.domain.findings import Finding
from pixellab.domain.formats import MEDIA_TYPES, Format
from pixellab.domain.images import Status
from pixellab.domain.pictures import EncodedImage, SourceFile
from pixellab.domain.ports import Credentials
from pixellab.domain.results import Enhanced
from pixellab.domain.use_cases import Outcome
from pixellab.entrypoints.cli.diagnosis.checks import examine
from pixellab.entrypoints.error_table import problem_of
from pixellab.entrypoints.library.whole_library import Library, open_pixellab
from pixellab.entrypoints.settings import load_settings
from tests.certificates import HOLDER, Signed, make_certificate
from tests.conftest import photo_bytes


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Signed:
    return make_certificate(tmp_path_factory.mktemp("certificate"))


def signing(files: Signed, **settings: Any) -> AbstractContextManager[Library]:
    return open_pixellab(
        data_dir="data", c2pa_certificate=files.certificate, c2pa_key=str(files.key), **settings
    )


def is_signed(data: bytes, files: Signed, output: Format = Format.JPEG) -> bool:
    settings = {"trust": {"trust_anchors": files.authority}, "verify": {"verify_trust": True}}
    context = c2pa.Context.from_dict(settings)
    with c2pa.Reader(MEDIA_TYPES[output], io.BytesIO(data), context=context) as reader:
        return bool(reader.get_validation_state() == "Trusted")


def noise(side: int = 320) -> bytes:
    """A photo that compresses badly."""
    pixels = np.random.default_rng(0).integers(0, 256, (side, side, 3), np.uint8)
    out = io.BytesIO()
    Image.fromarray(pixels).save(out, "JPEG", quality=95)
    return out.getvalue()


def stored(lab: Library, done: Outcome) -> bytes:
    assert done.enhancement.enhanced is not None
    data = lab.read(done.enhancement.enhanced)
    assert done.enhancement.enhanced.size_bytes == len(data)
    return data


def test_what_is_stored_measured_and_answered_is_signed(files: Signed) -> None:
    with signing(files) as lab:
        done = lab.upload(photo_bytes(), mode="OPTIMIZE")
        first = stored(lab, done)
        again = lab.enhance_again(done.image.id, mode="SHARPEN", output_format="webp")
        second = stored(lab, again)
        file = io.BytesIO(b"header" + photo_bytes())
        file.seek(6)
        alone = lab.enhance(file).encoded.data
    assert done.enhancement.size_metadata["enhanced_size_kb"] == round(len(first) / 1000, 1)
    for data, kind in ((first, Format.JPEG), (second, Format.WEBP), (alone, Format.JPEG)):
        assert is_signed(data, files, kind)
    digest = hashlib.sha256(photo_bytes()).hexdigest().encode()
    assert digest in first
    assert digest in second
    assert digest in alone


@pytest.mark.parametrize("output", Format)
def test_a_size_that_was_asked_for_holds_for_the_signed_file(files: Signed, output: Format) -> None:
    with signing(files) as lab:
        encoded = lab.enhance(
            noise(), mode="OPTIMIZE", target_size_kb=50, output_format=output
        ).encoded
    assert is_signed(encoded.data, files, output)
    assert encoded.target_met
    assert encoded.size_bytes <= 50_000


def test_the_same_photo_gives_the_same_bytes_only_without_a_signature(files: Signed) -> None:
    with open_pixellab(data_dir="data") as lab:
        first, second = (lab.enhance(photo_bytes()).encoded.data for _ in range(2))
    assert first == second
    with signing(files) as lab:
        first, second = (lab.enhance(photo_bytes()).encoded.data for _ in range(2))
    assert first != second


class Ended(Credentials):
    """A certificate that has ended since the start."""

    def sign(self, encoded: EncodedImage, photo: SourceFile, enhanced: Enhanced) -> EncodedImage:
        raise NotSigned("The result could not be signed; try again later.")

    def size(self, sample: EncodedImage, photo: SourceFile, enhanced: Enhanced) -> int:
        return 0

    def diagnose(self) -> list[Finding]:
        return []


def test_what_cannot_be_signed_is_not_handed_out_unsigned() -> None:
    with open_pixellab(data_dir="data") as opened:
        lab = Library(
            lab=evolve(opened.lab, enhance=evolve(opened.lab.enhance, credentials=Ended()))
        )
        with pytest.raises(NotSigned) as refused:
            lab.upload(photo_bytes())
        assert problem_of(refused.value).status == 503
        [image] = lab.images().images
        [done] = lab.history(image.id)
        assert (image.status, done.failure) == (Status.FAILED, refused.value.message)
        kept = [each for each in Path("data/objects").rglob("*/original/*") if each.is_file()]
        assert not [*Path("data/objects").rglob("*/enhanced/*")]
        assert [each.read_bytes() for each in kept] == [photo_bytes()]


def refused(why: str, **settings: Any) -> None:
    with (
        pytest.raises(Misconfigured, match=why) as wrong,
        open_pixellab(data_dir="data", **settings),
    ):
        pytest.fail("it started")
    assert "\n" not in wrong.value.message


def test_what_cannot_be_used_stops_the_start_and_is_named(files: Signed, tmp_path: Path) -> None:
    both = {"c2pa_certificate": files.certificate, "c2pa_key": str(files.key)}
    other = make_certificate(tmp_path / "other")
    late = make_certificate(tmp_path / "late", begins=-20, ends=-10)
    refused("Only one of PIXELLAB_C2PA_CERTIFICATE", c2pa_certificate=files.certificate)
    refused("Only one of PIXELLAB_C2PA_CERTIFICATE", c2pa_key=str(files.key))
    refused("PIXELLAB_C2PA_TIMESTAMP_URL is set and", c2pa_timestamp_url="https://time.example")
    refused("^PIXELLAB_C2PA_KEY names the key of", **{**both, "c2pa_key": str(other.key)})
    refused("^PIXELLAB_C2PA_CERTIFICATE names a file", **{**both, "c2pa_certificate": files.key})
    refused("^PIXELLAB_C2PA_ALGORITHM is ps256", **both, c2pa_algorithm="ps256")
    refused("^PIXELLAB_C2PA_ALGORITHM is 'md5'; allowed", **both, c2pa_algorithm="md5")
    refused("^PIXELLAB_C2PA_CERTIFICATE is .*; allowed is a PEM", c2pa_certificate="nowhere.pem")
    refused(
        "^PIXELLAB_C2PA_CERTIFICATE names a certificate that is valid from",
        c2pa_certificate=late.certificate,
        c2pa_key=str(late.key),
    )


def test_a_key_in_place_of_its_path_is_not_repeated(
    files: Signed, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PIXELLAB_C2PA_KEY", files.key.read_text())
    with pytest.raises(Misconfigured, match=r"^PIXELLAB_C2PA_KEY is not a value") as wrong:
        load_settings()
    assert "PRIVATE" not in wrong.value.message


def test_without_the_extra_the_start_says_what_to_install(files: Signed) -> None:
    code = (
        "import sys; sys.modules['c2pa'] = None; from pixellab import open_pixellab;"
        "open_pixellab().__enter__()"
    )
    ran = subprocess.run(
        [sys.executable, "-c", code],
        env={
            **os.environ,
            "PIXELLAB_C2PA_CERTIFICATE": str(files.certificate),
            "PIXELLAB_C2PA_KEY": str(files.key),
        },
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert "PIXELLAB_C2PA_CERTIFICATE is set, but c2pa is not installed" in ran.stderr
    assert "pip install '.[c2pa]'" in ran.stderr


def test_doctor_signs_something(files: Signed, monkeypatch: pytest.MonkeyPatch) -> None:
    def found() -> tuple[str, str] | None:
        said = {each.part: (str(each.verdict), each.found) for each in examine()}
        return said.get("content credentials")

    assert found() is None
    monkeypatch.setenv("PIXELLAB_C2PA_CERTIFICATE", str(files.certificate))
    monkeypatch.setenv("PIXELLAB_C2PA_KEY", str(files.key))
    verdict, text = found() or ("", "")
    assert verdict == "ok"
    assert re.fullmatch(rf"files are signed as {HOLDER} until \S+, without time stamps", text)
    monkeypatch.setenv("PIXELLAB_C2PA_ALGORITHM", "es512")
    verdict, text = found() or ("", "")
    assert (verdict, text[:35]) == ("problem", "PIXELLAB_C2PA_ALGORITHM is es512; a")
