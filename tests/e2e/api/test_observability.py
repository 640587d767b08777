"""Health, figures and logs."""

from __future__ import annotations

import json
import logging
import re
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
import structlog

from pixellab.adapters.image_repositories.sql.image_repository import SqlImageRepository
from pixellab.adapters.image_repositories.sql.migrate import upgrade
from pixellab.domain.errors import StoreUnavailable
from pixellab.domain.ports import Event, Milestone
from pixellab.entrypoints.api import readiness
from pixellab.entrypoints.api.metrics import Metrics
from pixellab.entrypoints.settings import Settings
from pixellab.entrypoints.telemetry.logs import UploadLog, configure_logging, printable
from pixellab.entrypoints.wiring.wire_stores import database_engine
from tests.conftest import photo_bytes
from tests.e2e.api.conftest import IMAGES, Api, Configure, Logged, served
from tests.e2e.api.test_failures import wait_for
from tests.e2e.conftest import embedded_only


def test_live_and_ready(api: Api) -> None:
    assert api.http.get("/health/live").json() == {"status": "ok"}
    body = api.http.get("/health/ready").json()
    assert body == {"status": "ready", "checks": {"objects": "ok", "database": "ok"}}
    assert api.http.head("/health/ready").status_code == 200


class SlowOrDown(SqlImageRepository):
    """Something is wrong with the database until ``wrong`` is emptied and ``answers`` set."""

    wrong = ""
    answers: threading.Event

    def check(self) -> None:
        if self.wrong == "down":
            raise StoreUnavailable("The database at db.internal refused the password hunter2.")
        if self.wrong == "slow":
            assert self.answers.wait(60)
        super().check()


@pytest.mark.parametrize("wrong", ["down", "slow"])
def test_readiness_turns_red_and_green_again(configure: Configure, wrong: str) -> None:
    settings = configure()
    upgrade(database_engine(settings))
    repository = SlowOrDown(database_engine(settings))
    repository.wrong, repository.answers = wrong, threading.Event()
    with served(settings, repository=repository) as api:
        answer = api.http.get("/health/ready")
        assert answer.status_code == 503
        assert answer.headers["content-type"] == "application/problem+json"
        assert int(answer.headers["retry-after"]) > 0
        assert answer.json()["checks"] == {"objects": "ok", "database": "unavailable"}
        assert "hunter2" not in answer.text
        asked = api.http.head("/health/ready")
        assert (asked.status_code, asked.content) == (503, b"")
        assert asked.headers["retry-after"] == answer.headers["retry-after"]
        assert api.http.get("/health/live").status_code == 200
        repository.wrong = ""
        repository.answers.set()
        wait_for(lambda: api.http.get("/health/ready").status_code == 200)
    repository.close()


class Counting(SqlImageRepository):
    """Counts how often it was checked."""

    checks = 0

    def check(self) -> None:
        self.checks += 1
        super().check()


@pytest.mark.parametrize(("fresh_seconds", "checks"), [(float("inf"), 1), (0, 8)])
@embedded_only
def test_readiness_is_asked_of_the_stores_only_when_the_last_answer_is_old(
    configure: Configure, monkeypatch: pytest.MonkeyPatch, fresh_seconds: float, checks: int
) -> None:
    monkeypatch.setattr(readiness, "FRESH_SECONDS", fresh_seconds)
    monkeypatch.setattr(readiness, "CHECK_SECONDS", 60)
    settings = configure()
    upgrade(database_engine(settings))
    repository = Counting(database_engine(settings))
    with served(settings, repository=repository) as api, ThreadPoolExecutor(4) as clients:
        answers = list(clients.map(lambda _: api.http.get("/health/ready"), range(8)))
    repository.close()
    assert {answer.status_code for answer in answers} == {200}
    assert repository.checks == checks


def figure(text: str, name: str, **labels: str) -> float:
    """The value of one series in Prometheus's text format; 0 if there is none."""
    for line in text.splitlines():
        if line.startswith(f"{name}{{") and all(f'{k}="{v}"' in line for k, v in labels.items()):
            return float(line.rsplit(" ", 1)[1])
    return 0.0


@embedded_only
def test_an_upload_is_counted(api: Api) -> None:
    labels = {"mode": "OPTIMIZE", "backend": "LOCAL"}
    before = api.http.get("/metrics").text
    saved = -api.uploaded(mode="OPTIMIZE", output_format="PNG")["size_reduction_percent"]
    answer = api.http.get("/metrics")
    assert answer.headers["content-type"].startswith("text/plain")

    def grown(name: str) -> float:
        return figure(answer.text, name, **labels) - figure(before, name, **labels)

    assert grown("pixellab_enhancements_total") == 1
    assert grown("pixellab_enhancement_seconds_count") == 1
    assert grown("pixellab_enhancement_seconds_sum") > 0
    assert (grown("pixellab_added_bytes_total") > 0) is (saved > 0)
    responses = {"method": "POST", "route": "/api/v1/enhance/upload", "status": "201"}
    assert figure(answer.text, "pixellab_http_responses_total", **responses) >= 1


