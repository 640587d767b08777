"""Messages to others' servers: what became of them, and sending one again."""

from __future__ import annotations

from functools import partial
from typing import Annotated

from litestar import Router, get, post
from litestar.params import PathParameter, QueryParameter

from pixellab.domain.ports import MAX_DELIVERIES
from pixellab.domain.webhooks import DeliveryStatus
from pixellab.entrypoints.answers import DeliveryAnswer, DeliveryListAnswer
from pixellab.entrypoints.api.http.error_answers import documented
from pixellab.entrypoints.api.http.request_models import MAX_CURSOR
from pixellab.entrypoints.api.routes.images_v1 import PREFIX
from pixellab.entrypoints.api.services import AnyRequest, services
from pixellab.entrypoints.image_queries import delivery_query
from pixellab.entrypoints.lab import utc_now

A_STATE = {"enum": list(DeliveryStatus)}
"""For the description alone: the framework would name a wrong one by the handler's own name."""


@get(
    "/webhooks/deliveries",
    operation_id="listDeliveries",
    summary="List messages to receivers, newest first",
    responses=documented(),
)
async def list_deliveries(
    request: AnyRequest,
    limit: Annotated[int, QueryParameter(ge=1, le=MAX_DELIVERIES)] = 50,
    wanted: Annotated[
        str | None,
        QueryParameter(name="state", description="Only these.", schema_extra=A_STATE),
    ] = None,
    cursor: Annotated[
        str | None,
        QueryParameter(max_length=MAX_CURSOR, description="next_cursor of the answer before."),
    ] = None,
) -> DeliveryListAnswer:
    api = services(request)
    query = delivery_query(limit=limit, cursor=cursor, state=wanted)
    return DeliveryListAnswer.of(await api.stores.run(partial(api.lab.deliveries.page, query)))


@post(
    "/webhooks/deliveries/{delivery_id:str}/resend",
    operation_id="resendDelivery",
    summary="Send a message again, whatever became of it",
    description="With the same webhook-id, at once, and as often as a new one. Its receiver gets "
    "the others again, too, if it had said 410.",
    status_code=202,
    responses=documented(404),
)
async def resend(
    request: AnyRequest,
    delivery_id: Annotated[str, PathParameter(description="The id that the list gives.")],
) -> DeliveryAnswer:
    api = services(request)
    restart = partial(api.lab.deliveries.restart, delivery_id, now=utc_now())
    return DeliveryAnswer.of(await api.stores.run(restart))


webhooks = Router(PREFIX, route_handlers=[list_deliveries, resend], tags=["webhooks"])
