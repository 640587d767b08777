"""What became of the photos: the two pictures, the figures, what was done, and the files."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

import streamlit as st

from pixellab.entrypoints.dashboard.http_api import HttpApi
from pixellab.entrypoints.dashboard.parts import wording
from pixellab.entrypoints.dashboard.parts.compare_slider import compare
from pixellab.entrypoints.dashboard.parts.drawable import drawable
from pixellab.entrypoints.dashboard.parts.markup import figure_row, quality_parts, steps_taken
from pixellab.entrypoints.dashboard.parts.request_form import request_form
from pixellab.entrypoints.dashboard.parts.result_figures import (
    checklist,
    figures,
    file_name,
    is_unmet,
    zip_of,
)
from pixellab.entrypoints.dashboard.uploading.photo_queue import Photo, PhotoQueue, State


def result_list(api: HttpApi, able: Mapping[str, Any], queue: PhotoQueue) -> None:
    """Every photo that has come to an end, the latest first."""
    ended = [photo for photo in queue.photos if photo.is_final or photo.answer]
    if not ended:
        return
    st.divider()
    done = [photo for photo in ended if photo.answer]
    _head(api, [photo.answer["enhanced_url"] for photo in done if photo.answer])
    _problems(api, queue, [photo for photo in ended if not photo.answer and photo.problem])
    for number, photo in enumerate(done):
        title = f"{wording.plain(photo.name)}: {_summary(photo.answer or {})}"
        with st.expander(title, expanded=number == 0, key=f"result-{photo.key}"):
            if photo.problem:
                st.error(photo.problem)
            _result(api, photo.answer or {}, photo)
            if st.button(
                "Not happy? Try another way", key=f"again-{photo.key}", disabled=not photo.is_final
            ):
                _again_dialog(api, able, queue, photo)


def _head(api: HttpApi, urls: list[str]) -> None:
    head, button = st.columns([3, 1], vertical_alignment="bottom")
    head.header("Results")
    if len(urls) > 1:
        button.download_button(
            f"Download all {len(urls)}",
            partial(zip_of, api, urls),
            "pixellab.zip",
            "application/zip",
            on_click="ignore",
            width="stretch",
        )


def _problems(api: HttpApi, queue: PhotoQueue, photos: list[Photo]) -> None:
    for photo in photos:
        say = st.error if photo.state is State.FAILED else st.info
        say(f"**{wording.plain(photo.name)}**: {photo.problem}")
    if any(photo.can_resend for photo in photos) and st.button("Send the failed ones again"):
        queue.resend(api)
        st.rerun()


def _result(api: HttpApi, answer: Mapping[str, Any], photo: Photo) -> None:
    original = drawable(api, answer["original_url"], answer["original_format"])
    compare(
        original,
        answer["enhanced_url"],
        name=answer["filename"],
        key=f"see-{photo.key}",
        labels=("Original", "Enhanced"),
    )
    st.html(figure_row(figures(answer)))
    for warning in answer["warnings"]:
        st.warning(warning)
    left, right = st.columns(2, gap="large")
    with left:
        st.subheader("Quality")
        st.html(quality_parts(answer["quality_metadata"]))
    with right:
        st.subheader("What was done")
        st.html(steps_taken(answer["steps"]))
        if answer["rules"]:
            st.subheader("Marketplace checklist")
            st.html(steps_taken(checklist(answer["rules"])))
    st.subheader("Files")
    _files(api, answer, photo.key)


def _files(api: HttpApi, answer: Mapping[str, Any], key: str) -> None:
    st.download_button(
        "Download the enhanced photo",
        partial(api.file, answer["enhanced_url"]),
        file_name(answer["enhanced_url"]),
        on_click="ignore",
        type="primary",
        key=f"download-{key}",
    )
    for title, url in (
        ("Enhanced", answer["enhanced_url"]),
        ("Original", answer["original_url"]),
    ):
        st.caption(title)
        st.code(url, language=None, wrap_lines=True)


@st.dialog("Another way", width="large")
def _again_dialog(api: HttpApi, able: Mapping[str, Any], queue: PhotoQueue, photo: Photo) -> None:
    st.caption("The stored original is taken again; nothing is uploaded, nothing overwritten.")
    fields = request_form(able, f"again-{photo.key}")
    if st.button("Enhance again", type="primary"):
        queue.again(api, photo, fields)
        st.rerun()


def _summary(answer: Mapping[str, Any]) -> str:
    """For a marketplace its rules count: a white canvas alone raises the quality score."""
    saved = wording.saved(answer["size_reduction_percent"])
    if answer["rules"]:
        unmet = sum(map(is_unmet, answer["rules"]))
        return f"{wording.unmet(unmet)}, {saved}"
    return f"quality {wording.gained(answer['quality_before'], answer['quality_after'])}, {saved}"