def test_a_failure_and_saved_bytes_are_counted() -> None:
    metrics = Metrics()
    fields = {"mode": "AUTO", "backend": "LOCAL"}
    done = {**fields, "processing_time_ms": 1500, "bytes_saved": 7000}
    failed = {**fields, "error": "BackendFailed", "reason": "It failed.", "known": True}
    metrics(Event(milestone=Milestone.COMPLETED, image_id="x", fields=done))
    metrics(Event(milestone=Milestone.FAILED, image_id="x", fields=failed))
    text = metrics.render().decode()
    assert figure(text, "pixellab_saved_bytes_total", **fields) == 7000
    assert figure(text, "pixellab_enhancement_seconds_sum", **fields) == 1.5
    assert figure(text, "pixellab_enhancement_failures_total", **fields, error="BackendFailed") == 1


@embedded_only
def test_addresses_that_do_not_exist_add_no_series(api: Api) -> None:
    for number in range(5):
        api.http.get(f"/nothing/{number}")
        api.http.get(f"{IMAGES}/{number}")
    text = api.http.get("/metrics").text
    assert "/nothing" not in text
    routes = set(re.findall(r'route="([^"]*)"', text))
    assert "unknown" in routes
    assert any("{image_id" in route for route in routes)


def test_an_upload_writes_the_contracts_lines(
    api: Api, logged: Logged, configure: Configure
) -> None:
    configure_logging(configure(log_level="info"))
    body = api.upload(photo_bytes(seed=9), "photo.jpg").json()
    lines = logged()
    image_id, digits = body["image_id"], body["image_id"][:8]
    store = api.lab.store.name
    history = api.http.get(f"{IMAGES}/{image_id}/enhancement-history").json()
    for expected in (
        f"[UPLOAD] File received: photo.jpg, size: {len(photo_bytes(seed=9))} bytes",
        f"[UPLOAD] Original uploaded to {store}: uploads/original/{digits}_photo.jpg",
        f"[UPLOAD] Enhanced uploaded to {store}: uploads/enhanced/{digits}_photo.jpg",
        f"[UPLOAD] Database record created: {image_id}",
        f"[UPLOAD] Enhancement history created: {history['enhancements'][0]['id']}",
    ):
        (line,) = [each for each in lines.splitlines() if expected in each]
        assert f"image_id={image_id}" in line
        assert "request_id=" in line


@embedded_only
def test_logs_are_json_by_setting(configure: Configure, api: Api, logged: Logged) -> None:
    configure_logging(configure(log_format="json", log_level="info"))
    answer = api.upload()
    logging.getLogger("elsewhere").warning("said by %s", "another library")
    entries = [json.loads(line) for line in logged().splitlines()]
    of_image = [each for each in entries if each.get("image_id") == answer.json()["image_id"]]
    assert len(of_image) >= 5
    assert {each["request_id"] for each in of_image} == {answer.headers["x-request-id"]}
    assert entries[-1]["event"] == "said by another library"


@embedded_only
def test_enhancing_again_creates_no_image_record(logged: Logged, configure: Configure) -> None:
    configure_logging(configure(log_level="info"))
    reserved = Event(milestone=Milestone.RESERVED, image_id="i", fields={"enhancement_id": "e"})
    UploadLog(new_image=False)(reserved)
    (line,) = logged().splitlines()
    assert "Enhancement history created: e" in line


@pytest.mark.parametrize("log_format", ["text", "json"])
def test_no_secret_reaches_a_log(configure: Configure, logged: Logged, log_format: str) -> None:
    settings: Settings = configure(
        api_keys="first-key-0123456789", log_format=log_format, log_level="info"
    )
    configure_logging(settings)
    log = structlog.get_logger("pixellab.test")
    log.info("first-key-0123456789", also="first-key-0123456789")
    try:
        raise ValueError("first-key-0123456789")
    except ValueError as error:
        log.error("It failed.", exc_info=error)
    log.info(f"{settings}")
    said = logged()
    assert "It failed." in said
    assert "ValueError" in said
    assert "first-key" not in said


@embedded_only
def test_a_file_name_cannot_forge_a_line(logged: Logged, configure: Configure) -> None:
    configure_logging(configure(log_level="info"))
    fields = {"filename": "a\n2026 [info] forged\x1b[31m\u202e.jpg", "size_bytes": 1}
    UploadLog()(Event(milestone=Milestone.RECEIVED, image_id="i", fields=fields))
    (line,) = logged().splitlines()
    assert "\x1b" not in line
    assert "\u202e" not in line


def test_printable_keeps_ordinary_names() -> None:
    assert printable("靴 é.jpg") == "靴 é.jpg"
    assert printable("a\ud800b") == "a\\ud800b"


@embedded_only
def test_a_quiet_level_is_quiet(api: Api, logged: Logged, configure: Configure) -> None:
    configure_logging(configure(log_level="error"))
    api.upload()
    assert logged() == ""
