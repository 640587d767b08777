"""``--dry-run``: what would be sent where, and what it would cost."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.e2e.cli.conftest import Ran
from tests.plugins import install_troublesome

Cli = Callable[..., Ran]


@pytest.fixture(scope="module")
def plugin(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return install_troublesome(tmp_path_factory.mktemp("plugins"))


@pytest.fixture
def moody(plugin: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A paid backend is installed, asked before LOCAL."""
    monkeypatch.syspath_prepend(str(plugin))
    monkeypatch.setenv("PIXELLAB_ROUTES", "*=MOODY>LOCAL")


def listing(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*")}


def test_nothing_leaves_the_machine_with_local(cli: Cli, photo: Path, tmp_path: Path) -> None:
    before = listing(tmp_path)
    for command in ("enhance", "upload"):
        ran = cli(command, photo, "--dry-run")
        assert ran.code == 0, ran.err
        assert "nothing was done" in ran.out
        assert "LOCAL: Nothing leaves this machine." in ran.out
    assert listing(tmp_path) == before


@pytest.mark.usefixtures("moody")
def test_a_paid_backend_is_shown_with_its_price(cli: Cli, photo: Path, tmp_path: Path) -> None:
    shutil.copy(photo, tmp_path / "other.jpg")
    before = listing(tmp_path)
    ran = cli("enhance", photo, "other.jpg", "--dry-run", "-o", "results")
    assert ran.code == 0, ran.err
    sent = "sends the photo, 240 x 180, as PNG to Moody, api.moody.example, model moody-2"
    assert ran.out.count(sent) == 2
    assert ran.out.count("cost 0.034 USD") == 2
    assert "2 photos would cost 0.068 USD together." in ran.out
    assert listing(tmp_path) == before


@pytest.mark.usefixtures("moody")
def test_a_batch_is_tried_dry_as_json(
    cli: Cli, photo: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PIXELLAB_COST_CAP_REQUEST", "0.01")
    (tmp_path / "photos").mkdir()
    shutil.move(photo, tmp_path / "photos" / "one.jpg")
    (tmp_path / "photos" / "two.jpg").write_bytes(b"no photo")
    before = listing(tmp_path)
    ran = cli("batch", "photos", "--dry-run", "--json")
    assert ran.code == 1
    assert ran.answer["filename"] == "photos/one.jpg"
    moody, local = ran.answer["backends"]
    assert (moody["serves"], local["serves"]) == (False, True)
    assert moody["why"] == "MOODY would cost 0.034 USD; a request may cost 0.01 USD."
    assert ran.problems[0]["instance"] == "photos/two.jpg"
    assert listing(tmp_path) == before


@pytest.mark.usefixtures("moody")
def test_over_the_cap_local_does_it_and_nothing_is_stored(
    cli: Cli, photo: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PIXELLAB_COST_CAP_REQUEST", "0.01")
    ran = cli("enhance", photo, "--json")
    assert (ran.code, ran.answer["backend"]) == (0, "LOCAL")
    assert [call["outcome"] for call in ran.answer["backend_calls"]] == ["over_budget", "served"]
    assert not (tmp_path / "pixellab-data").exists()
    assert cli("enhance", photo, "--backend", "moody").code == 7


@pytest.mark.usefixtures("moody")
def test_the_cap_of_a_day_holds_over_several_commands(
    cli: Cli, photo: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PIXELLAB_COST_CAP_DAY", "0.05")
    outcomes = [
        cli("enhance", photo, "--json").answer["backend_calls"][0]["outcome"] for _ in range(2)
    ]
    assert outcomes == ["timed_out", "over_budget"]


@pytest.mark.usefixtures("moody")
def test_history_and_show_tell_the_cost(cli: Cli, photo: Path) -> None:
    image_id = cli("upload", photo, "--json").answer["image_id"]
    for command in ("history", "show"):
        out = cli(command, image_id).out
        assert "MOODY timed out: MOODY took too long." in out
        assert "cost 0.034 USD" in out
