"""What an enhancement brought: its figures, its verdict, its checklist."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from pixellab.entrypoints.dashboard.parts import wording
from pixellab.entrypoints.dashboard.parts.markup import Figure, Verdict

ADVISED = "_advised"
"""How the names of those rules end that a marketplace only recommends."""
UNKNOWN = "unknown"
"""What the API has measured where a rule could not be."""
DOUBTED = "check_cutout"
"""The step that an answer has where a cut-out cannot be trusted, and why."""

Rule = Mapping[str, Any]


def verdict(answer: Mapping[str, Any]) -> Verdict:
    """For a marketplace its rules count, for a cut-out whether to trust it, else the quality."""
    rules = answer["rules"]
    if unmet := sum(map(is_unmet, rules)):
        return Verdict(wording.rules(unmet, "not met"), "bad")
    if _doubts(answer):
        return Verdict("Check the cut-out", "warn")
    if unknown := sum(map(is_unknown, rules)):
        return Verdict(wording.rules(unknown, "for you to check"), "warn")
    if rules:
        return Verdict("All that is required is met", "good")
    if is_cut_out(answer):
        return Verdict("Background removed", "good")
    gain = wording.gained(answer["quality_before"], answer["quality_after"])
    return Verdict(f"Quality {gain}", wording.kind_of_gain(gain))


def has_comparable_quality(answer: Mapping[str, Any]) -> bool:
    """Whether the quality score says how much better the photo became.

    A white canvas alone raises it, and without its background a product is measured by itself.
    """
    return not answer["rules"] and not is_cut_out(answer)


def is_cut_out(answer: Mapping[str, Any]) -> bool:
    return any(step["name"] == "background" and step["applied"] for step in answer["steps"])


def notes(answer: Mapping[str, Any]) -> list[str]:
    """The warnings, those about a cut-out first."""
    doubts = _doubts(answer)
    ordered = sorted(answer["warnings"], key=lambda warning: warning not in doubts)
    return [wording.with_titles(warning) for warning in ordered]


def _doubts(answer: Mapping[str, Any]) -> str:
    """What speaks against the cut-out, in sentences; empty where nothing does."""
    return " ".join(step["why"] for step in answer["steps"] if step["name"] == DOUBTED)


def figures(answer: Mapping[str, Any]) -> list[Figure]:
    """What its verdict is about, size, pixels and time of an answer."""
    paid = wording.cost(answer["cost"])
    kept = answer["faithfulness"]
    faithful = [] if kept is None else [("Faithful", f"{kept:.0f} of 100", wording.faithful(kept))]
    return [
        _quality(answer),
        *faithful,
        (
            "File",
            wording.size(answer["enhanced_size_kb"]),
            wording.saved(answer["size_reduction_percent"]),
        ),
        (
            "Pixels",
            f"{answer['enhanced_width']} x {answer['enhanced_height']}",
            f"from {answer['original_width']} x {answer['original_height']}",
        ),
        (
            "Time",
            f"{answer['processing_time_ms'] / 1000:.1f} s",
            f"{answer['backend']}, cost {paid}" if paid else answer["backend"],
        ),
    ]


def _quality(answer: Mapping[str, Any]) -> Figure:
    if rules := [rule for rule in answer["rules"] if not is_advice(rule)]:
        met = sum(bool(rule["pass"]) for rule in rules)
        return ("Marketplace", f"{met} of {len(rules)}", "rules met")
    if is_cut_out(answer):
        return ("Background", "removed", "the product alone is kept")
    before, after = answer["quality_before"], answer["quality_after"]
    return ("Quality", f"{after:.0f} of 100", f"{wording.gained(before, after)} points")


def checklist(rules: Iterable[Rule]) -> list[dict[str, Any]]:
    """A marketplace's rules as lines of a checklist, those first that need a look."""
    lines = [
        {
            "name": rule["name"].replace("_", " "),
            "applied": rule["pass"],
            "unmet": is_unmet(rule),
            "unknown": is_unknown(rule),
            "why": f"asked: {rule['required']}; here: {rule['measured']}",
        }
        for rule in rules
    ]
    return sorted(lines, key=lambda line: (not line["unmet"], not line["unknown"]))


def steps_told(steps: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The steps of an answer as lines; doubts about a cut-out ask for a look."""
    return [{**step, "unknown": step["name"] == DOUBTED} for step in steps]


def is_unmet(rule: Rule) -> bool:
    """Whether the marketplace asks for what the picture lacks; what it advises may be lacking."""
    return not rule["pass"] and not is_advice(rule) and not is_unknown(rule)


def is_unknown(rule: Rule) -> bool:
    """Whether nobody but the visitor can tell if the picture has what is asked for."""
    return not rule["pass"] and not is_advice(rule) and rule["measured"] == UNKNOWN


def is_advice(rule: Rule) -> bool:
    return bool(rule["name"].endswith(ADVISED))
