from __future__ import annotations

import base64
import io
from datetime import UTC, datetime, timedelta, timezone
from uuid import UUID

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from pixellab.domain.errors import InvalidRequest
from pixellab.domain.results import BackendCall, CallOutcome, Fidelity, Usage
from pixellab.entrypoints.answers import (
    CostAnswer,
    HistoryAnswer,
    ImageAnswer,
    dump,
    read_cursor,
    write_cursor,
)
from pixellab.entrypoints.cli.show.reports import history_report, image_report
from pixellab.testing.records import make_calls, make_completed, make_enhancement, make_image

moments = st.datetimes(datetime(1970, 1, 1), datetime(2999, 1, 1), timezones=st.just(UTC))


@given(moments, st.uuids().map(str))
def test_a_cursor_is_read_as_it_was_written(when: datetime, image_id: str) -> None:
    cursor = write_cursor((when, image_id))
    assert cursor.replace("-", "").replace("_", "").isalnum()
    assert read_cursor(cursor) == (when, image_id)


@given(st.text(max_size=60))
def test_any_other_text_is_refused(text: str) -> None:
    with pytest.raises(InvalidRequest, match="next_cursor"):
        read_cursor(text)


ID = "0a1b2c3d-0000-4000-8000-0000000000ff"


def encoded(text: str) -> str:
    return base64.urlsafe_b64encode(text.encode()).decode()


@pytest.mark.parametrize(
    "text",
    [
        f'["0001-01-01T00:00:00+14:00","{ID}"]',
        f'["9999-12-31T23:59:59-14:00","{ID}"]',
        f'["2026-01-01T00:00:00","{ID}"]',
        '["2026-01-01T00:00:00+00:00","\\ud800"]',
        '["2026-01-01T00:00:00+00:00","x"]',
        '["2026-01-01T00:00:00+00:00",7]',
        f'[1767225600,"{ID}"]',
        "[" * 100_000,
    ],
)
def test_a_cursor_that_someone_made_up_is_refused(text: str) -> None:
    with pytest.raises(InvalidRequest, match="next_cursor") as refused:
        read_cursor(encoded(text))
    assert refused.value.field == "cursor"


def test_a_cursor_is_read_in_the_form_of_the_records() -> None:
    moment = datetime(2026, 1, 1, 14, tzinfo=timezone(timedelta(hours=14)))
    when, image_id = read_cursor(write_cursor((moment, ID.upper())))
    assert (when.tzinfo, when.hour, image_id) == (UTC, 0, str(UUID(ID)))


def test_a_price_that_is_not_known_is_said_to_be_unknown() -> None:
    call = BackendCall(backend="X", outcome=CallOutcome.SERVED, usage=Usage(images=1))
    answer = CostAnswer.of([call])
    assert answer is not None
    assert dump(answer) == {"amount": "unknown", "currency": "USD"}


def test_history_tells_how_well_a_picture_kept_the_product() -> None:
    image = make_image(1)
    kept = Fidelity(figures={"silhouette_overlap": 0.997, "colour_p95": 1.25}, text_checked=True)
    changed, objection = make_calls(make_enhancement(image))[1], "Its hue turned by 8 degrees."
    served = BackendCall(backend="X", outcome=CallOutcome.SERVED, fidelity=kept)
    done = evolve(make_completed(make_enhancement(image)), calls=(changed, served))
    answer = HistoryAnswer.of(image, (done,))
    (entry,) = dump(answer)["enhancements"]
    assert entry["fidelity"] == entry["backend_calls"][1]["fidelity"]
    assert (entry["fidelity"]["passed"], entry["fidelity"]["figures"]) == (True, kept.figures)
    assert entry["backend_calls"][0]["fidelity"]["objections"] == [objection]
    latest = answer.enhancements[0]
    for report in (history_report(answer), image_report(ImageAnswer.of(image), latest)):
        console = Console(width=200, record=True, file=io.StringIO())
        console.print(report)
        text = console.export_text()
        assert "product kept: silhouette_overlap 0.997, colour_p95 1.25; text compared" in text
        assert "product changed: colour_p95 4.25; text not compared" in text
