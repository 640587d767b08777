"""Messages to others' servers as people read them."""

from __future__ import annotations

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from pixellab.entrypoints.answers import DeliveryListAnswer


def delivery_list(answer: DeliveryListAnswer) -> RenderableType:
    """A page of messages, a line each."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("Id", no_wrap=True)
    for heading in ("Since", "Event", "About", "State", "Tried", "Latest answer"):
        table.add_column(heading, overflow="fold")
    for each in answer.deliveries:
        table.add_row(
            each.id,
            f"{each.created_at:%Y-%m-%d %H:%M}",
            each.event,
            each.about,
            each.state,
            str(each.attempts),
            Text(each.last_error or str(each.last_status or "")),
        )
    more = f"; more with --cursor {answer.next_cursor}" if answer.next_cursor else ""
    shown = f"{len(answer.deliveries)} shown{more}"
    return Group(table, Text(shown, "dim", overflow="ignore", no_wrap=True))
