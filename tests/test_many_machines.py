"""The steps of docs/many-machines.md, one after the other, on real servers."""

from __future__ import annotations

import json
import re
import shlex
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from pixellab.adapters.database.mysql import MySqlServer
from pixellab.adapters.object_stores.s3.bucket import Bucket
from pixellab.entrypoints.settings import Settings
from pixellab.testing.brokers import RunningBroker
from tests.e2e.conftest import variables
from tests.servers import SqlServer, settings_of
from tests.test_docs import ADDRESS, ROOT, blocks, environment, furnish, served, shell

PAGE = ROOT / "docs" / "many-machines.md"
PATIENCE = 300.0


def commands(step: int) -> str:
    """What a step of the page types."""
    [text] = re.findall(rf"^## {step}\. .*?(?=^## |\Z)", PAGE.read_text(), re.M | re.S)
    found = [each for each in blocks(text, PAGE) if each.language == "console"]
    assert found, f"step {step} has no commands"
    return "\n".join(line for each in found for line in each.commands)


def assigned(step: int) -> dict[str, str]:
    """The variables that a step of the page sets."""
    [text] = re.findall(rf"^## {step}\. .*?(?=^## |\Z)", PAGE.read_text(), re.M | re.S)
    [found] = [each for each in blocks(text, PAGE) if each.language == "ini"]
    return dict(line.split("=", 1) for line in found.body.splitlines())


@contextmanager
def working(command: str) -> Iterator[None]:
    """A worker as the page starts it, but of one process."""
    [line] = [each for each in command.splitlines() if each.startswith("pixellab worker")]
    one = re.sub(r"--concurrency \d+", "--concurrency 1", line)
    with subprocess.Popen(shlex.split(one), env=environment()) as worker:
        try:
            yield
            worker.send_signal(signal.SIGTERM)
            assert worker.wait(PATIENCE) == 0
        finally:
            worker.kill()


def accepted(address: str) -> str:
    """The id of a photo that step 1's command uploads."""
    [curl] = [each for each in commands(1).splitlines() if each.startswith("curl")]
    body: dict[str, Any] = json.loads(shell(ADDRESS.sub(address, curl)))
    return str(body["image_id"])


def status(address: str, image_id: str) -> str:
    return str(httpx.get(f"http://{address}/api/v1/images/{image_id}", timeout=60).json()["status"])


def test_every_variable_of_the_page_is_a_setting() -> None:
    known = {each.validation_alias for each in Settings.model_fields.values()}
    assert {*assigned(2), *assigned(3)} <= known


def test_photos_of_each_step_are_done_after_the_last(
    mariadb: SqlServer,
    bucket: Bucket,
    rabbitmq: RunningBroker,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    furnish(tmp_path)
    database: MySqlServer = mariadb.empty_database()
    real = variables(settings_of(database, bucket))
    assert assigned(2).keys() <= real.keys()
    for name, value in real.items():
        monkeypatch.setenv(name, value)
    shell(commands(2))
    monkeypatch.setenv("PIXELLAB_JOB_WORKERS", "0")
    with served() as address:
        ids = [accepted(address)]
    for name in assigned(3):
        monkeypatch.setenv(name, rabbitmq.url)
    told = shell(commands(3).replace("pixellab serve", ""))
    assert "broker: amqp://127.0.0.1" in told
    with served() as address, working(commands(4)), working(commands(5)):
        ids.append(accepted(address))
        end = time.monotonic() + PATIENCE
        while {status(address, each) for each in ids} != {"COMPLETED"}:
            assert time.monotonic() < end
            time.sleep(1)
        told = ADDRESS.sub(address, commands(6))
        assert "pixellab_queue_waiting 0.0" in shell(told)
