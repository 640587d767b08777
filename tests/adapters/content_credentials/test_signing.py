"""Content credentials, read by the library's own reader with the tests' authority as its trust."""

from __future__ import annotations

import hashlib
import io
import json
import shutil
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import c2pa
import numpy as np
import pillow_heif
import pytest
from attrs import evolve
from cryptography.hazmat.primitives.asymmetric import rsa
from PIL import Image

from pixellab.adapters.content_credentials.certificate import load_certificate
from pixellab.adapters.content_credentials.signing import C2paCredentials
from pixellab.adapters.imaging.imaging import RasterImaging
from pixellab.domain.errors import NotSigned
from pixellab.domain.formats import MEDIA_TYPES, Format
from pixellab.domain.pictures import EncodedImage, EncodeSpec, Metadata, Picture, SourceFile
from pixellab.domain.results import Enhanced, Step
from pixellab.testing.threads import at_once
from tests.certificates import HOLDER, TIME, Signed, make_certificate
from tests.conftest import photo_bytes, scene

IMAGING = RasterImaging()
TERMS = "http://cv.iptc.org/newscodes/digitalsourcetype/"
TRAINED = "trainedAlgorithmicMedia"
STEPS = (
    Step(name="light", applied=True, why="It was dark."),
    Step(name="denoise", applied=False, why="No noise was found."),
    Step(name="glow", applied=True, why="It was asked for."),
)
PHOTO = SourceFile(data=photo_bytes(), format="JPEG")


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Signed:
    return make_certificate(tmp_path_factory.mktemp("certificate"))


@pytest.fixture(scope="module")
def credentials(files: Signed) -> C2paCredentials:
    certificate = load_certificate(files.certificate, files.key, "es256")
    return C2paCredentials(certificate=certificate, version="1.2.3")


def enhanced(**fields: Any) -> Enhanced:
    metadata = Metadata(digital_source_type=fields.pop("mark", None))
    picture = Picture(pixels=scene(), format="JPEG", metadata=metadata)
    return Enhanced(**{"picture": picture, "backend": "LOCAL", "steps": STEPS, **fields})


def encoded(output: Format = Format.JPEG, of: Enhanced | None = None) -> EncodedImage:
    return IMAGING.encode((of or enhanced()).picture, EncodeSpec(format=output))


def read(file: EncodedImage | bytes, files: Signed, media_type: str = "image/jpeg") -> Any:
    """What is in a file, which a reader that trusts the tests' authority must find trusted."""
    if isinstance(file, EncodedImage):
        return read(file.data, files, MEDIA_TYPES[file.format])
    settings = {"trust": {"trust_anchors": files.authority}, "verify": {"verify_trust": True}}
    with c2pa.Reader(media_type, io.BytesIO(file), context=c2pa.Context.from_dict(settings)) as it:
        assert it.get_validation_state() == "Trusted"
        return json.loads(it.json())


def manifest(file: EncodedImage, files: Signed) -> Any:
    store = read(file, files)
    return store["manifests"][store["active_manifest"]]


def actions(file: EncodedImage, files: Signed) -> list[Any]:
    [said] = [
        each["data"]["actions"]
        for each in manifest(file, files)["assertions"]
        if each["label"] == "c2pa.actions.v2"
    ]
    return list(said)


@pytest.mark.parametrize("output", Format)
def test_every_format_says_who_signed_what_was_done_to_which_photo(
    credentials: C2paCredentials, files: Signed, output: Format
) -> None:
    plain = encoded(output)
    signed = credentials.sign(plain, PHOTO, enhanced())
    said = manifest(signed, files)
    assert said["signature_info"]["issuer"] == HOLDER
    assert said["claim_generator_info"][0]["name"] == "PixelLab"
    assert said["claim_generator_info"][0]["version"] == "1.2.3"
    [parent] = said["ingredients"]
    assert (parent["relationship"], parent["format"]) == ("parentOf", "image/jpeg")
    assert hashlib.sha256(PHOTO.data).hexdigest() in parent["description"]
    assert [(each["action"], each.get("description")) for each in actions(signed, files)] == [
        ("c2pa.opened", None),
        ("c2pa.adjustedColor", "It was dark."),
        ("c2pa.edited", "It was asked for."),
        ("c2pa.transcoded" if output is Format.JPEG else "c2pa.converted", None),
    ]
    before, after = (Image.open(io.BytesIO(each.data)) for each in (plain, signed))
    assert np.array_equal(np.asarray(before), np.asarray(after))


