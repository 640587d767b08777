"""What goes over a broker is read as it was written, and nothing else is."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pixellab.adapters.jobs.broker.messages import UnknownMessage, read_message, write_message
from pixellab.domain.ports import Job, Lane, Resource

jobs = st.builds(
    Job,
    image_id=st.uuids().map(str),
    enhancement_id=st.uuids().map(str),
    sequence=st.integers(1, 1_000_000),
    settling=st.booleans(),
    overrule=st.none() | st.datetimes(datetime(2026, 1, 1), timezones=st.just(UTC)),
    lane=st.sampled_from(Lane),
    resource=st.sampled_from(Resource),
)
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner),
    max_leaves=5,
)


@given(jobs)
def test_a_job_is_read_as_it_was_written(job: Job) -> None:
    assert read_message(json.loads(json.dumps(write_message(job)))) == job


@given(jobs)
def test_a_message_is_small(job: Job) -> None:
    assert len(json.dumps(write_message(job))) < 400


@given(values)
def test_anything_else_is_unknown(message: object) -> None:
    with pytest.raises(UnknownMessage):
        read_message(message)


@given(jobs, st.sampled_from(["image_id", "sequence", "settling", "overrule", "lane"]), values)
def test_a_field_is_of_its_kind_or_unknown(job: Job, field: str, value: object) -> None:
    written = write_message(job) | {field: value}
    try:
        read = read_message(written)
    except UnknownMessage:
        return
    assert type(getattr(read, field)) is type(getattr(job, field)) or value is None
