"""A field that a task declares is there at every entry point, and means the same."""

from __future__ import annotations

import dataclasses
import inspect
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from attrs import fields_dict
from hypothesis import assume, given
from hypothesis import strategies as st

from pixellab import Library
from pixellab.domain.errors import InvalidFields, InvalidRequest
from pixellab.domain.formats import Format
from pixellab.domain.request_fields import request_fields
from pixellab.domain.requests import EnhanceRequest, Mode, Rehearsal, Task, UploadRequest
from pixellab.domain.requests.framing import Fit
from pixellab.domain.requests.modes import OPTIONAL_STEPS, PURPOSES, STEPS
from pixellab.entrypoints.api.http.request_models import (
    ENHANCE,
    UPLOAD,
    from_form,
    from_json,
)
from pixellab.entrypoints.cli.commands.parts.options import TaskOptions

ROOT = Path(__file__).parents[2]
DECLARED = request_fields(EnhanceRequest)


def _any_case(text: str) -> st.SearchStrategy[str]:
    return st.sampled_from((text, text.lower(), text.title()))


def _can_be_meant(asked: dict[str, Any]) -> bool:
    """Not without the very step that the mode is for."""
    mode = Mode(asked.get("mode", "AUTO").strip().upper())
    without = {each.strip().lower() for each in asked.get("without", "").split(",")}
    return PURPOSES.get(mode) not in without


ASKED = st.fixed_dictionaries(
    {},
    optional={
        "mode": st.sampled_from(Mode).flatmap(_any_case),
        "output_format": st.sampled_from((*Format, "JPG")).flatmap(_any_case),
        "target_size_kb": st.integers(50, 2000),
        "scale": st.integers(2, 4),
        "profile": st.sampled_from(("generic", "amazon")),
        "background": st.sampled_from(("White", " transparent", "#F2f2f2", "#abc")),
        "keep_shadow": st.booleans(),
        "white_at": st.sampled_from(("Auto", " 0.5,0.25", "0,1", ".125,1.0")),
        "product_box": st.sampled_from((" 0.1,.2,0.9,1", "0,0,1,1")),
        "product_at": st.sampled_from(("0.5,0.25", "0.5,0.25;1,0")),
        "background_at": st.just("0,1;1,1;.5,.5"),
        "without": st.sampled_from(("light", "Sharpen, denoise", "background,light", "optimize")),
        "width": st.integers(100, 8000),
        "height": st.integers(100, 8000),
        "fit": st.sampled_from(Fit).flatmap(_any_case),
        "padding": st.sampled_from(("0", "40", " 5%", "12.5%")),
        "backend": st.sampled_from(("LOCAL", "shiny")),
    },
).filter(_can_be_meant)


def test_all_that_a_task_has_is_declared() -> None:
    assert list(DECLARED) == [*fields_dict(Task), "backend"]
    assert list(request_fields(UploadRequest)) == [*DECLARED, "sku_id", "webhook_url"]


@pytest.mark.parametrize("name", DECLARED)
def test_every_edge_has_the_field(name: str) -> None:
    described = ENHANCE.model_json_schema()["properties"][name]
    assert described["description"] == DECLARED[name].about
    assert name in {each.name for each in dataclasses.fields(TaskOptions)}  # type: ignore[arg-type]
    for method in (Library.upload, Library.enhance, Library.enhance_again):
        assert inspect.signature(method).parameters[name].default == DECLARED[name].default
    assert f"`{name}`" in (ROOT / "README.md").read_text(encoding="utf-8")


def test_a_dry_run_is_asked_for_over_http_and_on_the_command_line() -> None:
    (declared,) = request_fields(Rehearsal).values()
    for model in (ENHANCE, UPLOAD):
        described = model.model_json_schema()["properties"]["dry_run"]
        assert described["description"] == declared.about
        assert from_form(model, {"dry_run": "true"}).dry_run
        assert not from_form(model, {}).dry_run
    assert TaskOptions(dry_run=True).dry_run  # type: ignore[call-arg]
    assert inspect.signature(Library.dry_run).parameters.keys() == {"self", "photo", *DECLARED}


