"""One image: its results side by side, its history, and what can be done with it."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

import streamlit as st

from pixellab.entrypoints.dashboard.http_api import ApiError, HttpApi
from pixellab.entrypoints.dashboard.parts import wording
from pixellab.entrypoints.dashboard.parts.compare_slider import compare
from pixellab.entrypoints.dashboard.parts.downloads import download_of, usual_suffix
from pixellab.entrypoints.dashboard.parts.drawable import drawable
from pixellab.entrypoints.dashboard.parts.markup import quality_parts, steps_taken
from pixellab.entrypoints.dashboard.parts.request_form import request_form
from pixellab.entrypoints.dashboard.parts.result_figures import checklist, notes, steps_told
from pixellab.entrypoints.dashboard.parts.steps_undone import steps_undone

ORIGINAL = 0
"""Stands for the original among the entries that can be compared."""


def open_image(image_id: str) -> None:
    """Make the address name the image; the gallery's filters stay in it."""
    st.session_state["page-left"] = st.session_state.get("page")
    st.query_params["image"] = image_id


def close_image() -> None:
    """Go back to the gallery as it was left."""
    del st.query_params["image"]
    if page := st.session_state.pop("page-left", None):
        st.session_state["page"] = page


def image_page(api: HttpApi, able: Mapping[str, Any], image_id: str) -> None:
    """Draw the image; raises ApiError where there is none."""
    st.button("← All photos", on_click=close_image)
    image, history = api.image(image_id), api.history(image_id)
    st.title(image["original_filename"])
    st.caption(
        f"{wording.moment(image['created_at'])} · SKU {image['sku_id']} · "
        f"{image['original_width']} x {image['original_height']} {image['original_format']}, "
        f"{wording.size(image['original_size_kb'])}"
    )
    entries = history["enhancements"]
    done = {each["enhancement_sequence"]: each for each in entries if each["enhanced_https_url"]}
    if image["status"] == "FAILED":
        st.error(f"It failed: {entries[-1]['failure']}")
    if done and history["original_https_url"]:
        original = drawable(api, history["original_https_url"], image["original_format"])
        _compare(
            history,
            {ORIGINAL: original}
            | {number: each["enhanced_https_url"] for number, each in done.items()},
        )
    latest = entries[-1]
    for note in notes(latest):
        st.warning(note)
    _actions(api, able, image, latest)
    st.header("History")
    for entry in reversed(entries):
        _entry(entry)


def _compare(history: Mapping[str, Any], pictures: Mapping[int, str]) -> None:
    """Any two of the ``pictures``, URLs by the number of their entry."""
    modes = {
        each["enhancement_sequence"]: wording.mode_title(each["enhancement_mode"])
        for each in history["enhancements"]
    }

    def title(entry: int) -> str:
        return "Original" if entry == ORIGINAL else f"{entry}. {modes[entry]}"

    entries = [*pictures]
    left, right = st.columns(2)
    before = left.selectbox("Left", entries, format_func=title)
    after = right.selectbox("Right", entries, index=len(entries) - 1, format_func=title)
    compare(
        pictures[before],
        pictures[after],
        name=history["filename"],
        key="compare",
        labels=(title(before), title(after)),
    )


def _actions(
    api: HttpApi, able: Mapping[str, Any], image: Mapping[str, Any], latest: Mapping[str, Any]
) -> None:
    with st.container(horizontal=True):
        if url := image["enhanced_image_url"]:
            suffix = usual_suffix([latest["request"]])
            file = download_of(image["original_filename"], url, suffix)
            st.download_button(
                f"Download {wording.plain(file.name)}",
                partial(api.file, url),
                file.name,
                on_click="ignore",
                type="primary",
            )
        failed = image["status"] == "FAILED"
        if st.button("Try again" if failed else "Not happy? Enhance again"):
            _enhance_dialog(api, able, image, latest)
        if st.button("Delete"):
            _delete_dialog(api, image)


@st.dialog("Enhance again", width="large")
def _enhance_dialog(
    api: HttpApi, able: Mapping[str, Any], image: Mapping[str, Any], latest: Mapping[str, Any]
) -> None:
    st.caption("The stored original is taken again; no earlier result is overwritten.")
    used, key = {"mode": "AUTO", **latest["request"]}, f"again-{latest['id']}"
    fields = request_form(able, key, used)
    fields["without"] = steps_undone(able, fields["mode"], used, latest["steps"], f"{key}-undo")
    if st.button("Enhance", type="primary"):
        with st.spinner("Enhancing"):
            _enhance(api, image["id"], fields)


def _enhance(api: HttpApi, image_id: str, fields: Mapping[str, Any]) -> None:
    try:
        api.enhance(image_id, fields)
    except ApiError as error:
        st.error(error.message)
    else:
        st.rerun()


@st.dialog("Delete for good?")
def _delete_dialog(api: HttpApi, image: Mapping[str, Any]) -> None:
    st.write("The original and all results of it are deleted. It can't be undone.")
    if st.button("Delete it", type="primary"):
        try:
            api.delete(image["id"])
        except ApiError as error:
            st.error(error.message)
        else:
            close_image()
            st.rerun()


def _entry(entry: Mapping[str, Any]) -> None:
    mode, status = wording.mode_title(entry["enhancement_mode"]), entry["processing_status"]
    with st.expander(f"{entry['enhancement_sequence']}. {mode}, {entry['backend']}: {status}"):
        if entry["failure"]:
            st.error(entry["failure"])
        for note in notes(entry):
            st.warning(note)
        facts = [wording.moment(entry["created_at"])]
        if entry["processing_time_ms"] is not None:
            facts.append(f"{entry['processing_time_ms'] / 1000:.1f} s")
        if paid := wording.cost(entry["cost"]):
            facts.append(f"cost {paid}")
        if entry["model_version"]:
            facts.append(f"made with {entry['model_version']}")
        st.caption(" · ".join(facts))
        left, right = st.columns(2, gap="large")
        # For a marketplace its rules count: a white canvas alone raises the quality score.
        if entry["rules"]:
            left.html(steps_taken(checklist(entry["rules"])))
        else:
            left.html(quality_parts(entry["quality_metadata"]))
        right.html(steps_taken(steps_told(entry["steps"])))
        if entry["enhanced_https_url"]:
            st.code(entry["enhanced_https_url"], language=None, wrap_lines=True)
