"""What is to be done with photos, as a form that offers only what goes together."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import streamlit as st

from pixellab.entrypoints.dashboard.parts import wording
from pixellab.entrypoints.dashboard.parts.backend_choice import backend_choice
from pixellab.entrypoints.dashboard.parts.mode_examples import mode_example

CUT_OUT = {"BACKGROUND_REMOVE", "FULL"}
ENLARGING = {"UPSCALE", "UPSCALE_DENOISE"}
ANY_MARKETPLACE = "generic"
TRANSPARENT = "transparent"
SEE_THROUGH = {"PNG", "WEBP", "AVIF"}
"""Formats that can be transparent."""
BACKGROUNDS = {TRANSPARENT: "Transparent", "white": "White", "": "A colour"}
GREY = "#f2f2f2"
"""The colour that is offered first."""


def request_form(
    able: Mapping[str, Any], key: str, used: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """The fields of a request; ``key`` tells several forms on a page apart.

    ``used`` are the fields of an earlier request, which the form starts from.
    """
    used = used or {}
    left, right = st.columns(2, gap="medium")
    with left:
        modes = [mode for mode in wording.MODES if mode in able["modes"]]
        mode = _choice("What to do", modes, wording.mode_title, f"{key}-mode", used.get("mode"))
        st.html(mode_example(mode))
        backend = backend_choice(able, mode, key, used.get("backend"))
    with right:
        fields = {"mode": mode, "backend": backend, **_details(able, mode, key, used)}
        kind, size = st.columns(2)
        with kind:
            formats = _formats(able, fields)
            # Its choices depend on the rest, and each set of them is a list of its own.
            place = f"{key}-format-{'-'.join(formats)}"
            fields["output_format"] = _choice(
                "Format", formats, str, place, used.get("output_format")
            )
        with size:
            fields["target_size_kb"] = _target(able, key, used)
    return fields


def _choice(
    label: str, names: Sequence[str], title: Callable[[str], str], key: str, used: str | None
) -> str:
    first = names.index(used) if used in names else 0
    return st.selectbox(label, names, index=first, format_func=title, key=key)


def _target(able: Mapping[str, Any], key: str, used: Mapping[str, Any]) -> int | None:
    least, most = able["target_size_kb"]
    wanted: int | None = st.number_input(
        "Largest file (KB)",
        least,
        most,
        value=used.get("target_size_kb"),
        step=50,
        placeholder="No limit",
        key=f"{key}-size",
    )
    return wanted


def _details(
    able: Mapping[str, Any], mode: str, key: str, used: Mapping[str, Any]
) -> dict[str, Any]:
    """What only some modes ask for; a marketplace's canvas is white, so it needs no background."""
    fields: dict[str, Any] = {}
    if mode in {"STANDARDIZE", "FULL"}:
        titles = {each["name"]: each["title"] for each in able["profiles"]}
        if mode == "FULL":
            titles[ANY_MARKETPLACE] = "None"
        fields["profile"] = _choice(
            "Marketplace", [*titles], titles.__getitem__, f"{key}-profile", used.get("profile")
        )
    if mode in CUT_OUT and fields.get("profile", ANY_MARKETPLACE) == ANY_MARKETPLACE:
        fields |= _behind(key, used)
    if mode in ENLARGING:
        least, most = able["scale"]
        fields["scale"] = st.slider(
            "Enlarge each side", least, most, value=used.get("scale", least), key=f"{key}-scale"
        )
    return fields


def _behind(key: str, used: Mapping[str, Any]) -> dict[str, Any]:
    before = used.get("background", TRANSPARENT)
    kind = before if before in BACKGROUNDS else ""
    behind = _choice(
        "Background", [*BACKGROUNDS], BACKGROUNDS.__getitem__, f"{key}-background", kind
    )
    if not behind:
        first = GREY if before in BACKGROUNDS else before
        behind = st.color_picker("Colour", first, key=f"{key}-colour")
    # A form says it in words, the history as JSON does.
    kept = used.get("keep_shadow") in ("true", True)
    shadow = st.checkbox("Keep the shadow", value=kept, key=f"{key}-shadow")
    return {"background": behind, "keep_shadow": "true" if shadow else None}


def _formats(able: Mapping[str, Any], fields: Mapping[str, Any]) -> list[str]:
    """Those that the marketplace takes, or that can be as transparent as is asked."""
    formats: list[str] = able["output_formats"]
    if fields.get("background") == TRANSPARENT:
        return [each for each in formats if each in SEE_THROUGH]
    if fields["mode"] == "FULL" and fields["profile"] == ANY_MARKETPLACE:
        return formats
    for profile in able["profiles"]:
        if profile["name"] == fields.get("profile"):
            return [each for each in formats if each in profile["output_formats"]]
    return formats
