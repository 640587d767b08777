"""``pixellab batch store:PREFIX`` and ``pixellab batches``: stored photos, done as batches."""

from __future__ import annotations

import csv
import io
import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from pixellab.domain.ports import ImageQuery
from pixellab.entrypoints.bootstrap import bootstrap
from pixellab.entrypoints.lab import PixelLab
from tests.conftest import photo_bytes
from tests.e2e.cli.conftest import SCRIPT, Ran
from tests.e2e.cli.test_addresses import SECRET
from tests.e2e.cli.test_work import working
from tests.unit.batches.conftest import put

Cli = Callable[..., Ran]

pytestmark = pytest.mark.usefixtures("installation")


@pytest.fixture
def lab(cli: Cli) -> Iterator[PixelLab]:
    """Three photos are in its store."""
    assert cli("db", "upgrade").code == 0
    with bootstrap() as lab:
        put(lab, "shop/a.jpg", "shop/b.jpg", "shop/sets/a.jpg")
        yield lab


def images(lab: PixelLab) -> int:
    return lab.list_images(ImageQuery()).total


def test_all_below_a_prefix_once_however_often_it_is_run(cli: Cli, lab: PixelLab) -> None:
    first = cli("batch", "store:incoming/shop/", "--mode", "optimize", "--json")
    assert first.code == 0, first.err
    assert first.answer["counts"]["done"] == 3
    assert first.answer["name"] == "store:incoming/shop/"
    again = cli("batch", "store:incoming/shop/", "--mode", "optimize")
    assert (again.code, again.out) == (0, "")
    assert "All 3 were done before." in again.err
    put(lab, "shop/new.jpg", content=photo_bytes(seed=9))
    more = cli("batch", "store:incoming/shop/", "--mode", "optimize")
    assert more.out.startswith("1 enhanced, 3 were done before; batch ")
    assert images(lab) == 4


def test_what_failed_is_told_and_done_again(cli: Cli, lab: PixelLab) -> None:
    put(lab, "shop/bad.jpg", content=b"no image")
    for done in ("3 enhanced, 1", *2 * ("0 enhanced, 3 were done before, 1",)):
        ran = cli("batch", "store:incoming/shop/", "--mode", "optimize")
        assert ran.code == 1
        assert ran.out.startswith(f"{done} failed; batch ")
        assert "incoming/shop/bad.jpg: " in ran.err
    assert len(lab.batches.page()) == 3
    lab.store.delete("incoming/shop/bad.jpg")
    put(lab, "shop/bad.jpg")
    ran = cli("batch", "store:incoming/shop/", "--mode", "optimize")
    assert ran.out.startswith("1 enhanced, 3 were done before; batch ")


def test_who_is_told_of_the_batch(cli: Cli, lab: PixelLab, monkeypatch: pytest.MonkeyPatch) -> None:
    command = ("batch", "store:incoming/shop/", "--mode", "optimize")
    refused = cli(*command, "--webhook-url", "https://own.example/hook")
    assert refused.code == 2
    assert "--webhook-url is not taken here" in refused.err
    assert lab.batches.page() == ()
    monkeypatch.setenv("PIXELLAB_WEBHOOK_SECRET", SECRET)
    monkeypatch.setenv("PIXELLAB_WEBHOOK_URLS", "own.example")
    done = cli(*command, "--webhook-url", "https://own.example/hook?t=1", "--json").answer
    (told,) = cli("webhooks", "list", "--json").answer["deliveries"]
    assert (told["event"], told["about"]) == ("batch.completed", done["batch_id"])
    assert told["url"] == "https://own.example/hook"


