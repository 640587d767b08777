"""``pixellab batch --upload``: every photo of a folder into the stores, once."""

from __future__ import annotations

import os
import resource
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import pytest

from pixellab.domain.batches import BatchProgress, BatchState, ItemState, Line
from pixellab.domain.errors import InProgress
from pixellab.domain.images import Status
from pixellab.domain.ports import ImageQuery
from pixellab.domain.use_cases.batches import NewBatch
from pixellab.domain.use_cases.batches.sources import TAKEN_IN, source_of
from pixellab.domain.use_cases.batches.take_in import CHANGED
from pixellab.entrypoints.bootstrap import bootstrap
from pixellab.entrypoints.cli.photo_files import batch_on_record
from pixellab.entrypoints.cli.photo_files.batch_on_record import new_batch
from pixellab.entrypoints.cli.photo_files.folder_into_stores import GONE
from pixellab.entrypoints.lab import PixelLab
from tests.conftest import photo_bytes
from tests.e2e.cli.conftest import SCRIPT, Ran
from tests.e2e.cli.test_addresses import SECRET
from tests.e2e.cli.test_work import working
from tests.e2e.conftest import embedded_only

Cli = Callable[..., Ran]
PHOTOS = ("a.jpg", "b.jpg", "sets/a.jpg")
OPTIMIZE = ("--upload", "--mode", "optimize")
PATIENCE = 300

pytestmark = pytest.mark.usefixtures("installation")


@pytest.fixture
def shop(cli: Cli, tmp_path: Path) -> Path:
    folder = tmp_path / "shop"
    for number, name in enumerate(PHOTOS):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(photo_bytes(120, 90, seed=number))
    assert cli("db", "upgrade").code == 0
    return folder


@pytest.fixture
def lab(shop: Path) -> Iterator[PixelLab]:
    with bootstrap() as lab:
        yield lab


def total(cli: Cli) -> int:
    images: int = cli("list", "--json").answer["total"]
    return images


def more_photos(folder: Path, count: int, width: int = 300, height: int = 200) -> None:
    for number in range(count):
        (folder / f"{number:02}.jpg").write_bytes(photo_bytes(width, height, seed=number + 20))


@contextmanager
def uploading(folder: Path, *options: str) -> Iterator[subprocess.Popen[bytes]]:
    """The command in a process of its own, ended at the latest when left."""
    with subprocess.Popen(
        [SCRIPT, "batch", str(folder), *OPTIMIZE, *options],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env=os.environ,
    ) as running:
        try:
            yield running
        finally:
            running.kill()


def wait_until(holds: Callable[[], bool]) -> None:
    end = time.monotonic() + PATIENCE
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.02)


def only_batch(lab: PixelLab) -> BatchProgress:
    (only,) = lab.batches.page()
    return only


def has_done(lab: PixelLab, least: int) -> bool:
    return bool(lab.batches.page()) and only_batch(lab).counts.done >= least


def test_every_photo_once_however_often_it_is_run(
    cli: Cli, shop: Path, lab: PixelLab, tmp_path: Path
) -> None:
    first = cli("batch", shop, *OPTIMIZE, "--json")
    assert first.code == 0, first.err
    assert (first.answer["name"], first.answer["counts"]["done"]) == ("folder:shop", 3)
    assert cli("batches", "show", first.answer["batch_id"], "--json").answer == first.answer
    found = [each.image for each in lab.batches.all_results(first.answer["batch_id"])]
    assert [each.filename for each in found if each] == ["a.jpg", "b.jpg", "a.jpg"]
    named = [each.item.source for each in lab.batches.all_results(first.answer["batch_id"])]
    assert [each.partition("_")[2] for each in named] == ["a.jpg", "b.jpg", "sets~a.jpg"]
    assert [*lab.store.keys(TAKEN_IN)] == []
    elsewhere = tmp_path / "another machine"
    shutil.copytree(shop, elsewhere)
    again = cli("batch", elsewhere, *OPTIMIZE)
    assert (again.code, again.out) == (0, "")
    assert "All 3 were done before." in again.err
    assert total(cli) == 3


def test_what_changed_or_is_asked_for_otherwise_is_done(cli: Cli, shop: Path) -> None:
    assert cli("batch", shop, *OPTIMIZE).out.startswith("3 enhanced; batch ")
    (shop / "a.jpg").write_bytes(photo_bytes(120, 90, seed=9))
    assert cli("batch", shop, *OPTIMIZE).out.startswith("1 enhanced, 2 were done before; batch ")
    assert cli("batch", shop, "--upload", "--mode", "sharpen").out.startswith("3 enhanced; batch ")
    assert total(cli) == 7


