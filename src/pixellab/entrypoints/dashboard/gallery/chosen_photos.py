"""What can be done with many photos at once."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import streamlit as st

from pixellab.entrypoints.dashboard.http_api import ApiError, HttpApi
from pixellab.entrypoints.dashboard.parts import wording
from pixellab.entrypoints.dashboard.parts.downloads import (
    download_of,
    suffix_field,
    usual_suffix,
    zip_button,
)
from pixellab.entrypoints.dashboard.parts.request_form import request_form

Image = Mapping[str, Any]


def act_on(api: HttpApi, able: Mapping[str, Any], images: list[Image]) -> None:
    """Draw what can be done with the ``images`` that were chosen."""
    with st.container(border=True, horizontal=True, vertical_alignment="bottom", key="chosen"):
        st.markdown(f"**{len(images)} chosen**", width="content")
        suffix = suffix_field(usual_suffix([]), "chosen-suffix")
        files = [
            download_of(each["original_filename"], each["enhanced_image_url"], suffix)
            for each in images
            if each["enhanced_image_url"]
        ]
        zip_button(api, "Download as zip", files, suffix)
        if st.button("Enhance again"):
            _enhance_dialog(api, able, images)
        if st.button("Delete"):
            _delete_dialog(api, images)


@st.dialog("Enhance again", width="large")
def _enhance_dialog(api: HttpApi, able: Mapping[str, Any], images: list[Image]) -> None:
    fields = request_form(able, "many")
    if st.button(f"Enhance {wording.photos(len(images))}", type="primary"):
        _for_each(images, lambda image: api.enhance(image["id"], fields), "Enhancing")


@st.dialog("Delete for good?")
def _delete_dialog(api: HttpApi, images: list[Image]) -> None:
    st.write(f"{wording.photos(len(images))}, with originals and all results. It can't be undone.")
    if st.button(f"Delete {wording.photos(len(images))}", type="primary"):
        _for_each(images, lambda image: api.delete(image["id"]), "Deleting")


def _for_each(images: list[Image], do: Callable[[Image], object], doing: str) -> None:
    """One after the other; what fails is said and the others go on."""
    bar, problems = st.progress(0.0, text=doing), []
    for number, image in enumerate(images, start=1):
        try:
            do(image)
        except ApiError as error:
            problems.append(f"{image['original_filename']}: {error.message}")
        st.session_state.pop(f"choose-{image['id']}", None)
        bar.progress(number / len(images), text=f"{doing} {number} of {len(images)}")
    if problems:
        st.error("\n\n".join(problems))
    else:
        st.rerun()