def test_a_bucket_is_named_as_s3_does(cli: Cli, lab: PixelLab) -> None:
    bucket = lab.settings.s3_bucket
    ran = cli("batch", "s3://other-bucket/incoming/shop/")
    assert ran.code == 2
    assert "S3_BUCKET" in ran.err
    if bucket:
        ran = cli("batch", f"s3://{bucket}/incoming/shop/", "--mode", "optimize")
        assert ran.out.startswith("3 enhanced; batch ")


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("store:",), "must not be empty"),
        (("store:incoming/nothing/",), "nothing to do"),
        (("store:incoming/", "-o", "out"), "for photos in a folder"),
        (("store:incoming/", "--dry-run"), "for photos in a folder"),
        (("store:incoming/", "--workers", "0"), "allowed are 1 to 64"),
    ],
)
def test_what_cannot_be_meant(
    cli: Cli, lab: PixelLab, arguments: tuple[str, ...], told: str
) -> None:
    ran = cli("batch", *arguments)
    assert ran.code == 2
    assert told in ran.err
    assert lab.batches.page() == ()


def test_a_killed_batch_goes_on_at_once(cli: Cli, lab: PixelLab) -> None:
    put(lab, *(f"shop/{number:02}.jpg" for number in range(20)))
    command = [str(SCRIPT), "batch", "store:incoming/shop/", "--mode", "optimize", "--workers", "2"]
    for wanted in (3, 10):
        with subprocess.Popen(command, stderr=subprocess.DEVNULL, env=os.environ) as running:
            end = time.monotonic() + 300
            while not (page := lab.batches.page()) or page[0].counts.done < wanted:
                assert time.monotonic() < end
                time.sleep(0.02)
            running.send_signal(signal.SIGKILL)
    done = cli("batch", "store:incoming/shop/", "--mode", "optimize", "--json")
    assert done.code == 0, done.err
    assert done.answer["counts"]["done"] == 23
    (only,) = lab.batches.page()
    assert only.batch.id == done.answer["batch_id"]
    assert images(lab) == 23


def test_a_manifest_is_put_on_record_and_done_by_a_worker(
    cli: Cli, lab: PixelLab, tmp_path: Path
) -> None:
    manifest = tmp_path / "photos.csv"
    manifest.write_text("key,sku_id\nincoming/shop/a.jpg,MUG-1\nincoming/gone.jpg,\n,\n")
    added = cli("batches", "add", manifest, "--mode", "optimize", "--name", "Spring", "--json")
    assert added.code == 0, added.err
    batch_id = added.answer["batch_id"]
    assert added.answer["counts"]["waiting"] == 2
    with working() as running:
        end = time.monotonic() + 60
        while lab.batches.progress(batch_id).counts.left:
            assert time.monotonic() < end
            time.sleep(0.05)
        running.send_signal(signal.SIGTERM)
        assert running.wait(60) == 0
    assert cli("batches", "show", batch_id, "--json").answer["counts"]["done"] == 1
    assert "Spring" in cli("batches", "list").out
    assert cli("batches", "list", "--json").answer["batches"][0]["batch_id"] == batch_id
    rows = list(csv.DictReader(io.StringIO(cli("batches", "results", batch_id).out)))
    assert [row["state"] for row in rows] == ["done", "failed"]
    assert cli("batches", "retry", batch_id).out.startswith("1 are tried again.")
    cancelled = cli("batches", "cancel", batch_id, "--json").answer
    assert (cancelled["state"], cancelled["counts"]["cancelled"]) == ("cancelled", 1)


@pytest.mark.parametrize("command", ["show", "cancel", "retry", "results"])
def test_a_batch_that_is_not_there(cli: Cli, lab: PixelLab, command: str) -> None:
    assert cli("batches", command, "5").code == 4
    assert cli("batches", command, "00000000-0000-4000-8000-000000000000").code == 4


def test_a_manifest_that_cannot_be_used(cli: Cli, lab: PixelLab, tmp_path: Path) -> None:
    assert "There is no batch." in cli("batches", "list").out
    ran = cli("batches", "add", tmp_path / "nothing.csv")
    assert (ran.code, "There is no such file." in ran.err) == (2, True)
    bad = tmp_path / "bad.csv"
    bad.write_text("colour\nred\n")
    assert cli("batches", "add", bad).code == 2
    assert cli("batches", "add", bad, "--dry-run").code == 2
    assert lab.batches.page() == ()
