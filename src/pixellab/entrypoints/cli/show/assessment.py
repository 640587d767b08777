"""What ``pixellab assess`` answers."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from pathlib import Path

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from pixellab.domain.images import kilobytes
from pixellab.domain.ports import Imaging
from pixellab.entrypoints.answers import Answer, QualityAnswer
from pixellab.entrypoints.cli.show.reports import PARTS, grid
from pixellab.entrypoints.cli.show.screen import shown


class AssessmentAnswer(Answer):
    """How good the photo in a file is."""

    path: str
    size_kb: float
    width: int
    height: int
    format: str
    quality: QualityAnswer
    warnings: list[str]


def assess_file(imaging: Imaging, photo: Path) -> AssessmentAnswer:
    """Open and measure one file. Raises as ``Imaging.open``."""
    with photo.open("rb") as content:
        picture = imaging.open(content)
        size = content.seek(0, 2)
    return AssessmentAnswer(
        path=shown(photo),
        size_kb=kilobytes(size),
        width=picture.width,
        height=picture.height,
        format=picture.format,
        quality=QualityAnswer.of(imaging.assess(picture)),
        warnings=list(picture.warnings),
    )


def quality_list(answers: Sequence[AssessmentAnswer]) -> RenderableType:
    """Several photos for people, a line each."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("Photo", overflow="fold")
    for heading in ("Score", *PARTS.values()):
        table.add_column(heading.capitalize(), justify="right")
    for each in answers:
        parts = [f"{getattr(each.quality, part):.1f}" for part in PARTS]
        table.add_row(Text(each.path), Text(f"{each.quality.score:.1f}", "bold"), *parts)
    return table


def comma_separated(answers: Sequence[AssessmentAnswer]) -> str:
    """The same for spreadsheets (RFC 4180), with a line of headings."""
    names = ("path", "score", *PARTS, "width", "height", "format", "size_kb")
    lines = io.StringIO()
    table = csv.writer(lines, lineterminator="\n")
    table.writerow(names)
    for each in answers:
        facts = each.model_dump() | each.quality.model_dump()
        table.writerow([facts[name] for name in names])
    return lines.getvalue().rstrip("\n")


def quality_table(answer: AssessmentAnswer) -> RenderableType:
    """The same for people."""
    table = grid()
    table.add_row("Format", f"{answer.format}, {answer.width} x {answer.height}")
    table.add_row("Size", f"{answer.size_kb:.1f} KB")
    table.add_row("Score", Text(f"{answer.quality.score:.1f}", "bold"))
    for part, name in PARTS.items():
        table.add_row(f"  {name}", f"{getattr(answer.quality, part):.1f}")
    remarks = [Text(f"! {warning}", "yellow") for warning in answer.warnings]
    return Group(Text(answer.path, "bold"), table, *remarks, "")
