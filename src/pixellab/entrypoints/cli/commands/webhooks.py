"""Commands on messages to others' servers."""

from __future__ import annotations

from typing import Annotated

from cyclopts import Parameter

from pixellab.domain.webhooks import DeliveryStatus
from pixellab.entrypoints.cli.commands.parts.options import Json
from pixellab.entrypoints.cli.configured import open_lab
from pixellab.entrypoints.cli.show import screen
from pixellab.entrypoints.error_table import EXIT_OK


def list_(
    *,
    limit: Annotated[int, Parameter(help="How many, 1 to 200.")] = 50,
    cursor: Annotated[
        str | None, Parameter(help="Where to go on: next_cursor of the page before.")
    ] = None,
    state: Annotated[
        str | None, Parameter(help=f"Only these: {', '.join(DeliveryStatus)}.")
    ] = None,
    as_json: Json = False,
) -> int:
    """List messages to receivers, newest first, and what became of them."""
    from pixellab.entrypoints.answers import DeliveryListAnswer
    from pixellab.entrypoints.image_queries import delivery_query

    query = delivery_query(limit=limit, cursor=cursor, state=state)
    with open_lab() as lab:
        answer = DeliveryListAnswer.of(lab.deliveries.page(query))
    if as_json:
        screen.say_json(answer)
    else:
        from pixellab.entrypoints.cli.show.deliveries import delivery_list

        screen.say(delivery_list(answer))
    return EXIT_OK


def resend(
    delivery_id: Annotated[str, Parameter(name="ID", help="A message's id, as list shows it.")],
    /,
    *,
    as_json: Json = False,
) -> int:
    """Have a message sent again, by a server or a worker, whatever became of it."""
    from pixellab.entrypoints.answers import DeliveryAnswer
    from pixellab.entrypoints.lab import utc_now

    with open_lab() as lab:
        answer = DeliveryAnswer.of(lab.deliveries.restart(delivery_id, now=utc_now()))
    if as_json:
        screen.say_json(answer)
    else:
        screen.say(f"{answer.event} {answer.id} is sent again.")
    return EXIT_OK
