"""What the pages say: modes in a phrase, figures as people read them."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any, Literal

MODES = {
    "AUTO": (
        "Make it right",
        "Light, colours, noise and blur are put right where they are wrong; the background stays.",
    ),
    "STANDARDIZE": (
        "Ready for a marketplace",
        "The background goes: the product stands alone on a white square, as large as is right.",
    ),
    "BACKGROUND_REMOVE": (
        "Cut out",
        "The background goes, and the shadow with it unless you keep it; the product stays.",
    ),
    "FULL": (
        "Everything",
        "Faults go, the background goes, a small photo is enlarged, and the file is made small.",
    ),
    "LIGHT_CORRECTION": (
        "Light",
        "Brightness, colours and contrast are put right; the background stays.",
    ),
    "SHARPEN": (
        "Sharpen",
        "Soft edges become crisper, without halos; a crisp photo stays as it is.",
    ),
    "DENOISE": ("Denoise", "Grain and JPEG blocks go; the product's texture stays."),
    "UPSCALE": (
        "Enlarge",
        "The photo becomes two to four times as wide and high; no detail is invented.",
    ),
    "UPSCALE_DENOISE": (
        "Clean and enlarge",
        "Grain and JPEG blocks go, and the photo becomes two to four times as wide and high.",
    ),
    "OPTIMIZE": ("Smaller file", "The picture looks the same, and its file has fewer bytes."),
}
"""Title and explanation by mode, the most asked for first."""

FAITHFUL, DOUBTFUL = 80, 50
"""Faithfulness from which on a result shows the same product, and below which it does not."""

MODE_NAME = re.compile(rf"\b({'|'.join(sorted(MODES, key=len, reverse=True))})\b")

PARTS = {
    "blur": "Sharpness",
    "noise": "Freedom from noise",
    "exposure": "Exposure",
    "contrast": "Contrast",
    "colour_cast": "True colours",
    "blockiness": "Freedom from JPEG blocks",
}
"""The parts of the quality score, by their names in the API."""

STEPS = {
    "deblock": "JPEG blocks",
    "light": "Light",
    "denoise": "Noise",
    "sharpen": "Sharpness",
    "background": "Background",
    "upscale": "Size",
    "size": "Width and height",
    "optimize": "File size",
    "standardize": "Canvas",
    "check_cutout": "Cut-out",
}

PROGRESS = {
    "receiving": "sending",
    "waiting": "waiting for its turn",
    "received": "opening",
    "reserved": "keeping the original",
    "original_stored": "original kept",
    "assessing": "measuring quality",
    "storing": "keeping the result",
}
"""Steps of an upload, by their names in the API, where these are no plain words."""


BATCHES = {"open": "under way", "done": "done", "cancelled": "cancelled"}


def batch_state(state: str) -> str:
    """How a batch stands."""
    return BATCHES.get(state, state)


def long_time(seconds: float) -> str:
    """Seconds to days, as people read them."""
    for unit, length in (("days", 86_400), ("hours", 3600), ("min", 60)):
        if seconds >= 1.5 * length:
            return f"{seconds / length:.0f} {unit}"
    return f"{seconds:.0f} s"


def mode_title(mode: str) -> str:
    """What one mode is called, or several that were done one after the other."""
    names = [MODES.get(one, (one.replace("_", " ").capitalize(), ""))[0] for one in mode.split(",")]
    return ", then ".join(names)


def step_title(name: str) -> str:
    return STEPS.get(name, name.replace("_", " ").capitalize())


def with_titles(sentence: str) -> str:
    """A sentence of the API with modes called as they are here."""
    return MODE_NAME.sub(lambda found: f'"{mode_title(found[0])}"', sentence)


def photos(number: int) -> str:
    return "1 photo" if number == 1 else f"{number:,} photos"


def size(kilobytes: float | None) -> str:
    """KB of 1000 bytes as people read them."""
    if kilobytes is None:
        return "unknown"
    return f"{kilobytes / 1000:.1f} MB" if abs(kilobytes) >= 1000 else f"{kilobytes:.0f} KB"


def saved(percent: float | None) -> str:
    if percent is None:
        return "unknown"
    return f"{percent:.0f}% smaller" if percent >= 0 else f"{-percent:.0f}% larger"


def rules(number: int, which: str) -> str:
    return f"1 rule {which}" if number == 1 else f"{number} rules {which}"


def gained(before: float | None, after: float | None) -> str:
    """Points of quality gained, with their sign."""
    if before is None or after is None:
        return "unknown"
    return f"{after - before:+.1f}"


def kind_of_gain(gain: str) -> Literal["good", "quiet", "bad"]:
    """How ``gained`` is shown."""
    if gain in ("+0.0", "-0.0", "unknown"):
        return "quiet"
    return "bad" if gain.startswith("-") else "good"


def faithful(kept: float) -> str:
    """What a faithfulness means."""
    if kept >= FAITHFUL:
        return "the same product"
    return "compare the two" if kept >= DOUBTFUL else "the product changed"


def seconds(value: float) -> str:
    return f"{value:.0f} s" if value < 90 else f"{value / 60:.0f} min"


def moment(text: str | None) -> str:
    """An answer's time, in UTC, to the minute."""
    return datetime.fromisoformat(text).strftime("%d %b %Y, %H:%M UTC") if text else "unknown"


def cost(value: dict[str, Any] | None) -> str | None:
    """What was paid; None where nothing had to be."""
    if value is None:
        return None
    amount = value["amount"]
    return "unknown" if amount == "unknown" else f"{amount} {value['currency']}"


def price(value: str | None) -> str:
    """What a photo costs with a backend that asks for money, by the API's estimate."""
    if value is None:
        return "Costs nothing: this is done on PixelLab's own machine."
    if value == "unknown":
        return "What a photo costs is not known; the service charges for each."
    return f"About {value} for a photo of one megapixel."


def plain(name: str) -> str:
    """A file's name with nothing in it that markdown would read."""
    return "".join(f"\\{each}" if each in r"\`*_{}[]()#+-.!|~:<>$" else each for each in name)