@pytest.mark.parametrize("output", Format)
def test_a_signature_takes_no_more_bytes_than_it_says(
    credentials: C2paCredentials, output: Format
) -> None:
    whole = enhanced()
    large = IMAGING.encode(
        Picture(pixels=scene(1500, 1100), format="JPEG"), EncodeSpec(format=output)
    )
    for photo in (PHOTO, SourceFile(data=own_credentials(credentials), format="JPEG")):
        size = credentials.size(encoded(output), photo, whole)
        added = credentials.sign(large, photo, whole).size_bytes - large.size_bytes
        assert size - 200 < added <= size


def test_a_change_of_one_pixel_shows(credentials: C2paCredentials, files: Signed) -> None:
    signed = credentials.sign(encoded(Format.PNG), PHOTO, enhanced())
    picture = bytearray(signed.data)
    picture[picture.rindex(b"IDAT") + 20] ^= 1
    with c2pa.Reader("image/png", io.BytesIO(bytes(picture))) as reader:
        assert reader.get_validation_state() == "Invalid"


def test_several_are_signed_at_once(credentials: C2paCredentials, files: Signed) -> None:
    signed = at_once(lambda _: credentials.sign(encoded(), PHOTO, enhanced()), 4)
    for each in signed:
        assert isinstance(each, EncodedImage)
        assert manifest(each, files)["ingredients"]


# The photo's own credentials


def own_credentials(signer: C2paCredentials, **definition: Any) -> bytes:
    """A photo as another program signed it, with a thumbnail."""
    made = io.BytesIO()
    with c2pa.Builder(json.dumps({"assertions": [], **definition})) as builder:
        builder.set_intent(
            c2pa.C2paBuilderIntent.CREATE, c2pa.C2paDigitalSourceType.DIGITAL_CAPTURE
        )
        builder.sign(signer._signer(None), "image/jpeg", io.BytesIO(photo_bytes(640, 480)), made)
    return made.getvalue()


def test_the_photos_own_credentials_stay_without_what_may_be_private(
    credentials: C2paCredentials, files: Signed
) -> None:
    place = {"@context": {"exif": "http://ns.adobe.com/exif/1.0/"}, "exif:GPSLatitude": "52,30.0N"}
    forbidden = {"entries": {"cawg.ai_training": {"use": "notAllowed"}}}
    data = own_credentials(
        credentials,
        assertions=[
            {"label": "stds.exif", "data": place},
            {"label": "cawg.training-mining", "data": forbidden},
        ],
    )
    assert b"52,30.0N" in data
    signed = credentials.sign(encoded(), SourceFile(data=data, format="JPEG"), enhanced())
    store = read(signed, files)
    [parent] = store["manifests"][store["active_manifest"]]["ingredients"]
    assert parent["active_manifest"] == read(data, files)["active_manifest"]
    older = store["manifests"][parent["active_manifest"]]
    kept = {each["label"]: each["data"] for each in older["assertions"]}
    assert kept.keys() == {"c2pa.actions.v2", "cawg.training-mining"}
    assert kept["c2pa.actions.v2"]["actions"][0]["action"] == "c2pa.created"
    assert kept["cawg.training-mining"] == forbidden
    assert b"52,30.0N" not in signed.data
    assert "thumbnail" in read(data, files)["manifests"][parent["active_manifest"]]
    assert "thumbnail" not in older
    # Made once more, the oldest ones are still there, and nothing more is left out.
    again = credentials.sign(
        encoded(), SourceFile(data=signed.data, format="JPEG"), enhanced(steps=())
    )
    assert len(read(again, files)["manifests"]) == 3


