"""``pixellab batch --upload``: every photo of a folder into the stores, once."""

from __future__ import annotations

import json
import os
import resource
import shutil
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from pixellab.domain.images import Status
from pixellab.domain.ports import ImageQuery
from pixellab.entrypoints.bootstrap import bootstrap
from tests.conftest import photo_bytes
from tests.e2e.cli.conftest import SCRIPT, Ran
from tests.e2e.conftest import embedded_only

Cli = Callable[..., Ran]
PHOTOS = ("a.jpg", "b.jpg", "sets/a.jpg")

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


def total(cli: Cli) -> int:
    images: int = cli("list", "--json").answer["total"]
    return images


def test_every_photo_once_however_often_it_is_run(cli: Cli, shop: Path, tmp_path: Path) -> None:
    first = cli("batch", shop, "--upload", "--json")
    assert (first.code, len(first.answers)) == (0, 3)
    assert {each["filename"] for each in first.answers} == {"a.jpg", "b.jpg"}
    assert total(cli) == 3
    elsewhere = tmp_path / "another machine"
    shutil.copytree(shop, elsewhere)
    again = cli("batch", elsewhere, "--upload", "--json")
    assert sorted(each["image_id"] for each in again.answers) == sorted(
        each["image_id"] for each in first.answers
    )
    told = cli("batch", shop, "--upload")
    assert told.out.startswith("0 uploaded and enhanced, 3 were done before; results in the")
    assert total(cli) == 3


def test_what_changed_or_is_asked_for_otherwise_is_done(cli: Cli, shop: Path) -> None:
    cli("batch", shop, "--upload")
    (shop / "a.jpg").write_bytes(photo_bytes(120, 90, seed=9))
    assert cli("batch", shop, "--upload").out.startswith("1 uploaded and enhanced, 2 were done")
    assert cli("batch", shop, "--upload", "--mode", "sharpen").out.startswith("3 uploaded")
    assert total(cli) == 7


def test_a_bad_photo_ends_nothing(cli: Cli, shop: Path) -> None:
    (shop / "b.jpg").write_bytes(photo_bytes()[:400])
    ran = cli("batch", shop, "--upload", "--json")
    assert (ran.code, len(ran.answers), len(ran.problems)) == (1, 2, 1)


def test_files_and_stores_are_not_asked_for_together(cli: Cli, shop: Path) -> None:
    ran = cli("batch", shop, "--upload", "-o", "results")
    assert (ran.code, total(cli)) == (2, 0)
    assert "-o is for files" in ran.err


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
    assert ran.returncode == 1, ran.stderr
    assert "were not begun" in ran.stdout
    assert "run it again" in ran.stdout
    again = cli("batch", shop, "--upload")
    assert again.code == 0, again.err
    with bootstrap() as lab:
        assert lab.list_images(ImageQuery(status=Status.COMPLETED)).total == 33


def test_a_killed_batch_goes_on_at_once(cli: Cli, shop: Path) -> None:
    for number in range(12):
        (shop / f"{number}.jpg").write_bytes(photo_bytes(300, 200, seed=number + 20))
    for _ in range(2):
        with subprocess.Popen(
            [SCRIPT, "batch", shop, "--upload", "--json", "--workers", "3"],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            env=os.environ,
        ) as running:
            assert running.stdout is not None
            for _ in range(3):
                json.loads(running.stdout.readline())
            time.sleep(0.05)
            running.send_signal(signal.SIGKILL)
    done = cli("batch", shop, "--upload", "--json")
    assert done.code == 0, done.err
    assert len({each["image_id"] for each in done.answers}) == 15
    assert total(cli) == 15
    assert cli("list", "--status", "completed", "--json").answer["total"] == 15
