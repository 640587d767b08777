"""Commands for whoever runs PixelLab."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from pixellab.domain.errors import Misconfigured
from pixellab.entrypoints.cli.commands.parts.options import Flag, Json
from pixellab.entrypoints.cli.show import screen
from pixellab.entrypoints.error_table import EXIT_FAILED, EXIT_OK

if TYPE_CHECKING:
    from pixellab.entrypoints.settings import Settings

SERVER_PACKAGES = {"litestar", "multipart", "prometheus_client", "uvicorn"}
"""What the extra ``server`` brings, as Python imports it."""


def serve(
    *,
    host: Annotated[
        str | None, Parameter(help="Address to listen on; else PIXELLAB_HOST, else 127.0.0.1.")
    ] = None,
    port: Annotated[
        int | None, Parameter(help="Port to listen on; else PIXELLAB_PORT, else 8000.")
    ] = None,
) -> int:
    """Serve the HTTP API until Ctrl-C or SIGTERM.

    Requests in work are finished first.
    """
    from pixellab.entrypoints.settings import load_settings

    serve_http = _web_server()

    asked = {"host": host, "port": port}
    serve_http(load_settings(**{name: value for name, value in asked.items() if value is not None}))
    return EXIT_OK


def dashboard(
    *,
    host: Annotated[str, Parameter(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, Parameter(help="Port to listen on.")] = 8501,
) -> int:
    """Serve the dashboard, a web page, until Ctrl-C or SIGTERM.

    It shows the API at PIXELLAB_API_URL; without that it starts one of its own beside.
    """
    from pixellab.entrypoints.settings import load_settings

    try:
        import streamlit  # noqa: F401
    except ModuleNotFoundError as error:
        raise Misconfigured(
            "pixellab dashboard needs streamlit, which is not installed; "
            "in the folder of PixelLab's source: pip install '.[dashboard]'"
        ) from error
    from pixellab.entrypoints.dashboard.start import run

    settings = load_settings()
    run(settings, settings.api_url, host, port)
    return EXIT_OK


def _web_server() -> Callable[[Settings], None]:
    """Raises Misconfigured where the extra ``server`` is not installed."""
    try:
        from pixellab.entrypoints.api.server import serve
    except ModuleNotFoundError as error:
        if error.name not in SERVER_PACKAGES:
            raise
        raise Misconfigured(
            f"pixellab serve needs {error.name}, which is not installed; "
            "in the folder of PixelLab's source: pip install '.[server]'"
        ) from error
    return serve


def reconcile(
    *,
    ignore_leases: Annotated[
        bool,
        Flag,
        Parameter(help="Also take over what seems to be in work; only where nothing else runs."),
    ] = False,
    as_json: Json = False,
) -> int:
    """Finish or fail what killed processes left behind.

    Webhooks about it wait until a server or a worker sends them.
    The exit code is 1 if something was left for later.
    """
    from pixellab.entrypoints.answers import ReconcileAnswer
    from pixellab.entrypoints.cli.configured import open_lab
    from pixellab.entrypoints.telemetry.logs import UploadLog

    with open_lab(log_json=as_json) as lab:
        done = lab.reconcile(ignore_leases=ignore_leases, observe=UploadLog(new_image=False))
    if as_json:
        screen.say_json(
            ReconcileAnswer(
                finished=done.finished, failed=done.failed, deleted=done.deleted, left=done.left
            )
        )
    else:
        screen.say(
            f"{done.finished} finished, {done.failed} failed, {done.deleted} deleted, "
            f"{done.left} left for later."
        )
    return EXIT_FAILED if done.left else EXIT_OK


def thumbnails(*, as_json: Json = False) -> int:
    """Make the thumbnails of images that have none; stopped, it goes on where it was.

    The exit code is 1 if some could not be made.
    """
    from pixellab.entrypoints.answers import ThumbnailsAnswer
    from pixellab.entrypoints.cli.configured import open_lab

    made = failed = 0
    with open_lab() as lab:
        for image, error in lab.make_thumbnails():
            if error is None:
                made += 1
            else:
                failed += 1
                screen.notes().print(f"{image.id}: {error.message}", style="yellow")
    if as_json:
        screen.say_json(ThumbnailsAnswer(made=made, failed=failed))
    else:
        screen.say(f"{made} made, {failed} could not be made.")
    return EXIT_FAILED if failed else EXIT_OK


def upgrade() -> int:
    """Bring the database's tables up to date with this version; make them if there are none."""
    from pixellab.adapters.image_repositories.sql.migrate import upgrade as upgrade_schema
    from pixellab.entrypoints.settings import load_settings
    from pixellab.entrypoints.wiring.wire_stores import database_engine

    engine = database_engine(load_settings(), patient=True)
    try:
        upgrade_schema(engine)
    finally:
        engine.dispose()
    screen.say("The database has the current schema.")
    return EXIT_OK
