"""Backends brought by other packages: the example, which is really built, and troublesome ones."""

from __future__ import annotations

import io
import os
import shutil
import subprocess
import sys
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console, RenderableType

from pixellab.domain.errors import BackendFailed, BackendUnavailable, InvalidRequest, Misconfigured
from pixellab.domain.ports import Event
from pixellab.domain.requests import Mode, Task
from pixellab.domain.results import CallOutcome
from pixellab.domain.use_cases import Upload
from pixellab.entrypoints.answers import FileAnswer, HistoryAnswer, UploadAnswer, dump
from pixellab.entrypoints.api.metrics import Metrics
from pixellab.entrypoints.cli.diagnosis.checks import examine
from pixellab.entrypoints.cli.show.reports import file_report, history_report, upload_report
from pixellab.entrypoints.library.whole_library import open_pixellab
from pixellab.entrypoints.plugins import find_plugins
from tests.conftest import photo_bytes
from tests.plugins import EXAMPLE, build_example, install, install_troublesome

RAISES = "raise RuntimeError('a secret detail')\n"


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build_example(tmp_path_factory.mktemp("wheels"))


@pytest.fixture
def _installed(wheel: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(wheel))
    monkeypatch.syspath_prepend(str(install_troublesome(tmp_path / "packages")))


def found(part: str) -> tuple[str, str, str]:
    """What doctor says of a part: the verdict, what was found, and the advice."""
    [said] = [each for each in examine() if each.part == part]
    return (str(said.verdict), said.found, said.advice)


@pytest.mark.usefixtures("_installed")
def test_an_installed_package_adds_a_backend() -> None:
    with open_pixellab(data_dir="data") as lab:
        assert "SEPIA" in lab.lab.enhancers.names()
        done = lab.upload(photo_bytes(), backend="sepia", mode="LIGHT_CORRECTION")
        assert done.enhancement.backend == "SEPIA"
        assert done.enhancement.steps[0].name == "sepia"
        assert lab.image(done.image.id).backend == "SEPIA"
    assert found("plug-in SEPIA")[:2] == ("ok", "brought by pixellab-enhancer-sepia 1.0")


def test_the_example_passes_its_own_tests_as_installed(wheel: Path, tmp_path: Path) -> None:
    copy = tmp_path / "tests"
    shutil.copytree(EXAMPLE / "tests", copy, ignore=shutil.ignore_patterns("__pycache__"))
    ran = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", copy],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(wheel), "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert ran.returncode == 0, ran.stdout
    assert " passed" in ran.stdout


@pytest.mark.usefixtures("_installed")
def test_a_package_that_cannot_be_loaded_is_unavailable_and_doctor_says_why() -> None:
    with pytest.raises(BackendUnavailable, match=r"^The plug-in RUSTY could not be loaded\.$"):
        find_plugins().factories["RUSTY"]()
    verdict, what, _ = found("backend RUSTY")
    assert verdict == "warning"
    assert what.startswith("The plug-in RUSTY could not be loaded. ModuleNotFoundError: No module")


@pytest.mark.usefixtures("_installed")
def test_what_is_no_enhancer_and_what_cannot_diagnose_itself_harm_nobody_else() -> None:
    assert found("backend HOLLOW")[1] == (
        "The plug-in HOLLOW could not be loaded. TypeError: Hollow has no modes and no waits "
        "and no check and no estimate and no enhance and no diagnose"
    )
    assert found("backend CLUMSY")[1] == (
        "its diagnosis failed. ZeroDivisionError: a secret detail"
    )
    assert found("backends")[0] == "ok"


@pytest.mark.usefixtures("_installed")
def test_what_a_package_says_it_needs_is_passed_on() -> None:
    with (
        open_pixellab(data_dir="data") as lab,
        pytest.raises(BackendUnavailable, match="EMPTY needs the variable EMPTY_KEY"),
    ):
        lab.upload(photo_bytes(), backend="empty")
    assert found("backend EMPTY")[1] == "EMPTY needs the variable EMPTY_KEY."


def test_backends_are_listed_without_importing_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    entries = {"explosive": "explosive:Enhancer"}
    monkeypatch.syspath_prepend(str(install(tmp_path, "pixellab-boom", entries, explosive=RAISES)))
    with open_pixellab(data_dir="data") as lab:
        assert "EXPLOSIVE" in lab.lab.enhancers.names()
        with pytest.raises(InvalidRequest, match=r"allowed are .*EXPLOSIVE"):
            lab.enhance(photo_bytes(), backend="nobody")
        assert "explosive" not in sys.modules
        with pytest.raises(BackendUnavailable) as refused:
            lab.enhance(photo_bytes(), backend="explosive")
    assert refused.value.message == "The plug-in EXPLOSIVE could not be loaded."
    assert found("backend EXPLOSIVE")[1].endswith("RuntimeError: a secret detail")


