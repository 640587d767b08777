"""Pieces of the pages that Streamlit has no element for, as HTML. All text in them is escaped."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from html import escape
from typing import Any, Literal

from attrs import frozen

from pixellab.entrypoints.dashboard.parts import wording

Figure = tuple[str, str, str]
"""A title, a value, and a remark, which may be empty."""


@frozen
class Verdict:
    """How a result turned out, in a few words."""

    words: str
    kind: Literal["good", "quiet", "warn", "bad"]


def figure_row(figures: Iterable[Figure]) -> str:
    """Figures side by side, as many as there is room for."""
    cells = [
        f"<div><dt>{escape(title)}</dt><dd>{escape(value)}</dd>"
        f'<dd class="px-quiet">{escape(remark)}</dd></div>'
        for title, value, remark in figures
    ]
    return f'<dl class="px-figures">{"".join(cells)}</dl>'


def quality_parts(quality: Mapping[str, Any]) -> str:
    """A bar for each part of the quality score: how good it is, with a mark for what it was."""
    rows = []
    for part, title in wording.PARTS.items():
        before, after = quality.get(f"original_{part}"), quality.get(f"enhanced_{part}")
        if before is None or after is None:
            continue
        spoken = f"{title}: {before:.0f} before, {after:.0f} after, of 100"
        rows.append(
            f'<div class="px-part"><span>{escape(title)}</span>'
            f'<div class="px-track" role="img" aria-label="{escape(spoken)}">'
            f'<i style="width:{after:.0f}%"></i><b style="left:{before:.0f}%"></b></div>'
            f"<span>{before:.0f} → {after:.0f}</span></div>"
        )
    note = '<p class="px-quiet">The bar is the enhanced photo, the mark the original.</p>'
    return f'<div class="px-parts">{"".join(rows)}</div>{note}'


def steps_taken(steps: Iterable[Mapping[str, Any]]) -> str:
    """A list of what was done or left, and why; what is ``unmet`` or ``unknown`` stands out."""
    items = []
    for step in steps:
        mark, kind, spoken = ("✓", "px-good", "yes") if step["applied"] else ("–", "px-quiet", "no")
        if step.get("unmet"):
            mark, kind, spoken = "✕", "px-bad", "not met"
        elif step.get("unknown"):
            mark, kind, spoken = "?", "px-warn", "to be checked"
        items.append(
            f'<li><span class="{kind}" role="img" aria-label="{spoken}">{mark}</span>'
            f"<span><strong>{escape(wording.step_title(step['name']))}</strong><br>"
            f"{escape(wording.with_titles(step['why']))}</span></li>"
        )
    return f'<ul class="px-steps">{"".join(items)}</ul>'


def gallery_card(image: Mapping[str, Any]) -> str:
    """An image of the gallery: its thumbnail and its facts."""
    name = image["original_filename"]
    links = [
        f'<a href="{escape(url)}" target="_blank" rel="noopener">{title}</a>'
        for title, url in (
            ("Original", image["image_url"]),
            ("Enhanced", image["enhanced_image_url"]),
        )
        if url
    ]
    return (
        f'<div class="px-card">{_picture(name, image.get("thumbnail_url"))}'
        f'<div class="px-quiet">{escape(wording.moment(image["created_at"]))}</div>'
        f'<div class="px-facts">{_facts(image)}</div>'
        f'<div class="px-links">{"".join(links)}</div></div>'
    )


def result_tile(
    name: str, thumbnail: str | None, verdict: Verdict, saved: float | None, notes: Sequence[str]
) -> str:
    """A result: its thumbnail, how it turned out, and the first thing to be known of it."""
    note = ""
    if notes:
        more = f" (and {len(notes) - 1} more)" if len(notes) > 1 else ""
        note = f'<div class="px-note">{escape(notes[0])}{more}</div>'
    return (
        f'<div class="px-card">{_picture(name, thumbnail)}<div class="px-facts">'
        f'<span class="px-{verdict.kind}">{escape(verdict.words)}</span>'
        f"<span>{escape(wording.saved(saved))}</span></div>{note}</div>"
    )


def _picture(name: str, thumbnail: str | None) -> str:
    """The thumbnail and the name of a card."""
    named = escape(name)
    picture = (
        f'<img loading="lazy" src="{escape(thumbnail)}" alt="{named}">'
        if thumbnail
        else '<div class="px-none">No preview</div>'
    )
    return f'{picture}<div class="px-name" title="{named}">{named}</div>'


def day_bars(days: Sequence[Mapping[str, Any]]) -> str:
    """A bar for each day, as high as its number of enhancements, failures on top."""
    most = max(1, *(day["enhancements"] + day["failures"] for day in days))
    bars = []
    for day in days:
        done, failed = day["enhancements"], day["failures"]
        told = f"{day['date']}: {day['images']} photos, {done} enhancements, {failed} failures"
        bars.append(
            f'<li title="{escape(told)}"><span class="px-spoken">{escape(told)}</span>'
            f'<i class="px-failed" style="height:{100 * failed / most:.1f}%"></i>'
            f'<i style="height:{100 * done / most:.1f}%"></i></li>'
        )
    ends = f"<span>{days[0]['date']}</span><span>{days[-1]['date']}</span>"
    note = f"Enhancements a day, failures on top; the highest bar is {most}."
    return (
        f'<ol class="px-days">{"".join(bars)}</ol><div class="px-ends">{ends}</div>'
        f'<p class="px-quiet">{note}</p>'
    )


def _facts(image: Mapping[str, Any]) -> str:
    mode = escape(wording.mode_title(image["enhancement_mode"]))
    if image["status"] == "FAILED":
        return f'<span>{mode}</span><span class="px-bad">Failed</span>'
    if image["status"] == "PENDING":
        return f'<span>{mode}</span><span class="px-quiet">In work</span>'
    gain = wording.gained(image["quality_before"], image["quality_after"])
    kind = f"px-{wording.kind_of_gain(gain)}"
    saved = escape(wording.saved(image["size_reduction_percent"]))
    return f'<span>{mode}</span><span class="{kind}">Quality {gain}</span><span>{saved}</span>'
