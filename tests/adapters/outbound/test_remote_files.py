"""Fetching photos from a real HTTPS server, well-behaved and not."""

from __future__ import annotations

import hashlib
import socket
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler

import pytest

from pixellab.adapters.outbound.addresses import AllowedAddresses
from pixellab.adapters.outbound.pinned import Limits
from pixellab.adapters.outbound.remote_files import FetchedFiles
from pixellab.domain.errors import (
    FileTooLarge,
    InvalidRequest,
    NotFetched,
    PixelLabError,
    StoreUnavailable,
)
from tests.conftest import photo_bytes
from tests.e2e.cli.conftest import full_disk  # noqa: F401
from tests.strangers import (
    Authority,
    Received,
    Stranger,
    after_seconds,
    by_path,
    content,
    raw_server,
    status,
    stranger,
)

PHOTO = photo_bytes()
MAX_BYTES = 3_000_000
QUICK, PATIENT = Limits(seconds=1.0, silence=0.5), Limits(seconds=30, silence=15)


def redirect(handler: BaseHTTPRequestHandler, got: Received) -> None:
    """``/hop/3`` leads to the photo in three redirects."""
    left = int(got.path.rsplit("/", 1)[-1])
    to = f"../hop/{left - 1}" if left > 1 else "/photo.jpg"
    status(302, Location=to)(handler, got)


def endless(handler: BaseHTTPRequestHandler, _: Received) -> None:
    handler.send_response(200)
    handler.end_headers()
    while True:
        handler.wfile.write(bytes(100_000))


def trickle(handler: BaseHTTPRequestHandler, _: Received) -> None:
    """Byte by byte, never silent for long."""
    handler.send_response(200)
    handler.send_header("Content-Length", "1000")
    handler.end_headers()
    for _number in range(1000):
        handler.wfile.write(b"x")
        time.sleep(0.05)


def trickle_headers(handler: BaseHTTPRequestHandler, _: Received) -> None:
    for _number in range(1000):
        handler.wfile.write(b"H")
        time.sleep(0.05)


def cut_short(handler: BaseHTTPRequestHandler, _: Received) -> None:
    handler.send_response(200)
    handler.send_header("Content-Length", "1000")
    handler.end_headers()
    handler.wfile.write(b"x" * 10)


def nonsense(handler: BaseHTTPRequestHandler, _: Received) -> None:
    handler.wfile.write(b"\0\1\2\r\n\r\n")


def squeezed(handler: BaseHTTPRequestHandler, _: Received) -> None:
    handler.send_response(200)
    handler.send_header("Content-Encoding", "gzip")
    handler.send_header("Content-Length", "5")
    handler.end_headers()
    handler.wfile.write(b"\x1f\x8b\x08\0\0")


ANSWERS = by_path(
    photo=content(PHOTO),
    page=content(b"<html>", "text/html"),
    huge=content(bytes(MAX_BYTES + 1)),
    endless=endless,
    large=content(bytes(2_500_000)),
    hop=redirect,
    loop=status(301, Location="/loop"),
    nowhere=status(302),
    plain=status(307, Location="http://images.example/a.jpg"),
    private=status(302, Location="https://169.254.169.254/latest/meta-data/"),
    late=after_seconds(2, content(PHOTO)),
    trickle=trickle,
    headers=trickle_headers,
    cut=cut_short,
    nonsense=nonsense,
    squeezed=squeezed,
    forbidden=status(403),
)


@pytest.fixture(scope="module")
def server(authority: Authority) -> Iterator[Stranger]:
    with stranger(ANSWERS, authority.context("localhost", "images.example")) as running:
        yield running


@pytest.fixture
def files(server: Stranger) -> FetchedFiles:
    allowed = AllowedAddresses([server.origin])
    return FetchedFiles(allowed, max_bytes=MAX_BYTES, limits=PATIENT)


@pytest.fixture
def hurried(server: Stranger) -> FetchedFiles:
    """The same, with little time."""
    return FetchedFiles(AllowedAddresses([server.origin]), max_bytes=MAX_BYTES, limits=QUICK)


def failing(files: FetchedFiles, url: str, kind: type[PixelLabError] = NotFetched) -> str:
    """The sentence; it takes no longer than it may."""
    began = time.monotonic()
    with pytest.raises(kind) as failed:
        files.fetch(url)
    assert time.monotonic() - began < 2 * PATIENT.seconds
    assert failed.value.message.endswith(".")
    while {"resolve", "deadline"} & {each.name for each in threading.enumerate()}:
        assert time.monotonic() - began < 3 * PATIENT.seconds
        time.sleep(0.01)
    return failed.value.message


