"""The results as tiles: at a glance which are good and which want a look."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from pixellab.entrypoints.dashboard.parts.markup import result_tile
from pixellab.entrypoints.dashboard.parts.result_figures import notes, verdict
from pixellab.entrypoints.dashboard.uploading.photo import Photo

OPENED = "opened-result"
"""The key, in the visitor's session, of the photo whose detail is open."""
LEAST_WIDTH = 165
"""Of a tile, in pixels: two on a phone."""


def open_photo(photos: Sequence[Photo]) -> Photo | None:
    """The one whose detail the visitor has opened."""
    return next((each for each in photos if each.key == st.session_state.get(OPENED)), None)


def open_detail(photo: Photo | None) -> None:
    """Show this photo's detail, or with None all tiles."""
    st.session_state[OPENED] = photo.key if photo else None


def result_tiles(photos: Sequence[Photo]) -> None:
    """A tile for each of ``photos``; a click anywhere on it opens the detail."""
    with st.grid(min_column_width=LEAST_WIDTH, gap="medium") as grid:
        for photo in photos:
            with grid.cell():
                _tile(photo)


def _tile(photo: Photo) -> None:
    assert photo.result is not None
    answer = photo.result.answer
    problem = [photo.problem] if photo.problem else []
    st.html(
        result_tile(
            photo.name,
            answer["thumbnail_url"],
            verdict(answer),
            answer["size_reduction_percent"],
            [*problem, *notes(answer)],
        )
    )
    st.button("Look closer", key=f"open-{photo.key}", on_click=open_detail, args=(photo,))
