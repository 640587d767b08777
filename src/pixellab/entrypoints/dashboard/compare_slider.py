"""A picture before and after, to wipe between, to zoom into, to move about, both in step."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

import streamlit as st

if TYPE_CHECKING:
    from streamlit.components.v2.types import ComponentRenderer


def compare(before: str, after: str, *, name: str, key: str) -> None:
    """Show the pictures at the URLs ``before`` and ``after``; ``name`` is read out for them."""
    _component()(data={"before": before, "after": after, "name": name}, key=key)


@cache
def _component() -> ComponentRenderer:
    html, css, js = (
        files(__package__).joinpath("assets", f"compare.{kind}").read_text()
        for kind in ("html", "css", "js")
    )
    return st.components.v2.component("pixellab_compare", html=html, css=css, js=js)
