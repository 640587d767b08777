"""What a widget is set to, kept in the page's address, so that a link can be sent.

Streamlit's own ``bind`` puts the words into the address that the page shows, and a link would end
with the next change of wording. Here the address holds values, and is what counts: it is read
before each drawing.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from functools import partial
from typing import Any

import streamlit as st


def kept_in_address(key: str, read: Callable[[str], Any], empty: Any = None) -> Callable[[], None]:
    """Set the widget called ``key`` to what the address says, just before it is drawn.

    ``read`` makes the widget's value of the address's text, and raises ValueError for what is none;
    then the widget is ``empty``. What is returned is the widget's ``on_change``.
    """
    value = _read(key, read, empty)
    if st.session_state.get(key, empty) != value:
        st.session_state[key] = value
    return partial(_keep, key)


def one_of(names: list[str]) -> Callable[[str], str]:
    """Reads one of ``names``, in any letter case."""

    def read(text: str) -> str:
        return names[names.index(text.upper())]

    return read


def _read(key: str, read: Callable[[str], Any], empty: Any) -> Any:
    try:
        return read(st.query_params[key])
    except (KeyError, ValueError):
        return empty


def _keep(key: str) -> None:
    value = st.session_state[key]
    if value is None or value == "":
        st.query_params.pop(key, None)
    else:
        st.query_params[key] = value.isoformat() if isinstance(value, date) else value
