"""A folder of photos, interrupted, resumed, with bad files among them."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from pixellab.domain.formats import Format
from pixellab.entrypoints.answers import FileAnswer
from pixellab.entrypoints.cli.photo_files.find_photos import name_results
from pixellab.entrypoints.cli.photo_files.journal import NAME, Journal
from tests.conftest import photo_bytes
from tests.e2e.cli.conftest import SCRIPT, Ran
from tests.e2e.cli.test_main import wait_for

Cli = Callable[..., Ran]
FINISHED = b"}}\n"
"""How the journal's line about a photo that is finished ends."""


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    """A folder with three photos, one in a folder of its own, and what is not to be done."""
    folder = tmp_path / "shop"
    (folder / "shoes").mkdir(parents=True)
    for seed, name in enumerate(("a.jpg", "b.PNG", "shoes/c.webp")):
        kind = {"jpg": "JPEG", "PNG": "PNG", "webp": "WEBP"}[name.rsplit(".")[-1]]
        (folder / name).write_bytes(photo_bytes(120, 90, kind, seed))
    (folder / "notes.txt").write_text("not a photo")
    (folder / ".hidden.jpg").write_text("not a photo either")
    (folder / "a.enhanced.jpg").write_bytes(photo_bytes())
    return folder


def times(folder: Path) -> dict[str, int]:
    return {str(each): each.stat().st_mtime_ns for each in folder.rglob("*.*g") if each.is_file()}


def test_results_among_the_photos_are_no_photos_of_another_batch(cli: Cli, shop: Path) -> None:
    results = shop / "results"
    assert cli("batch", shop, "-o", results).out.startswith("3 enhanced; results in ")
    again = cli("batch", shop, "-o", shop / "others")
    assert again.out.startswith("3 enhanced; results in ")
    assert "1 with results of another batch (results)" in again.out
    assert cli("batch", shop, "-o", results).out.startswith("0 enhanced, 3 were done before")
    assert cli("batch", results, "-o", shop / "twice").out.startswith("3 enhanced; results in ")


def test_every_photo_of_a_folder(cli: Cli, shop: Path) -> None:
    (shop / ".trash").mkdir()
    ran = cli("batch", shop)
    assert (ran.code, ran.err) == (0, "")
    assert "3 enhanced; results in " in ran.out
    left_out = (
        "Left out: 2 hidden (.trash, .hidden.jpg); 1 made by enhance (a.enhanced.jpg); "
        "1 without a photo's extension (notes.txt)."
    )
    assert ran.out.splitlines()[-1] == left_out
    again = cli("batch", shop, "--json")
    assert {"event": left_out, "level": "warning"} in map(json.loads, again.err.splitlines())
    results = shop.with_name("shop-enhanced")
    assert sorted(str(each.relative_to(results)) for each in results.rglob("*.jpg")) == [
        "a.jpg",
        "b.jpg",
        "shoes/c.jpg",
    ]


def test_a_second_run_does_nothing_again_and_answers_the_same(cli: Cli, shop: Path) -> None:
    first = cli("batch", shop, "-o", "out", "--json")
    written = times(Path("out"))
    second = cli("batch", shop, "-o", "out", "--json")
    assert (second.code, second.problems) == (0, [])
    by_path = {each["original_path"]: FileAnswer.model_validate(each) for each in first.answers}
    assert len(by_path) == 3
    assert {
        each["original_path"]: FileAnswer.model_validate(each) for each in second.answers
    } == by_path
    assert times(Path("out")) == written
    assert "0 enhanced, 3 were done before" in cli("batch", shop, "-o", "out", "--mode", "auto").out


def test_what_changed_is_done_again(cli: Cli, shop: Path) -> None:
    cli("batch", shop, "-o", "out")
    written = times(Path("out"))
    (shop / "a.jpg").write_bytes(photo_bytes(130, 90))
    os.utime(shop / "b.PNG")  # touched, but the same bytes
    Path("out/shoes/c.jpg").unlink()
    ran = cli("batch", shop, "-o", "out")
    assert "2 enhanced, 1 were done before" in ran.out
    again = times(Path("out"))
    assert again["out/b.jpg"] == written["out/b.jpg"]
    assert again["out/a.jpg"] != written["out/a.jpg"]
    assert "3 enhanced" in cli("batch", shop, "-o", "out", "--mode", "OPTIMIZE").out


