"""Workers that a broker hands their jobs to, and what is said of both."""

from __future__ import annotations

import json
import signal
import sys
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import httpx
import pytest
import redis

from pixellab.adapters.jobs.broker.broker_jobs import LOST_IN_LINE
from pixellab.adapters.jobs.broker.connection import Broker
from pixellab.domain.images import ProcessingStatus
from pixellab.entrypoints.lab import PixelLab, utc_now
from pixellab.testing.brokers import RunningBroker
from pixellab.testing.servers import free_ports
from tests.brokers import every_broker, send
from tests.conftest import photo_bytes
from tests.e2e.cli.conftest import Ran
from tests.e2e.cli.workers.processes import (
    PATIENCE,
    accept,
    ended,
    first_of,
    wait_until,
    wait_until_over,
    working,
)
from tests.e2e.conftest import embedded_only, servers_only

Cli = Callable[..., Ran]

pytestmark = pytest.mark.usefixtures("installation")


@servers_only
@every_broker()
def test_workers_do_what_was_accepted(configured: Broker, cli: Cli, lab: PixelLab) -> None:
    ids = [accept(lab) for _ in range(4)]
    told = cli("queue", "--json").answer
    assert (told["waiting"], told["broker"], told["parked"]) == (4, "ok", 0)
    [first] = [each for each in told["queues"] if each["queue"] == "pixellab-cpu-interactive"]
    assert (first["waiting"], first["messages"]) == (4, 4)
    assert first["oldest_seconds"] == pytest.approx(told["oldest_seconds"])
    assert "pixellab-cpu-interactive: 4 waiting, the first for " in cli("queue").out
    with working("--concurrency", "1") as one, working("--concurrency", "1") as another:
        done = wait_until_over(lab, *ids)
        for each in (one, another):
            each.send_signal(signal.SIGTERM)
        assert [ended(one), ended(another)] == [0, 0]
    assert [(each.status, each.attempts) for each in done] == [(ProcessingStatus.COMPLETED, 1)] * 4
    assert cli("queue", "--json").answer["waiting"] == 0


@embedded_only
def test_a_broker_that_is_away_keeps_nobody_waiting(
    own_redis: RunningBroker, cli: Cli, lab: PixelLab
) -> None:
    with working("--concurrency", "1"):
        wait_until_over(lab, accept(lab))
        own_redis.server.kill()
        began = time.monotonic()
        ids = [accept(lab) for _ in range(5)]
        assert time.monotonic() - began < 10
        assert cli("queue", "--json").answer["broker"] == "unavailable"
        findings = {each["part"]: each for each in cli("doctor", "--json").answer["findings"]}
        assert findings["broker"]["verdict"] == "problem"
        assert "only-for" not in json.dumps(findings)
        own_redis.server.start()
        done = wait_until_over(lab, *ids)
    assert [(each.status, each.attempts) for each in done] == [(ProcessingStatus.COMPLETED, 1)] * 5


@embedded_only
def test_two_who_hand_over_what_was_left_do_no_harm(
    own_redis: RunningBroker, cli: Cli, lab: PixelLab
) -> None:
    own_redis.server.kill()
    ids = [accept(lab) for _ in range(20)]
    own_redis.server.start()
    with working("--concurrency", "1"), working("--concurrency", "1"):
        done = wait_until_over(lab, *ids)
    assert [(each.status, each.attempts) for each in done] == [(ProcessingStatus.COMPLETED, 1)] * 20


@embedded_only
@pytest.mark.parametrize("broker", ["rabbitmq"], indirect=True)
@pytest.mark.parametrize(
    "message",
    [
        {"version": 2, "kind": "enhancement", "image": {"id": 1}},
        {"version": 1, "kind": "dream"},
        {"version": 1, "kind": "enhancement", "image_id": 7},
        {"version": 1, "kind": "enhancement", "image_id": "a", "lane": "slow"},
        {"version": 1, "kind": "enhancement", "colour": "red"},
        ["task", 1],
    ],
)
def test_what_another_version_wrote_is_left_to_its_record(
    configured: Broker, lab: PixelLab, cli: Cli, message: object
) -> None:
    send(configured, "pixellab-cpu-interactive", message, serializer="json")
    image_id = accept(lab)
    with working("--concurrency", "1") as worker:
        [done] = wait_until_over(lab, image_id)
        assert (done.status, done.attempts) == (ProcessingStatus.COMPLETED, 1)
        worker.send_signal(signal.SIGTERM)
        _, log = worker.communicate(timeout=PATIENCE)
    assert log.count("A message was left to its record") == 1
    assert sum(each["messages"] for each in cli("queue", "--json").answer["queues"]) == 0


