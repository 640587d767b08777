"""What each mode does, in a phrase and in a small picture: left before, right after."""

from __future__ import annotations

import base64
from functools import cache
from html import escape
from importlib.resources import files

from pixellab.entrypoints.dashboard.parts import wording


def mode_example(mode: str) -> str:
    """HTML that explains ``mode``."""
    title, phrase = wording.MODES[mode]
    alt = f"{title}: an example before, on the left, and after"
    return (
        f'<figure class="px-example"><img src="{_picture(mode)}" alt="{escape(alt)}">'
        f"<figcaption>{escape(phrase)}</figcaption></figure>"
    )


@cache
def _picture(mode: str) -> str:
    """As a ``data:`` URL: a few KB, which need no request of their own."""
    assets = files("pixellab.entrypoints.dashboard").joinpath("assets", "modes")
    content = assets.joinpath(f"{mode.lower()}.webp").read_bytes()
    return f"data:image/webp;base64,{base64.b64encode(content).decode()}"
