"""Which images the gallery shows, as the address says."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

import streamlit as st

from pixellab.entrypoints.dashboard.gallery.kept_in_address import kept_in_address, one_of
from pixellab.entrypoints.dashboard.parts import wording

STATUSES = {"COMPLETED": "Done", "PENDING": "In work", "FAILED": "Failed"}
LEAST_WIDTH = 165
"""Of a filter, in pixels; all are side by side on a large screen, two on a phone."""


def gallery_filters(able: Mapping[str, Any]) -> dict[str, Any]:
    """Draw the filters; the API's query that they mean."""
    modes = {each: wording.mode_title(each) for each in able["modes"]}
    backends = {each["name"]: each["name"].capitalize() for each in able["backends"]}
    with st.grid(min_column_width=LEAST_WIDTH) as grid:
        with grid.cell():
            kept = kept_in_address("q", str, empty="")
            q = st.text_input("Search", placeholder="File name or SKU", key="q", on_change=kept)
        with grid.cell():
            status = _choice("Status", STATUSES, "status")
        with grid.cell():
            mode = _choice("Mode", modes, "mode")
        with grid.cell():
            backend = _choice("Backend", backends, "backend")
        # The browser fetches what draws a calendar once somebody wants one.
        with grid.cell(), st.container(key="dates"), st.popover("Dates", width="stretch"):
            first, last = _day("From", "from"), _day("To", "to")
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
        on_change=kept_in_address(key, one_of([*titles])),
    )


def _day(label: str, key: str) -> date | None:
    kept = kept_in_address(key, date.fromisoformat)
    return st.date_input(label, value=None, key=key, on_change=kept)
