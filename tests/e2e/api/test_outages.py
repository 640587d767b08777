"""A server goes on while its stores go and come, and says so."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest
from attrs import frozen

from pixellab.domain.images import Status
from pixellab.domain.ports import ImageQuery
from pixellab.testing.servers import Server, running_mariadb, running_seaweedfs
from tests.e2e.api.conftest import IMAGES, Api, Configure, served
from tests.e2e.api.test_bad_input import check_problem
from tests.e2e.api.test_failures import statuses, wait_for
from tests.e2e.conftest import embedded_only
from tests.servers import S3Server, SqlServer, migrated, settings_of

TIMEOUT = 1.0

# These have servers of their own to kill; the parameter only says that there is no second round.
pytestmark = embedded_only


@frozen
class Servers:
    """The processes behind a server's stores."""

    api: Api
    s3: Server
    sql: Server


@pytest.fixture(scope="module")
def servers(configure: Configure, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Servers]:
    folder = tmp_path_factory.mktemp("outages")
    with running_mariadb(folder) as sql, running_seaweedfs(folder) as s3:
        database = migrated(SqlServer(sql.port).empty_database())
        stores = settings_of(database, S3Server(s3.url).new_bucket())
        # Both down when PixelLab starts.
        sql.server.kill()
        s3.server.kill()
        settings = configure(**stores, database_timeout=TIMEOUT, s3_timeout=TIMEOUT)
        with served(settings) as api:
            yield Servers(api, s3.server, sql.server)


@pytest.fixture
def up(servers: Servers) -> Servers:
    """Both stores running, whichever tests ran before."""
    for server in (servers.sql, servers.s3):
        if not server.answers():
            server.start()
    wait_for(lambda: is_ready(servers.api))
    return servers


def is_ready(api: Api) -> bool:
    return api.http.get("/health/ready").status_code == 200


def is_unavailable(answer: httpx.Response) -> bool:
    check_problem(answer, 503)
    assert int(answer.headers["retry-after"]) > 0
    assert "127.0.0.1" not in answer.text
    return True


def test_down_at_the_start(servers: Servers) -> None:
    api = servers.api
    assert api.http.get("/health/live").status_code == 200
    ready = api.http.get("/health/ready")
    assert is_unavailable(ready)
    assert ready.json()["checks"] == {"objects": "unavailable", "database": "unavailable"}
    assert is_unavailable(api.upload())
    assert is_unavailable(api.http.get(IMAGES))
    servers.sql.start()
    wait_for(lambda: api.http.get("/health/ready").json()["checks"]["database"] == "ok")
    assert is_unavailable(api.upload())
    servers.s3.start()
    wait_for(lambda: is_ready(api))
    assert api.upload().status_code == 201


@pytest.mark.parametrize("which", ["s3", "sql"])
def test_down_in_the_middle_and_back(up: Servers, which: str) -> None:
    api = up.api
    before = statuses(api).get("COMPLETED", 0)
    server: Server = getattr(up, which)
    server.kill()
    assert is_unavailable(api.upload())
    wait_for(lambda: not is_ready(api))
    server.start()
    wait_for(lambda: is_ready(api))
    assert api.upload().status_code == 201
    assert statuses(api)["COMPLETED"] == before + 1
    if which == "s3":
        failed = api.lab.list_images(ImageQuery(status=Status.FAILED)).images[0]
        failure = api.lab.get_history(failed.id)[1][0].failure
        assert failure == "The object store cannot be reached; try again later."


def test_what_was_begun_in_an_outage_is_settled(up: Servers) -> None:
    api = up.api
    assert statuses(api).get("PENDING", 0) == 0
    keys = set(api.lab.store.keys())
    named: set[str | None] = set()
    for image in api.lab.list_images(ImageQuery(limit=200)).images:
        named |= {image.original.key, image.original_thumbnail_key}
        for each in api.lab.get_history(image.id)[1]:
            named |= {each.key, each.thumbnail_key}
    assert keys <= named
