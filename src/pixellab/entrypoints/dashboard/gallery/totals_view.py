"""What was done in all, and day by day."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import streamlit as st

from pixellab.entrypoints.dashboard.http_api import HttpApi
from pixellab.entrypoints.dashboard.parts import wording
from pixellab.entrypoints.dashboard.parts.markup import day_bars

SPANS = {"7 days": 7, "30 days": 30, "A year": 365}


def totals(api: HttpApi) -> None:
    """A row of totals, and their course."""
    span = st.segmented_control(
        "Time shown", [*SPANS], default="30 days", required=True, label_visibility="collapsed"
    )
    found = api.statistics(SPANS[span])
    images, total = found["images"], found["total"]
    photos, saved, gained, failed, paid = st.columns(5)
    photos.metric("Photos", f"{images['total']:,}", chart_data=_course(found, "images"))
    saved.metric(
        "Saved",
        wording.size(total["bytes_saved"] / 1000),
        chart_data=_course(found, "bytes_saved"),
    )
    gain = total["mean_quality_gained"]
    gained.metric("Quality gained", "none yet" if gain is None else f"{gain:+.1f} points")
    failed.metric("Failures", f"{total['failures']:,}", chart_data=_course(found, "failures"))
    paid.metric("Cost", _cost(total["cost"]), help=_cost_by_backend(total["cost"]))
    with st.expander("Day by day"):
        st.html(day_bars(found["days"]))


def _course(found: Mapping[str, Any], name: str) -> list[float]:
    return [each[name] for each in found["days"]]


def _cost(spent: Iterable[Mapping[str, Any]]) -> str:
    sums: dict[str, float] = {}
    for each in spent:
        sums[each["currency"]] = sums.get(each["currency"], 0) + float(each["amount"])
    return ", ".join(f"{amount:.2f} {currency}" for currency, amount in sums.items()) or "none"


def _cost_by_backend(spent: Iterable[Mapping[str, Any]]) -> str | None:
    lines = []
    for each in spent:
        line = f"{each['backend']}: {each['amount']} {each['currency']}"
        if each["calls_of_unknown_price"]:
            line += f", and {each['calls_of_unknown_price']} calls of unknown price"
        lines.append(line)
    return "; ".join(lines) or None
