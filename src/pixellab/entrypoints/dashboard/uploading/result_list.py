"""What became of the photos: all of them as tiles, one of them in detail, and the files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st

from pixellab.entrypoints.dashboard.http_api import HttpApi
from pixellab.entrypoints.dashboard.parts import wording
from pixellab.entrypoints.dashboard.parts.downloads import (
    download_of,
    suffix_field,
    usual_suffix,
    zip_button,
)
from pixellab.entrypoints.dashboard.uploading.photo import Photo, State
from pixellab.entrypoints.dashboard.uploading.photo_queue import PhotoQueue
from pixellab.entrypoints.dashboard.uploading.result_detail import result_detail
from pixellab.entrypoints.dashboard.uploading.result_tiles import open_photo, result_tiles


def result_list(api: HttpApi, able: Mapping[str, Any], queue: PhotoQueue) -> None:
    """Every photo that has come to an end, the latest first."""
    ended = [photo for photo in queue.photos if photo.is_final or photo.tries]
    if not ended:
        return
    st.divider()
    done = [photo for photo in ended if photo.tries]
    suffix = _head(api, done)
    _problems(api, queue, [photo for photo in ended if not photo.tries and photo.problem])
    opened = done[0] if len(done) == 1 else open_photo(done)
    if opened:
        result_detail(api, able, queue, opened, done, suffix)
    else:
        result_tiles(done)


def _head(api: HttpApi, done: Sequence[Photo]) -> str:
    """The title, and one file of each photo as an archive; what is added to the files' names."""
    st.header("Results")
    if not done:
        return ""
    results = [(photo.name, photo.result) for photo in done]
    usual = usual_suffix(each.fields for _, each in results if each)
    with st.container(horizontal=True, vertical_alignment="bottom", key="take-away"):
        suffix = suffix_field(usual, "suffix")
        if len(done) > 1:
            files = [
                download_of(name, each.answer["enhanced_url"], suffix)
                for name, each in results
                if each
            ]
            called = f" as …{wording.plain(suffix)}" if suffix else ""
            zip_button(api, f"Download all {len(files)}{called}", files, suffix)
    return suffix


def _problems(api: HttpApi, queue: PhotoQueue, photos: Sequence[Photo]) -> None:
    for photo in photos:
        say = st.error if photo.state is State.FAILED else st.info
        say(f"**{wording.plain(photo.name)}**: {photo.problem}")
    if any(photo.can_resend for photo in photos) and st.button("Send the failed ones again"):
        queue.resend(api)
        st.rerun()
