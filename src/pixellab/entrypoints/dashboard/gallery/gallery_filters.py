"""Which images the gallery shows, as the address says."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import streamlit as st

from pixellab.entrypoints.dashboard.parts import wording

STATUSES = {"COMPLETED": "Done", "PENDING": "In work", "FAILED": "Failed"}
LEAST_WIDTH = 165
"""Of a filter, in pixels; all are side by side on a large screen, two on a phone."""
KEPT_IN_ADDRESS = ("q", "status", "mode", "backend", "from", "to", "page")
"""Keys of the widgets whose values the address holds, so that a link can be sent."""


def gallery_filters(able: Mapping[str, Any]) -> dict[str, Any]:
    """Draw the filters; the API's query that they mean."""
    modes = {each: wording.mode_title(each) for each in able["modes"]}
    backends = {each["name"]: each["name"].capitalize() for each in able["backends"]}
    with st.grid(min_column_width=LEAST_WIDTH) as grid:
        with grid.cell():
            q = st.text_input(
                "Search", placeholder="File name or SKU", key="q", bind="query-params"
            )
        with grid.cell():
            status = _choice("Status", STATUSES, "status")
        with grid.cell():
            mode = _choice("Mode", modes, "mode")
        with grid.cell():
            backend = _choice("Backend", backends, "backend")
        # The browser fetches what draws a calendar once somebody wants one.
        with grid.cell(), st.container(key="dates"), st.popover("Dates", width="stretch"):
            first = st.date_input("From", value=None, key="from", bind="query-params")
            last = st.date_input("To", value=None, key="to", bind="query-params")
    return {
        "q": q.strip() or None,
        "status": status,
        "mode": mode,
        "backend": backend,
        "from": first.isoformat() if first else None,
        # The day named is meant to be in.
        "to": (last + timedelta(days=1)).isoformat() if last else None,
    }


def _choice(label: str, titles: Mapping[str, str], key: str) -> str | None:
    return st.selectbox(
        label,
        [*titles],
        index=None,
        placeholder="All",
        format_func=lambda each: titles[each],
        key=key,
        bind="query-params",
    )
