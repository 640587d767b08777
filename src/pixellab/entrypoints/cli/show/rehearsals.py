"""What would be done, as people read it."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from rich.console import Group, RenderableType
from rich.text import Text

from pixellab.entrypoints.answers import CostAnswer, DryRunAnswer, WouldAskAnswer
from pixellab.entrypoints.cli.show.reports import shown_cost, warning_lines


def dry_run_report(answer: DryRunAnswer) -> RenderableType:
    """The backends that would be asked for one photo."""
    lines = [_line(place, each) for place, each in enumerate(answer.backends, start=1)]
    heading = Text(f"{answer.filename}: nothing was done", "bold")
    return Group(heading, *lines, *warning_lines(answer.warnings))


def dry_run_total(answers: Sequence[DryRunAnswer]) -> Text:
    """What all photos would cost if the first backend that would serve does."""
    costs = [cost for answer in answers if (cost := _first_cost(answer))]
    if not costs:
        return Text(f"{len(answers)} photos would cost nothing.")
    known = [cost.amount for cost in costs if isinstance(cost.amount, Decimal)]
    currencies = sorted({cost.currency for cost in costs})
    if len(known) < len(costs) or len(currencies) > 1:
        return Text(f"What {len(answers)} photos would cost together is not known.")
    return Text(f"{len(answers)} photos would cost {sum(known):f} {currencies[0]} together.")


def _first_cost(answer: DryRunAnswer) -> CostAnswer | None:
    return next((each.cost for each in answer.backends if each.serves), None)


def _line(place: int, each: WouldAskAnswer) -> Text:
    line = Text.assemble(f"  {place}. ", (each.backend, "bold"))
    if not each.serves:
        line.append(f" would not serve: {each.why}", "yellow")
    if each.service:
        line.append(f"\n     sends {each.sends} to {each.service}, model {each.model}")
    elif each.sends:
        line.append(f": {each.sends}")
    if each.cost:
        line.append(f"\n     cost {shown_cost(each.cost)}", "dim")
    return line
