"""Batches: the newest first, and how far each has come."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import streamlit as st

from pixellab.entrypoints.dashboard.batches.batch_page import (
    batch_page,
    close_batch,
    open_batch,
    progress_bar,
    title_of,
)
from pixellab.entrypoints.dashboard.connection import say_unreachable
from pixellab.entrypoints.dashboard.http_api import ApiError, HttpApi
from pixellab.entrypoints.dashboard.parts import wording

A_PAGE = 20
EVERY = 2.0
"""Seconds between two looks, while a batch is under way."""
NOT_FOUND = 404


def batches_page(api: HttpApi) -> None:
    """Draw the list, or the one batch that the address names."""
    try:
        if batch_id := st.query_params.get("batch"):
            batch_page(api, batch_id)
        else:
            st.title("Batches")
            _list(api)
    except ApiError as error:
        if error.status == NOT_FOUND and "batch" in st.query_params:
            st.error("There is no such batch.")
            st.button("← All batches", on_click=close_batch)
        else:
            say_unreachable(api, error)


def _list(api: HttpApi) -> None:
    cursors: list[str] = st.session_state.setdefault("batch-cursors", [])
    found = api.batches(limit=A_PAGE, cursor=cursors[-1] if cursors else None)
    batches = found["batches"]
    if not batches and not cursors:
        st.info(
            "Nothing here yet. Batches that programs add, and that `pixellab batch store:PREFIX` "
            "makes, show up here."
        )
        return
    busy = any(each["state"] == "open" for each in batches)
    st.fragment(_cards, run_every=EVERY if busy else None)(api, cursors[-1] if cursors else None)
    with st.container(horizontal=True):
        if cursors:
            st.button("Newer", on_click=_go_back)
        if found["next_cursor"]:
            st.button("Older", on_click=cursors.append, args=(found["next_cursor"],))


def _go_back() -> None:
    st.session_state["batch-cursors"].pop()


def _cards(api: HttpApi, cursor: str | None) -> None:
    try:
        batches = api.batches(limit=A_PAGE, cursor=cursor)["batches"]
    except ApiError as error:
        st.error(error.message)
        return
    for batch in batches:
        _card(batch)


def _card(batch: Mapping[str, Any]) -> None:
    with st.container(border=True):
        st.subheader(wording.plain(title_of(batch)), anchor=False)
        facts = [wording.moment(batch["created_at"]), wording.mode_title(batch["enhancement_mode"])]
        st.caption(" · ".join((*facts, wording.batch_state(batch["state"]))))
        progress_bar(batch)
        if st.button("Look closer", key=f"batch-{batch['batch_id']}"):
            open_batch(batch["batch_id"])
            st.rerun()  # all of the page, and not this list alone
