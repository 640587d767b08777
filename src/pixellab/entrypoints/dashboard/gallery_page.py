"""Dashboard: totals, and every image that is kept."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from functools import partial
from math import ceil
from typing import Any

import streamlit as st

from pixellab.entrypoints.dashboard import wording
from pixellab.entrypoints.dashboard.http_api import ApiError, HttpApi
from pixellab.entrypoints.dashboard.image_page import image_page
from pixellab.entrypoints.dashboard.markup import gallery_card
from pixellab.entrypoints.dashboard.request_form import request_form
from pixellab.entrypoints.dashboard.result_view import zip_of
from pixellab.entrypoints.dashboard.totals_view import totals

A_PAGE = 24
STATUSES = {"COMPLETED": "Done", "PENDING": "In work", "FAILED": "Failed"}


def gallery_page(api: HttpApi, able: Mapping[str, Any]) -> None:
    """Draw the gallery, or the one image that the address names."""
    try:
        if image_id := st.query_params.get("image"):
            image_page(api, able, image_id)
        else:
            st.title("📊 Dashboard")
            totals(api)
            _gallery(api, able)
    except ApiError as error:
        st.error(error.message)
        if st.button("Try again", type="primary"):
            st.rerun()


def _gallery(api: HttpApi, able: Mapping[str, Any]) -> None:
    st.header("Image Gallery")
    filters = _filters(able)
    page = _page_asked_for(filters)
    found = api.images(limit=A_PAGE, offset=(page - 1) * A_PAGE, **filters)
    images = found["images"]
    if not images:
        _say_empty(filtered=any(filters.values()))
        return
    more = "" if found["total_is_exact"] else "more than "
    st.caption(f"{more}{found['total']:,} photos")
    chosen = _cards(images)
    if chosen:
        _act_on(api, able, [image for image in images if image["id"] in chosen])
    _pages(found)


def _filters(able: Mapping[str, Any]) -> dict[str, Any]:
    """Every filter is kept in the address, so that a link can be sent."""
    search, status, mode, backend, since, until = st.columns([2, 1, 1.3, 1, 1, 1])
    with search:
        q = st.text_input("Search", placeholder="File name or SKU", key="q", bind="query-params")
    with status:
        wanted = _choice("Status", STATUSES, "status")
    with mode:
        titles = {each: wording.mode_title(each) for each in able["modes"]}
        done = _choice("Mode", titles, "mode")
    with backend:
        names = {each["name"]: each["name"].capitalize() for each in able["backends"]}
        by = _choice("Backend", names, "backend")
    with since:
        first = st.date_input("From", value=None, key="from", bind="query-params")
    with until:
        last = st.date_input("To", value=None, key="to", bind="query-params")
    return {
        "q": q.strip() or None,
        "status": wanted,
        "mode": done,
        "backend": by,
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


def _page_asked_for(filters: Mapping[str, Any]) -> int:
    """The page in the address; the first one where the filters have changed."""
    if st.session_state.setdefault("filters", filters) != filters:
        st.session_state["filters"] = filters
        st.session_state["page"] = 1
    return int(st.session_state.get("page") or st.query_params.get("page") or 1)


def _pages(found: Mapping[str, Any]) -> None:
    pages = max(1, ceil(found["total"] / A_PAGE))
    if pages > 1:
        with st.container(horizontal=True, horizontal_alignment="center"):
            st.pagination(pages, key="page", bind="query-params")


def _cards(images: list[dict[str, Any]]) -> set[str]:
    """Draw a card for each; the ids of those that are chosen."""
    chosen = set()
    with st.grid(min_column_width=220, gap="medium") as grid:
        for image in images:
            with grid.cell():
                st.html(gallery_card(image))
                with st.container(horizontal=True, vertical_alignment="center"):
                    if st.button("Look closer", key=f"open-{image['id']}"):
                        st.query_params["image"] = image["id"]
                        st.rerun()
                    if st.checkbox("Choose", key=f"choose-{image['id']}"):
                        chosen.add(image["id"])
    return chosen


def _act_on(api: HttpApi, able: Mapping[str, Any], images: list[dict[str, Any]]) -> None:
    with st.container(border=True, horizontal=True, vertical_alignment="center"):
        st.markdown(f"**{len(images)} chosen**")
        urls = [each["enhanced_image_url"] for each in images if each["enhanced_image_url"]]
        st.download_button(
            "Download as zip",
            partial(zip_of, api, urls),
            "pixellab.zip",
            "application/zip",
            on_click="ignore",
            disabled=not urls,
        )
        if st.button("Enhance again"):
            _enhance_dialog(api, able, images)
        if st.button("Delete"):
            _delete_dialog(api, images)


@st.dialog("Enhance again")
def _enhance_dialog(api: HttpApi, able: Mapping[str, Any], images: list[dict[str, Any]]) -> None:
    fields = request_form(able, "many")
    if st.button(f"Enhance {len(images)} photos", type="primary"):
        _for_each(images, lambda image: api.enhance(image["id"], fields), "Enhancing")


@st.dialog("Delete for good?")
def _delete_dialog(api: HttpApi, images: list[dict[str, Any]]) -> None:
    st.write(f"{len(images)} photos, their originals and all their results. It can't be undone.")
    if st.button("Delete", type="primary"):
        _for_each(images, lambda image: api.delete(image["id"]), "Deleting")


def _for_each(images: list[dict[str, Any]], do: Any, doing: str) -> None:
    """One after the other; what fails is said and the others go on."""
    bar, problems = st.progress(0.0, text=doing), []
    for number, image in enumerate(images, start=1):
        try:
            do(image)
        except ApiError as error:
            problems.append(f"{image['original_filename']}: {error.message}")
        st.session_state.pop(f"choose-{image['id']}", None)
        bar.progress(number / len(images), text=f"{doing} {number} of {len(images)}")
    if problems:
        st.error("\n\n".join(problems))
    else:
        st.rerun()


def _say_empty(*, filtered: bool) -> None:
    if filtered:
        st.info("No photo fits these filters. Take one of them away, or search for another word.")
    else:
        st.info("Nothing here yet. Photos that you enhance on the other page show up here.")
