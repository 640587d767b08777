"""What an enhancement brought: its figures, its verdict, its checklist."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from pixellab.entrypoints.dashboard.parts import wording
from pixellab.entrypoints.dashboard.parts.markup import Figure, Verdict

ADVISED = "_advised"
"""How the names of those rules end that a marketplace only recommends."""
UNKNOWN = "unknown"
"""What the API has measured where a rule could not be."""

Rule = Mapping[str, Any]


def verdict(answer: Mapping[str, Any]) -> Verdict:
    """For a marketplace its rules count: a white canvas alone raises the quality score."""
    if answer["rules"]:
        return _of_rules(answer["rules"])
    gain = wording.gained(answer["quality_before"], answer["quality_after"])
    return Verdict(f"Quality {gain}", wording.kind_of_gain(gain))


def _of_rules(rules: Sequence[Rule]) -> Verdict:
    unmet, unknown = sum(map(is_unmet, rules)), sum(map(is_unknown, rules))
    if unmet:
        return Verdict(wording.rules(unmet, "not met"), "bad")
    if unknown:
        return Verdict(wording.rules(unknown, "for you to check"), "warn")
    return Verdict("All rules met", "good")


def figures(answer: Mapping[str, Any]) -> list[Figure]:
    """Quality or rules, size, pixels and time of an answer."""
    paid = wording.cost(answer["cost"])
    return [
        _quality(answer),
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


def is_unmet(rule: Rule) -> bool:
    """Whether the marketplace asks for what the picture lacks; what it advises may be lacking."""
    return not rule["pass"] and not is_advice(rule) and not is_unknown(rule)


def is_unknown(rule: Rule) -> bool:
    """Whether nobody but the visitor can tell if the picture has what is asked for."""
    return not rule["pass"] and not is_advice(rule) and rule["measured"] == UNKNOWN


def is_advice(rule: Rule) -> bool:
    return bool(rule["name"].endswith(ADVISED))
