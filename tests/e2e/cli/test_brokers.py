"""Workers that a broker hands their jobs to, and what they survive."""

from __future__ import annotations

import io
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import psutil
import pytest
import redis
from PIL import Image

from pixellab.adapters.jobs.broker.broker_jobs import LOST_IN_LINE
from pixellab.adapters.jobs.broker.connection import Broker
from pixellab.domain.images import Enhancement, ProcessingStatus
from pixellab.domain.use_cases import Upload
from pixellab.entrypoints.bootstrap import bootstrap
from pixellab.entrypoints.lab import PixelLab, utc_now
from pixellab.entrypoints.settings import load_settings
from pixellab.testing.brokers import RunningBroker, running_redis
from pixellab.testing.servers import free_ports
from tests.brokers import every_broker, send
from tests.conftest import photo_bytes
from tests.e2e.cli.conftest import SCRIPT, Ran
from tests.e2e.conftest import embedded_only, servers_only

Cli = Callable[..., Ran]
PATIENCE = 120.0

pytestmark = pytest.mark.usefixtures("installation")


@pytest.fixture
def own_redis(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[RunningBroker]:
    """A broker that the test may stop, and that the environment names."""
    folder = tmp_path / "redis"
    folder.mkdir()
    with running_redis(folder) as running:
        monkeypatch.setenv("PIXELLAB_BROKER_URL", running.url)
        yield running


@pytest.fixture
def configured(broker: Broker, monkeypatch: pytest.MonkeyPatch) -> Broker:
    """The environment names the broker; in SQS's place the bucket's keys are right, too."""
    monkeypatch.setenv("PIXELLAB_BROKER_URL", broker.url)
    return broker


@pytest.fixture
def lab(cli: Cli) -> Iterator[PixelLab]:
    """A server's part: it accepts, and leaves the work to workers."""
    assert cli("db", "upgrade").code == 0
    with bootstrap(load_settings()) as opened:
        yield opened


def accept(lab: PixelLab, photo: bytes | None = None) -> str:
    content = io.BytesIO(photo or photo_bytes())
    return lab.upload_later(Upload(content=content)).image.id


def poison() -> bytes:
    """A photo that kills the process of whoever has DEADLY enhance it."""
    out = io.BytesIO()
    red = np.zeros((48, 64, 3), np.uint8)
    red[..., 0] = 255
    Image.fromarray(red).save(out, "PNG")
    return out.getvalue()


@contextmanager
def working(*options: str) -> Iterator[subprocess.Popen[str]]:
    """A worker; its whole tree is gone at the end."""
    with subprocess.Popen([SCRIPT, "worker", *options], stderr=subprocess.PIPE, text=True) as own:
        children = tree_of(own)
        try:
            yield own
        finally:
            children = [*children, *tree_of(own)]
            own.kill()
            for each in children:
                if each.is_running():
                    each.kill()


def tree_of(worker: subprocess.Popen[str]) -> list[psutil.Process]:
    """The processes that do the jobs, and what Python started beside them."""
    try:
        return list(psutil.Process(worker.pid).children(recursive=True))
    except psutil.NoSuchProcess:
        return []


def at_work_of(worker: subprocess.Popen[str]) -> list[psutil.Process]:
    """The processes that do the jobs."""
    return [
        each for each in tree_of(worker) if is_forkserver(each) and is_forkserver(each.parent())
    ]


def is_forkserver(process: psutil.Process | None) -> bool:
    """Whether it is what others are forked from, or one of these, which keep its name."""
    with suppress(psutil.ZombieProcess):  # It was killed just now.
        return process is not None and "forkserver" in " ".join(process.cmdline())
    return False


def first_of(lab: PixelLab, image_id: str) -> Enhancement:
    return lab.repository.history(image_id)[0]


def wait_until(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.05)


def wait_until_over(lab: PixelLab, *ids: str) -> list[Enhancement]:
    def is_over() -> bool:
        return all(first_of(lab, each).status is not ProcessingStatus.PROCESSING for each in ids)

    wait_until(is_over)
    return [first_of(lab, each) for each in ids]


def ended(worker: subprocess.Popen[str]) -> int:
    """Its exit code, once it and its processes are gone."""
    children = tree_of(worker)
    worker.communicate(timeout=PATIENCE)
    psutil.wait_procs(children, timeout=PATIENCE)
    return worker.returncode


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
def test_the_job_of_a_process_that_was_killed_is_done_by_the_next(
    own_redis: RunningBroker, hold: Path, lab: PixelLab
) -> None:
    hold.touch()
    image_id = accept(lab)
    with working("--concurrency", "1") as worker:
        wait_until(lambda: first_of(lab, image_id).attempts == 1)
        for each in at_work_of(worker):
            each.kill()
        hold.unlink()
        [done] = wait_until_over(lab, image_id)
        assert (done.status, done.attempts) == (ProcessingStatus.COMPLETED, 2)
        assert worker.poll() is None


@embedded_only
@pytest.mark.parametrize("broker", ["rabbitmq"], indirect=True)
def test_what_a_killed_process_was_at_is_done_before_the_others_in_line(
    configured: Broker, hold: Path, lab: PixelLab
) -> None:
    hold.touch()
    first = accept(lab)
    with working("--concurrency", "1") as worker:
        wait_until(lambda: first_of(lab, first).attempts == 1)
        others = [accept(lab) for _ in range(3)]
        for each in at_work_of(worker):
            each.kill()
        wait_until(lambda: first_of(lab, first).attempts == 2)
        assert [first_of(lab, each).attempts for each in others] == [0] * len(others)
        hold.unlink()
        done = wait_until_over(lab, first, *others)
    assert [each.status for each in done] == [ProcessingStatus.COMPLETED] * 4


@embedded_only
def test_a_process_that_had_done_a_job_is_replaced_at_once_however_often_it_is_killed(
    own_redis: RunningBroker, lab: PixelLab
) -> None:
    with working("--concurrency", "1") as worker:
        for _ in range(6):
            wait_until_over(lab, accept(lab))
            [at_work] = at_work_of(worker)
            at_work.kill()
            killed = time.monotonic()
            assert psutil.wait_procs([at_work], timeout=PATIENCE)[1] == []
            wait_until(lambda: bool(at_work_of(worker)))
        assert time.monotonic() - killed < 10  # twice the pause each time, it were 16 by now


@embedded_only
def test_a_killed_worker_is_followed_by_its_processes_and_another_goes_on(
    own_redis: RunningBroker, hold: Path, lab: PixelLab
) -> None:
    hold.touch()
    image_id = accept(lab)
    with working("--concurrency", "1") as worker:
        wait_until(lambda: first_of(lab, image_id).attempts == 1)
        left = tree_of(worker)
        worker.kill()
        hold.unlink()
        [done] = wait_until_over(lab, image_id)  # by the process that was at work on it
        assert (done.status, done.attempts) == (ProcessingStatus.COMPLETED, 1)
        _, alive = psutil.wait_procs(left, timeout=PATIENCE)
        assert alive == []
    with working("--concurrency", "1"):
        wait_until_over(lab, accept(lab))


@embedded_only
def test_sigterm_finishes_what_is_at_work_and_a_second_one_ends_it(
    own_redis: RunningBroker, hold: Path, lab: PixelLab
) -> None:
    hold.touch()
    ids = [accept(lab) for _ in range(2)]
    with working("--concurrency", "1") as worker:
        wait_until(lambda: sum(first_of(lab, each).attempts for each in ids) == 1)
        worker.send_signal(signal.SIGTERM)
        time.sleep(1)
        assert worker.poll() is None
        hold.unlink()
        assert ended(worker) == 0
        found = [first_of(lab, each) for each in ids]
        assert sorted(each.attempts for each in found) == [0, 1]
        assert [each.status for each in found].count(ProcessingStatus.COMPLETED) == 1
    hold.touch()
    with working("--concurrency", "1") as worker:
        wait_until(lambda: sum(first_of(lab, each).attempts for each in ids) == 2)
        children = tree_of(worker)
        worker.send_signal(signal.SIGTERM)
        time.sleep(1)
        worker.send_signal(signal.SIGTERM)
        assert ended(worker) == -signal.SIGTERM
        _, alive = psutil.wait_procs(children, timeout=PATIENCE)
        assert alive == []
    hold.unlink()
    with working("--concurrency", "1"):
        done = wait_until_over(lab, *ids)
    assert [each.status for each in done] == [ProcessingStatus.COMPLETED] * 2


@embedded_only
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_ctrl_c_while_it_starts_ends_all_of_it_without_a_traceback(
    own_redis: RunningBroker, lab: PixelLab, number: signal.Signals
) -> None:
    command = [str(SCRIPT), "worker", "--concurrency", "1"]
    with subprocess.Popen(
        command, stderr=subprocess.PIPE, text=True, start_new_session=True
    ) as worker:
        assert worker.stderr is not None
        assert "Jobs are taken from the broker (cpu and cloud), 1 at once." in next(worker.stderr)
        wait_until(lambda: bool(tree_of(worker)))
        os.killpg(worker.pid, number)  # A terminal tells all of them.
        said = worker.stderr.read()
        assert worker.wait(PATIENCE) == 0, said
    assert "Traceback" not in said
    assert "what is at work is finished" in said


@embedded_only
def test_a_photo_that_kills_its_process_is_given_up_and_delays_nobody(
    own_redis: RunningBroker, hold: Path, cli: Cli, lab: PixelLab
) -> None:
    bad = accept(lab, poison())
    good = [accept(lab) for _ in range(6)]
    with working("--concurrency", "2") as worker:
        done = wait_until_over(lab, *good)
        assert [(each.status, each.attempts) for each in done] == [
            (ProcessingStatus.COMPLETED, 1)
        ] * len(good)
        [given_up] = wait_until_over(lab, bad)
        assert given_up.status is ProcessingStatus.FAILED
        assert given_up.failure == "It was given up after 3 attempts."
        assert cli("queue", "--json").answer["parked"] == 1
        assert "1 given up" in cli("queue").out
        assert cli("queue", "--retry", "--json").answer == {"handed_over": 1}
        wait_until(lambda: cli("queue", "--json").answer["parked"] == 1)
        assert first_of(lab, bad).attempts > given_up.attempts
        assert worker.poll() is None
    assert cli("queue", "--retry").out == "1 handed over once more.\n"


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
