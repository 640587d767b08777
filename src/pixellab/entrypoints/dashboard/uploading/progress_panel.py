"""How far the photos are, in the sidebar, while the page stays usable."""

from __future__ import annotations

import time

import streamlit as st

from pixellab.entrypoints.dashboard.http_api import ApiError, HttpApi
from pixellab.entrypoints.dashboard.parts import wording
from pixellab.entrypoints.dashboard.uploading.photo import Photo, State
from pixellab.entrypoints.dashboard.uploading.photo_queue import PhotoQueue

EVERY = 1.0
"""Seconds between two looks."""
MARKS = {
    State.WAITING: "○",
    State.WORKING: "◐",
    State.CANCELLING: "◐",
    State.DONE: "✓",
    State.FAILED: "✕",
    State.CANCELLED: "–",
}


def progress_panel(api: HttpApi, queue: PhotoQueue) -> None:
    """Draw it; while there is work it looks again by itself, and the page follows."""
    st.subheader("Progress")
    if not queue.photos:
        st.caption("Nothing yet. Choose photos, and what is done with them shows here.")
        return
    st.fragment(_panel, run_every=EVERY if queue.is_busy else None)(api, queue, _finished(queue))


def progress_line(queue: PhotoQueue) -> None:
    """The same in one line, for narrow windows, where the sidebar is folded away."""
    if queue.is_busy:
        with st.container(key="narrow-progress"):
            st.fragment(_bar, run_every=EVERY)(queue)


def _bar(queue: PhotoQueue) -> None:
    photos, finished, left = queue.photos, _finished(queue), queue.seconds_left()
    text = f"{finished} of {len(photos)} done"
    if queue.is_busy and left is not None:
        text += f", about {wording.seconds(left)} left"
    st.progress(finished / len(photos) if photos else 1.0, text=text)


def _panel(api: HttpApi, queue: PhotoQueue, finished_before: int) -> None:
    photos, finished = queue.photos, _finished(queue)
    _bar(queue)
    for photo in photos:
        st.markdown(_line(api, photo), help=photo.problem)
    if queue.is_busy:
        if st.button(
            "Cancel",
            help="No more photos are sent; those at work now are deleted once that ends.",
        ):
            queue.cancel()
            st.rerun()
    elif st.button("Clear the list"):
        queue.clear()
        st.rerun()
    if finished != finished_before or (not queue.is_busy and finished_before < len(photos)):
        st.rerun()


def _line(api: HttpApi, photo: Photo) -> str:
    # Backticks keep a name with markdown in it as it is.
    name = photo.name.replace("`", "'")
    doing = _doing(api, photo) if photo.state is State.WORKING else str(photo.state)
    return f"{MARKS[photo.state]} `{name}` {doing}"


def _doing(api: HttpApi, photo: Photo) -> str:
    """The step it is at, and how long that will take, as far as the API knows."""
    spent = wording.seconds(time.monotonic() - (photo.began or time.monotonic()))
    try:
        known = (
            api.progress(photo.enhanced_again)
            if photo.enhanced_again
            else api.upload_progress(photo.key)
        )
    except ApiError:
        return f"sending, {spent}"
    left = known["seconds_left"]
    rest = f", about {wording.seconds(left)} left" if left else f", {spent}"
    return f"{wording.PROGRESS.get(known['step'], known['step'])}{rest}"


def _finished(queue: PhotoQueue) -> int:
    return sum(photo.is_final for photo in queue.photos)