@embedded_only
def test_a_worker_of_one_kind_leaves_the_other_alone(
    own_redis: RunningBroker, lab: PixelLab
) -> None:
    image_id = accept(lab)
    port = free_ports(1)[0]
    with working("--concurrency", "1", "--queues", "cloud", "--metrics-port", str(port)):
        wait_until(lambda: figures(port).get("pixellab_worker_processes") == 1)
        found = figures(port)
        assert found["pixellab_queue_waiting"] == 1
        assert found['pixellab_queue_messages{queue="pixellab-cpu-interactive"}'] == 1
        assert found['pixellab_queue_oldest_seconds{queue="pixellab-cpu-interactive"}'] > 0
        assert (found["pixellab_queue_parked"], found["pixellab_workers"]) == (0, 0)
        time.sleep(2)
        assert first_of(lab, image_id).attempts == 0


@embedded_only
def test_what_is_lost_is_done_though_the_queues_are_never_empty(
    own_redis: RunningBroker, lab: PixelLab
) -> None:
    lost, waiting = accept(lab, photo_bytes(seed=1)), accept(lab, photo_bytes(seed=2))
    with redis.Redis.from_url(own_redis.url) as administrator:
        assert administrator.delete("pixellab:pixellab-cpu-interactive") == 1
    for each, queue in ((lost, "pixellab-cpu-interactive"), (waiting, "pixellab-cloud-batch")):
        long_ago = utc_now() - timedelta(minutes=5)
        lab.repository.put_in_queue(each, 1, queue, now=long_ago)
    send(Broker(url=own_redis.url), "pixellab-cloud-batch", {}, serializer="json")
    assert lab.queue.lost_after() == LOST_IN_LINE
    with working("--concurrency", "1", "--queues", "cpu"):
        [done] = wait_until_over(lab, lost)
        assert (done.status, done.attempts) == (ProcessingStatus.COMPLETED, 1)
    assert first_of(lab, waiting).attempts == 0  # of that queue its workers would tell


def figures(port: int) -> dict[str, float]:
    try:
        text = httpx.get(f"http://127.0.0.1:{port}/metrics").text
    except httpx.TransportError:
        return {}
    lines = [line.rpartition(" ") for line in text.splitlines() if not line.startswith("#")]
    return {name: float(value) for name, _, value in lines}


@embedded_only
@pytest.mark.parametrize(
    ("options", "told"),
    [
        (("--queues", "gpu"), "pixellab: --queues names 'gpu'; allowed are cpu, cloud, or both"),
        (("--metrics-port", "0"), "pixellab: --metrics-port is 0; allowed are 1 to 65535"),
        (("--queues", "cpu"), "pixellab: --queues needs a broker; set PIXELLAB_BROKER_URL"),
    ],
)
def test_wrong_options_are_one_sentence(cli: Cli, options: tuple[Any, ...], told: str) -> None:
    ran = cli("worker", *options)
    assert ran.code == 2
    assert told in ran.err


@embedded_only
def test_a_broker_that_is_away_is_told_by_the_answer_alone(
    own_redis: RunningBroker, cli: Cli, lab: PixelLab
) -> None:
    own_redis.server.kill()
    queue, doctor = cli("queue"), cli("doctor")
    assert queue.out.endswith("The broker does not answer.\n")
    assert "broker: redis://127.0.0.1 does not answer" in doctor.out
    assert (queue.err, doctor.err) == ("", "")


@embedded_only
def test_a_taken_port_is_one_sentence(own_redis: RunningBroker, cli: Cli) -> None:
    taken = own_redis.url.rpartition(":")[2].partition("/")[0]
    ran = cli("worker", "--metrics-port", taken)
    assert ran.code == 10
    assert f"--metrics-port is {taken}, where nothing can listen" in ran.err


def test_without_the_driver_it_says_what_to_install(
    cli: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PIXELLAB_BROKER_URL", "redis://127.0.0.1:1/0")
    monkeypatch.setitem(sys.modules, "redis", None)
    ran = cli("queue")
    assert ran.code == 10
    assert "pip install '.[redis]'" in ran.err
