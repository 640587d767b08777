"""Stores that can be read and not written: reading works, writing and readiness say so."""

from __future__ import annotations

import io
import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from pixellab.adapters.database.mysql import MySqlServer
from pixellab.domain.images import Status
from pixellab.domain.requests import Mode, Task
from pixellab.domain.use_cases import Upload
from pixellab.entrypoints.api import readiness
from pixellab.entrypoints.bootstrap import bootstrap
from tests.conftest import photo_bytes
from tests.e2e.api.conftest import IMAGES, UPLOAD, Configure, served
from tests.e2e.api.test_bad_input import check_problem
from tests.e2e.api.test_failures import wait_for
from tests.e2e.api.test_server import port_of, process, refusal, wait_until_live
from tests.e2e.conftest import embedded_only
from tests.servers import SqlServer

pytestmark = embedded_only

PHOTO = {"file": ("a.jpg", photo_bytes())}
OPTIMIZE: dict[str, Any] = {"mode": "OPTIMIZE"}
# Permissions do not bind root, who runs many a container, unless it gives this up.
BOUND = ["setpriv", "--bounding-set=-dac_override,-dac_read_search"] if os.geteuid() == 0 else []


@contextmanager
def nobody_may_write(folder: Path) -> Iterator[None]:
    everything = [folder, *folder.rglob("*")]
    modes = [path.stat().st_mode for path in everything]
    for path, mode in zip(everything, modes, strict=True):
        path.chmod(mode & ~0o222)
    try:
        yield
    finally:
        for path, mode in zip(everything, modes, strict=True):
            path.chmod(mode)


def check_not_ready(http: httpx.Client, **states: str) -> None:
    body = check_problem(http.get("/health/ready"), 503)
    assert body["checks"] == {"objects": "ok", "database": "ok", **states}
    for name, state in states.items():
        assert f"{name} is {state}" in body["detail"]


def check_read_only(answer: httpx.Response) -> None:
    body = check_problem(answer, 503)
    assert body["type"] == "urn:pixellab:problem:store-read-only"
    assert body["detail"] == "The database is read-only; try again later."
    assert int(answer.headers["retry-after"]) > 0


def check_reads_alone(http: httpx.Client) -> None:
    """There is one image, which can be seen; nothing can be changed."""
    (image,) = http.get(IMAGES).json()["images"]
    address = f"{IMAGES}/{image['id']}"
    assert http.get(f"{address}/enhancement-history").status_code == 200
    for each in ("image_url", "enhanced_image_url"):
        assert http.get(httpx.URL(image[each]).path).status_code == 200
    check_read_only(http.post(UPLOAD, files=PHOTO, data=OPTIMIZE))
    check_read_only(http.post(f"{address}/enhance", json=OPTIMIZE))
    check_read_only(http.delete(address))
    assert http.get(IMAGES).json()["total"] == 1


def test_a_data_folder_that_nobody_may_write(configure: Configure) -> None:
    settings = configure()
    with bootstrap(settings) as lab:
        upload = Upload(content=io.BytesIO(photo_bytes()), task=Task(mode=Mode.OPTIMIZE))
        assert lab.upload_and_enhance(upload).image.status is Status.COMPLETED
    with ExitStack() as locked:
        locked.enter_context(nobody_may_write(settings.data_dir))
        with process(settings, under=BOUND) as running:
            port = port_of(running)
            wait_until_live(port)
            with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=60) as http:
                check_not_ready(http, objects="read-only", database="read-only")
                check_reads_alone(http)
                locked.close()
                wait_for(lambda: http.get("/health/ready").status_code == 200)
                assert http.post(UPLOAD, files=PHOTO, data=OPTIMIZE).status_code == 201
                assert http.get(IMAGES).json()["total"] == 2


def test_a_folder_without_a_database_that_nobody_may_write(configure: Configure) -> None:
    settings = configure()
    with nobody_may_write(settings.data_dir), process(settings, under=BOUND) as running:
        assert "The database cannot be opened, or made where there is none" in refusal(running)


def test_a_database_that_another_program_holds(configure: Configure) -> None:
    with served(configure(database_timeout=0.1)) as api:
        with closing(sqlite3.connect(api.lab.settings.database_path)) as other:
            other.execute("BEGIN IMMEDIATE")
            check_not_ready(api.http, database="unavailable")
            assert api.http.get(IMAGES).status_code == 200
            other.rollback()
        wait_for(lambda: api.http.get("/health/ready").status_code == 200)


@pytest.fixture
def read_only(mariadb: SqlServer) -> Iterator[Callable[[bool], object]]:
    """Turns the server's read-only mode on and off."""

    def turn(on: bool) -> object:
        return mariadb.execute(f"SET GLOBAL read_only = {int(on)}")

    yield turn
    turn(False)


def test_a_server_of_databases_that_takes_no_changes(
    configure: Configure,
    mariadb: SqlServer,
    mariadb_template: MySqlServer,
    read_only: Callable[[bool], object],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(readiness, "WRITE_SECONDS", 0)
    database = mariadb.copied_database(mariadb_template)
    settings = configure(
        mysql_host=database.host,
        mysql_port=database.port,
        mysql_database=database.database,
        mysql_user=database.user,
        mysql_password=database.password,
    )
    with served(settings) as api:
        api.uploaded(**OPTIMIZE)
        assert api.http.get("/health/ready").status_code == 200
        read_only(True)
        wait_for(lambda: api.http.get("/health/ready").status_code == 503)
        check_not_ready(api.http, database="read-only")
        check_reads_alone(api.http)
        read_only(False)
        wait_for(lambda: api.http.get("/health/ready").status_code == 200)
        assert api.upload(**OPTIMIZE).status_code == 201
