"""What was done to a picture, how good it was before and after, and what rules it passed."""

from __future__ import annotations

from pydantic import ConfigDict, Field

from pixellab.domain.pictures import QualityReport
from pixellab.domain.results import Rule, Step
from pixellab.entrypoints.answers.parts.answer import Answer


class StepAnswer(Answer):
    """One thing that was done, or left undone, and why."""

    name: str
    applied: bool
    why: str
    figures: dict[str, float] = Field(default_factory=dict)

    @classmethod
    def of(cls, step: Step) -> StepAnswer:
        return cls(name=step.name, applied=step.applied, why=step.why, figures=dict(step.figures))


class RuleAnswer(Answer):
    """One rule of a marketplace, held against the result."""

    # In JSON it is "pass", which Python keeps for itself; OpenAPI knows names from the alias only.
    model_config = ConfigDict(
        frozen=True,
        populate_by_name=True,
        alias_generator=lambda name: "pass" if name == "passed" else name,
    )

    name: str
    required: str
    measured: str
    passed: bool
    official: bool

    @classmethod
    def of(cls, rule: Rule) -> RuleAnswer:
        return cls(
            name=rule.name,
            required=rule.required,
            measured=rule.measured,
            passed=rule.passed,
            official=rule.official,
        )


class QualityAnswer(Answer):
    """Technical quality; every figure 0 to 100, 100 meaning no defect."""

    score: float
    blur: float
    noise: float
    exposure: float
    contrast: float
    colour_cast: float
    blockiness: float
    measurements: dict[str, float]

    @classmethod
    def of(cls, report: QualityReport) -> QualityAnswer:
        return cls(score=report.score, **report.parts, measurements=dict(report.measurements))
