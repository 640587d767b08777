"""What waits to be done."""

from __future__ import annotations

from litestar import Router, get, post

from pixellab.adapters.process_owner import may_be_alive
from pixellab.entrypoints.answers import QueueAnswer, RetriedAnswer
from pixellab.entrypoints.api.http.error_answers import documented
from pixellab.entrypoints.api.routes.images_v1 import PREFIX
from pixellab.entrypoints.api.services import AnyRequest, services
from pixellab.entrypoints.lab import utc_now


@get(
    "/queue",
    operation_id="getQueue",
    summary="How much waits to be done, and for how long",
    description="What was accepted and nobody waits for, in all and by queue of the broker.",
    responses=documented(),
)
async def get_queue(request: AnyRequest) -> QueueAnswer:
    api = services(request)

    def count() -> QueueAnswer:
        now = utc_now()
        return QueueAnswer.of(
            api.lab.repository.backlog(now, may_be_alive), now, api.lab.queue.depths()
        )

    return await api.stores.run(count)


@post(
    "/queue/retry",
    operation_id="retryParked",
    summary="Try once more what was given up",
    description=(
        "Enhancements that killed their process again and again are given up after three attempts, "
        "and counted as `parked`. What fails again is given up at once."
    ),
    status_code=200,
    responses=documented(),
)
async def retry_parked(request: AnyRequest) -> RetriedAnswer:
    api = services(request)
    observe = api.observer(new_image=False)
    return RetriedAnswer(handed_over=await api.stores.run(lambda: api.lab.retry_parked(observe)))


queue = Router(PREFIX, route_handlers=[get_queue, retry_parked], tags=["queue"])
