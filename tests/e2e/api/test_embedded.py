"""What can go wrong with the embedded default's own folder and database file."""

from __future__ import annotations

import sqlite3
from contextlib import closing

from tests.e2e.api.conftest import IMAGES, Configure, served
from tests.e2e.api.test_bad_input import check_problem
from tests.e2e.api.test_failures import wait_for
from tests.e2e.conftest import embedded_only

pytestmark = embedded_only


def test_a_locked_database(configure: Configure) -> None:
    settings = configure(database_timeout=0.3)
    with served(settings) as api:
        before = api.everything()
        with closing(sqlite3.connect(settings.database_path)) as other:
            other.execute("BEGIN IMMEDIATE")
            answer = api.upload()
            check_problem(answer, 503)
            assert answer.json()["type"] == "urn:pixellab:problem:store-unavailable"
            assert "sqlite" not in answer.text.lower()
            assert int(answer.headers["retry-after"]) > 0
            assert api.http.get(IMAGES).status_code == 200
            other.rollback()
        assert api.everything() == before
        assert api.upload().status_code == 201


def test_a_folder_that_cannot_be_written_to(configure: Configure) -> None:
    settings = configure()
    with served(settings) as api:
        hidden = settings.objects_path.rename(settings.objects_path.with_suffix(".away"))
        settings.objects_path.touch()
        check_problem(api.upload(), 503)
        check_problem(api.http.get("/health/ready"), 503)
        settings.objects_path.unlink()
        hidden.rename(settings.objects_path)
        wait_for(lambda: api.http.get("/health/ready").status_code == 200)
        keys, _ = api.everything()
        assert keys == frozenset()
        assert api.upload().status_code == 201
