"""Not happy? The same photo in another way, without uploading it again."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import streamlit as st

from pixellab.entrypoints.dashboard.http_api import HttpApi
from pixellab.entrypoints.dashboard.parts.request_form import request_form
from pixellab.entrypoints.dashboard.parts.steps_undone import steps_undone
from pixellab.entrypoints.dashboard.uploading.photo import Photo, Try
from pixellab.entrypoints.dashboard.uploading.photo_queue import PhotoQueue


def try_again(
    api: HttpApi, able: Mapping[str, Any], queue: PhotoQueue, photo: Photo, made: Try
) -> None:
    """Draw the form, set as it was for ``made``, one of the photo's tries."""
    if not photo.is_final:
        st.info("Another result is on its way; the progress shows how far it is.")
        return
    key = f"again-{photo.key}-{len(photo.tries)}-{photo.tries.index(made)}"
    with st.expander("Not happy? Try another way", key=key):
        st.fragment(_form)(api, able, queue, photo, made, key)


def _form(
    api: HttpApi,
    able: Mapping[str, Any],
    queue: PhotoQueue,
    photo: Photo,
    made: Try,
    key: str,
) -> None:
    st.caption("The stored original is taken again; nothing is uploaded, nothing overwritten.")
    fields = request_form(able, f"{key}-form", made.fields)
    steps = made.answer["steps"]
    fields["without"] = steps_undone(able, fields["mode"], made.fields, steps, f"{key}-undo")
    if st.button("Enhance again", type="primary", key=f"{key}-go"):
        queue.again(api, photo, fields)
        st.rerun()
