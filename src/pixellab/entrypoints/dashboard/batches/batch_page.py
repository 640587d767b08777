"""One batch: how far it is, what failed and why, and what can be done about it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import streamlit as st

from pixellab.entrypoints.dashboard.http_api import ApiError, HttpApi
from pixellab.entrypoints.dashboard.parts import wording
from pixellab.entrypoints.dashboard.parts.markup import Figure, figure_row

EVERY = 2.0
"""Seconds between two looks, while it is under way."""
SHOWN = 20
"""Failures whose sentences are shown; all are in the table."""


def open_batch(batch_id: str) -> None:
    """Make the address name the batch."""
    st.query_params["batch"] = batch_id


def close_batch() -> None:
    """Go back to the list."""
    del st.query_params["batch"]


def batch_page(api: HttpApi, batch_id: str) -> None:
    """Draw the batch; raises ApiError where there is none."""
    st.button("← All batches", on_click=close_batch)
    batch = api.batch(batch_id)
    st.title(wording.plain(title_of(batch)))
    st.caption(
        f"{wording.moment(batch['created_at'])} · {wording.mode_title(batch['enhancement_mode'])}"
    )
    for warning in batch["warnings"]:
        st.warning(warning)
    under_way = batch["finished_at"] is None
    st.fragment(_course, run_every=EVERY if under_way else None)(api, batch_id, under_way)
    _actions(api, batch)
    if batch["counts"]["failed"]:
        _failures(api, batch_id, batch["counts"]["failed"])


def title_of(batch: Mapping[str, Any]) -> str:
    """What the batch is called."""
    return str(batch["name"] or f"Batch {batch['batch_id'][:8]}")


def progress_bar(batch: Mapping[str, Any]) -> None:
    """How much of the batch has ended, in a bar and in words."""
    counts, left = batch["counts"], batch["seconds_left"]
    ended = counts["total"] - counts["waiting"] - counts["working"]
    text = f"{counts['done']:,} of {wording.photos(counts['total'])} done"
    for name in ("failed", "cancelled"):
        if counts[name]:
            text += f", {counts[name]:,} {name}"
    if left is not None:
        text += f", about {wording.long_time(left)} left"
    st.progress(ended / counts["total"] if counts["total"] else 1.0, text=text)


def _course(api: HttpApi, batch_id: str, was_under_way: bool) -> None:
    try:
        batch = api.batch(batch_id)
    except ApiError as error:
        st.error(error.message)
        return
    if was_under_way and batch["finished_at"] is not None:
        st.rerun()  # What can be done about it has changed, too.
    progress_bar(batch)
    st.html(figure_row(_figures(batch)))


def _figures(batch: Mapping[str, Any]) -> list[Figure]:
    counts, rate = batch["counts"], batch["per_minute"]
    left = counts["waiting"] + counts["working"]
    costs = ", ".join(filter(None, map(wording.cost, batch["cost"])))
    figures = [
        ("State", wording.batch_state(batch["state"]), ""),
        ("Done", f"{counts['done']:,}", f"of {counts['total']:,}"),
        ("Failed", f"{counts['failed']:,}", ""),
        ("Cost", costs or "none", "so far" if left else ""),
    ]
    if left:
        figures += [
            ("Left", f"{left:,}", f"{counts['working']:,} at work"),
            ("Speed", "none yet" if rate is None else f"{rate:,.0f}", "photos a minute"),
        ]
    return figures


def _actions(api: HttpApi, batch: Mapping[str, Any]) -> None:
    batch_id = batch["batch_id"]
    with st.container(horizontal=True):
        st.download_button(
            "Download results as CSV",
            partial(api.batch_results, batch_id),
            f"{batch_id}.csv",
            "text/csv",
            on_click="ignore",
        )
        if batch["counts"]["failed"] and batch["state"] != "cancelled":
            _button("Try the failed again", partial(api.retry_batch, batch_id))
        if batch["state"] == "open":
            _button("Cancel", partial(api.cancel_batch, batch_id))


def _button(label: str, act: Callable[[], object]) -> None:
    if st.button(label):
        try:
            act()
        except ApiError as error:
            st.error(error.message)
        else:
            st.rerun()


def _failures(api: HttpApi, batch_id: str, number: int) -> None:
    st.header("What failed")
    for item in api.batch_items(batch_id, state="failed", limit=SHOWN)["items"]:
        source = item["key"] or item["image_url"] or "nothing named"
        st.markdown(
            f"**{item['number']}. {wording.plain(source)}**  \n{wording.plain(item['failure'])}"
        )
    if number > SHOWN:
        st.caption(f"And {number - SHOWN:,} more, in the table.")
