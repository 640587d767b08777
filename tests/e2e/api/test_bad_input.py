"""Bad input at the HTTP API: the right status, one sentence, nothing stored, nothing pending."""

from __future__ import annotations

import io
import socket
import struct
import zlib
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from PIL import Image

from tests.conftest import photo_bytes
from tests.e2e.api.conftest import IMAGES, UPLOAD, Api
from tests.e2e.conftest import embedded_only

SVG = b'<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><rect/></svg>'
PDF = b"%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF"
EPS = b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n/x { 1 } def showpage\n%%EOF"
UNKNOWN = "00000000-0000-4000-8000-000000000000"
HTML = b"<!DOCTYPE html><html><script>alert(1)</script></html>"
pytestmark = pytest.mark.usefixtures("nothing_is_stored")


def check_problem(answer: httpx.Response, status: int, field: str | None = None) -> dict[str, Any]:
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    body: dict[str, Any] = answer.json()
    assert body["status"] == status
    assert body["type"].startswith("urn:pixellab:problem:")
    assert body["title"]
    assert body["detail"].endswith(".")
    assert body["instance"] == f"urn:request:{answer.headers['x-request-id']}"
    if field:
        assert field in [each["field"] for each in body["errors"]]
    return body


@pytest.mark.parametrize(
    "content",
    [b"hello", b"\x00" * 100, SVG, PDF, EPS, HTML],
    ids=["text", "zeros", "svg", "pdf", "eps", "html"],
)
def test_what_is_not_an_accepted_image(api: Api, content: bytes) -> None:
    check_problem(api.upload(content, "photo.jpg"), 415)


@embedded_only
def test_an_empty_file(api: Api) -> None:
    answer = api.upload(b"")
    assert answer.status_code in (400, 415)
    check_problem(answer, answer.status_code)


@pytest.mark.parametrize("image_format", ["JPEG", "PNG", "WEBP", "TIFF", "GIF"])
@pytest.mark.parametrize("kept", [0.3, 0.6, 0.9])
@embedded_only
def test_a_truncated_file(api: Api, image_format: str, kept: float) -> None:
    whole = photo_bytes(200, 150, image_format)
    check_problem(api.upload(whole[: int(len(whole) * kept)]), 422)


def png_of_claimed_size(width: int, height: int) -> bytes:
    def chunk(kind: bytes, data: bytes) -> bytes:
        return (
            struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        )

    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    pixels = zlib.compress(b"\x00" * 100_000)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")
    )


@pytest.mark.parametrize("size", [(50_000, 50_000), (100_000, 11)])
@embedded_only
def test_a_decompression_bomb(api: Api, size: tuple[int, int]) -> None:
    check_problem(api.upload(png_of_claimed_size(*size), "bomb.png"), 413)


@embedded_only
def test_more_pixels_than_allowed(api: Api) -> None:
    out = io.BytesIO()
    Image.new("L", (1001, 1000)).save(out, "PNG")
    check_problem(api.upload(out.getvalue()), 413)


def padded(size: int) -> bytes:
    """A valid photo of exactly ``size`` bytes: what follows a JPEG's end is not read."""
    return photo_bytes().ljust(size, b"\x00")


@embedded_only
def test_one_byte_over_the_limit_with_content_length(api: Api) -> None:
    body = check_problem(api.upload(padded(api.lab.settings.max_bytes + 1)), 413)
    assert str(api.lab.settings.max_bytes) in body["detail"]


def multipart(content: bytes) -> bytes:
    return (
        b'--b\r\nContent-Disposition: form-data; name="file"; filename="a.jpg"\r\n\r\n'
        + content
        + b"\r\n--b--\r\n"
    )


def in_chunks(data: bytes, size: int = 10_000) -> Iterator[bytes]:
    for start in range(0, len(data), size):
        yield data[start : start + size]


FORM = {"Content-Type": "multipart/form-data; boundary=b"}


