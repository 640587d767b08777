"""Photos by address, and messages to receivers, on the command line and in the library."""

from __future__ import annotations

import base64
import json
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from standardwebhooks.webhooks import Webhook

from pixellab import open_pixellab
from pixellab.domain.errors import InvalidRequest, NotFetched
from tests.conftest import photo_bytes
from tests.e2e.cli.conftest import SCRIPT, Ran
from tests.e2e.conftest import embedded_only
from tests.strangers import Authority, Stranger, by_path, content, in_turn, status, stranger

Cli = Callable[..., Ran]
SECRET = "whsec_" + base64.b64encode(bytes(range(32))).decode()

pytestmark = pytest.mark.usefixtures("installation")


@pytest.fixture
def supplier(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Stranger]:
    authority = Authority(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(authority.file))
    answers = by_path(blue=content(photo_bytes()), page=content(b"<html>"))
    with stranger(answers, authority.context("localhost")) as running:
        monkeypatch.setenv("PIXELLAB_IMAGE_URLS", running.origin)
        yield running


@pytest.fixture
def shop(monkeypatch: pytest.MonkeyPatch) -> Iterator[Stranger]:
    with stranger(status(204)) as running:
        monkeypatch.setenv("PIXELLAB_WEBHOOK_URL", f"{running.origin}/hook")
        monkeypatch.setenv("PIXELLAB_WEBHOOK_SECRET", SECRET)
        yield running


def test_a_photo_is_uploaded_by_its_address(cli: Cli, supplier: Stranger) -> None:
    ran = cli("upload", f"{supplier.origin}/blue%20mug.jpg?token=secret", "--json")
    assert ran.code == 0, ran.err
    assert ran.answer["filename"] == "blue_mug.jpg"
    shown = cli("show", ran.answer["image_id"], "--json").answer
    assert shown["source_url"] == f"{supplier.origin}/blue%20mug.jpg"