def test_a_photo_its_name_and_where_it_came_from(files: FetchedFiles, server: Stranger) -> None:
    with files.fetch(f"{server.origin}/photo.jpg?Signature=secret#part") as fetched:
        assert fetched.content.read() == PHOTO
        assert fetched.name == "photo.jpg"
        assert fetched.source == f"{server.origin}/photo.jpg"
        assert fetched.content.seek(0) == 0
    got = server.received[-1]
    assert got.path == "/photo.jpg?Signature=secret"
    assert got.headers["host"] == f"localhost:{server.port}"
    assert not {"cookie", "authorization", "referer"} & got.headers.keys()


def test_what_a_server_says_of_its_kind_is_not_believed(
    files: FetchedFiles, server: Stranger
) -> None:
    with files.fetch(f"{server.origin}/page") as fetched:
        assert fetched.content.read() == b"<html>"


def test_compressed_bytes_stay_compressed(files: FetchedFiles, server: Stranger) -> None:
    with files.fetch(f"{server.origin}/squeezed") as fetched:
        assert fetched.content.read() == b"\x1f\x8b\x08\0\0"


def test_a_large_file_is_kept_whole(files: FetchedFiles, server: Stranger) -> None:
    with files.fetch(f"{server.origin}/large") as fetched:
        digest = hashlib.sha256(fetched.content.read()).hexdigest()
    assert digest == hashlib.sha256(bytes(2_500_000)).hexdigest()


def test_three_redirects_are_followed_and_no_more(files: FetchedFiles, server: Stranger) -> None:
    with files.fetch(f"{server.origin}/hop/3") as fetched:
        assert fetched.content.read() == PHOTO
        assert fetched.source == f"{server.origin}/hop/3"
    for url in (f"{server.origin}/hop/4", f"{server.origin}/loop"):
        before = len(server.received)
        assert failing(files, url) == "The address redirects more than 3 times."
        assert len(server.received) == before + 4


def test_a_redirect_is_checked_as_the_first_address_is(
    files: FetchedFiles, server: Stranger
) -> None:
    everyone = AllowedAddresses(["*", server.origin])
    files = FetchedFiles(everyone, max_bytes=MAX_BYTES, limits=PATIENT)
    told = failing(files, f"{server.origin}/private", InvalidRequest)
    assert told == "The address leads to an address that is not public; allowed are public ones."
    assert "https://" in failing(files, f"{server.origin}/plain", InvalidRequest)
    assert "status 302" not in failing(files, f"{server.origin}/nowhere")


@pytest.mark.parametrize(
    ("path", "kind", "told"),
    [
        ("forbidden", NotFetched, "answered with status 403 instead of a file"),
        ("missing", NotFetched, "answered with status 404 instead of a file"),
        ("huge", FileTooLarge, f"too large; at most {MAX_BYTES} bytes"),
        ("endless", FileTooLarge, f"too large; at most {MAX_BYTES} bytes"),
        ("cut", NotFetched, "broke off its answer"),
        ("nonsense", NotFetched, "broke off its answer"),
    ],
)
def test_a_server_that_misbehaves_is_one_sentence(
    files: FetchedFiles, server: Stranger, path: str, kind: type[PixelLabError], told: str
) -> None:
    assert told in failing(files, f"{server.origin}/{path}", kind)


@pytest.mark.parametrize("path", ["late", "trickle", "headers"])
def test_a_server_that_takes_its_time_is_given_up(
    hurried: FetchedFiles, server: Stranger, path: str
) -> None:
    began = time.monotonic()
    assert "in the time that is allowed" in failing(hurried, f"{server.origin}/{path}")
    assert time.monotonic() - began < 20  # the trickles would go on for 50 seconds


def handshake_byte_by_byte(connection: socket.socket) -> None:
    """The beginning of a TLS record that never ends."""
    connection.recv(1000)
    connection.sendall(b"\x16\x03\x03\x40\x00")
    for _ in range(1000):
        connection.sendall(b"\x02")
        time.sleep(0.05)


def say_nothing(connection: socket.socket) -> None:
    time.sleep(5)


def hang_up(connection: socket.socket) -> None:
    connection.recv(1000)