def test_a_bad_photo_ends_nothing_and_is_tried_again(cli: Cli, shop: Path) -> None:
    (shop / "bad.jpg").write_bytes(photo_bytes()[:500])
    ran = cli("batch", shop, "-o", "out", "--json")
    assert ran.code == 1
    assert len(ran.answers) == 3
    assert [(each["instance"], each["status"]) for each in ran.problems] == [
        (f"{shop}/bad.jpg", 422)
    ]
    human = cli("batch", shop, "-o", "out")
    assert human.code == 1
    assert "0 enhanced, 3 were done before, 1 failed" in human.out
    (shop / "bad.jpg").write_bytes(photo_bytes())
    assert cli("batch", shop, "-o", "out").code == 0


def test_photos_that_differ_in_their_extension_alone_do_not_collide(cli: Cli, shop: Path) -> None:
    cli("batch", shop, "-o", "out")
    (shop / "a.bmp").write_bytes(photo_bytes(50, 40, "BMP"))
    assert cli("batch", shop, "-o", "out").code == 0
    with Image.open("out/a.jpg") as kept, Image.open("out/a.bmp.jpg") as new:
        assert (kept.size, new.size) == ((120, 90), (50, 40))


def test_a_killed_batch_goes_on_where_it_stopped(cli: Cli, tmp_path: Path) -> None:
    folder, out = tmp_path / "many", tmp_path / "out"
    folder.mkdir()
    for number in range(12):
        (folder / f"{number:02}.jpg").write_bytes(photo_bytes(640, 480, seed=number))
    running = subprocess.Popen([SCRIPT, "batch", folder, "-o", out])
    journal = out / NAME
    wait_for(lambda: journal.exists() and journal.read_bytes().count(FINISHED) >= 3)
    running.kill()
    running.wait()
    done = journal.read_bytes().count(FINISHED)
    assert 3 <= done < 12
    for result in out.glob("*.jpg"):
        with Image.open(result) as whole:
            whole.load()
    kept = times(out)
    with journal.open("ab") as file:
        file.write(b'{"photo": "11.jpg", "fing')  # a line that was cut short
    (out / ".pixellab-left").write_bytes(b"half a file")
    ran = cli("batch", folder, "-o", out)
    assert ran.code == 0
    assert f"{12 - done} enhanced, {done} were done before" in ran.out
    assert len(list(out.glob("*.jpg"))) == 12
    assert not (out / ".pixellab-left").exists()
    unchanged = [name for name, when in times(out).items() if kept.get(name) == when]
    assert len(unchanged) >= done


def without(entry: dict[str, Any], *places: str) -> dict[str, Any]:
    """The entry with less in it."""
    return {place: value for place, value in entry.items() if place not in places}


@pytest.mark.parametrize(
    "spoil",
    [
        lambda entry: without(entry, "fingerprint"),
        lambda entry: without(entry, "answer", "options"),
        lambda entry: {**entry, "fingerprint": {"size": 1}},
        lambda entry: {**entry, "fingerprint": {**entry["fingerprint"], "size": "1"}},
        lambda entry: {**entry, "output": None},
        lambda entry: {**entry, "output": "a\0.jpg"},
        lambda entry: {**entry, "output": "\ud800.jpg"},
        lambda entry: {**entry, "output": "../stolen.jpg"},
        lambda entry: {**entry, "output": "/stolen.jpg"},
        lambda entry: {**entry, "output_bytes": "many"},
        lambda entry: {**entry, "options": None},
        lambda entry: {**entry, "answer": ["none"]},
        lambda entry: {**entry, "answer": {}},
        lambda entry: {**entry, "photo": 7},
        lambda entry: [entry],
    ],
)
def test_a_bad_line_in_the_journal_spoils_nothing(
    cli: Cli, shop: Path, spoil: Callable[[dict[str, Any]], object]
) -> None:
    cli("batch", shop, "-o", "out")
    journal = Path("out", NAME)
    entries = [json.loads(line) for line in journal.read_text().splitlines()]
    [entry] = [each for each in entries if each["photo"] == "a.jpg" and "answer" in each]
    with journal.open("a") as file:
        file.write(json.dumps(spoil(entry)) + "\n")
    ran = cli("batch", shop, "-o", "out")
    assert (ran.code, ran.err) == (0, "")
    assert "were done before" in ran.out
    again = cli("batch", shop, "-o", "out")
    assert (again.code, again.err) == (0, "")
    assert "0 enhanced, 3 were done before" in again.out
    assert not list(Path().rglob("stolen*"))


