"""What became of the photos: the two pictures, the figures, what was done, and the files."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

import streamlit as st

from pixellab.entrypoints.dashboard import wording
from pixellab.entrypoints.dashboard.compare_slider import compare
from pixellab.entrypoints.dashboard.http_api import HttpApi
from pixellab.entrypoints.dashboard.markup import quality_parts, steps_taken
from pixellab.entrypoints.dashboard.photo_queue import Photo, PhotoQueue, State
from pixellab.entrypoints.dashboard.request_form import request_form


def result_list(api: HttpApi, able: Mapping[str, Any], queue: PhotoQueue) -> None:
    """Every photo that has come to an end, the latest first."""
    ended = [photo for photo in queue.photos if photo.is_final or photo.answer]
    if not ended:
        return
    st.divider()
    done = [photo for photo in ended if photo.answer]
    head, button = st.columns([3, 1], vertical_alignment="bottom")
    head.header("Results")
    if len(done) > 1:
        button.download_button(
            f"Download all {len(done)}",
            partial(zip_of, api, [photo.answer["enhanced_url"] for photo in done if photo.answer]),
            "pixellab.zip",
            "application/zip",
            on_click="ignore",
            width="stretch",
        )
    for photo in ended:
        if photo.state is State.FAILED and not photo.answer:
            st.error(f"**{_plain(photo.name)}**: {photo.problem}")
    for number, photo in enumerate(done):
        title = f"{_plain(photo.name)}: {_summary(photo.answer or {})}"
        with st.expander(title, expanded=number == 0, key=f"result-{photo.key}"):
            if photo.problem:
                st.error(photo.problem)
            result(api, photo.answer or {}, photo.key)
            _again(api, able, queue, photo)


def result(api: HttpApi, answer: Mapping[str, Any], key: str) -> None:
    """One answer of an upload, whole."""
    compare(
        answer["original_url"], answer["enhanced_url"], name=answer["filename"], key=f"see-{key}"
    )
    figures(answer)
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
            st.html(steps_taken(rules_as_steps(answer["rules"])))
    st.subheader("Files")
    st.download_button(
        "Download the enhanced photo",
        partial(api.file, answer["enhanced_url"]),
        answer["enhanced_url"].rsplit("/", 1)[-1].split("?")[0],
        on_click="ignore",
        type="primary",
        key=f"download-{key}",
    )
    st.caption("Enhanced")
    st.code(answer["enhanced_url"], language=None, wrap_lines=True)
    st.caption("Original")
    st.code(answer["original_url"], language=None, wrap_lines=True)


def figures(answer: Mapping[str, Any]) -> None:
    """Quality, size, pixels and time, in a row."""
    quality, size, pixels, time = st.columns(4)
    before, after = answer["quality_before"], answer["quality_after"]
    quality.metric("Quality", f"{after:.0f} of 100", f"{wording.gained(before, after)} points")
    size.metric(
        "File",
        wording.size(answer["enhanced_size_kb"]),
        wording.saved(answer["size_reduction_percent"]),
        delta_color="off",
        delta_arrow="off",
    )
    pixels.metric(
        "Pixels",
        f"{answer['enhanced_width']} x {answer['enhanced_height']}",
        f"from {answer['original_width']} x {answer['original_height']}",
        delta_color="off",
        delta_arrow="off",
    )
    paid = wording.cost(answer["cost"])
    time.metric(
        "Time",
        f"{answer['processing_time_ms'] / 1000:.1f} s",
        f"{answer['backend']}, cost {paid}" if paid else answer["backend"],
        delta_color="off",
        delta_arrow="off",
    )


def zip_of(api: HttpApi, urls: Sequence[str]) -> bytes:
    """The files behind ``urls`` in one archive, each under its own name."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_STORED) as archive:
        for url in urls:
            archive.writestr(url.rsplit("/", 1)[-1].split("?")[0], api.file(url))
    return packed.getvalue()


def rules_as_steps(rules: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """A marketplace's rules as lines of a checklist."""
    return [
        {
            "name": rule["name"].replace("_", " "),
            "applied": rule["pass"],
            "why": f"asked: {rule['required']}; here: {rule['measured']}",
        }
        for rule in rules
    ]


def _again(api: HttpApi, able: Mapping[str, Any], queue: PhotoQueue, photo: Photo) -> None:
    with st.popover("Not happy? Try another way"):
        st.caption("The stored original is taken again; nothing is uploaded, nothing overwritten.")
        fields = request_form(able, f"again-{photo.key}")
        if st.button("Enhance again", type="primary", key=f"go-{photo.key}"):
            queue.again(api, photo, fields)
            st.rerun()


def _summary(answer: Mapping[str, Any]) -> str:
    gain = wording.gained(answer["quality_before"], answer["quality_after"])
    return f"quality {gain}, {wording.saved(answer['size_reduction_percent'])}"


def _plain(name: str) -> str:
    """A file's name with nothing that markdown would read."""
    return "".join(f"\\{each}" if each in r"\`*_{}[]()#+-.!|~:<>$" else each for each in name)
