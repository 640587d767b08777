"""Who enhances a photo: the backends that the API lists, and what they cost."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st

from pixellab.entrypoints.dashboard.parts import wording

GEMINI, LOCAL = "GEMINI", "LOCAL"

Backend = Mapping[str, Any]


def backend_choice(
    able: Mapping[str, Any], mode: str, key: str, used: str | None = None
) -> str | None:
    """The backend to name in a request; None leaves it to the API's routes.

    Gemini has a checkbox of its own, which people know by its name. A list names the others where
    there are any beside PixelLab's own. ``used`` is chosen first.
    """
    backends = {each["name"]: each for each in able["backends"]}
    gemini = backends.pop(GEMINI, None)
    others = [each for each in backends.values() if _why_not(each, mode) is None]
    missing = [each["why_not"] for each in backends.values() if each["why_not"]]
    if gemini and _gemini(gemini, mode, key, missing, ticked=used == GEMINI):
        return GEMINI
    if all(each["name"] == LOCAL for each in others):
        return None
    return _one_of(others, mode, f"{key}-backend", used)


def _gemini(gemini: Backend, mode: str, key: str, missing: Sequence[str], *, ticked: bool) -> bool:
    why_not = _why_not(gemini, mode)
    told = why_not or "The photo is sent to Google, which charges for each picture."
    wanted = st.checkbox(
        "🤖 Gemini AI Enhancement",
        value=ticked,
        disabled=why_not is not None,
        help=" ".join([told, *missing]),
        key=f"{key}-gemini",
    )
    price = wording.price(gemini["prices"].get(mode))
    st.caption(f"Not available: {why_not}" if why_not else price)
    return wanted and why_not is None


def _one_of(backends: Sequence[Backend], mode: str, key: str, used: str | None) -> str | None:
    titles = {each["name"]: _title(each) for each in backends}
    names = [None, *titles]
    chosen: str | None = st.selectbox(
        "Done by",
        names,
        index=names.index(used) if used in titles else 0,
        format_func=lambda name: "As it is set up here" if name is None else titles[name],
        key=key,
    )
    if chosen is not None:
        prices = {each["name"]: each["prices"][mode] for each in backends}
        st.caption(wording.price(prices[chosen]))
    return chosen


def _title(backend: Backend) -> str:
    place = "a service elsewhere" if backend["sends_photos_away"] else "on PixelLab's own machine"
    return f"{backend['name']}, {place}"


def _why_not(backend: Backend, mode: str) -> str | None:
    """Why it can't be asked for ``mode``; None where it can."""
    if backend["why_not"]:
        return str(backend["why_not"])
    if mode in backend["modes"]:
        return None
    return f"{backend['name']} does not do {wording.mode_title(mode)}."
