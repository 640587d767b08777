"""What was done, summed up."""

from __future__ import annotations

from functools import partial
from typing import Annotated

from litestar import Router, get
from litestar.params import QueryParameter

from pixellab.domain.statistics import MAX_DAYS
from pixellab.entrypoints.answers import StatisticsAnswer
from pixellab.entrypoints.api.http.error_answers import documented
from pixellab.entrypoints.api.routes.images_v1 import PREFIX
from pixellab.entrypoints.api.services import AnyRequest, services


@get(
    "/statistics",
    operation_id="getStatistics",
    summary="Sum up what was done, in all and by day",
    description="Days begin at midnight in UTC.",
    responses=documented(),
)
async def get_statistics(
    request: AnyRequest,
    days: Annotated[
        int, QueryParameter(ge=1, le=MAX_DAYS, description="How many, today included.")
    ] = 30,
) -> StatisticsAnswer:
    api = services(request)
    found = await api.stores.run(partial(api.lab.get_statistics, days))
    return StatisticsAnswer.of(*found)


statistics = Router(PREFIX, route_handlers=[get_statistics], tags=["statistics"])
