"""Answers as people read them."""

from __future__ import annotations

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from pixellab.entrypoints.answers import (
    BackendCallAnswer,
    CostAnswer,
    EnhancedAnswer,
    EnhancementAnswer,
    FidelityAnswer,
    FileAnswer,
    HistoryAnswer,
    ImageAnswer,
    ImageListAnswer,
    ReplayAnswer,
    RuleAnswer,
    StepAnswer,
    UploadAnswer,
)
from pixellab.entrypoints.cli.show.screen import in_options

PARTS = {
    "blur": "sharpness",
    "noise": "noise",
    "exposure": "exposure",
    "contrast": "contrast",
    "colour_cast": "colour",
    "blockiness": "compression",
}
"""A quality report's parts, 100 being flawless, under names that read well."""
NOT_MEASURED, ADVISED = "unknown", "_advised"
"""What is measured where nobody can tell; how rules are named that only recommend something."""
LEAST_CHANGE = 0.05
"""What one decimal does not show is no change."""


def grid() -> Table:
    return Table(box=None, pad_edge=False, show_header=False)


def file_report(answer: FileAnswer) -> RenderableType:
    """What became of one file: before and after, what was done, what to know."""
    heading = Text(f"{answer.original_path} → {answer.enhanced_path}", "bold")
    return Group(heading, *_what_was_done(answer), "")


def upload_report(answer: UploadAnswer) -> RenderableType:
    """What became of one upload."""
    return Group(
        Text(f"{answer.filename}: {answer.image_id}", "bold"),
        *_what_was_done(answer),
        _line("Original  ", answer.original_url),
        _line("Enhanced  ", answer.enhanced_url),
        "",
    )


def _what_was_done(answer: EnhancedAnswer) -> list[RenderableType]:
    table = Table(box=None, pad_edge=False, header_style="dim")
    table.add_column("")
    for heading in ("before", "after", "change"):
        table.add_column(heading, justify="right")
    table.add_row(
        "Size",
        f"{answer.original_size_kb:.1f} KB",
        f"{answer.enhanced_size_kb:.1f} KB",
        f"{-answer.size_reduction_percent:+.1f}%" if answer.size_reduction_percent else "",
    )
    table.add_row(
        "Pixels",
        f"{answer.original_width} x {answer.original_height}",
        f"{answer.enhanced_width} x {answer.enhanced_height}",
    )
    table.add_row("Score", *_gain(answer.quality_before, answer.quality_after), style="bold")
    if answer.faithfulness is not None:
        table.add_row("Faithful", "", f"{answer.faithfulness:.1f}")
    quality = answer.quality_metadata
    for part, name in PARTS.items():
        before, after = quality.get(f"original_{part}"), quality.get(f"enhanced_{part}")
        if before is not None and after is not None:  # a record of another version may lack some
            table.add_row(f"  {name}", *_gain(before, after))
    seconds = answer.processing_time_ms / 1000
    return [
        Text(f"{answer.enhancement_mode} by {answer.backend} in {seconds:.1f} s", "dim"),
        table,
        *_fidelity(answer.fidelity),
        *_cost(answer.cost),
        *_steps(answer.steps),
        *_rules(answer.rules),
        *warning_lines(answer.warnings),
    ]


