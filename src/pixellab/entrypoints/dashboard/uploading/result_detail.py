"""One photo's result: both pictures, what needs a look, the figures, what was done, the file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

import streamlit as st

from pixellab.entrypoints.dashboard.http_api import HttpApi
from pixellab.entrypoints.dashboard.parts import wording
from pixellab.entrypoints.dashboard.parts.compare_slider import compare
from pixellab.entrypoints.dashboard.parts.downloads import download_of
from pixellab.entrypoints.dashboard.parts.drawable import drawable
from pixellab.entrypoints.dashboard.parts.markup import figure_row, quality_parts, steps_taken
from pixellab.entrypoints.dashboard.parts.result_figures import (
    checklist,
    figures,
    notes,
    steps_told,
)
from pixellab.entrypoints.dashboard.uploading.photo import Photo, Try
from pixellab.entrypoints.dashboard.uploading.photo_queue import PhotoQueue
from pixellab.entrypoints.dashboard.uploading.result_tiles import open_detail
from pixellab.entrypoints.dashboard.uploading.try_again import try_again


def result_detail(
    api: HttpApi,
    able: Mapping[str, Any],
    queue: PhotoQueue,
    photo: Photo,
    done: Sequence[Photo],
    suffix: str,
) -> None:
    """Draw it; ``done`` are all photos that have a result, in the order of their tiles."""
    if len(done) > 1:
        _ways(photo, done)
    with st.container(border=True, key=f"result-{photo.key}"):
        st.subheader(wording.plain(photo.name))
        if photo.problem:
            st.error(photo.problem)
        if len(photo.tries) > 1:
            _choose_try(photo)
        result = photo.result
        assert result is not None
        answer = result.answer
        _pictures(api, photo, answer, reveal=len(done) > 1)
        for note in notes(answer):
            st.warning(note)
        st.html(figure_row(figures(answer)))
        file = download_of(photo.name, answer["enhanced_url"], suffix)
        st.download_button(
            f"Download {wording.plain(file.name)}",
            partial(api.file, file.url),
            file.name,
            on_click="ignore",
            type="primary",
            key=f"download-{photo.key}",
        )
        try_again(api, able, queue, photo, result)
        _what_was_done(answer)
        _links(answer)


def _ways(photo: Photo, done: Sequence[Photo]) -> None:
    """Back to the tiles, and on to the neighbours."""
    place = done.index(photo)
    before = done[place - 1] if place > 0 else None
    after = done[place + 1] if place + 1 < len(done) else None
    with st.container(horizontal=True, vertical_alignment="center", key="ways"):
        st.button("← All results", on_click=open_detail, args=(None,))
        st.button("Previous", disabled=before is None, on_click=open_detail, args=(before,))
        st.button("Next", disabled=after is None, on_click=open_detail, args=(after,))
        st.caption(f"{place + 1} of {len(done)}", width="content")


def _choose_try(photo: Photo) -> None:
    """Ask which try the visitor wants; it is the one that goes into the archive."""
    tries, key = photo.tries, f"try-{photo.key}-{len(photo.tries)}"

    def choose() -> None:
        photo.chosen = st.session_state[key]

    st.segmented_control(
        "Which result do you take?",
        range(len(tries)),
        default=len(tries) - 1 if photo.chosen is None else photo.chosen,
        required=True,
        format_func=lambda number: f"{number + 1}. {_title(tries[number])}",
        key=key,
        on_change=choose,
    )


def _title(made: Try) -> str:
    return wording.mode_title(made.answer["enhancement_mode"])


def _pictures(api: HttpApi, photo: Photo, answer: Mapping[str, Any], *, reveal: bool) -> None:
    compare(
        drawable(api, answer["original_url"], answer["original_format"]),
        answer["enhanced_url"],
        name=photo.name,
        key=f"see-{photo.key}",
        labels=("Original", "Enhanced"),
        reveal=reveal,
    )


def _what_was_done(answer: Mapping[str, Any]) -> None:
    """For a marketplace the checklist counts, and points of quality would mislead."""
    left, right = st.columns(2, gap="large")
    with left:
        if answer["rules"]:
            st.subheader("Marketplace checklist")
            st.html(steps_taken(checklist(answer["rules"])))
        else:
            st.subheader("Quality")
            st.html(quality_parts(answer["quality_metadata"]))
    with right:
        st.subheader("What was done")
        st.html(steps_taken(steps_told(answer["steps"])))


def _links(answer: Mapping[str, Any]) -> None:
    st.subheader("Where they are kept")
    for title, url in (
        ("Enhanced", answer["enhanced_url"]),
        ("Original", answer["original_url"]),
    ):
        st.caption(title)
        st.code(url, language=None, wrap_lines=True)