@given(ASKED)
def test_the_same_is_asked_at_every_edge(asked: dict[str, Any]) -> None:
    expected = EnhanceRequest(**asked)
    assert from_form(ENHANCE, {k: str(v) for k, v in asked.items()}).request() == expected
    assert from_json(ENHANCE, json.dumps(asked).encode()).request() == expected
    assert from_form(UPLOAD, {"sku_id": "MUG-1"}).request() == UploadRequest(sku_id="MUG-1")
    assert TaskOptions(**asked).request() == expected


def test_each_wrong_field_of_a_form_is_told_with_what_is_allowed() -> None:
    wrong = {"mode": "PAINT", "scale": "9", "background": "rgb", "keep_shadow": "x", "backend": "?"}
    wrong |= {"product_box": "0.5,0,2,1", "product_at": "0.5", "background_at": "0,0;"}
    wrong |= {"white_at": "1.5,0.5", "without": "light,paint"}
    wrong |= {"width": "15", "height": "-1", "fit": "stretch", "padding": "5 px"}
    with pytest.raises(InvalidFields) as refused:
        from_form(ENHANCE, wrong)
    assert {each.field: each.message for each in refused.value.errors} == {
        name: f"{name} must be {DECLARED[name].allowed}." for name in wrong
    }


def test_the_library_refuses_a_field_that_nobody_declared() -> None:
    with pytest.raises(TypeError, match="softness"):
        Library.enhance(None, b"", softness=1)  # type: ignore[arg-type,call-arg]


@given(ASKED)
def test_what_a_mode_does_not_use_is_told_once_and_nothing_else(asked: dict[str, Any]) -> None:
    task = EnhanceRequest(**asked).task
    told = {warning.split()[0] for warning in task.ignored}
    assert len(told) == len(task.ignored)
    named = set((task.without or "").split(",")) - {""}
    for name, declared in request_fields(Task).items():
        used = declared.used_by is None or task.mode in declared.used_by
        if name == "without" and used:
            assert (name in told) == (not named <= {*OPTIONAL_STEPS[task.mode]})
        elif name == "fit":
            assert (name in told) == bool(task.frame.ignored())
        elif name == "background" and task.frame.fills:
            assert name not in told
        else:
            assert (name in told) == (not used and getattr(task, name) != declared.default)


@given(st.sampled_from(Mode), st.lists(st.sampled_from(STEPS), min_size=1))
def test_steps_are_left_out_as_text_or_one_by_one(mode: Mode, steps: list[str]) -> None:
    assume(PURPOSES.get(mode) not in steps)
    task = Task(mode=mode, without=", ".join(steps).upper())
    assert task == Task(mode=mode, without=steps)
    assert Task(mode=mode, without=task.without) == task
    assert task.left_out == {*steps} & {*OPTIONAL_STEPS.get(mode, ())}


@pytest.mark.parametrize(
    ("mode", "step", "can_be"),
    [
        ("STANDARDIZE", "background", "nothing"),
        ("background_remove", "background", "nothing"),
        ("DENOISE,STANDARDIZE", "background,denoise", "deblock, denoise"),
        ("UPSCALE_DENOISE", "upscale", "deblock, denoise"),
        ("SHARPEN", "sharpen", "deblock"),
        ("AUTO,SHARPEN", "sharpen", "deblock, light, denoise, sharpen"),
        ("OPTIMIZE", "optimize", "nothing"),
    ],
)
def test_what_a_mode_is_for_cannot_be_left_out_of_it_at_any_edge(
    mode: str, step: str, can_be: str
) -> None:
    asked: dict[str, Any] = {"mode": mode, "without": step}
    edges: list[Callable[[], object]] = [
        lambda: Task(**asked),
        lambda: EnhanceRequest(**asked),
        lambda: TaskOptions(**asked).request().task,
        lambda: from_form(ENHANCE, asked).request(),
        lambda: from_json(ENHANCE, json.dumps(asked).encode()).request(),
    ]
    for edge in edges:
        with pytest.raises(InvalidRequest, match=f"which is what .* is for; {can_be} can be left"):
            edge()


@pytest.mark.parametrize("wrong", ["", " ", "light,", "ligth", "upscale;light", []])
def test_a_step_that_no_mode_leaves_out_is_refused_with_those_there_are(wrong: Any) -> None:
    with pytest.raises(InvalidRequest, match="allowed are deblock, light, denoise, sharpen, upsc"):
        Task(without=wrong)