def test_damaged_credentials_are_left_behind_and_the_photo_is_named(
    credentials: C2paCredentials, files: Signed
) -> None:
    data = own_credentials(credentials)
    for word in (b"jumb", b"jumd"):
        broken = data.replace(word, b"x" * len(word), 1)
        photo = SourceFile(data=broken, format="JPEG")
        signed = credentials.sign(encoded(), photo, enhanced())
        [parent] = manifest(signed, files)["ingredients"]
        assert hashlib.sha256(broken).hexdigest() in parent["description"]
        assert len(read(signed, files)["manifests"]) == 1


@pytest.mark.parametrize("source", ["PNG", "WEBP", "AVIF", "TIFF", "BMP", "GIF", "HEIF"])
def test_a_photo_of_any_format_is_named(
    credentials: C2paCredentials, files: Signed, source: str
) -> None:
    out = io.BytesIO()
    if source == "HEIF":
        pillow_heif.from_pillow(Image.fromarray(scene())).save(out)
    data = out.getvalue() or photo_bytes(image_format=source)
    signed = credentials.sign(encoded(), SourceFile(data=data, format=source), enhanced())
    [parent] = manifest(signed, files)["ingredients"]
    assert parent["format"] == MEDIA_TYPES[source]
    assert hashlib.sha256(data).hexdigest() in parent["description"]


# What a model drew


def test_what_a_service_drew_is_named_with_its_own_credentials(
    credentials: C2paCredentials, files: Signed
) -> None:
    drawn = SourceFile(data=own_credentials(credentials), format="JPEG")
    done = enhanced(drawn=drawn, mark=TRAINED, model_version="painter-2", backend="GEMINI")
    signed = credentials.sign(encoded(of=done), PHOTO, done)
    parent, component = manifest(signed, files)["ingredients"]
    assert (parent["relationship"], component["relationship"]) == ("parentOf", "componentOf")
    assert component["active_manifest"] == read(drawn.data, files)["active_manifest"]
    [placed] = [each for each in actions(signed, files) if each["action"] == "c2pa.placed"]
    assert placed["digitalSourceType"] == TERMS + TRAINED
    assert placed["softwareAgent"]["name"] == "painter-2"
    assert len(placed["parameters"]["ingredients"]) == 1
    again = IMAGING.open(io.BytesIO(signed.data))
    assert again.metadata.digital_source_type == TRAINED


def test_what_a_service_drew_without_credentials_that_can_be_read_is_named_too(
    credentials: C2paCredentials, files: Signed
) -> None:
    for drawn in (
        SourceFile(data=photo_bytes(image_format="PNG"), format="PNG"),
        SourceFile(data=own_credentials(credentials).replace(b"jumb", b"xxxx"), format="JPEG"),
    ):
        done = enhanced(drawn=drawn, mark=TRAINED)
        signed = credentials.sign(encoded(of=done), PHOTO, done)
        named = {each["relationship"]: each for each in manifest(signed, files)["ingredients"]}
        assert named.keys() == {"parentOf", "componentOf"}
        assert hashlib.sha256(drawn.data).hexdigest() in named["componentOf"]["description"]
        assert "c2pa.placed" in {each["action"] for each in actions(signed, files)}


def test_a_mark_is_said_to_be_ours_only_where_the_photo_had_none(
    credentials: C2paCredentials, files: Signed
) -> None:
    done = enhanced(mark=TRAINED)
    ours = credentials.sign(encoded(of=done), PHOTO, done)
    assert actions(ours, files)[1]["digitalSourceType"] == TERMS + TRAINED
    theirs = credentials.sign(encoded(of=done), evolve(PHOTO, digital_source_type=TRAINED), done)
    said = {each.get("digitalSourceType") for each in actions(ours, files)}
    assert said == {None, TERMS + TRAINED}
    kinds = {each.get("digitalSourceType") for each in actions(theirs, files)}
    assert kinds == {None, TERMS + "algorithmicallyEnhanced"}


# Other machines


