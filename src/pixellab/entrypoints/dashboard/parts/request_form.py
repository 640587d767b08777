"""What is to be done with photos, as a form."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import streamlit as st

from pixellab.entrypoints.dashboard.parts import wording
from pixellab.entrypoints.dashboard.parts.mode_examples import mode_example

ON_CANVAS = {"STANDARDIZE", "FULL"}
CUT_OUT = {"BACKGROUND_REMOVE", "FULL"}
ENLARGING = {"UPSCALE", "UPSCALE_DENOISE"}
GEMINI = "GEMINI"


def request_form(able: Mapping[str, Any], key: str) -> dict[str, Any]:
    """The fields of a request; ``key`` tells several forms on a page apart."""
    left, right = st.columns(2, gap="medium")
    with left:
        modes = [mode for mode in wording.MODES if mode in able["modes"]]
        mode = st.selectbox("What to do", modes, format_func=wording.mode_title, key=f"{key}-mode")
        st.html(mode_example(mode))
        fields: dict[str, Any] = {"mode": mode, "backend": _backend(able, mode, key)}
    with right:
        size, kind = st.columns(2)
        least, most = able["target_size_kb"]
        fields["target_size_kb"] = size.number_input(
            "Largest file (KB)",
            least,
            most,
            value=None,
            step=50,
            placeholder="No limit",
            key=f"{key}-size",
        )
        fields["output_format"] = kind.selectbox(
            "Format", able["output_formats"], key=f"{key}-format"
        )
        fields |= _details(able, mode, key)
    return fields


def _backend(able: Mapping[str, Any], mode: str, key: str) -> str | None:
    gemini = next(each for each in able["backends"] if each["name"] == GEMINI)
    why_not = gemini["why_not"]
    if why_not is None and mode not in gemini["modes"]:
        why_not = f"Gemini does not do {wording.mode_title(mode)}."
    wanted = st.checkbox(
        "🤖 Gemini AI Enhancement",
        disabled=why_not is not None,
        help=why_not or "The photo is sent to Google, which charges for each picture.",
        key=f"{key}-gemini",
    )
    st.caption(f"Not available: {why_not}" if why_not else wording.price(gemini["prices"][mode]))
    return GEMINI if wanted and why_not is None else None


def _details(able: Mapping[str, Any], mode: str, key: str) -> dict[str, Any]:
    fields: dict[str, Any] = {}
    if mode in ON_CANVAS:
        titles = {each["name"]: each["title"] for each in able["profiles"]}
        fields["profile"] = st.selectbox(
            "Marketplace", [*titles], format_func=titles.__getitem__, key=f"{key}-profile"
        )
    if mode in CUT_OUT:
        behind = st.selectbox(
            "Background", ["Transparent", "White", "A colour"], key=f"{key}-background"
        )
        fields["background"] = (
            st.color_picker("Colour", "#f2f2f2", key=f"{key}-colour")
            if behind == "A colour"
            else behind.lower()
        )
        shadow = st.checkbox("Keep the shadow", key=f"{key}-shadow")
        fields["keep_shadow"] = "true" if shadow else None
    if mode in ENLARGING:
        least, most = able["scale"]
        fields["scale"] = st.slider("Enlarge each side", least, most, key=f"{key}-scale")
    return fields
