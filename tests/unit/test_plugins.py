"""Backends brought by another package, which is really built and installed."""

from __future__ import annotations

import io
from decimal import Decimal
from pathlib import Path

import pytest
from rich.console import Console, RenderableType

from pixellab.domain.errors import BackendUnavailable, Misconfigured
from pixellab.domain.ports import Event
from pixellab.domain.requests import Mode
from pixellab.domain.results import CallOutcome
from pixellab.domain.use_cases import Upload
from pixellab.entrypoints.answers import FileAnswer, HistoryAnswer, UploadAnswer, dump
from pixellab.entrypoints.api.metrics import Metrics
from pixellab.entrypoints.cli.show.reports import file_report, history_report, upload_report
from pixellab.entrypoints.library import open_pixellab
from pixellab.entrypoints.plugins import find_enhancers
from tests.conftest import photo_bytes
from tests.plugins import build_plugin


@pytest.fixture
def _installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(build_plugin(tmp_path / "wheels")))


@pytest.mark.usefixtures("_installed")
def test_an_installed_package_adds_a_backend() -> None:
    with open_pixellab(data_dir="data") as lab:
        assert "SHINY" in lab.lab.enhancers.names()
        done = lab.upload(photo_bytes(), backend="shiny")
        assert done.enhancement.backend == "SHINY"
        assert done.enhancement.steps[0].name == "invert"
        assert lab.image(done.image.id).backend == "SHINY"


@pytest.mark.usefixtures("_installed")
def test_a_package_that_cannot_be_loaded_is_unavailable() -> None:
    with pytest.raises(BackendUnavailable, match="rusty"):
        find_enhancers()["RUSTY"]()


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

    with open_pixellab(data_dir="data", routes="AUTO=rusty>moody>local,*=shiny") as lab:
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
        done = lab.upload(photo_bytes(), backend="shiny")
        answer = UploadAnswer.of(done, lab.lab.store)
        result = lab.enhance(photo_bytes(), backend="shiny")
    file = FileAnswer.of(
        result,
        mode="AUTO",
        original_path="a.jpg",
        original_bytes=1000,
        enhanced_path="b.jpg",
        processing_time_ms=1,
    )
    assert (answer.cost, file.cost) == (None, None)
    assert [call.backend for call in file.backend_calls] == ["SHINY"]
    assert "cost" not in shown(upload_report(answer)) + shown(file_report(file, (1, 1)))


@pytest.mark.usefixtures("_installed")
def test_a_chain_with_an_unknown_name_lists_the_choices() -> None:
    with (
        pytest.raises(Misconfigured, match=r"PIXELLAB_ROUTES names NOBODY; allowed are .*SHINY"),
        open_pixellab(data_dir="data", routes="AUTO=shiny>nobody"),
    ):
        pytest.fail("it started")