@pytest.mark.parametrize(
    ("speak", "limits", "told"),
    [
        (handshake_byte_by_byte, QUICK, "in the time that is allowed"),
        (say_nothing, QUICK, "in the time that is allowed"),
        (hang_up, PATIENT, "speaks no TLS"),
    ],
)
def test_a_server_that_never_comes_to_the_point(
    speak: Callable[[socket.socket], None], limits: Limits, told: str
) -> None:
    with raw_server(speak) as port:
        origin = f"https://localhost:{port}"
        files = FetchedFiles(AllowedAddresses([origin]), max_bytes=MAX_BYTES, limits=limits)
        assert told in failing(files, f"{origin}/photo.jpg")


def test_nobody_listens(server: Stranger) -> None:
    with socket.create_server(("127.0.0.1", 0)) as once:
        origin = f"https://127.0.0.1:{once.getsockname()[1]}"
    files = FetchedFiles(AllowedAddresses([origin]), max_bytes=MAX_BYTES, limits=PATIENT)
    assert "cannot be reached" in failing(files, f"{origin}/photo.jpg")


def test_the_certificate_is_that_of_the_name_although_the_address_is_pinned(
    server: Stranger,
) -> None:
    asked: list[str] = []

    def resolve(host: str, port: int) -> list[str]:
        asked.append(host)
        return ["127.0.0.1"]

    for host in ("images.example", "other.example"):
        origin = f"https://{host}:{server.port}"
        files = FetchedFiles(
            AllowedAddresses([origin]), max_bytes=MAX_BYTES, limits=PATIENT, resolve=resolve
        )
        if host == "images.example":
            with files.fetch(f"{origin}/photo.jpg") as fetched:
                assert fetched.content.read() == PHOTO
            assert server.received[-1].headers["host"] == f"{host}:{server.port}"
        else:
            told = failing(files, f"{origin}/photo.jpg")
            assert "no certificate that is valid for its host" in told
    assert asked == ["images.example", "other.example"]


def test_a_certificate_of_an_unknown_authority_is_refused(
    server: Stranger, monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> None:
    other = Authority(tmp_path_factory.mktemp("other"))
    monkeypatch.setenv("SSL_CERT_FILE", str(other.file))
    files = FetchedFiles(AllowedAddresses([server.origin]), max_bytes=MAX_BYTES, limits=PATIENT)
    assert "no certificate that is valid" in failing(files, f"{server.origin}/photo.jpg")


def test_a_second_look_up_finds_nobody_to_ask(server: Stranger) -> None:
    """A name that leads elsewhere when it is looked up again is asked where it led first."""
    answers = iter([["93.184.215.14"], ["127.0.0.1"]])
    looked_up: list[str] = []

    def rebinding(host: str, port: int) -> list[str]:
        looked_up.append(host)
        return next(answers)

    everyone = AllowedAddresses(["*"])
    limits = Limits(seconds=0.5, silence=0.3)
    files = FetchedFiles(everyone, max_bytes=MAX_BYTES, limits=limits, resolve=rebinding)
    before = len(server.received)
    with pytest.raises(NotFetched):
        files.fetch("https://rebinding.example/photo.jpg")
    assert looked_up == ["rebinding.example"]
    assert len(server.received) == before


def test_a_private_name_is_refused_before_anything_is_sent(server: Stranger) -> None:
    everyone = AllowedAddresses(["*"])
    files = FetchedFiles(everyone, max_bytes=MAX_BYTES, limits=PATIENT)
    before = len(server.received)
    told = failing(files, "https://localhost/photo.jpg", InvalidRequest)
    assert told == "The address leads to an address that is not public; allowed are public ones."
    assert len(server.received) == before


def test_nothing_is_fetched_unless_it_is_allowed() -> None:
    files = FetchedFiles(AllowedAddresses([]), max_bytes=MAX_BYTES)
    for call in (files.fetch, files.check):
        with pytest.raises(
            InvalidRequest, match="not fetched from addresses here; send the file itself"
        ) as failed:
            call("https://images.example/photo.jpg")
        assert failed.value.field == "image_url"


def test_a_full_disk(
    files: FetchedFiles,
    server: Stranger,
    full_disk: Callable[[], object],  # noqa: F811
) -> None:
    with full_disk(), pytest.raises(StoreUnavailable, match="disk cannot take the file"):  # type: ignore[attr-defined]
        files.fetch(f"{server.origin}/large")
