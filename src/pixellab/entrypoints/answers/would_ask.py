"""What a request would do, where nothing was done."""

from __future__ import annotations

from collections.abc import Iterable

from pixellab.domain.requests import Task
from pixellab.domain.results import Cost
from pixellab.domain.use_cases import WouldAsk
from pixellab.entrypoints.answers.parts.answer import Answer
from pixellab.entrypoints.answers.parts.calls import CostAnswer

NOTHING_LEAVES = "Nothing leaves this machine."


class WouldAskAnswer(Answer):
    """A backend that would be asked."""

    backend: str
    serves: bool
    why: str | None
    """Why it would not serve."""
    service: str | None
    """Who would get it, and where."""
    model: str | None
    sends: str | None
    """What would leave the machine; None where the backend cannot tell, as it would not serve."""
    cost: CostAnswer | None
    """None where nothing would have to be paid."""

    @classmethod
    def of(cls, each: WouldAsk) -> WouldAskAnswer:
        estimate = each.estimate
        local = NOTHING_LEAVES if each.serves else None
        return cls(
            backend=each.backend,
            serves=each.serves,
            why=each.why_not,
            service=estimate.service if estimate else None,
            model=estimate.model if estimate else None,
            sends=estimate.sends if estimate else local,
            cost=CostAnswer.of_cost(
                Cost(estimate.usage.amount, estimate.usage.currency) if estimate else None
            ),
        )


class DryRunAnswer(Answer):
    """The backends in the order in which they would be asked, each if those before it fail."""

    dry_run: bool = True
    filename: str
    backends: list[WouldAskAnswer]
    warnings: list[str]

    @classmethod
    def of(cls, filename: str, task: Task, backends: Iterable[WouldAsk]) -> DryRunAnswer:
        return cls(
            filename=filename,
            backends=[WouldAskAnswer.of(each) for each in backends],
            warnings=list(task.ignored),
        )
