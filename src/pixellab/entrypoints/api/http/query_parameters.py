"""Which parameters an address takes in its query: those that OpenAPI describes, and no other."""

from __future__ import annotations

from litestar import Litestar
from litestar.handlers import BaseRouteHandler, HTTPRouteHandler
from litestar.openapi.spec import Operation, Parameter

from pixellab.domain.errors import InvalidRequest
from pixellab.entrypoints.api.http.request_models import MAX_SHOWN
from pixellab.entrypoints.api.http.security import Connection


def refuse_unknown_parameters(connection: Connection, handler: BaseRouteHandler) -> None:
    """A guard: InvalidRequest for a parameter that the operation does not take.

    Addresses that OpenAPI does not describe, and public ones, take whatever comes.
    """
    if handler.opt.get("public") or not isinstance(handler, HTTPRouteHandler):
        return
    if not connection.scope["query_string"] or not isinstance(handler.operation_id, str):
        return
    taken = _taken(connection.app, handler.operation_id)
    for name in connection.query_params:
        if name not in taken:
            allowed = ", ".join(taken) or "none"
            raise InvalidRequest(
                name[:MAX_SHOWN],
                f"The address takes no parameter {name[:MAX_SHOWN]!r}; allowed are: {allowed}.",
            )


def _taken(app: Litestar, operation_id: str) -> tuple[str, ...]:
    described = app.state.get("query parameters")
    if described is None:
        described = app.state["query parameters"] = _described(app)
    return tuple(described[operation_id])


def _described(app: Litestar) -> dict[str, tuple[str, ...]]:
    """The names that each operation takes, by its id."""
    operations = [
        operation
        for path in (app.openapi_schema.paths or {}).values()
        for operation in (path.get, path.post, path.delete)
        if isinstance(operation, Operation)
    ]
    return {
        str(each.operation_id): tuple(
            parameter.name
            for parameter in each.parameters or ()
            if isinstance(parameter, Parameter) and parameter.param_in == "query"
        )
        for each in operations
    }
