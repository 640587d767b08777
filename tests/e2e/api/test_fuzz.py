"""Uploads of damaged and made-up files: always a clean answer, never a half-kept image."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.conftest import photo_bytes
from tests.e2e.api.conftest import UPLOAD, Api
from tests.e2e.conftest import embedded_only

WHOLE = [
    photo_bytes(24, 18, image_format)
    for image_format in ("JPEG", "PNG", "WEBP", "TIFF", "GIF", "BMP")
]
ALLOWED = {201, 400, 413, 415, 422}


@st.composite
def damaged_photos(draw: st.DrawFn) -> bytes:
    """A valid file with some bytes changed, cut out or put in."""
    data = bytearray(draw(st.sampled_from(WHOLE)))
    for _ in range(draw(st.integers(1, 6))):
        place = draw(st.integers(0, max(0, len(data) - 1)))
        match draw(st.sampled_from(["change", "cut", "insert", "end"])):
            case "change" if data:
                data[place] = draw(st.integers(0, 255))
            case "cut":
                del data[place : place + draw(st.integers(1, 40))]
            case "insert":
                data[place:place] = draw(st.binary(max_size=40))
            case "end":
                del data[place:]
    return bytes(data)


def check(api: Api, before: tuple[frozenset[str], int], status: int) -> None:
    assert status in ALLOWED
    keys, images = api.everything()
    if status == 201:
        assert (len(keys - before[0]), images - before[1]) == (2, 1)
    else:
        assert (keys, images) == before


@embedded_only
@settings(max_examples=80)
@given(photo=damaged_photos())
def test_a_damaged_photo(api: Api, photo: bytes) -> None:
    before = api.everything()
    check(api, before, api.upload(photo, mode="OPTIMIZE").status_code)


@settings(max_examples=40)
@given(
    name=st.text(max_size=300),
    sku_id=st.text(max_size=140),
    mode=st.one_of(st.text(max_size=12), st.just("optimize")),
)
def test_any_text_in_names_and_fields(api: Api, name: str, sku_id: str, mode: str) -> None:
    before = api.everything()
    status = api.upload(WHOLE[0], name, sku_id=sku_id, mode=mode).status_code
    if status == 409:  # a sku_id that an earlier example took
        assert api.everything() == before
    else:
        check(api, before, status)


@embedded_only
@settings(max_examples=60)
@given(body=st.binary(max_size=400), boundary=st.sampled_from(["b", "--", "x y", '"q"', "b" * 80]))
def test_any_bytes_as_a_body(api: Api, body: bytes, boundary: str) -> None:
    before = api.everything()
    head = f"--{boundary}\r\nContent-Disposition: form-data; name=file\r\n\r\n".encode()
    headers = {"Content-Type": f"multipart/form-data; boundary={boundary}"}
    for content in (body, head + body):
        status = api.http.post(UPLOAD, content=content, headers=headers).status_code
        check(api, before, status)