@embedded_only
def test_a_photo_is_enhanced_by_its_address(
    cli: Cli, supplier: Stranger, photo: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    address = f"{supplier.origin}/blue%20mug.jpg"
    ran = cli("enhance", f"{address}?token=secret", "--mode", "sharpen", "--compare", "--json")
    assert ran.code == 0, ran.err
    assert (ran.answer["original_path"], ran.answer["enhanced_path"]) == (
        address,
        "blue_mug.enhanced.jpg",
    )
    photo.write_bytes(photo_bytes())
    cli("enhance", "photo.jpg", "--mode", "sharpen")
    same = Path("photo.enhanced.jpg").read_bytes()
    assert Path("blue_mug.enhanced.jpg").read_bytes() == same
    assert Path("blue_mug.compare.jpg").exists()
    assert cli("enhance", address, "-o", "out.webp").code == 0
    assert Path("out.webp").read_bytes()[8:12] == b"WEBP"
    kept = cli("enhance", address, "-o", "photo.jpg")
    assert (kept.code, photo.read_bytes()) == (2, photo_bytes())
    both = cli("enhance", f"{supplier.origin}/missing", "photo.jpg", "-o", "results", "--json")
    assert (both.code, len(both.answers), len(both.problems)) == (1, 1, 1)
    assert "answered with status 404" in both.problems[0]["detail"]
    assert cli("enhance", f"{supplier.origin}/page").code == 6
    monkeypatch.delenv("PIXELLAB_IMAGE_URLS")
    off = cli("enhance", address, "-o", "off.jpg")
    assert (off.code, Path("off.jpg").exists()) == (2, False)
    assert "Photos are not fetched from addresses here; send the file itself. To allow " in off.err
    assert "set PIXELLAB_IMAGE_URLS to the hosts that photos may be fetched from" in off.err


@embedded_only
def test_a_photo_that_cannot_be_had_is_one_sentence(
    cli: Cli, supplier: Stranger, photo: Path
) -> None:
    for url, code, told in (
        (f"{supplier.origin}/missing", 6, "answered with status 404"),
        (f"{supplier.origin}/page", 6, "not a picture that is accepted"),
        ("https://localhost:1/photo.jpg", 2, "not allowed here"),
    ):
        ran = cli("upload", url)
        assert (ran.code, ran.out) == (code, "")
        assert told in " ".join(ran.err.split())
    both = cli("upload", f"{supplier.origin}/missing", "photo.jpg")
    assert both.code == 1
    assert cli("list", "--json").answer["total"] == 1
    assert cli("upload", f"{supplier.origin}/blue.jpg", "--dry-run").code == 0


@embedded_only
def test_a_program_gives_an_address_as_the_photo(supplier: Stranger) -> None:
    with open_pixellab() as lab:
        stored = lab.upload(f"{supplier.origin}/blue.jpg", mode="SHARPEN")
        assert stored.image.source_url == f"{supplier.origin}/blue.jpg"
        assert lab.read(stored.image.original) == photo_bytes()
        assert lab.enhance(f"{supplier.origin}/blue.jpg", output_format="PNG").data[1:4] == b"PNG"
        assert lab.dry_run(f"{supplier.origin}/blue.jpg")[0].backend == "LOCAL"
        with pytest.raises(NotFetched, match="status 404"):
            lab.upload(f"{supplier.origin}/missing")
    with (
        open_pixellab(image_urls="") as closed,
        pytest.raises(InvalidRequest, match="send the file itself"),
    ):
        closed.upload(f"{supplier.origin}/blue.jpg")


def test_what_a_command_did_is_told_by_a_worker(cli: Cli, shop: Stranger, photo: Path) -> None:
    shop.answer = in_turn(status(410), status(204))
    uploaded = cli("upload", "photo.jpg", "--json").answer
    (waiting,) = cli("webhooks", "list", "--json").answer["deliveries"]
    assert (waiting["state"], waiting["attempts"], waiting["url"]) == ("waiting", 0, None)
    assert shop.received == []
    with subprocess.Popen([SCRIPT, "worker"], stderr=subprocess.PIPE, text=True) as running:
        try:
            (got,) = shop.wait_for(1)
            assert got.headers["webhook-id"] == waiting["id"]
            message = Webhook(SECRET).verify(got.body, got.headers)
            assert message["data"]["image_id"] == uploaded["image_id"]
            assert json.loads(got.body)["type"] == "image.completed"
            wait_for_state(cli, "stopped")
            told = cli("webhooks", "list", "--state", "stopped")
            assert "The receiver wants no more" in " ".join(told.out.split())
            resent = cli("webhooks", "resend", waiting["id"], "--json").answer
            assert (resent["id"], resent["state"]) == (waiting["id"], "waiting")
            shop.wait_for(2)
            wait_for_state(cli, "delivered")
        finally:
            running.send_signal(signal.SIGTERM)
            running.communicate(timeout=60)
        assert running.returncode == 0


def wait_for_state(cli: Cli, state: str) -> None:
    end = time.monotonic() + 30
    while not cli("webhooks", "list", "--state", state, "--json").answer["deliveries"]:
        assert time.monotonic() < end
        time.sleep(0.1)


@embedded_only
def test_a_receiver_of_ones_own(
    cli: Cli, shop: Stranger, photo: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    refused = cli("upload", "photo.jpg", "--webhook-url", "https://own.example/hook")
    assert refused.code == 2
    assert refused.err == (
        "pixellab: photo.jpg: --webhook-url is not taken here; leave it out. To allow it, set "
        "PIXELLAB_WEBHOOK_URLS to the hosts that may be told, such as shop.example, and "
        "PIXELLAB_WEBHOOK_SECRET to what messages are signed with: whsec_ and 24 to 64 bytes in "
        "base64.\n"
    )
    Path("spring.csv").write_text("key\nincoming/a.jpg\n", encoding="utf-8")
    refused = cli("batches", "add", "spring.csv", "--webhook-url", "https://own.example/hook")
    assert "--webhook-url is not taken here" in refused.err
    monkeypatch.setenv("PIXELLAB_WEBHOOK_URLS", "own.example")
    assert cli("upload", "photo.jpg", "--webhook-url", "https://own.example/hook?t=1").code == 0
    urls = {each["url"] for each in cli("webhooks", "list", "--json").answer["deliveries"]}
    assert urls == {None, "https://own.example/hook"}


@embedded_only
def test_pages_and_wrong_questions(cli: Cli, shop: Stranger, photo: Path) -> None:
    for _ in range(2):
        assert cli("upload", "photo.jpg").code == 0
    first = cli("webhooks", "list", "--limit", "1", "--json").answer
    rest = cli("webhooks", "list", "--cursor", first["next_cursor"], "--json").answer
    assert len(first["deliveries"]) == len(rest["deliveries"]) == 1
    assert "more with --cursor" in cli("webhooks", "list", "--limit", "1").out
    lost = cli("webhooks", "list", "--state", "lost")
    assert (lost.code, "waiting, delivered, failed, stopped" in " ".join(lost.err.split())) == (
        2,
        True,
    )
    assert cli("webhooks", "resend", "nonsense").code == 4


@embedded_only
def test_doctor_tells_who_is_told_and_asked(
    cli: Cli, shop: Stranger, monkeypatch: pytest.MonkeyPatch
) -> None:
    def found() -> dict[str, dict[str, str]]:
        answer = cli("doctor", "--json").answer
        return {each["part"]: each for each in answer["findings"]}

    monkeypatch.setenv("PIXELLAB_IMAGE_URLS", "*, http://localhost:9000")
    told = found()
    assert told["webhooks"]["found"] == "localhost is told of every image, signed with one secret"
    assert "every public host and http://localhost:9000" in told["image addresses"]["found"]
    monkeypatch.setenv("PIXELLAB_WEBHOOK_URL", "http://10.0.0.1/hook")
    assert found()["webhooks"]["verdict"] == "warning"
    monkeypatch.setenv("PIXELLAB_WEBHOOK_URL", "https://nobody.invalid/hook")
    assert found()["webhooks"]["verdict"] == "problem"
    assert shop.received == []
