"""``pixellab doctor``: says what is configured, whether it works, and what to do if not."""

from __future__ import annotations

from typing import Annotated

from cyclopts import Parameter
from rich.text import Text

from pixellab.domain.findings import Finding, Verdict
from pixellab.entrypoints.cli.commands.parts.options import Flag, Json
from pixellab.entrypoints.cli.diagnosis.checks import examine
from pixellab.entrypoints.cli.show import screen
from pixellab.entrypoints.error_table import EXIT_FAILED, EXIT_OK

MARKS = {
    Verdict.OK: ("✓ ", "green"),
    Verdict.WARNING: ("! ", "yellow"),
    Verdict.PROBLEM: ("✗ ", "bold red"),
}


Tune = Annotated[
    bool, Flag, Parameter(help="First measure what computes the networks quickest, and keep it.")
]


def doctor(*, tune: Tune = False, as_json: Json = False) -> int:
    """Check each configured part and say what to do about it.

    The exit code is 1 if one does not work.
    """
    with screen.notes().status("Asking each part"):
        findings = list(examine(tune=tune))
    if as_json:
        from pixellab.entrypoints.cli.diagnosis.json_answers import DoctorAnswer

        screen.say_json(DoctorAnswer.of(findings))
    else:
        screen.say(_report(findings))
    broken = any(each.verdict is Verdict.PROBLEM for each in findings)
    return EXIT_FAILED if broken else EXIT_OK


def _report(findings: list[Finding]) -> Text:
    lines = []
    for each in findings:
        lines.append(Text.assemble(MARKS[each.verdict], (each.part, "bold"), f": {each.found}"))
        if each.advice:
            lines.append(Text(f"    {each.advice}"))
    return Text("\n").join(lines)
