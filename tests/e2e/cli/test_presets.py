"""Presets on the command line."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.e2e.cli.conftest import Ran

Cli = Callable[..., Ran]
pytestmark = pytest.mark.usefixtures("installation")


@pytest.fixture(autouse=True)
def _file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "shop.toml"
    file.write_text('[small]\nmode = "UPSCALE"\nscale = 3\nwidth = 60\noutput_format = "PNG"\n')
    monkeypatch.setenv("PIXELLAB_PRESETS", str(file))


def test_a_preset_from_saving_to_removing(cli: Cli) -> None:
    saved = cli("presets", "save", "soft", "--mode", "denoise", "--keep-shadow", "--json").answer
    assert saved["fields"] == {"mode": "DENOISE", "keep_shadow": True}
    assert [each["name"] for each in cli("presets", "list", "--json").answer["presets"]] == [
        "small",
        "soft",
    ]
    assert 'mode="DENOISE", keep_shadow=true' in cli("presets", "list").out
    shown = cli("presets", "show", "small").out
    assert shown.splitlines() == [
        "[small]",
        'mode = "UPSCALE"',
        'output_format = "PNG"',
        "scale = 3",
        "width = 60",
    ]
    assert cli("presets", "remove", "soft").out == "Removed soft.\n"
    gone = cli("presets", "remove", "soft")
    assert (gone.code, gone.err.strip()) == (
        4,
        "pixellab: No preset is called 'soft'; known are small.",
    )
    assert cli("presets", "remove", "small").code == 5


def test_wrong_presets_are_refused_each_field_named(cli: Cli) -> None:
    [problem] = cli("presets", "save", "p", "--scale", 9, "--profile", "sears", "--json").problems
    assert {each["field"] for each in problem["errors"]} == {"scale", "profile"}
    assert "needs at least one option, such as --mode" in cli("presets", "save", "p").err
    assert cli("presets", "save", "p", "--scale", 3, "--dry-run").code == 2
    assert "There is" not in cli("presets", "list").out
    assert cli("presets", "show", "p").code == 4


def test_photos_are_made_better_as_the_preset_says(cli: Cli, photo: Path) -> None:
    made = cli("enhance", photo, "--preset", "small", "--json").answer
    assert (made["enhancement_mode"], made["output_format"]) == ("UPSCALE", "PNG")
    assert made["enhanced_width"] == 60
    # An option wins, also one that says what is the default without a preset.
    cli("presets", "save", "big", "--mode", "UPSCALE", "--scale", 3)
    for options, width in ((("--scale", 2), 480), ((), 720)):
        made = cli("enhance", photo, "--preset", "big", *options, "--json").answer
        assert made["enhanced_width"] == width
    named = cli("enhance", photo, "--preset", "small", "-o", "mug.webp", "--json").answer
    assert named["output_format"] == "WEBP"


def test_stored_photos_name_their_preset(cli: Cli, photo: Path) -> None:
    done = cli("upload", photo, "--preset", "small", "--mode", "optimize", "--json").answer
    history = cli("history", done["image_id"], "--json").answer
    assert history["enhancements"][0]["request"] == {
        "mode": "OPTIMIZE",
        "output_format": "PNG",
        "scale": 3,
        "width": 60,
        "preset": "small",
    }


def test_a_folder_is_done_alike_and_once(cli: Cli, photo: Path) -> None:
    folder = photo.parent / "shop"
    folder.mkdir()
    photo.rename(folder / photo.name)
    done = cli("batch", folder, "--preset", "small", "--mode", "OPTIMIZE", "--json")
    assert done.answers[0]["output_format"] == "PNG"
    fields = ("--mode", "OPTIMIZE", "--format", "PNG", "--scale", 3, "--width", 60)
    again = cli("batch", folder, *fields)
    assert "0 enhanced, 1 were done before" in again.out


def test_a_preset_of_nobody_is_refused(cli: Cli, photo: Path) -> None:
    for command in ("enhance", "upload"):
        refused = cli(command, photo, "--preset", "grey")
        assert refused.code == 2
        assert refused.err.strip() == "pixellab: No preset is called 'grey'; known are small."


@pytest.mark.parametrize(
    ("command", "option"),
    [
        (["presets", "save", "soft", "--mode", "DENOISE"], ["--dry-run"]),
        (["presets", "save", "soft", "--mode", "DENOISE"], ["--preset", "small"]),
        (["batches", "add", "spring.csv"], ["--dry-run"]),
    ],
)
def test_options_that_would_be_refused_are_not_offered(
    cli: Cli, command: list[str], option: list[str]
) -> None:
    assert option[0] not in cli(*command[:2], "--help").out.replace("with --preset do", "")
    refused = cli(*command, *option)
    assert (refused.code, refused.err) == (2, f"pixellab: Unknown option: {option[0]}.\n")
    assert cli("batches", "list").out == "There is no batch.\n"


def test_doctor_says_which_file_is_read_or_what_is_wrong_in_it(
    cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def found() -> tuple[str, str]:
        findings = cli("doctor", "--json").answer["findings"]
        (presets,) = [each for each in findings if each["part"] == "presets"]
        return presets["verdict"], presets["found"]

    file = tmp_path / "shop.toml"
    assert found() == ("ok", f"1 in {file}: small")
    file.write_text("")
    assert found() == ("warning", f"{file} has none")
    file.write_text('[small]\nmode = "POLISH"\n')
    verdict, told = found()
    assert verdict == "problem"
    assert told.startswith("PIXELLAB_PRESETS names a file whose preset 'small' is wrong: mode")
    file.write_bytes(b"\xff")
    told = "PIXELLAB_PRESETS names a file that is not text in UTF-8; allowed is a TOML file."
    assert found() == ("problem", told)
    file.unlink()
    (settings,) = cli("doctor", "--json").answer["findings"]
    told = f"PIXELLAB_PRESETS is '{file}', where there is no file; allowed is a TOML file."
    assert (settings["verdict"], settings["found"]) == ("problem", told)
    monkeypatch.delenv("PIXELLAB_PRESETS")
    assert "presets" not in {each["part"] for each in cli("doctor", "--json").answer["findings"]}


@pytest.mark.parametrize(
    ("place", "told"),
    [
        ("gone.toml", "is 'gone.toml', where there is no file; allowed is a TOML file."),
        (".", "is '.', which is a folder; allowed is a TOML file."),
        (
            "/proc/self/mem",  # is there, and fails when it is read
            "names a file that cannot be read; allowed is a TOML file that this user may read.",
        ),
    ],
)
@pytest.mark.parametrize(
    "command", [["serve"], ["worker"], ["enhance", "photo.jpg"], ["upload", "photo.jpg"], ["list"]]
)
@pytest.mark.usefixtures("photo")
def test_a_file_that_is_not_to_be_had_stops_each_entry_point_with_one_sentence(
    cli: Cli, monkeypatch: pytest.MonkeyPatch, command: list[str], place: str, told: str
) -> None:
    monkeypatch.setenv("PIXELLAB_PRESETS", place)
    ran = cli(*command)
    assert (ran.code, ran.out, ran.err) == (10, "", f"pixellab: PIXELLAB_PRESETS {told}\n")
