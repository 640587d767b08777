"""Commands on files: what they write, print and refuse."""

from __future__ import annotations

import csv
import json
import os
import shutil
import subprocess
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import numpy as np
import pytest
from jsonschema_rs import validator_for
from PIL import Image

from pixellab.adapters.imaging.decode.declared_colours import GAIN_MAP
from pixellab.entrypoints.answers import FileAnswer
from pixellab.entrypoints.api.app import create_app
from pixellab.entrypoints.cli.photo_files.journal import NAME
from pixellab.entrypoints.cli.show.assessment import AssessmentAnswer
from pixellab.entrypoints.settings import load_settings
from tests.conftest import photo_bytes, scene
from tests.e2e.cli.conftest import SCRIPT, Ran, script
from tests.gain_maps import ultra_hdr

Cli = Callable[..., Ran]


def test_a_photo_gets_a_better_version_beside_it(cli: Cli, photo: Path) -> None:
    before = photo.read_bytes()
    ran = cli("enhance", photo.name)
    assert (ran.code, ran.err) == (0, "")
    with Image.open(photo.with_name("photo.enhanced.jpg")) as made:
        made.load()
        assert (made.format, made.size) == ("JPEG", (240, 180))
    assert photo.read_bytes() == before
    for word in (
        "photo.enhanced.jpg",
        "before",
        "after",
        "Score",
        "sharpness",
        "240 x 180",
        "AUTO",
    ):
        assert word in ran.out


def test_json_is_the_answer_and_nothing_else(cli: Cli, photo: Path) -> None:
    ran = cli("enhance", "photo.jpg", "--json", "--mode", "optimize", "--target-kb", "50")
    answer = FileAnswer.model_validate(ran.answer)
    assert ran.answer == answer.model_dump(mode="json", by_alias=True)
    assert (ran.code, ran.err) == (0, "")
    assert answer.enhancement_mode == "OPTIMIZE"
    assert answer.enhanced_path == "photo.enhanced.jpg"
    assert (answer.target_size_kb, answer.target_met) == (50, True)
    assert answer.quality_metadata["improvement_percent"] == round(
        100 * (answer.quality_after / answer.quality_before - 1), 1
    )
    assert answer.quality_metadata["original_measurements"]["noise_sigma"] >= 0
    assert Path("photo.enhanced.jpg").stat().st_size / 1000 == pytest.approx(
        answer.enhanced_size_kb, abs=0.05
    )


OF_RECORDS = {
    *("image_id", "database_id", "original_url", "enhanced_url", "thumbnail_url"),
    *("sku_id", "enhancement_sequence", "status"),
}
"""What an answer has only where the photo is kept in stores."""


def test_json_is_what_openapi_describes(cli: Cli, photo: Path) -> None:
    components = create_app(load_settings()).openapi_schema.to_schema()["components"]
    described = components["schemas"]["UploadAnswer"]
    assert set(described["required"]) >= OF_RECORDS
    here = {**described, "required": sorted({*described["required"]} - OF_RECORDS)}
    validator = validator_for({**here, "components": components})
    Path("shop").mkdir()
    shutil.copy(photo, "shop")
    cli("batch", "shop")
    last = Path("shop-enhanced", NAME).read_text().splitlines()[-1]
    answers = [
        cli("enhance", "photo.jpg", "--json").answer,
        cli("batch", "shop", "--json").answer,
        json.loads(last)["answer"],
        cli("enhance", "photo.jpg", "--json", "--target-kb", "50", "--mode", "standardize").answer,
    ]
    for answer in answers:
        validator.validate(answer)
        beside = answer.keys() - described["properties"].keys()
        assert beside == {"original_path", "enhanced_path"}
    kept = cli("upload", "photo.jpg", "--json").answer
    validator_for({**described, "components": components}).validate(kept)


@pytest.mark.parametrize(
    ("arguments", "result", "kind"),
    [
        (["--format", "png"], "photo.enhanced.png", "PNG"),
        (["--format", "WEBP", "-o", "out/"], "out/photo.enhanced.webp", "WEBP"),
        (["-o", "better.avif"], "better.avif", "AVIF"),
        (["-o", "new/folder/better.JPEG"], "new/folder/better.JPEG", "JPEG"),
    ],
)
def test_where_and_in_which_format(
    cli: Cli, photo: Path, arguments: list[str], result: str, kind: str
) -> None:
    ran = cli("enhance", "photo.jpg", *arguments)
    assert ran.code == 0, ran.err
    with Image.open(result) as made:
        assert made.format == kind


