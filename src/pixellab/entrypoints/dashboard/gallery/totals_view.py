"""What was done in all, and day by day."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import streamlit as st

from pixellab.entrypoints.dashboard.http_api import HttpApi
from pixellab.entrypoints.dashboard.parts import wording
from pixellab.entrypoints.dashboard.parts.markup import day_bars, figure_row

SPANS = {"7 days": 7, "30 days": 30, "A year": 365}
DEFAULT = "30 days"


def totals(api: HttpApi) -> None:
    """A row of totals, and their course."""
    found = api.statistics(SPANS[st.session_state.get("days") or DEFAULT])
    images, total = found["images"], found["total"]
    gain = total["mean_quality_gained"]
    figures = [
        ("Photos", f"{images['total']:,}", f"{images['pending']:,} in work"),
        ("Saved", wording.size(total["bytes_saved"] / 1000), "originals less results"),
        ("Quality gained", "none yet" if gain is None else f"{gain:+.1f}", "points, on average"),
        ("Failures", f"{total['failures']:,}", f"of {_tried(total):,} enhancements"),
        ("Cost", _cost(total["cost"]), _cost_by_backend(total["cost"])),
    ]
    st.html(figure_row(figures))
    st.segmented_control("Days", [*SPANS], key="days", default=DEFAULT, required=True)
    st.html(day_bars(found["days"]))


def _tried(total: Mapping[str, Any]) -> int:
    return int(total["enhancements"] + total["failures"])


def _cost(spent: Iterable[Mapping[str, Any]]) -> str:
    sums: dict[str, float] = {}
    for each in spent:
        sums[each["currency"]] = sums.get(each["currency"], 0) + float(each["amount"])
    return ", ".join(f"{amount:.2f} {currency}" for currency, amount in sums.items()) or "none"


def _cost_by_backend(spent: Iterable[Mapping[str, Any]]) -> str:
    lines = []
    for each in spent:
        line = f"{each['backend']}: {each['amount']} {each['currency']}"
        if each["calls_of_unknown_price"]:
            line += f", and {each['calls_of_unknown_price']} calls of unknown price"
        lines.append(line)
    return "; ".join(lines)
