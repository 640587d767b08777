"""Which API the page talks to, with whose key, and what it can do."""

from __future__ import annotations

import time
from typing import Any

import streamlit as st

from pixellab.entrypoints.dashboard.http_api import ApiError, HttpApi

FRESH_SECONDS = 30.0
"""How long what the API can do is taken for granted."""
LOOK_SECONDS = 2.0
"""How often an API that does not answer is looked for."""


def connect(address: str) -> tuple[HttpApi, dict[str, Any]]:
    """The API, and its capabilities. Asks the visitor for a key where one is needed.

    Where the API cannot be reached the page says so and stops.
    """
    api = HttpApi(address, st.session_state.get("api_key"))
    known = st.session_state.get("capabilities")
    if known and time.monotonic() - known[0] < FRESH_SECONDS:
        return api, known[1]
    try:
        able = api.capabilities()
    except ApiError as error:
        if error.asks_for_key:
            _ask_for_key(wrong=api.key is not None)
        elif known:
            return api, known[1]
        else:
            st.title("PixelLab")
            say_unreachable(api, error)
        st.stop()
    st.session_state["capabilities"] = (time.monotonic(), able)
    return api, able


def say_unreachable(api: HttpApi, error: ApiError) -> None:
    """Say why there is no page, and draw it by itself once the API answers again."""
    st.error(error.message)
    if error.status is None:
        st.caption("This page goes on by itself as soon as PixelLab answers.")
        st.fragment(_look_again, run_every=LOOK_SECONDS)(api)
    if st.button("Try again", type="primary"):
        st.rerun()


def _look_again(api: HttpApi) -> None:
    if api.is_there():
        st.rerun()


def _ask_for_key(*, wrong: bool) -> None:
    st.title("PixelLab")
    st.write("This installation asks for an API key. It stays in this browser tab only.")
    if wrong:
        st.error("The API does not know this key.")
    with st.form("key"):
        key = st.text_input("API key", type="password")
        if st.form_submit_button("Go on", type="primary") and key:
            st.session_state["api_key"] = key.strip()
            st.rerun()