def image_list(answer: ImageListAnswer) -> RenderableType:
    """A page of images, a line each."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("Id", no_wrap=True)
    for heading in ("Uploaded", "File", "Mode", "Status"):
        table.add_column(heading, overflow="fold")
    table.add_column("Quality", justify="right")
    table.add_column("Saved", justify="right")
    for image in answer.images:
        saved = image.size_reduction_percent
        table.add_row(
            image.id,
            f"{image.created_at:%Y-%m-%d %H:%M}",
            Text(image.original_filename),
            image.enhancement_mode,
            _status(image.status),
            _from_to(image.quality_before, image.quality_after),
            "" if saved is None else f"{saved:.1f}%",
        )
    many = "" if answer.total_is_exact else "at least "
    shown = f"{len(answer.images)} of {many}{answer.total}"
    more = f"; more with --cursor {answer.next_cursor}" if answer.next_cursor else ""
    return Group(table, Text(f"{shown}{more}", "dim", overflow="ignore", no_wrap=True))


def image_report(answer: ImageAnswer, latest: EnhancementAnswer) -> RenderableType:
    """One image in full, and what its latest enhancement cost and kept."""
    table = grid()
    for name, value in answer.model_dump(mode="json").items():
        if value is not None and name != "warnings":
            table.add_row(Text(name, "dim"), Text(str(value), overflow="fold"))
    asked = _asked(latest.backend_calls) + _cost(latest.cost)
    return Group(table, *asked, *warning_lines(answer.warnings))


def history_report(answer: HistoryAnswer) -> RenderableType:
    """All that was done to an image, in order."""
    lines: list[RenderableType] = [Text(f"{answer.filename}: {answer.image_id}", "bold")]
    if answer.original_https_url:
        lines.append(_line("Original  ", answer.original_https_url))
    for each in answer.enhancements:
        score = _from_to(each.original_quality_score, each.enhanced_quality_score)
        saved = each.size_metadata.get("reduction_percent")
        lines.append(
            Text.assemble(
                f"\n{each.enhancement_sequence}. {each.enhancement_mode} by {each.backend}, "
                f"{each.created_at:%Y-%m-%d %H:%M:%S} UTC: ",
                _status(each.processing_status),
            )
        )
        if score:
            kept = "" if each.faithfulness is None else f"; faithful {each.faithfulness:.1f}"
            lines.append(Text(f"   quality {score}{kept}{_bytes(saved)}"))
        if each.enhanced_https_url:
            lines.append(_line("   ", each.enhanced_https_url))
        lines += _asked(each.backend_calls) + _cost(each.cost)
        if each.failure:
            lines.append(Text(f"   {each.failure}", "red"))
        lines += _steps(each.steps) + _rules(each.rules) + warning_lines(each.warnings)
    lines += warning_lines(answer.warnings)
    return Group(*lines)


def replay_report(answer: ReplayAnswer) -> RenderableType:
    """Whether a result that was made again is the same, and what is not as it was."""
    name = f"Result {answer.enhancement_sequence} of {answer.image_id}"
    if answer.same:
        told = Text(f"{name} comes out the same, byte by byte.", "green")
    else:
        told = Text(
            f"{name} comes out otherwise; its picture is {answer.faithfulness:.1f} of 100 "
            "faithful to the kept one.",
            "yellow",
        )
    return Group(told, *(Text(f"   {each}") for each in answer.differences))


def _asked(calls: list[BackendCallAnswer]) -> list[RenderableType]:
    """The backends that did not serve, and why; how well pictures kept the product."""
    lines: list[RenderableType] = []
    for call in calls:
        if call.why:
            outcome = call.outcome.replace("_", " ")
            lines.append(Text(f"   {call.backend} {outcome}: {call.why}", "yellow"))
        lines += _fidelity(call.fidelity)
    return lines


def _fidelity(fidelity: FidelityAnswer | None) -> list[RenderableType]:
    if fidelity is None:
        return []
    figures = ", ".join(f"{name} {value:.3g}" for name, value in fidelity.figures.items())
    text = "text compared" if fidelity.text_checked else "text not compared"
    kept = "product kept" if fidelity.passed else "product changed"
    return [Text(f"   {kept}: {figures}; {text}", "dim" if fidelity.passed else "yellow")]


def _cost(cost: CostAnswer | None) -> list[RenderableType]:
    """Nothing where nothing has to be paid."""
    if cost is None:
        return []
    return [Text(f"   cost {shown_cost(cost)}", "dim")]


def shown_cost(cost: CostAnswer) -> str:
    """An amount and its currency, or that it is not known."""
    return "unknown" if cost.amount == "unknown" else f"{cost.amount:f} {cost.currency}"


def _gain(before: float, after: float) -> tuple[str, str, Text]:
    change = after - before
    if abs(change) < LEAST_CHANGE:
        return f"{before:.1f}", f"{after:.1f}", Text("")
    colour = "green" if change > 0 else "yellow"
    return f"{before:.1f}", f"{after:.1f}", Text(f"{change:+.1f}", colour)


def _steps(steps: list[StepAnswer]) -> list[RenderableType]:
    """What was done comes first, then what was left undone."""
    return [
        Text.assemble(
            ("✓ ", "green") if step.applied else ("– ", "dim"), f"{step.name}: {step.why}"
        )
        for step in sorted(steps, key=lambda step: not step.applied)
    ]


def _rules(rules: list[RuleAnswer]) -> list[RenderableType]:
    if not rules:
        return []
    table = Table(box=None, pad_edge=False, header_style="dim")
    for heading in ("", "rule", "required", "measured", "source"):
        table.add_column(heading)
    for rule in rules:
        mark = _mark(rule)
        source = "official" if rule.official else "second-hand"
        table.add_row(mark, rule.name, rule.required, rule.measured, source)
    return ["", table]


def _mark(rule: RuleAnswer) -> Text:
    """What cannot be measured is for people to check, and advice need not be followed."""
    if rule.passed:
        return Text("✓", "green")
    if rule.measured == NOT_MEASURED:
        return Text("?", "yellow")
    return Text("!", "yellow") if rule.name.endswith(ADVISED) else Text("✗", "bold red")


def warning_lines(warnings: list[str]) -> list[RenderableType]:
    return [Text(f"! {in_options(warning)}", "yellow") for warning in warnings]


def _status(status: str) -> Text:
    colours = {"completed": "green", "failed": "red"}
    return Text(status, colours.get(status.lower(), "yellow"))


def _bytes(saved: float | None) -> str:
    """What was saved, in percent of the original's bytes; less than nothing is more bytes."""
    if saved is None:
        return ""
    return f"; {abs(saved):.1f}% {'fewer' if saved >= 0 else 'more'} bytes"


def _from_to(before: float | None, after: float | None) -> str:
    return "" if before is None or after is None else f"{before:.1f} → {after:.1f}"


def _line(label: str, url: str) -> Text:
    return Text.assemble((label, "dim"), url, no_wrap=True, overflow="ignore")