def test_a_bad_photo_ends_nothing_and_is_tried_again(
    cli: Cli, shop: Path, lab: PixelLab, monkeypatch: pytest.MonkeyPatch
) -> None:
    (shop / "sets" / "bad.jpg").write_bytes(photo_bytes()[:400])
    (shop / "huge.jpg").write_bytes(bytes(1_000_001))
    monkeypatch.setenv("PIXELLAB_MAX_UPLOAD_MB", "1")
    for before, done in (("", 3), ("3 were done before, ", 0), ("3 were done before, ", 0)):
        ran = cli("batch", shop, *OPTIMIZE)
        assert ran.code == 1
        assert ran.out.startswith(f"{done} enhanced, {before}2 failed; batch ")
        assert "sets/bad.jpg: " in ran.err
        assert "huge.jpg: The file is too large; allowed are 1 MB." in ran.err
        assert len([*lab.store.keys(TAKEN_IN)]) == len(lab.batches.page())  # to be tried again
    assert lab.batches.retry(lab.batches.page()[0].batch.id)[1] == 1


def test_files_and_stores_are_not_asked_for_together(cli: Cli, shop: Path) -> None:
    ran = cli("batch", shop, "--upload", "-o", "results")
    assert (ran.code, total(cli)) == (2, 0)
    assert "-o is for files" in ran.err
    ran = cli("batch", shop, "--webhook-url", "https://own.example/hook")
    assert ran.code == 2
    assert "--webhook-url is for batches in the stores" in ran.err


def filling_up() -> None:
    """No file can grow beyond this, so the database's log soon cannot."""
    resource.setrlimit(resource.RLIMIT_FSIZE, (600_000, 600_000))


@embedded_only
def test_a_full_disk_ends_it_and_it_can_be_run_again(cli: Cli, shop: Path) -> None:
    for number in range(30):
        (shop / f"{number}.jpg").write_bytes(photo_bytes(120, 90, seed=number + 20))
    # In a process of its own, since what it leaves under a lease is anybody's once it has ended.
    ran = subprocess.run(
        [SCRIPT, "batch", shop, "--upload", "--workers", "1"],
        capture_output=True,
        text=True,
        check=False,
        preexec_fn=filling_up,
    )
    assert ran.returncode not in (0, 1, 2), ran.stderr
    assert "run it again" in ran.stderr
    again = cli("batch", shop, "--upload")
    assert again.code == 0, again.err
    with bootstrap() as lab:
        assert lab.list_images(ImageQuery(status=Status.COMPLETED)).total == 33


def test_a_killed_batch_goes_on_at_once(cli: Cli, shop: Path, lab: PixelLab) -> None:
    more_photos(shop, 12)
    for wanted in (3, 8):
        with uploading(shop, "--workers", "3") as running:
            wait_until(partial(has_done, lab, wanted))
            running.send_signal(signal.SIGKILL)
    done = cli("batch", shop, *OPTIMIZE, "--json")
    assert done.code == 0, done.err
    assert done.answer["counts"]["done"] == 15
    assert only_batch(lab).batch.id == done.answer["batch_id"]
    assert total(cli) == 15
    assert [*lab.store.keys(TAKEN_IN)] == []


def arriving(lab: PixelLab) -> int:
    batch = only_batch(lab).batch
    return len(lab.batches.batches.items(batch.id, state=ItemState.ARRIVING, limit=100))


def test_what_was_taken_in_needs_the_folder_no_more(cli: Cli, shop: Path, lab: PixelLab) -> None:
    # So large that they are all there long before all are done.
    more_photos(shop, 12, 1800, 1200)
    with uploading(shop, "--workers", "1") as running:
        wait_until(lambda: bool(lab.batches.page()) and not arriving(lab))
        running.send_signal(signal.SIGINT)
        assert running.wait(PATIENCE) == 130
    shutil.rmtree(shop)
    with working("--concurrency", "2"):
        wait_until(lambda: only_batch(lab).batch.state is BatchState.DONE)
    assert only_batch(lab).counts.done == 15


