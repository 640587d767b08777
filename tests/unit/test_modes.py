"""Several modes, one after the other, are a mode."""

from __future__ import annotations

import copy
import pickle
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import String
from sqlalchemy.dialects.mysql.base import MySQLDialect

from pixellab.adapters.image_repositories.sql.tables import enhancement_history, product_images
from pixellab.domain.errors import BackendRefused, InvalidRequest
from pixellab.domain.ports import Event, Milestone
from pixellab.domain.requests import Task
from pixellab.domain.requests.modes import MAX_MODES, Mode, in_turn
from pixellab.entrypoints.api.metrics import Metrics
from tests.unit.installation import install, photo

rows = st.lists(st.sampled_from(Mode), min_size=1, max_size=6)


def is_allowed(modes: list[Mode]) -> bool:
    first = modes[:-1]
    return (
        len(modes) <= 4
        and len({*modes}) == len(modes)
        and not {Mode.OPTIMIZE, Mode.FULL} & {*first}
        and (Mode.STANDARDIZE not in first or modes[-2:] == [Mode.STANDARDIZE, Mode.OPTIMIZE])
    )


@given(rows)
def test_a_row_of_modes_is_one_mode_or_refused_with_what_is_allowed(modes: list[Mode]) -> None:
    text = ",".join(modes)
    if not is_allowed(modes):
        with pytest.raises(InvalidRequest, match="allowed") as refused:
            Task(mode=text)
        assert refused.value.field == "mode"
        with pytest.raises(ValueError, match="not a valid Mode"):
            Mode(text)
        return
    mode = Mode.parse(text.lower().replace(",", " , "))
    assert (str(mode), in_turn(mode)) == (text, tuple(modes))
    assert Mode(text) is copy.deepcopy(mode) is pickle.loads(pickle.dumps(mode)) is mode
    assert list(Mode) == list(Mode.__members__.values())
    assert len(list(Mode)) == 10


def test_the_database_has_room_for_any_row() -> None:
    longest = max(
        len(",".join(modes)) for modes in permutations(Mode, MAX_MODES) if is_allowed([*modes])
    )
    for table in (product_images, enhancement_history):
        kind = table.c.operation.type.dialect_impl(MySQLDialect())
        assert isinstance(kind, String)
        assert longest <= (kind.length or 0)


@pytest.mark.parametrize("text", ["", ",", "AUTO,", "AUTO;FULL", "AUTO,PAINT"])
def test_a_name_that_is_no_mode_is_refused_with_those_there_are(text: str) -> None:
    with pytest.raises(InvalidRequest, match="allowed are AUTO, BACKGROUND_REMOVE"):
        Mode.parse(text)


def test_what_one_of_several_modes_uses_is_not_ignored() -> None:
    task = Task(mode=Mode("DENOISE,UPSCALE"), scale=3, without="denoise", profile="amazon")
    assert task.left_out == {"denoise"}
    assert [each.split()[0] for each in task.ignored] == ["profile"]


def test_several_modes_are_done_and_recorded_as_one_enhancement() -> None:
    lab = install()
    done = lab.upload(photo(task=Task(mode=Mode("DENOISE,UPSCALE,OPTIMIZE"), scale=3)))
    assert [step.name for step in done.enhancement.steps] == ["copy", "repeat", "copy"]
    assert done.enhancement.enhanced_width == 3 * done.image.original_width
    assert str(done.image.mode) == "DENOISE,UPSCALE,OPTIMIZE"


def test_a_backend_of_one_mode_at_a_time_refuses_or_the_route_falls_to_one_of_several() -> None:
    both = Task(mode=Mode("DENOISE,OPTIMIZE"))
    lab = install(chain=("LOCAL", "PICKY"))
    done = lab.upload(photo(task=both))
    assert done.enhancement.backend == "LOCAL"
    assert done.enhancement.warnings[0].startswith("PICKY does not do DENOISE,OPTIMIZE; it does")
    assert done.enhancement.warnings[0].endswith("LOCAL did it instead.")
    with pytest.raises(BackendRefused, match=r"PICKY does not do .*; it does one mode at a time"):
        lab.upload(photo(task=both, backend="PICKY"))


def test_figures_have_one_label_for_all_rows_of_modes() -> None:
    metrics = Metrics()
    for mode in (Mode.DENOISE, Mode("DENOISE,UPSCALE"), Mode("UPSCALE,DENOISE")):
        fields = {"mode": mode, "backend": "LOCAL", "processing_time_ms": 5, "bytes_saved": 1}
        metrics(Event(milestone=Milestone.COMPLETED, image_id="1", fields=fields))
    shown = metrics.render().decode()
    assert 'pixellab_enhancements_total{backend="LOCAL",mode="several"} 2.0' in shown
    assert 'pixellab_enhancements_total{backend="LOCAL",mode="DENOISE"} 1.0' in shown
    assert "UPSCALE" not in shown


def test_a_mode_of_a_newer_version_is_refused_by_name() -> None:
    task = Task()
    object.__setattr__(task, "mode", "RELIGHT,DENOISE")  # as it is read from its record
    with pytest.raises(BackendRefused, match="LOCAL does not do RELIGHT,DENOISE"):
        install().accept.enhancers.get("LOCAL", task)