@embedded_only
def test_one_byte_over_the_limit_in_a_chunked_body(api: Api) -> None:
    body = multipart(padded(api.lab.settings.max_bytes + 1))
    check_problem(api.http.post(UPLOAD, content=in_chunks(body), headers=FORM), 413)


@embedded_only
def test_far_over_the_limit_is_refused_before_it_is_read(api: Api) -> None:
    with socket.create_connection(("127.0.0.1", api.port), timeout=10) as wire:
        wire.sendall(
            b"POST " + UPLOAD.encode() + b" HTTP/1.1\r\nHost: localhost\r\n"
            b"Content-Type: multipart/form-data; boundary=b\r\n"
            b"Content-Length: 9000000000\r\n\r\n--b\r\n"
        )
        assert wire.recv(100).startswith(b"HTTP/1.1 413 ")


@embedded_only
def test_many_small_parts_that_add_up(api: Api) -> None:
    part = b'--b\r\nContent-Disposition: form-data; name="file"\r\n\r\n' + b"y" * 100_000 + b"\r\n"
    check_problem(api.http.post(UPLOAD, content=in_chunks(part * 20), headers=FORM), 413)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("mode", "PRETTY"),
        ("mode", ""),
        ("mode", "ſHARPEN"),
        ("output_format", "GIF"),
        ("output_format", ""),
        ("target_size_kb", "49"),
        ("target_size_kb", "2001"),
        ("target_size_kb", "abc"),
        ("target_size_kb", "1e2"),
        ("target_size_kb", "99999999999999999999"),
        ("target_size_kb", "100.0"),
        ("target_size_kb", " 500 "),
        ("target_size_kb", "5_0_0"),
        ("target_size_kb", "+500"),
        ("target_size_kb", "\u0665\u0660\u0660"),
        ("scale", "2.0"),
        ("scale", "1"),
        ("scale", "5"),
        ("scale", "2.5"),
        ("backend", "NOBODY"),
        ("backend", "../x"),
        ("profile", "nowhere"),
        ("background", "blue-ish"),
        ("background", "#12345"),
        ("keep_shadow", "perhaps"),
        ("white_at", "0.5"),
        ("product_box", "0.5,0,0.5,1"),
        ("product_at", "0.5"),
        ("white_at", "0.5,1.01"),
        ("white_at", "-0.5,0.5"),
        ("white_at", "nan,0"),
        ("white_at", "\u0660,\u0661"),
        ("keep_shadow", "0"),
        ("dry_run", "yes"),
        ("sku_id", ""),
        ("sku_id", "x" * 129),
        ("sku_id", "a\x00b"),
        ("mode", "A" * 5000),
    ],
)
@embedded_only
def test_a_wrong_field_is_named_with_what_is_allowed(api: Api, field: str, value: str) -> None:
    fields: dict[str, Any] = {field: value}
    check_problem(api.upload(**fields), 400, field)


@embedded_only
def test_all_wrong_fields_are_named_at_once(api: Api) -> None:
    answer = api.upload(mode="x", scale="y", target_size_kb="z")
    body = check_problem(answer, 400)
    assert [each["field"] for each in body["errors"]] == ["mode", "scale", "target_size_kb"]


@embedded_only
def test_a_field_that_is_not_utf8(api: Api) -> None:
    part = b'--b\r\nContent-Disposition: form-data; name="sku_id"\r\n\r\n\xff\xfe\r\n'
    answer = api.http.post(UPLOAD, content=part + multipart(photo_bytes()), headers=FORM)
    check_problem(answer, 400, "sku_id")


@embedded_only
def test_a_field_given_twice(api: Api) -> None:
    answer = api.http.post(
        UPLOAD,
        files=[
            ("file", ("a.jpg", photo_bytes())),
            ("mode", (None, b"AUTO")),
            ("mode", (None, b"FULL")),
        ],
    )
    check_problem(answer, 400, "mode")


