from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pixellab.domain.errors import InvalidRequest
from pixellab.domain.formats import Format
from pixellab.domain.pictures import EncodedImage, Faithfulness
from pixellab.domain.requests import Mode, Task
from pixellab.domain.results import FileRules


@given(st.sampled_from(Mode), st.data())
def test_modes_are_read_in_any_letter_case(mode: Mode, data: st.DataObject) -> None:
    text = "".join(data.draw(st.sampled_from((c.lower(), c.upper()))) for c in mode)
    assert Mode.parse(text) is mode


@given(st.text(max_size=60).filter(lambda text: text.strip().upper() not in set(Mode)))
def test_another_mode_is_refused_with_those_there_are(text: str) -> None:
    with pytest.raises(InvalidRequest, match="AUTO, BACKGROUND_REMOVE") as refused:
        Mode.parse(text)
    assert refused.value.field == "mode"


def test_jpg_is_jpeg() -> None:
    assert Format.parse("jpg") is Format.JPEG
    with pytest.raises(InvalidRequest, match="JPEG, PNG, WEBP, AVIF"):
        Format.parse("gif")


@given(st.integers(-10_000, 10_000))
def test_target_size_is_50_to_2000(target: int) -> None:
    if 50 <= target <= 2000:
        assert Task(target_size_kb=target).max_bytes == target * 1000
    else:
        with pytest.raises(InvalidRequest, match="50 to 2000") as refused:
            Task(target_size_kb=target)
        assert refused.value.field == "target_size_kb"


@pytest.mark.parametrize("scale", [1, 5, 0, -2])
def test_scale_is_2_to_4(scale: int) -> None:
    with pytest.raises(InvalidRequest, match="2 to 4"):
        Task(scale=scale)


@given(st.integers(0, 255), st.integers(0, 255), st.integers(0, 255))
def test_any_colour_may_be_the_background(red: int, green: int, blue: int) -> None:
    assert Task(background=f" #{red:02X}{green:02x}{blue:02x}").behind == (red, green, blue)


@pytest.mark.parametrize(
    ("background", "behind"),
    [("transparent", None), ("White", (255, 255, 255)), ("#0aF", (0, 170, 255))],
)
def test_backgrounds_with_a_name(background: str, behind: tuple[int, ...] | None) -> None:
    assert Task(background=background).behind == behind


@pytest.mark.parametrize("background", ["", "#12", "#12345g", "rgb(1,2,3)", "#fff\n#fff"])
def test_what_is_no_background_is_refused(background: str) -> None:
    with pytest.raises(InvalidRequest, match="#f2f2f2") as refused:
        Task(background=background)
    assert refused.value.field == "background"


def test_file_rules_are_held_against_the_file() -> None:
    rules = FileRules(
        max_bytes=10_000, max_bytes_official=True, formats=("JPEG", "PNG"), formats_official=False
    )
    small = EncodedImage(data=b"x" * 10_000, format=Format.PNG, width=1, height=1)
    large = EncodedImage(data=b"x" * 10_001, format=Format.WEBP, width=1, height=1)
    assert [rule.passed for rule in rules.check(small)] == [True, True]
    assert [rule.passed for rule in rules.check(large)] == [False, False]
    assert rules.check(small)[0].measured == "10.0 KB"


@pytest.mark.parametrize(
    ("score", "colour", "detail", "whole", "said"),
    [
        (96.0, 96.0, 100.0, 100.0, None),
        (60.0, 60.0, 100.0, 100.0, None),
        (30.0, 31.0, 90.0, 100.0, "colours changed"),
        (20.0, 90.0, 20.0, 90.0, "Detail of the product was lost"),
        (17.0, 100.0, 99.0, 17.0, "part of the product may be missing"),
        (0.0, 0.0, 0.0, 0.0, "not found again"),
    ],
)
def test_a_doubtful_result_is_said_to_be_one(
    score: float, colour: float, detail: float, whole: float, said: str | None
) -> None:
    doubt = Faithfulness(score=score, colour=colour, detail=detail, whole=whole).doubt
    assert doubt is None if said is None else said in (doubt or "")
