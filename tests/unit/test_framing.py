"""What is asked of a result's size, and the sentences about it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pixellab.domain.errors import InvalidRequest
from pixellab.domain.requests import Task
from pixellab.domain.requests.framing import MAX_SIDE, MIN_SIDE, Fit, Frame, Layout

pictures = st.tuples(st.integers(1, 9000), st.integers(1, 9000))
sides = st.integers(MIN_SIDE, MAX_SIDE)
shares = st.tuples(*[st.floats(0, 1)] * 4).map(
    lambda each: (*sorted(each[::2]), *sorted(each[1::2]))
)
products = st.none() | shares.map(lambda each: (each[0], each[2], each[1], each[3]))
frames = st.builds(
    Frame,
    width=st.none() | sides,
    height=st.none() | sides,
    fit=st.sampled_from(Fit),
    padding=st.none() | st.integers(0, 7).map(str) | st.integers(0, 45).map("{}%".format),
)


def crop_size(layout: Layout) -> tuple[int, int]:
    left, top, right, bottom = layout.crop
    return right - left, bottom - top


@given(frames, pictures, products)
def test_a_picture_is_never_enlarged_nor_larger_than_asked(
    frame: Frame, picture: tuple[int, int], product: tuple[float, float, float, float] | None
) -> None:
    layout = frame.layout(*picture, product)
    left, top, right, bottom = layout.crop
    assert 0 <= left < right <= picture[0]
    assert 0 <= top < bottom <= picture[1]
    for size, cropped, canvas, at in zip(
        layout.size, crop_size(layout), layout.canvas, layout.at, strict=True
    ):
        assert 1 <= size <= cropped
        assert 0 <= at <= canvas - size
    for asked, canvas in zip((frame.width, frame.height), layout.canvas, strict=True):
        assert asked is None or canvas <= asked
        if frame.fit is Fit.PAD and asked is not None:
            assert canvas == asked


@given(frames, pictures)
def test_the_shape_is_kept_within_a_pixel(frame: Frame, picture: tuple[int, int]) -> None:
    layout = frame.layout(*picture)
    width, height = crop_size(layout)
    across, down = layout.size
    if frame.fit is Fit.COVER and frame.width and frame.height:
        # A crop begins and ends at whole pixels; what it shows is filled to the last one.
        assert width == picture[0] or height == picture[1]
        padding = layout.canvas[0] - across
        room = frame.width - padding, frame.height - padding
        assert layout.size == ((width, height) if layout.too_small else room)
        assert abs(width * room[1] - height * room[0]) <= max(room)
        return
    assert (width, height) == picture
    # One factor for both sides, each of which is rounded to whole pixels, to one at least.
    sides = ((across, width), (down, height))
    least = max((side - 0.5) / of if side > 1 else 0 for side, of in sides)
    most = min((side + 0.5) / of for side, of in sides)
    assert least <= most + 1e-9


@given(frames, pictures)
def test_what_was_made_to_fit_fits_as_it_is(frame: Frame, picture: tuple[int, int]) -> None:
    if frame.padding is not None or frame.fit is Fit.PAD:
        return
    first = frame.layout(*picture)
    again = frame.layout(*first.canvas)
    assert again.canvas == first.canvas or (frame.fit is Fit.COVER and first.too_small)


@pytest.mark.parametrize(
    ("asked", "crop", "size", "canvas", "at"),
    [
        ({}, (0, 0, 400, 300), (400, 300), (400, 300), (0, 0)),
        ({"width": 200}, (0, 0, 400, 300), (200, 150), (200, 150), (0, 0)),
        ({"width": 200, "height": 200}, (0, 0, 400, 300), (200, 150), (200, 150), (0, 0)),
        ({"width": 800}, (0, 0, 400, 300), (400, 300), (400, 300), (0, 0)),
        (
            {"width": 200, "height": 200, "fit": Fit.COVER},
            (50, 0, 350, 300),
            (200, 200),
            (200, 200),
            (0, 0),
        ),
        (
            {"width": 200, "height": 200, "fit": Fit.PAD},
            (0, 0, 400, 300),
            (200, 150),
            (200, 200),
            (0, 25),
        ),
        (
            {"width": 600, "height": 600, "fit": Fit.PAD},
            (0, 0, 400, 300),
            (400, 300),
            (600, 600),
            (100, 150),
        ),
        ({"padding": "10"}, (0, 0, 400, 300), (400, 300), (420, 320), (10, 10)),
        ({"padding": "10%"}, (0, 0, 400, 300), (400, 300), (460, 360), (30, 30)),
        ({"width": 220, "padding": "10"}, (0, 0, 400, 300), (200, 150), (220, 170), (10, 10)),
    ],
)
def test_layouts(
    asked: dict[str, object], crop: object, size: object, canvas: object, at: object
) -> None:
    layout = Frame(**asked).layout(400, 300)  # type: ignore[arg-type]
    assert (layout.crop, layout.size, layout.canvas, layout.at) == (crop, size, canvas, at)


def test_covering_crops_about_the_product_and_within_the_picture() -> None:
    frame = Frame(width=200, height=200, fit=Fit.COVER)
    assert frame.layout(400, 200, (0.5, 0.2, 0.7, 0.8)).crop == (140, 0, 340, 200)
    assert frame.layout(400, 200, (0.9, 0.2, 1.0, 0.8)).crop == (200, 0, 400, 200)


def test_where_a_box_goes_follows_the_picture() -> None:
    layout = Frame(width=220, height=220, fit=Fit.COVER, padding="10").layout(400, 200)
    assert (layout.crop, layout.size, layout.scale) == ((100, 0, 300, 200), (200, 200), 1.0)
    assert layout.box((150, 50, 400, 250)) == (60, 60, 210, 210)


@pytest.mark.parametrize(
    ("asked", "field"),
    [
        ({"padding": "2001"}, "padding"),
        ({"padding": "46%"}, "padding"),
        ({"padding": "-3"}, "padding"),
        ({"padding": "5 %"}, "padding"),
        ({"padding": ""}, "padding"),
        ({"width": 100, "padding": "50"}, "padding"),
        ({"width": 100, "height": 60, "padding": 30}, "padding"),
        ({"width": 15}, "width"),
        ({"height": 8001}, "height"),
        ({"fit": "stretch"}, "fit"),
    ],
)
def test_what_makes_no_size_is_refused_with_what_is_allowed(
    asked: dict[str, object], field: str
) -> None:
    with pytest.raises(InvalidRequest, match="allowed") as refused:
        Task(**asked)  # type: ignore[arg-type]
    assert refused.value.field == field


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ({"fit": "Pad"}, ["fit"]),
        ({"fit": "cover", "width": 300}, ["fit"]),
        ({"fit": "pad", "width": 300, "background": "white"}, []),
        ({"padding": 20, "background": "white"}, []),
        ({"width": 300, "background": "white"}, ["background"]),
    ],
)
def test_what_says_nothing_is_ignored_with_a_warning(
    asked: dict[str, object], told: list[str]
) -> None:
    assert [each.split()[0] for each in Task(**asked).ignored] == told  # type: ignore[arg-type]