def killed_before_its_photos_arrived(lab: PixelLab, shop: Path) -> None:
    more_photos(shop, 30)
    with uploading(shop, "--workers", "1") as running:
        wait_until(lambda: bool(lab.batches.page()))
        running.send_signal(signal.SIGKILL)
    assert arriving(lab)


def test_what_was_changed_before_it_was_taken_in_is_done_as_it_is_now(
    cli: Cli, shop: Path, lab: PixelLab
) -> None:
    killed_before_its_photos_arrived(lab, shop)
    (shop / "sets" / "a.jpg").write_bytes(photo_bytes(120, 90, seed=99))
    ran = cli("batch", shop, *OPTIMIZE, "--json")
    assert ran.code == 1
    begun, anew = ran.answers
    assert (begun["counts"]["done"], begun["counts"]["failed"]) == (32, 1)
    (failed,) = lab.batches.items(begun["batch_id"], state=ItemState.FAILED)
    assert failed.failure == GONE
    assert anew["counts"]["done"] == anew["counts"]["total"] == 1
    assert total(cli) == 33


def test_one_that_is_cancelled_meanwhile_ends(cli: Cli, shop: Path, lab: PixelLab) -> None:
    killed_before_its_photos_arrived(lab, shop)
    cancelled = cli("batches", "cancel", only_batch(lab).batch.id, "--json").answer["counts"]
    assert cancelled["waiting"] == 0
    assert cancelled["cancelled"] > 0
    assert cli("batch", shop, *OPTIMIZE).code == 0
    assert total(cli) >= 33


@embedded_only
def test_two_that_begin_the_same_photos_at_once_make_one_batch(lab: PixelLab) -> None:
    def begun(name: str, latest: str = "") -> str:
        lines = [Line(number=1, source=source_of("1f", "2e", "a.jpg"), arriving=True)]
        return new_batch(lab, NewBatch(name=name), lines, ["1f"], latest).id

    first = begun("folder:shop")
    assert begun("folder:shop") == first
    with pytest.raises(InProgress, match="run this one again"):
        begun("folder:a copy of shop")
    assert begun("folder:shop", first) != first


@embedded_only
def test_what_was_done_many_batches_ago_is_not_done_again(
    cli: Cli, shop: Path, lab: PixelLab, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(batch_on_record, "BATCHES", 2)
    assert cli("batch", shop, *OPTIMIZE).code == 0
    for name in "abcde":
        asked = NewBatch(name=name)
        lab.accept_batch(asked, [Line(number=1, source="store:incoming/a.jpg")], name)
    assert "All 3 were done before." in cli("batch", shop, *OPTIMIZE).err


@embedded_only
def test_who_is_told_of_the_batch(
    cli: Cli, shop: Path, lab: PixelLab, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = "https://own.example/hook?t=1"
    refused = cli("batch", shop, *OPTIMIZE, "--webhook-url", url)
    assert refused.code == 2
    assert lab.batches.page() == ()
    monkeypatch.setenv("PIXELLAB_WEBHOOK_SECRET", SECRET)
    monkeypatch.setenv("PIXELLAB_WEBHOOK_URLS", "*.example")
    with uploading(shop, "--workers", "1", "--webhook-url", url) as running:
        wait_until(lambda: bool(lab.batches.page()))
        running.send_signal(signal.SIGKILL)
    if only_batch(lab).batch.state is BatchState.OPEN:
        other = cli("batch", shop, *OPTIMIZE, "--webhook-url", "https://another.example/")
        assert other.code == 2
        assert "--webhook-url is not that of batch" in other.err
    assert cli("batch", shop, *OPTIMIZE).code == 0
    (told,) = cli("webhooks", "list", "--json").answer["deliveries"]
    assert (told["event"], told["about"]) == ("batch.completed", only_batch(lab).batch.id)


def test_a_photo_that_changes_while_it_is_taken_in_is_not_done(lab: PixelLab, shop: Path) -> None:
    killed_before_its_photos_arrived(lab, shop)
    batch = only_batch(lab).batch
    (item,) = lab.batches.batches.items(batch.id, state=ItemState.ARRIVING, after=32, limit=1)
    with (shop / "sets" / "a.jpg").open("rb") as photo:
        lab.take_in(item, photo, "0" * 64)
    (failed,) = lab.batches.items(batch.id, state=ItemState.FAILED)
    assert (failed.number, failed.failure) == (33, CHANGED)
    assert item.source.removeprefix("store:") not in [*lab.store.keys(TAKEN_IN)]
