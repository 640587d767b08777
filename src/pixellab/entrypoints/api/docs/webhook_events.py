"""The messages to receivers in OpenAPI."""

from __future__ import annotations

from typing import Any

from litestar.openapi.spec import (
    OpenAPIMediaType,
    OpenAPIResponse,
    OpenAPIType,
    Operation,
    PathItem,
    Reference,
    RequestBody,
    Schema,
)

from pixellab.domain.webhooks import BATCH_COMPLETED, IMAGE_COMPLETED, IMAGE_FAILED
from pixellab.entrypoints.answers import BatchAnswer, WebhookImageAnswer
from pixellab.entrypoints.api.http.request_bodies import JSON

SIGNED = (
    "Signed as Standard Webhooks says: webhook-id, webhook-timestamp, webhook-signature. Sent at "
    "least once, until the receiver answers 2xx."
)


def described_webhooks() -> dict[str, PathItem | Reference]:
    """Each event, by its type."""
    image: Any = WebhookImageAnswer.model_json_schema(mode="serialization")
    batch = Reference(ref=f"#/components/schemas/{BatchAnswer.__name__}")
    return {
        IMAGE_COMPLETED: _event(IMAGE_COMPLETED, "An enhancement is done", image),
        IMAGE_FAILED: _event(IMAGE_FAILED, "An enhancement has failed", image),
        BATCH_COMPLETED: _event(BATCH_COMPLETED, "Nothing of a batch is left to do", batch),
    }


def _event(kind: str, summary: str, data: Any) -> PathItem:
    message = Schema(
        type=OpenAPIType.OBJECT,
        properties={
            "type": Schema(const=kind),
            "timestamp": Schema(type=OpenAPIType.STRING, description="When it happened."),
            "data": data,
        },
        required=["type", "timestamp", "data"],
    )
    operation = Operation(
        operation_id=kind.replace(".", "_"),
        summary=summary,
        description=SIGNED,
        tags=["webhooks"],
        request_body=RequestBody(content={JSON: OpenAPIMediaType(schema=message)}, required=True),
        responses={"2XX": OpenAPIResponse(description="It was taken.")},
    )
    return PathItem(post=operation)
