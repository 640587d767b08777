from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pixellab.domain.errors import InvalidRequest
from pixellab.entrypoints.answers import read_cursor, write_cursor

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
