"""What the server says of its queue, with a broker, without one, and while it is away."""

from __future__ import annotations

import time

import pytest

from pixellab.testing.servers import free_ports
from tests.conftest import photo_bytes
from tests.e2e.api.conftest import UPLOAD, Api, Configure, served
from tests.e2e.conftest import embedded_only

QUEUE = "/api/v1/queue"
LATER = {"Prefer": "respond-async"}
FILES = {"file": ("photo.jpg", photo_bytes())}


def test_nothing_waits_once_all_is_done(api: Api) -> None:
    api.uploaded()
    assert api.http.get(QUEUE).json() == {
        "waiting": 0,
        "at_work": 0,
        "oldest_seconds": None,
        "workers": 0,
        "parked": 0,
        "broker": "none",
        "queues": [],
    }
    assert api.http.post(f"{QUEUE}/retry").json() == {"handed_over": 0}
    figures = api.http.get("/metrics").text
    for line in ("pixellab_queue_waiting 0.0", "pixellab_queue_parked 0.0", "pixellab_workers 0.0"):
        assert f"\n{line}\n" in figures


def test_what_waits_is_counted(configure: Configure) -> None:
    with served(configure(job_workers=0)) as api:
        for _ in range(3):
            assert api.http.post(UPLOAD, files=FILES, headers=LATER).status_code == 202
        told = api.http.get(QUEUE).json()
        assert (told["waiting"], told["at_work"]) == (3, 0)
        assert told["oldest_seconds"] > 0
        assert "\npixellab_queue_waiting 3.0\n" in api.http.get("/metrics").text


@embedded_only
@pytest.mark.parametrize("scheme", ["amqp", "redis", "sqs"])
def test_a_server_is_ready_and_accepts_although_its_broker_is_away(
    configure: Configure, scheme: str
) -> None:
    [port] = free_ports(1)
    settings = configure(
        broker_url=f"{scheme}://user:a-secret-password@127.0.0.1:{port}/0", aws_region="eu-west-1"
    )
    with served(settings) as api:
        ready = api.http.get("/health/ready")
        assert ready.status_code == 200
        assert ready.json()["checks"]["broker"] == "unavailable"
        began = time.monotonic()
        accepted = api.http.post(UPLOAD, files=FILES, headers=LATER)
        assert accepted.status_code == 202
        assert time.monotonic() - began < 20
        told = api.http.get(QUEUE).json()
        assert (told["broker"], told["waiting"], told["queues"]) == ("unavailable", 1, [])
        assert "pixellab_queue_messages{" not in api.http.get("/metrics").text
        # Who waits is served as ever.
        api.uploaded()
