"""Which of the steps that were done are left out the next time."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import streamlit as st

from pixellab.entrypoints.dashboard.parts import wording


def steps_undone(
    able: Mapping[str, Any],
    mode: str,
    used: Mapping[str, Any],
    steps: list[Mapping[str, Any]],
    key: str,
) -> str | None:
    """A box for each of the ``steps`` that were done by a request with the fields ``used``.

    The field ``without`` of the next request, if that is in the same mode; what was left out before
    stays out. None where nothing is left out.
    """
    if mode != used.get("mode"):
        return None
    left_out = (used.get("without") or "").split(",")
    done = {step["name"] for step in steps if step["applied"]}
    offered = [each for each in able["optional_steps"].get(mode, []) if each in {*done, *left_out}]
    if not offered:
        return None
    st.caption("Undo what was done to the photo:")
    with st.container(horizontal=True, key=key):
        undone = [
            each
            for each in offered
            if st.checkbox(
                wording.step_title(each),
                value=each in left_out,
                key=f"{key}-{each}",
                width="content",
            )
        ]
    return ",".join(undone) or None