def test_a_journal_of_nothing_but_rubbish_is_an_empty_one(cli: Cli, shop: Path) -> None:
    Path("out").mkdir()
    Path("out", NAME).write_bytes(b"\xff\n\n7\n{}\n" + b"[" * 100_000 + b'\nnull\n"a.jpg"')
    ran = cli("batch", shop, "-o", "out")
    assert (ran.code, ran.err) == (0, "")
    assert "3 enhanced" in ran.out
    assert "3 were done before" in cli("batch", shop, "-o", "out").out


def test_a_result_whose_batch_ended_before_it_was_recorded_is_its_own(cli: Cli, shop: Path) -> None:
    cli("batch", shop, "-o", "out")
    journal = Path("out", NAME)
    lines = journal.read_text().splitlines(keepends=True)
    journal.write_text("".join(line for line in lines if '"answer"' not in line))
    ran = cli("batch", shop, "-o", "out")
    assert (ran.code, ran.err) == (0, "")
    assert "3 enhanced" in ran.out


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["gone"], 2, "'gone' is not a folder"),
        (["shop/a.jpg"], 2, "is not a folder"),
        (["shop", "-o", "shop"], 2, "cannot go among the photos"),
        (["shop", "-o", "shop/a.jpg"], 2, "is not a folder"),
        (["shop", "--workers", "0"], 2, "allowed are 1 to 64"),
        (["shop", "--mode", "nonsense"], 2, "mode is 'nonsense'"),
        (["empty"], 2, "There is no photo in 'empty'"),
    ],
)
def test_refusals(cli: Cli, shop: Path, arguments: list[str], code: int, words: str) -> None:
    Path("empty").mkdir()
    ran = cli("batch", *arguments)
    assert (ran.code, ran.out) == (code, "")
    assert words in ran.err
    assert len(ran.err.splitlines()) == 1


def test_a_folder_that_may_not_be_written_to(cli: Cli, shop: Path, locked: Path) -> None:
    for out in (locked, locked / "new"):
        ran = cli("batch", shop, "-o", out)
        assert (ran.code, ran.out) == (9, "")
        assert "cannot be written to" in ran.err
        assert len(ran.err.splitlines()) == 1


def test_two_batches_do_not_write_into_one_folder(cli: Cli, shop: Path) -> None:
    Path("out").mkdir()
    with Journal(Path("out")):
        ran = cli("batch", shop, "-o", "out")
    assert ran.code == 5
    assert "Another batch is writing to this folder" in ran.err


def test_a_strangers_file_is_not_overwritten(cli: Cli, shop: Path) -> None:
    Path("out").mkdir()
    Path("out/a.jpg").write_text("mine")
    ran = cli("batch", shop, "-o", "out")
    assert ran.code == 1
    assert "'out/a.jpg' exists; move it away or name another folder with -o." in ran.err
    assert Path("out/a.jpg").read_text() == "mine"


def test_a_strangers_file_is_not_overwritten_by_another_format_either(cli: Cli, shop: Path) -> None:
    assert cli("batch", shop, "-o", "out").code == 0
    Path("out/a.png").write_text("mine")
    ran = cli("batch", shop, "-o", "out", "--format", "PNG")
    assert ran.code == 1
    assert Path("out/a.png").read_text() == "mine"
    assert Path("out/b.png").exists()


def test_results_inside_the_folder_are_not_taken_for_photos(cli: Cli, shop: Path) -> None:
    for expected in ("3 enhanced", "3 were done before"):
        assert expected in cli("batch", shop, "-o", shop / "out").out


NAMES = ["a.jpg", "a.png", "a.png.jpg", "a.png.jpg.jpg", "a.webp"]


@given(
    photos=st.lists(st.sampled_from(NAMES), unique=True),
    earlier=st.dictionaries(st.sampled_from(NAMES), st.sampled_from(NAMES)),
)
def test_no_two_photos_get_one_result(photos: list[str], earlier: dict[str, str]) -> None:
    names = name_results(photos, Format.JPEG, earlier)
    assert sorted(names) == sorted(photos)
    assert len(set(names.values())) == len(photos)
    assert all(name.endswith(".jpg") for name in names.values())


def test_a_name_that_an_earlier_run_gave_is_left_to_its_photo() -> None:
    earlier = {"a.png.jpg": "a.png.jpg"}
    assert name_results(["a.jpg", "a.png", "a.png.jpg"], Format.JPEG, earlier) == {
        "a.jpg": "a.jpg",
        "a.png": "a.png.jpg.jpg",
        "a.png.jpg": "a.png.jpg",
    }
