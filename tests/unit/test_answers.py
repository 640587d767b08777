from __future__ import annotations

import base64
from datetime import UTC, datetime, timedelta, timezone
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pixellab.domain.errors import InvalidRequest
from pixellab.domain.results import BackendCall, CallOutcome, Usage
from pixellab.entrypoints.answers import CostAnswer, dump, read_cursor, write_cursor

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