def test_several_photos_go_into_a_folder(cli: Cli, tmp_path: Path) -> None:
    for name in ("a.jpg", "b.jpg"):
        (tmp_path / name).write_bytes(photo_bytes())
    ran = cli("enhance", "a.jpg", "b.jpg", "-o", "out", "--json")
    assert ran.code == 0
    assert [each["enhanced_path"] for each in ran.answers] == [
        "out/a.enhanced.jpg",
        "out/b.enhanced.jpg",
    ]
    assert sorted(each.name for each in Path("out").iterdir()) == [
        "a.enhanced.jpg",
        "b.enhanced.jpg",
    ]


@pytest.mark.parametrize("name", ["[1] mug.jpg", "[1].jpg", "[1, 2]", "{a}.jpg", '"quoted".jpg'])
def test_any_name_is_a_name(cli: Cli, photo: Path, name: str) -> None:
    odd = photo.rename(photo.with_name(name))
    for command in ("assess", "enhance", "upload"):
        assert cli(command, odd).code == 0, command


def test_compare_writes_both_side_by_side(cli: Cli, photo: Path) -> None:
    ran = cli("enhance", "photo.jpg", "--compare", "--mode", "BACKGROUND_REMOVE", "--format", "PNG")
    assert ran.code == 0, ran.err
    assert "photo.compare.jpg" in ran.out
    with Image.open("photo.compare.jpg") as both:
        assert both.height == 180
        assert both.width >= 2 * 240


def test_upscaling_by_the_scale_asked_for(cli: Cli, photo: Path) -> None:
    answer = cli("enhance", "photo.jpg", "--mode", "UPSCALE", "--scale", "3", "--json").answer
    assert (answer["enhanced_width"], answer["enhanced_height"]) == (720, 540)


def test_standardize_lists_the_marketplaces_rules(cli: Cli, photo: Path) -> None:
    ran = cli("enhance", "photo.jpg", "--mode", "STANDARDIZE", "--profile", "amazon")
    assert ran.code == 0, ran.err
    for word in ("required", "measured", "✓  format", "!  longest_side_advised", "JPEG"):
        assert word in ran.out


def test_a_rule_that_cannot_be_measured_has_a_question_mark(cli: Cli, tmp_path: Path) -> None:
    pixels = np.full((120, 160, 4), 255, np.uint8)
    pixels[..., :3] = (200, 30, 40)
    pixels[:20, :20, 3] = 0  # Cut out, and without a margin, so that it may go on.
    Image.fromarray(pixels).save(tmp_path / "cut.png")
    ran = cli("enhance", "cut.png", "--mode", "STANDARDIZE", "--profile", "amazon")
    assert ran.code == 0, ran.err
    assert "?  whole" in ran.out
    assert "unknown" in ran.out


