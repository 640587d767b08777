"""What a part of PixelLab finds when it looks into itself."""

from __future__ import annotations

from enum import StrEnum

from attrs import frozen


class Verdict(StrEnum):
    OK = "ok"
    WARNING = "warning"
    PROBLEM = "problem"


@frozen
class Finding:
    """What was found of one part, and, unless all is well, what to do about it."""

    part: str
    verdict: Verdict
    found: str
    advice: str = ""


def fine(part: str, found: str) -> Finding:
    """The part works."""
    return Finding(part, Verdict.OK, found)


def warning(part: str, found: str, advice: str) -> Finding:
    """The part works, though not as well as it could, or not for long."""
    return Finding(part, Verdict.WARNING, found, advice)


def problem(part: str, found: str, advice: str) -> Finding:
    """The part does not work."""
    return Finding(part, Verdict.PROBLEM, found, advice)