@contextmanager
def server(answer: Callable[[bytes], bytes] | None = None) -> Iterator[tuple[str, list[str]]]:
    """One that gives the ``answer`` to what is posted, or refuses everything.

    Its address, and the paths that were asked for.
    """
    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_error(500)

        def do_POST(self) -> None:
            if answer is None:
                self.do_GET()
                return
            asked.append(self.path)
            body = answer(self.rfile.read(int(self.headers["Content-Length"])))
            self.send_response(200)
            self.send_header("Content-Type", "application/timestamp-reply")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as serving:
        threading.Thread(target=serving.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{serving.server_port}", asked
        serving.shutdown()


def test_an_address_that_a_photo_names_is_not_asked(credentials: C2paCredentials) -> None:
    with server() as (address, asked):
        packet = (
            '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF'
            ' xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description'
            ' xmlns:dcterms="http://purl.org/dc/terms/"'
            f' dcterms:provenance="{address}/theirs.c2pa"/></rdf:RDF></x:xmpmeta>'
        )
        data = io.BytesIO()
        Image.fromarray(scene()).save(data, "JPEG", xmp=packet.encode())
        photo = SourceFile(data=data.getvalue(), format="JPEG")
        # It is one that the library would ask.
        with pytest.raises(c2pa.C2paError):
            c2pa.Reader("image/jpeg", io.BytesIO(photo.data))
        assert asked == ["/theirs.c2pa"]
        credentials.sign(encoded(), photo, enhanced())
        assert asked == ["/theirs.c2pa"]


def test_without_an_answer_from_the_time_stamping_service_it_is_signed_without(
    credentials: C2paCredentials, files: Signed
) -> None:
    with server() as (address, asked):
        stamping = evolve(credentials, timestamps=f"{address}/stamp")
        signed = stamping.sign(evolve(encoded(), reason="Smaller."), PHOTO, enhanced())
        [found] = stamping.diagnose()
    assert asked == ["/stamp", "/stamp"]
    assert signed.reason == (
        "Smaller. The time-stamping service did not answer, so the signature has no time stamp."
    )
    assert manifest(signed, files)["ingredients"]
    assert (found.verdict, "PIXELLAB_C2PA_TIMESTAMP_URL" in found.advice) == ("warning", True)


@pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl makes the time stamps")
def test_a_time_stamp_is_part_of_the_signature_and_of_its_size(
    credentials: C2paCredentials, files: Signed, tmp_path: Path
) -> None:
    own = make_certificate(tmp_path, rsa.generate_private_key(65537, 2048), usage=TIME)
    (tmp_path / "serial").write_text("01")
    (tmp_path / "query.cnf").write_text(
        f"[tsa]\ndefault_tsa = own\n[own]\nserial = {tmp_path}/serial\n"
        f"signer_cert = {own.certificate}\nsigner_key = {own.key}\nsigner_digest = sha256\n"
        "default_policy = 1.2.3.4\ndigests = sha256, sha384, sha512\n"
    )

    def stamp(query: bytes) -> bytes:
        (tmp_path / "query").write_bytes(query)
        config = ("-config", str(tmp_path / "query.cnf"), "-queryfile", str(tmp_path / "query"))
        return subprocess.run(
            ["openssl", "ts", "-reply", *config], check=True, capture_output=True
        ).stdout

    with server(stamp) as (address, asked):
        stamping = evolve(credentials, timestamps=f"{address}/stamp")
        [found] = stamping.diagnose()
        plain = encoded()
        size = stamping.size(plain, PHOTO, enhanced())
        signed = stamping.sign(plain, PHOTO, enhanced())
    assert asked == ["/stamp", "/stamp"]
    assert (found.verdict, signed.reason) == ("ok", None)
    assert found.found.endswith("with time stamps")
    assert manifest(signed, files)["signature_info"]["time"].startswith("20")
    assert size - 200 < signed.size_bytes - plain.size_bytes <= size


def test_room_is_kept_for_a_time_stamp_without_asking_for_one(
    credentials: C2paCredentials,
) -> None:
    with server() as (address, asked):
        stamping = evolve(credentials, timestamps=address)
        more = stamping.size(encoded(), PHOTO, enhanced())
    assert more > credentials.size(encoded(), PHOTO, enhanced()) + 5_000
    assert asked == []


def test_what_is_no_picture_cannot_be_signed(credentials: C2paCredentials) -> None:
    broken = evolve(encoded(), data=b"not a picture")
    for sign in (credentials.sign, credentials.size):
        with pytest.raises(NotSigned, match="could not be signed"):
            sign(broken, PHOTO, enhanced())
