"""A real server on a free port, over stores that ``settings`` choose.

Nothing below looks into a store but through its port, so the same tests hold whatever stores are
configured.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
import structlog
import uvicorn
from attrs import frozen
from litestar import Litestar

from pixellab.domain.images import Status
from pixellab.domain.ports import ImageQuery
from pixellab.entrypoints.api.app import create_app
from pixellab.entrypoints.api.connections import Listener
from pixellab.entrypoints.api.listening import listen
from pixellab.entrypoints.api.server import configured
from pixellab.entrypoints.bootstrap import bootstrap
from pixellab.entrypoints.lab import PixelLab
from pixellab.entrypoints.settings import Settings, load_settings
from tests.conftest import photo_bytes
from tests.e2e.conftest import NewStores

UPLOAD = "/api/v1/enhance/upload"
IMAGES = "/api/v1/images"


@frozen
class Api:
    """A running server, a client of it, and the PixelLab behind it."""

    http: httpx.Client
    lab: PixelLab
    port: int

    def upload(
        self, content: bytes | None = None, name: str = "photo.jpg", **fields: Any
    ) -> httpx.Response:
        content = photo_bytes() if content is None else content
        return self.http.post(UPLOAD, files={"file": (name, content)}, data=fields)

    def uploaded(self, **fields: Any) -> dict[str, Any]:
        answer = self.upload(**fields)
        assert answer.status_code == 201, answer.text
        body: dict[str, Any] = answer.json()
        return body

    def everything(self) -> tuple[frozenset[str], int]:
        """All keys in the store, and how many images there are; no image may be PENDING."""
        list_images = self.lab.list_images
        assert list_images(ImageQuery(status=Status.PENDING)).total == 0
        return frozenset(self.lab.store.keys()), list_images(ImageQuery()).total


@contextmanager
def running(app: Litestar, settings: Settings, listener: Listener) -> Iterator[str]:
    """The application served by uvicorn in a thread; yields its address."""
    server = uvicorn.Server(configured(app, settings, listener.connections))
    thread = threading.Thread(target=server.run, args=([listener],), daemon=True)
    thread.start()
    while not server.started:
        assert thread.is_alive(), "The server did not start."
        time.sleep(0.01)
    try:
        yield f"http://127.0.0.1:{settings.port}"
    finally:
        server.should_exit = True
        thread.join(30)
        assert not thread.is_alive()


@contextmanager
def served(settings: Settings, **parts: Any) -> Iterator[Api]:
    """A server, a client and the PixelLab behind both; ``parts`` as ``bootstrap`` takes them.

    The server listens on a port that it never lets go of, so nobody else can take it.
    """
    with listen(settings.model_copy(update={"port": 0})) as listener:
        settings = settings.model_copy(update={"port": listener.getsockname()[1]})
        with (
            bootstrap(settings, **parts) as lab,
            running(create_app(settings, lab), settings, listener) as url,
            httpx.Client(base_url=url, timeout=300) as http,
        ):
            yield Api(http, lab, settings.port)


Configure = Callable[..., Settings]


@pytest.fixture(scope="session")
def configure(tmp_path_factory: pytest.TempPathFactory, new_stores: NewStores) -> Configure:
    """Makes settings whose stores are empty and nobody else's; keywords win."""

    def make(**overrides: Any) -> Settings:
        folder: Path = tmp_path_factory.mktemp("data")
        chosen: dict[str, Any] = {
            "_env_file": None,
            "data_dir": folder,
            "port": 0,
            "rate_limit": "off",
            "log_level": "error",
            "max_upload_mb": 0.2,
            "max_megapixels": 1,
        }
        return load_settings(**(chosen | new_stores() | overrides))

    return make


@pytest.fixture(scope="module")
def api(configure: Configure) -> Iterator[Api]:
    """A server shared by a module's tests."""
    with served(configure()) as running_api:
        yield running_api


Logged = Callable[[], str]


@pytest.fixture
def logged(capsys: pytest.CaptureFixture[str]) -> Iterator[Callable[[], str]]:
    """What was logged to stderr since the last call; the test configures logging."""
    root = logging.getLogger()
    before = root.handlers, root.level
    yield lambda: capsys.readouterr().err
    root.handlers, root.level = before
    structlog.reset_defaults()


@pytest.fixture
def nothing_is_stored(api: Api) -> Iterator[None]:
    """Whatever a test here sends, the stores are as before and no row is PENDING."""
    before = api.everything()
    yield
    assert api.everything() == before