def test_one_bad_photo_does_not_stop_the_others(cli: Cli, photo: Path) -> None:
    Path("bad.jpg").write_text("not a photo")
    ran = cli("enhance", "bad.jpg", "gone.jpg", "photo.jpg", "--json")
    assert ran.code == 1
    assert [each["original_path"] for each in ran.answers] == ["photo.jpg"]
    assert [(each["instance"], each["status"]) for each in ran.problems] == [
        ("bad.jpg", 415),
        ("gone.jpg", 400),
    ]


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["gone.jpg"], 2, "gone.jpg: There is no such file."),
        (["photo.jpg/x.jpg"], 2, "There is no such file."),
        (["."], 2, "This is a folder, not a photo"),
        (["pipe.jpg"], 2, "This is not a regular file"),
        (["empty.jpg"], 6, "empty.jpg: "),
        (
            ["photo.jpg", "--mode", "nonsense"],
            2,
            "pixellab: --mode is 'nonsense'; allowed are AUTO",
        ),
        (["photo.jpg", "--format", "gif"], 2, "pixellab: --format is 'gif'; allowed are JPEG"),
        (
            ["photo.jpg", "--target-kb", "49"],
            2,
            "pixellab: --target-kb is 49; allowed are 50 to 2000",
        ),
        (["photo.jpg", "--target-kb", "2001"], 2, "allowed are 50 to 2000"),
        (["photo.jpg", "--target-kb", "abc"], 2, "target-kb"),
        (["photo.jpg", "--scale", "5"], 2, "--scale is 5; allowed are 2 to 4"),
        (["photo.jpg", "--mode", "standardize", "--profile", "bazaar"], 2, "bazaar"),
        (["photo.jpg", "--background", "pink"], 2, "background is 'pink'; allowed are transparent"),
        (["photo.jpg", "--backend", "nobody"], 2, "backend is 'NOBODY'"),
        (["photo.jpg", "--backend", "gemini"], 7, "GEMINI is not configured here"),
        (["photo.jpg", "-o", "better.tif"], 2, "-o has the extension '.tif'; allowed are"),
        (["photo.jpg", "-o", "better.png", "--format", "JPEG"], 2, "format is JPEG"),
        (["photo.jpg", "-o", "photo.jpg"], 2, "would overwrite the photo"),
        (["photo.jpg", "-o", "photo.jpg", "--force"], 2, "would overwrite the photo"),
        (["photo.jpg", "-o", "other.jpg"], 2, "'other.jpg' exists; add --force"),
        (["photo.jpg", "-o", "empty.jpg/x.jpg"], 2, "is not a folder"),
        (["photo.jpg", "photo2.jpg", "-o", "empty.jpg"], 2, "-o is 'empty.jpg', a file for one"),
        (["photo.jpg", "photo2.jpg", "-o", "new.png"], 2, "name a folder for several"),
        (["photo.jpg", "photo2.jpg", "-o", "empty.txt"], 2, "is not a folder"),
        (["photo.jpg", "sub/photo.jpg", "-o", "out"], 2, "would both be written to"),
        (["photo.jpg", "-o", "x" * 300 + ".jpg"], 2, "too long"),
        (["photo.jpg", "--bogus"], 2, "Unknown option"),
        ([], 2, "PHOTO"),
    ],
)
def test_refusals_are_one_clear_sentence(
    cli: Cli, photo: Path, arguments: list[str], code: int, words: str
) -> None:
    Path("other.jpg").write_bytes(photo.read_bytes())
    Path("empty.jpg").touch()
    Path("empty.txt").touch()
    os.mkfifo("pipe.jpg")
    ran = cli("enhance", *arguments)
    assert ran.code == code, ran.err
    assert words in ran.err
    assert ran.out == ""
    assert len(ran.err.splitlines()) == 1
    assert not list(Path().rglob(".pixellab-*"))
    as_json = cli("enhance", *arguments, "--json")
    assert (as_json.code, as_json.out) == (code, "")
    [problem] = as_json.problems
    assert problem["detail"] in ran.err


def test_an_earlier_result_is_replaced_but_no_other_file(cli: Cli, photo: Path) -> None:
    Path("photo.enhanced.jpg").write_text("an earlier result")
    assert cli("enhance", "photo.jpg").code == 0
    Path("mine.jpg").write_text("mine")
    assert cli("enhance", "photo.jpg", "-o", "mine.jpg").code == 2
    assert Path("mine.jpg").read_text() == "mine"
    assert cli("enhance", "photo.jpg", "-o", "mine.jpg", "--force").code == 0
    assert Path("mine.jpg").read_bytes() == Path("photo.enhanced.jpg").read_bytes()


def test_a_folder_that_may_not_be_written_to(cli: Cli, photo: Path, locked: Path) -> None:
    for out in (locked / "better.jpg", locked / "new"):
        ran = cli("enhance", photo.name, "-o", out)
        assert (ran.code, ran.out) == (9, "")
        assert "cannot be written to" in ran.err
        assert len(ran.err.splitlines()) == 1


def test_a_full_disk(
    cli: Cli, photo: Path, full_disk: Callable[[], AbstractContextManager[None]]
) -> None:
    assert cli("assess", photo.name).code == 0  # everything it takes is loaded now
    with full_disk():
        ran = cli("enhance", photo.name)
    assert ran.code == 9
    assert "is full" in ran.err
    assert len(ran.err.splitlines()) == 1
    assert sorted(each.name for each in Path().iterdir()) == ["photo.jpg"]


def test_a_name_that_is_not_utf8(photo: Path) -> None:
    name = os.fsencode(photo.parent) + b"/\xff\n.jpg"
    Path(os.fsdecode(name)).write_bytes(photo.read_bytes())
    ran = script("enhance", name, "--json")
    assert (ran.code, ran.err) == (0, "")
    assert ran.answer["original_path"].endswith("/\ufffd\ufffd.jpg")
    assert Path(os.fsdecode(name.replace(b".jpg", b".enhanced.jpg"))).is_file()


