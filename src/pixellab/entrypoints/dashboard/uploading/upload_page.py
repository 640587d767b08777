"""Upload & Enhance: photos in, better ones out, side by side."""

from __future__ import annotations

from typing import Any

import streamlit as st
from streamlit.runtime.memory_uploaded_file_manager import MemoryUploadedFileManager
from streamlit.runtime.scriptrunner import get_script_run_ctx
from streamlit.runtime.uploaded_file_manager import UploadedFile

from pixellab.entrypoints.dashboard.http_api import HttpApi
from pixellab.entrypoints.dashboard.parts import wording
from pixellab.entrypoints.dashboard.parts.preset_choice import preset_choice
from pixellab.entrypoints.dashboard.parts.request_form import request_form
from pixellab.entrypoints.dashboard.uploading.photo import Photo
from pixellab.entrypoints.dashboard.uploading.photo_queue import PhotoQueue
from pixellab.entrypoints.dashboard.uploading.progress_panel import progress_line, progress_panel
from pixellab.entrypoints.dashboard.uploading.result_list import result_list

KINDS = ["jpg", "jpeg", "png", "webp", "tif", "tiff", "bmp", "gif", "avif", "heic", "heif"]


def upload_page(api: HttpApi, able: dict[str, Any]) -> None:
    """Draw the page."""
    queue: PhotoQueue = st.session_state.setdefault("queue", PhotoQueue())
    st.title("Upload & Enhance")
    st.html(
        '<p class="px-lead">Drop in product photos and take better ones away. Each original is '
        "kept, and you see what was done and how much it helped.</p>"
    )
    files = _choose_files(able)
    fields = preset_choice(api, able) or request_form(able, "new")
    _start_button(api, queue, files, fields)
    with st.sidebar:
        progress_panel(api, queue)
    progress_line(queue)
    result_list(api, able, queue)


def _choose_files(able: dict[str, Any]) -> list[UploadedFile]:
    turn = st.session_state.setdefault("turn", 0)
    photos, folder = st.tabs(["📤 Upload", "📁 Folder"])
    with photos:
        some = st.file_uploader(
            "Photos",
            KINDS,
            accept_multiple_files=True,
            max_upload_size=int(able["max_upload_mb"]),
            key=f"photos-{turn}",
        )
    with folder:
        whole = st.file_uploader(
            "A folder of photos",
            KINDS,
            accept_multiple_files="directory",
            max_upload_size=int(able["max_upload_mb"]),
            key=f"folder-{turn}",
        )
    return [*some, *whole]


def _start_button(
    api: HttpApi, queue: PhotoQueue, files: list[UploadedFile], fields: dict[str, Any]
) -> None:
    word = wording.photos(len(files)) if files else "a photo"
    if not st.button(f"Enhance {word}", type="primary", disabled=not files):
        return
    photos = [Photo(name=file.name.rsplit("/", 1)[-1], content=file.getvalue()) for file in files]
    queue.start(api, photos, fields)
    _let_go(files)
    # A new uploader, which shows nothing of those that are on their way.
    st.session_state["turn"] += 1
    st.rerun()


def _let_go(files: list[UploadedFile]) -> None:
    """Streamlit would hold the files until the visitor leaves, as it does for its chat's."""
    context = get_script_run_ctx()
    if context and isinstance(context.uploaded_file_mgr, MemoryUploadedFileManager):
        for file in files:
            context.uploaded_file_mgr.remove_file(context.session_id, file.file_id)
