"""Dashboard: totals, and every image that is kept."""

from __future__ import annotations

from collections.abc import Mapping
from math import ceil
from typing import Any

import streamlit as st

from pixellab.entrypoints.dashboard.connection import say_unreachable
from pixellab.entrypoints.dashboard.gallery.chosen_photos import act_on
from pixellab.entrypoints.dashboard.gallery.gallery_filters import gallery_filters
from pixellab.entrypoints.dashboard.gallery.image_page import close_image, image_page, open_image
from pixellab.entrypoints.dashboard.gallery.totals_view import totals
from pixellab.entrypoints.dashboard.http_api import ApiError, HttpApi
from pixellab.entrypoints.dashboard.parts import wording
from pixellab.entrypoints.dashboard.parts.markup import gallery_card

A_PAGE = 24
NOT_FOUND = 404


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
        _say_why_not(api, error)


def _say_why_not(api: HttpApi, error: ApiError) -> None:
    if error.status == NOT_FOUND and "image" in st.query_params:
        st.error("There is no such photo; it may have been deleted.")
        st.button("← All photos", on_click=close_image)
    else:
        say_unreachable(api, error)


def _gallery(api: HttpApi, able: Mapping[str, Any]) -> None:
    st.header("Image Gallery")
    filters = gallery_filters(able)
    found = _page(api, filters)
    images = found["images"]
    if not images:
        _say_empty(filtered=any(filters.values()), beyond=_page_number() > 1)
        return
    _pages(found)
    chosen = _cards(images)
    if chosen:
        act_on(api, able, [image for image in images if image["id"] in chosen])


def _page(api: HttpApi, filters: Mapping[str, Any]) -> dict[str, Any]:
    """The page that the address names, or the first one once the filters have changed.

    Pages next to one that was seen are asked for by its cursor, which costs the same at any depth.
    """
    if st.session_state.setdefault("filters", filters) != filters:
        st.session_state["filters"] = filters
        st.session_state["page"] = 1
        st.session_state["cursors"] = {}
    cursors: dict[int, str] = st.session_state.setdefault("cursors", {})
    page = _page_number()
    place = {"cursor": cursors[page]} if page in cursors else {"offset": (page - 1) * A_PAGE}
    found = api.images(limit=A_PAGE, **place, **filters)
    if page == 1:
        # What was uploaded meanwhile has moved all other pages.
        cursors.clear()
    if found["next_cursor"]:
        cursors[page + 1] = found["next_cursor"]
    return found


def _page_number() -> int:
    asked = str(st.session_state.get("page") or st.query_params.get("page") or 1)
    return max(1, int(asked)) if asked.isdecimal() else 1


def _pages(found: Mapping[str, Any]) -> None:
    """How many there are, and the way to the others; above them, so that a turn starts there."""
    page = _page_number()
    pages = max(ceil(found["total"] / A_PAGE), page + bool(found["next_cursor"]))
    with st.container(
        horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"
    ):
        more = "" if found["total_is_exact"] else "more than "
        st.caption(more + wording.photos(found["total"]), width="content")
        if pages > 1:
            st.pagination(pages, key="page", bind="query-params")


def _cards(images: list[dict[str, Any]]) -> set[str]:
    """Draw a card for each; the ids of those that are chosen."""
    # Checkboxes are drawn only where they are wanted: each costs the browser time.
    choosing = st.toggle("Choose several", key="choosing")
    chosen = set()
    with st.container(key="tiles"), st.grid(min_column_width=220, gap="medium") as grid:
        for image in images:
            with grid.cell():
                st.html(gallery_card(image))
                if not choosing:
                    key, this = f"open-{image['id']}", (image["id"],)
                    st.button("Look closer", key=key, on_click=open_image, args=this)
                elif st.checkbox("Choose", key=f"choose-{image['id']}"):
                    chosen.add(image["id"])
    return chosen


def _say_empty(*, filtered: bool, beyond: bool) -> None:
    if beyond:
        st.info("There are fewer photos than that.")
        st.button("First page", on_click=_go_to_first)
    elif filtered:
        st.info("No photo fits these filters. Take one of them away, or search for another word.")
    else:
        st.info("Nothing here yet. Photos that you enhance on the other page show up here.")


def _go_to_first() -> None:
    st.session_state["page"] = 1
