"""What ``pixellab doctor --json`` prints."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

from pixellab.entrypoints.answers import Answer
from pixellab.entrypoints.cli.checks import Finding


class FindingAnswer(Answer):
    """One part, whether it works, and what to do about it."""

    part: str
    verdict: Literal["ok", "warning", "problem"]
    found: str
    advice: str


class DoctorAnswer(Answer):
    """Whether everything works, and what each check found."""

    healthy: bool
    findings: list[FindingAnswer]

    @classmethod
    def of(cls, findings: Iterable[Finding]) -> DoctorAnswer:
        listed = [
            FindingAnswer(
                part=each.part, verdict=each.verdict.value, found=each.found, advice=each.advice
            )
            for each in findings
        ]
        return cls(healthy=all(each.verdict != "problem" for each in listed), findings=listed)