def test_assessing_tells_the_score_and_its_parts(cli: Cli, photo: Path) -> None:
    ran = cli("assess", "photo.jpg", "--json")
    assert (ran.code, ran.err) == (0, "")
    answer = AssessmentAnswer.model_validate(ran.answer)
    assert ran.answer == answer.model_dump(mode="json")
    assert (answer.width, answer.height, answer.format) == (240, 180, "JPEG")
    assert 0 <= answer.quality.score <= 100
    human = cli("assess", "photo.jpg", "gone.jpg")
    assert human.code == 1
    assert f"{answer.quality.score:.1f}" in human.out
    assert "gone.jpg: There is no such file." in human.err


def test_a_folder_is_assessed_worst_photo_first(cli: Cli, tmp_path: Path) -> None:
    (tmp_path / "shop" / "shoes").mkdir(parents=True)
    for number, name in enumerate(("a.jpg", "b, c.png", "shoes/d.jpg")):
        kind = "PNG" if name.endswith("png") else "JPEG"
        (tmp_path / "shop" / name).write_bytes(photo_bytes(64, 48, kind, number))
    (tmp_path / "shop" / "notes.txt").touch()
    answers = [
        AssessmentAnswer.model_validate(each) for each in cli("assess", "shop", "--json").answers
    ]
    scores = [each.quality.score for each in answers]
    assert (len(scores), scores) == (3, sorted(scores))
    people = cli("assess", "shop")
    assert people.code == 0
    places = [people.out.index(each.path) for each in answers]
    assert places == sorted(places)
    assert "Left out: 1 without a photo's extension (notes.txt)." in people.err
    table = cli("assess", "shop", "--csv").out.splitlines()
    rows = list(csv.DictReader(table))
    assert [row["path"] for row in rows] == [each.path for each in answers]
    assert [float(row["score"]) for row in rows] == scores
    assert rows[0].keys() >= {"blur", "exposure", "width", "height", "format", "size_kb"}


@pytest.mark.parametrize(
    ("arguments", "words"),
    [(["empty"], "There is no photo in 'empty'"), (["photo.jpg", "--csv", "--json"], "exclude")],
)
def test_what_cannot_be_assessed(cli: Cli, photo: Path, arguments: list[str], words: str) -> None:
    Path("empty").mkdir()
    ran = cli("assess", *arguments)
    assert (ran.code, ran.out) == (2, "")
    assert words in ran.err


def piped(*arguments: str, photo: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [SCRIPT, "enhance", *arguments], input=photo, capture_output=True, timeout=60, check=False
    )


def test_a_photo_goes_through_pipes(cli: Cli, photo: Path) -> None:
    assert cli("enhance", "photo.jpg", "--format", "png", "-o", "expected.png").code == 0
    expected = Path("expected.png").read_bytes()
    whole = photo.read_bytes()
    for arguments in (("-",), ("-", "-o", "-", "--json")):
        done = piped(*arguments, "--format", "png", photo=whole)
        assert (done.returncode, done.stderr, done.stdout) == (0, b"", expected)
    assert piped("photo.jpg", "-o", "-", "--format", "png").stdout == expected
    done = piped("-", "-o", "made.png", "--json", photo=whole)
    assert json.loads(done.stdout)["original_path"] == "-"
    assert Path("made.png").read_bytes() == expected
    refused = piped("-", photo=b"not a photo")
    assert (refused.returncode, refused.stdout) == (6, b"")
    assert refused.stderr.startswith(b"pixellab: -: ")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["-", "photo.jpg"], "must be the only one"),
        (["photo.jpg", "photo.jpg", "-o", "-"], "must be the only one"),
        (["-", "--compare"], "--compare writes a picture beside a file"),
    ],
)
def test_what_cannot_go_through_pipes(
    cli: Cli, photo: Path, arguments: list[str], words: str
) -> None:
    ran = cli("enhance", *arguments)
    assert (ran.code, ran.out) == (2, "")
    assert words in ran.err


@pytest.mark.parametrize("command", ["enhance", "assess"])
def test_a_gain_map_that_is_dropped_is_told(cli: Cli, photo: Path, command: str) -> None:
    photo.write_bytes(ultra_hdr(scene(240, 180)))
    assert GAIN_MAP in cli(command, photo.name, "--json").answer["warnings"]
    told = cli(command, photo.name)
    assert "HDR gain map was dropped" in " ".join(told.out.split())
