"""A preset in place of the form, where the installation has any."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from html import escape
from typing import Any

import streamlit as st

from pixellab.entrypoints.dashboard.http_api import ApiError, HttpApi
from pixellab.entrypoints.dashboard.parts import wording

NONE = "None: choose below"
TITLES = {
    "mode": "What to do",
    "backend": "Done by",
    "profile": "Marketplace",
    "output_format": "Format",
    "target_size_kb": "Largest file (KB)",
}
"""What the form calls the fields that it has, too."""


def preset_choice(api: HttpApi, able: Mapping[str, Any]) -> dict[str, Any] | None:
    """The fields of a request with the chosen preset, which are shown; None where none is."""
    try:
        presets = {each["name"]: each for each in api.presets()}
    except ApiError as error:
        st.caption(f"Presets cannot be listed just now. {error.message}")
        return None
    if not presets:
        return None
    chosen: str = st.selectbox(
        "Preset", ["", *presets], format_func=lambda name: name or NONE, key="preset"
    )
    if not chosen:
        return None
    fields = {"mode": "AUTO", **presets[chosen]["fields"]}
    st.html(f'<p class="px-quiet">{escape(" · ".join(_told(fields)))}</p>')
    _tell_of_backend(able, fields)
    # Sent field by field, so that it is done as it was shown, whoever changes the preset meanwhile.
    return {name: _sent(value) for name, value in fields.items()} | {"preset": chosen}


def _told(fields: Mapping[str, Any]) -> Iterable[str]:
    for name, value in fields.items():
        title = TITLES.get(name, name.replace("_", " ").capitalize())
        text = {True: "yes", False: "no"}[value] if isinstance(value, bool) else str(value)
        yield f"{title}: {wording.mode_title(text) if name == 'mode' else text}"


def _tell_of_backend(able: Mapping[str, Any], fields: Mapping[str, Any]) -> None:
    """What the backend that the preset names costs, or why it is not there."""
    for backend in able["backends"]:
        if backend["name"] == fields.get("backend"):
            price = backend["prices"].get(fields["mode"])
            st.caption(backend["why_not"] or (wording.price(price) if price else ""))


def _sent(value: Any) -> Any:
    """A value as the page's form gives it."""
    return str(value).lower() if isinstance(value, bool) else value
