"""Two pictures of one thing, to wipe between, to zoom into, to move about, both in step."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

import streamlit as st

if TYPE_CHECKING:
    from streamlit.components.v2.types import ComponentRenderer


def compare(
    before: str,
    after: str,
    *,
    name: str,
    key: str,
    labels: tuple[str, str] = ("Before", "After"),
    reveal: bool = False,
) -> None:
    """Show the pictures at the URLs ``before`` and ``after``; ``name`` is read out for them.

    ``labels`` are written on the two. Where their shapes differ they are shown side by side first,
    since a line between them would part what does not belong together. With ``reveal`` the page is
    scrolled to them once, for a visitor who has just asked for them.
    """
    data = {"before": before, "after": after, "name": name, "labels": labels, "reveal": reveal}
    _component()(data=data, key=key)


@cache
def _component() -> ComponentRenderer:
    assets = files("pixellab.entrypoints.dashboard").joinpath("assets")
    html, css, js = (
        assets.joinpath(f"compare.{kind}").read_text() for kind in ("html", "css", "js")
    )
    return st.components.v2.component("pixellab_compare", html=html, css=css, js=js)