def test_two_packages_with_one_name_are_both_named(
    wheel: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = install(tmp_path, "pixellab-brown", {"Sepia": "brown:Sepia"}, brown=RAISES)
    monkeypatch.syspath_prepend(str(wheel))
    monkeypatch.syspath_prepend(str(other))
    both = "SEPIA is brought by pixellab-brown 1.0 and pixellab-enhancer-sepia 1.0; allowed is one"
    with open_pixellab(data_dir="data") as lab:
        assert lab.lab.enhancers.names().count("SEPIA") == 1
        with pytest.raises(BackendUnavailable, match=both):
            lab.upload(photo_bytes(), backend="sepia")
        assert lab.upload(photo_bytes()).enhancement.backend == "LOCAL"
    assert found("plug-in SEPIA")[0] == "problem"
    assert found("plug-in SEPIA")[1].startswith(both)


@pytest.mark.parametrize("name", ["local", "Gemini", "BEDROCK"])
def test_pixellabs_own_names_are_not_a_packages_to_take(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    package = install(tmp_path, "pixellab-fake", {name: "fake:Enhancer"}, fake=RAISES)
    monkeypatch.syspath_prepend(str(package))
    with open_pixellab(data_dir="data") as lab:
        assert lab.enhance(photo_bytes(), mode="OPTIMIZE").enhanced.backend == "LOCAL"
    assert "fake" not in sys.modules
    verdict, what, _ = found(f"plug-in {name.upper()}")
    assert verdict == "warning"
    assert what.startswith("brought by pixellab-fake 1.0, and not used")


@pytest.mark.usefixtures("_installed")
def test_a_mistake_in_a_package_is_logged_for_its_author_and_told_to_nobody(
    caplog: pytest.LogCaptureFixture,
) -> None:
    with open_pixellab(data_dir="data", routes="*=rusty>clumsy>local") as lab:
        done = lab.upload(photo_bytes(), mode="OPTIMIZE")
        answer = dump(UploadAnswer.of(done, lab.lab.store))
        with pytest.raises(BackendFailed, match=r"^CLUMSY failed on this picture\.$"):
            lab.upload(photo_bytes(), backend="clumsy")
    assert "RUSTY could not be loaded." in caplog.text
    assert "No module named 'troublesome.missing'" in caplog.text
    assert "CLUMSY raised an error of its own." in caplog.text
    assert 'raise ZeroDivisionError("a secret detail")' in caplog.text
    assert "a secret detail" not in str(answer)
    assert "troublesome" not in str(answer)


def shown(report: RenderableType) -> str:
    console = Console(width=200, file=io.StringIO(), record=True)
    console.print(report)
    return console.export_text()


@pytest.mark.usefixtures("_installed")
def test_a_chain_ends_with_local_and_every_edge_says_so() -> None:
    figures, told = Metrics(), list[Event]()

    def observe(event: Event) -> None:
        figures(event)
        told.append(event)

    with open_pixellab(data_dir="data", routes="AUTO=rusty>moody>local") as lab:
        upload = Upload(content=io.BytesIO(photo_bytes()), filename="photo.jpg")
        done = lab.lab.upload_and_enhance(upload, observe)
        answer = UploadAnswer.of(done, lab.lab.store)
        history = HistoryAnswer.of(*lab.lab.get_history(done.image.id))
    assert answer.backend == "LOCAL"
    assert answer.enhanced_url.endswith(f"/uploads/enhanced/{done.image.key_digits}_photo.jpg")
    assert [call.outcome for call in answer.backend_calls] == [
        CallOutcome.UNAVAILABLE,
        CallOutcome.TIMED_OUT,
        CallOutcome.SERVED,
    ]
    assert history.enhancements[0].backend_calls == answer.backend_calls
    assert dump(history.enhancements[0])["cost"] == {"amount": "0.034", "currency": "USD"}
    usage = dump(answer)["backend_calls"][1]["usage"]
    assert (usage["amount"], usage["priced_on"], usage["images"]) == ("0.034", "2026-11-01", 1)
    assert answer.backend_calls[1].response_id == "m-1"
    assert "MOODY timed out: MOODY took too long." in shown(history_report(history))
    assert "cost 0.034 USD" in shown(history_report(history))
    assert "cost 0.034 USD" in shown(upload_report(answer))
    text = figures.render().decode()
    assert 'pixellab_backend_calls_total{backend="MOODY",outcome="timed_out"} 1.0' in text
    assert 'pixellab_backend_cost_total{backend="MOODY",currency="USD"} 0.034' in text
    assert 'pixellab_enhancements_total{backend="LOCAL",mode="AUTO"} 1.0' in text


@pytest.mark.usefixtures("_installed")
def test_the_library_says_beforehand_what_is_sent_and_keeps_nothing(tmp_path: Path) -> None:
    with open_pixellab(data_dir="data", routes="*=moody>local", cost_cap_request=1) as lab:
        moody, local = lab.dry_run(photo_bytes(), mode=Mode.SHARPEN)
    assert (moody.backend, moody.serves) == ("MOODY", True)
    assert moody.estimate is not None
    assert moody.estimate.usage.amount == Decimal("0.034")
    assert (local.backend, local.serves, local.estimate) == ("LOCAL", True, None)
    assert not (tmp_path / "data").exists()


@pytest.mark.usefixtures("_installed")
def test_what_costs_nothing_shows_no_cost() -> None:
    with open_pixellab(data_dir="data") as lab:
        asked: dict[str, Any] = {"backend": "sepia", "mode": "LIGHT_CORRECTION"}
        done = lab.upload(photo_bytes(), **asked)
        answer = UploadAnswer.of(done, lab.lab.store)
        result = lab.enhance(photo_bytes(), **asked)
    file = FileAnswer.of(
        result,
        Task(mode=Mode.LIGHT_CORRECTION),
        original_path="a.jpg",
        original_bytes=1000,
        photo=result.enhanced.picture,
        enhanced_path="b.jpg",
        processing_time_ms=1,
    )
    assert (answer.cost, file.cost) == (None, None)
    assert [call.backend for call in file.backend_calls] == ["SEPIA"]
    assert "cost" not in shown(upload_report(answer)) + shown(file_report(file))


@pytest.mark.usefixtures("_installed")
def test_a_chain_with_an_unknown_name_lists_the_choices() -> None:
    with (
        pytest.raises(Misconfigured, match=r"PIXELLAB_ROUTES names NOBODY; allowed are .*SEPIA"),
        open_pixellab(data_dir="data", routes="AUTO=sepia>nobody"),
    ):
        pytest.fail("it started")