@embedded_only
def test_a_contract_backend_that_is_not_configured(api: Api) -> None:
    answer = api.upload(backend="GEMINI")
    check_problem(answer, 503)
    assert int(answer.headers["retry-after"]) > 0


@embedded_only
def test_no_file(api: Api) -> None:
    body = b'--b\r\nContent-Disposition: form-data; name="mode"\r\n\r\nAUTO\r\n--b--\r\n'
    check_problem(api.http.post(UPLOAD, content=body, headers=FORM), 400, "file")


@embedded_only
def test_a_field_that_nobody_reads(api: Api) -> None:
    before = api.everything()
    photo = {"file": ("a.jpg", photo_bytes())}
    answer = api.http.post(UPLOAD, files=photo | {"colour": (None, b"blue")})
    body = check_problem(answer, 400, "colour")
    assert body["detail"].startswith("The request takes no field 'colour'; allowed are file, ")
    assert "target_size_kb" in body["detail"]
    check_problem(api.http.post(UPLOAD, files={"photo": photo["file"]}), 400, "photo")
    assert api.everything() == before


@embedded_only
@pytest.mark.parametrize(
    ("method", "address", "allowed"),
    [
        ("GET", IMAGES, "allowed are: limit, offset, "),
        ("GET", f"{IMAGES}/{UNKNOWN}", "allowed are: none."),
        ("DELETE", f"{IMAGES}/{UNKNOWN}", "allowed are: none."),
        ("POST", UPLOAD, "allowed are: none."),
        ("GET", "/api/v1/statistics", "allowed are: days."),
    ],
)
def test_a_parameter_that_nobody_reads(api: Api, method: str, address: str, allowed: str) -> None:
    body = check_problem(api.http.request(method, f"{address}?colour=blue"), 400, "colour")
    assert allowed in body["detail"]


@embedded_only
def test_two_files(api: Api) -> None:
    file = ("file", ("a.jpg", photo_bytes()))
    check_problem(api.http.post(UPLOAD, files=[file, file]), 400, "file")


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        (None, b""),
        ("image/jpeg", photo_bytes()),
        ("application/json", b"{}"),
        ("multipart/form-data", multipart(photo_bytes())),
        ("multipart/form-data; boundary=other", multipart(photo_bytes())),
        ("multipart/form-data; boundary=b", b""),
        ("multipart/form-data; boundary=b", b"nonsense"),
        ("multipart/form-data; boundary=b", multipart(photo_bytes())[:-12]),
        ("multipart/form-data; boundary=b", b"--b\r\nNo-Disposition: 1\r\n\r\nx\r\n--b--\r\n"),
        ("multipart/form-data; boundary=b", b"--b\r\n" + b"H" * 9000 + b"\r\n\r\nx\r\n--b--\r\n"),
        ("multipart/form-data; boundary=\xe9", multipart(photo_bytes())),
    ],
)
@embedded_only
def test_what_is_no_form(api: Api, content_type: str | None, body: bytes) -> None:
    headers = [(b"Content-Type", content_type.encode("latin-1"))] if content_type else []
    check_problem(api.http.post(UPLOAD, content=body, headers=headers), 400)


@pytest.mark.parametrize("key", ["", "x" * 256, "a\tb"])
@embedded_only
def test_a_wrong_idempotency_key(api: Api, key: str) -> None:
    photo = {"file": ("a.jpg", photo_bytes())}
    answer = api.http.post(UPLOAD, files=photo, headers={"Idempotency-Key": key})
    check_problem(answer, 400, "idempotency_key")


def test_an_upload_that_breaks_off(api: Api) -> None:
    body = multipart(photo_bytes())
    with socket.create_connection(("127.0.0.1", api.port), timeout=10) as wire:
        wire.sendall(
            b"POST " + UPLOAD.encode() + b" HTTP/1.1\r\nHost: localhost\r\n"
            b"Content-Type: multipart/form-data; boundary=b\r\n"
            b"Content-Length: " + str(len(body)).encode() + b"\r\n\r\n" + body[:-100]
        )
