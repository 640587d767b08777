"""The addresses of stored files: they open, they last, and nothing else opens."""

from __future__ import annotations

import io
import socket

import pytest

from tests.conftest import photo_bytes
from tests.e2e.api.conftest import Api
from tests.e2e.api.test_upload import path_of
from tests.e2e.conftest import embedded_only

pytestmark = embedded_only


@pytest.fixture(scope="module")
def url(api: Api) -> str:
    return path_of(api, api.uploaded()["original_url"])


def test_get_and_head_agree(api: Api, url: str) -> None:
    got, head = api.http.get(url), api.http.head(url)
    assert got.status_code == head.status_code == 200
    assert got.content == photo_bytes()
    assert head.content == b""
    for name in ("content-type", "content-length", "etag", "cache-control", "content-disposition"):
        assert got.headers[name] == head.headers[name]


def test_the_headers_of_a_file(api: Api, url: str) -> None:
    headers = api.http.get(url).headers
    assert headers["content-type"] == "image/jpeg"
    assert headers["content-length"] == str(len(photo_bytes()))
    assert headers["cache-control"] == "public, max-age=31536000, immutable"
    assert headers["x-content-type-options"] == "nosniff"
    name = url.rsplit("/", 1)[-1]
    assert headers["content-disposition"] == f'inline; filename="{name}"'


def test_a_file_that_is_known_is_not_sent_again(api: Api, url: str) -> None:
    etag = api.http.get(url).headers["etag"]
    for sent in (etag, f'"other", {etag}', f"W/{etag}", "*"):
        answer = api.http.get(url, headers={"If-None-Match": sent})
        assert (answer.status_code, answer.content) == (304, b"")
        assert answer.headers["etag"] == etag
    assert api.http.get(url, headers={"If-None-Match": '"other"'}).status_code == 200


def test_head_knows_what_is_known(api: Api, url: str) -> None:
    etag = api.http.head(url).headers["etag"]
    assert api.http.head(url, headers={"If-None-Match": etag}).status_code == 304


@pytest.mark.parametrize(
    ("asked", "part"),
    [
        ("bytes=0-9", slice(0, 10)),
        ("bytes=100-", slice(100, None)),
        ("bytes=-7", slice(-7, None)),
        ("bytes=5-999999999", slice(5, None)),
        ("bytes=-999999999", slice(0, None)),
    ],
)
def test_a_part_of_a_file(api: Api, url: str, asked: str, part: slice) -> None:
    answer, whole = api.http.get(url, headers={"Range": asked}), photo_bytes()
    assert answer.status_code == 206
    assert answer.content == whole[part]
    first = range(len(whole))[part][0]
    last = first + len(answer.content) - 1
    assert answer.headers["content-range"] == f"bytes {first}-{last}/{len(whole)}"


@pytest.mark.parametrize(
    "asked", ["bytes=0-1,5-6", "bytes=9-5", "bytes=-", "lines=1-2", "bytes=a-"]
)
def test_a_range_that_means_nothing_is_ignored(api: Api, url: str, asked: str) -> None:
    answer = api.http.get(url, headers={"Range": asked})
    assert (answer.status_code, answer.content) == (200, photo_bytes())


def test_a_part_beyond_the_end(api: Api, url: str) -> None:
    answer = api.http.get(url, headers={"Range": "bytes=999999999-"})
    assert (answer.status_code, answer.content) == (416, b"")
    assert answer.headers["content-range"] == f"bytes */{len(photo_bytes())}"


def test_a_part_of_another_file_is_the_whole_one(api: Api, url: str) -> None:
    etag = api.http.head(url).headers["etag"]
    for named, status in ((etag, 206), ('"other"', 200)):
        headers = {"Range": "bytes=0-9", "If-Range": named}
        assert api.http.get(url, headers=headers).status_code == status


@pytest.mark.parametrize("beside", ["{}/", "/files/{}"])
def test_a_file_has_one_address(api: Api, url: str, beside: str) -> None:
    other = beside.format(url if beside.startswith("{") else url.removeprefix("/files"))
    assert api.http.get(other).status_code == 404


def test_the_process_lives_for_head_too(api: Api) -> None:
    assert api.http.head("/health/live").status_code == 200


def test_two_files_have_two_etags(api: Api, url: str) -> None:
    other = path_of(api, api.uploaded()["original_url"])
    assert api.http.head(url).headers["etag"] != api.http.head(other).headers["etag"]


@pytest.mark.parametrize(
    "path",
    [
        "/files/",
        "/files/uploads",
        "/files/uploads/original/",
        "/files/uploads/original/00000000_photo.jpg",
        "/files/../pixellab.sqlite3",
        "/files/..%2fpixellab.sqlite3",
        "/files/%2e%2e/%2e%2e/etc/passwd",
        "/files/..%2f..%2f..%2f..%2f..%2fetc%2fpasswd",
        "/files//etc/passwd",
        "/files/%2fetc%2fpasswd",
        "/files/uploads/original/..%2f..%2f..%2fx.jpg",
        "/files/uploads%5coriginal%5cx.jpg",
        "/files/x.jpg%00.png",
        "/files/%ff%fe.jpg",
        "/files/" + "x" * 5000 + ".jpg",
        "/files/" + "a/" * 500 + "x.jpg",
    ],
)
def test_nothing_else_opens(api: Api, url: str, path: str) -> None:
    for method in ("GET", "HEAD"):
        with socket.create_connection(("127.0.0.1", api.port), timeout=10) as wire:
            wire.sendall(
                f"{method} {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".encode()
            )
            with io.BufferedReader(socket.SocketIO(wire, "r")) as answer:
                assert answer.readline() == b"HTTP/1.1 404 Not Found\r\n"
