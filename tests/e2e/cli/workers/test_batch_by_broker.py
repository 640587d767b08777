"""A batch whose lines a broker hands to workers."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from pixellab.adapters.jobs.broker.connection import Broker
from pixellab.entrypoints.bootstrap import bootstrap
from pixellab.entrypoints.settings import load_settings
from tests.conftest import photo_bytes
from tests.e2e.api.conftest import IMAGES, UPLOAD
from tests.e2e.api.test_batches import BATCHES
from tests.e2e.api.test_server import port_of, process, wait_until_live
from tests.e2e.cli.conftest import Ran
from tests.e2e.cli.workers.processes import tree_of, wait_until, working
from tests.unit.batches.conftest import put

LINES = 20


@pytest.mark.usefixtures("installation")
@pytest.mark.parametrize("broker", ["rabbitmq"], indirect=True)
def test_each_line_is_done_once_though_a_worker_is_killed(
    broker: Broker, hold: Path, cli: Callable[..., Ran], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PIXELLAB_BROKER_URL", broker.url)
    monkeypatch.setenv("PIXELLAB_RATE_LIMIT", "off")
    assert cli("db", "upgrade").code == 0
    hold.touch()
    with (
        bootstrap(load_settings()) as lab,
        process(lab.settings) as server,
        working("--concurrency", "1") as one,
        working("--concurrency", "1"),
    ):
        keys = put(lab, *(f"{number}.jpg" for number in range(LINES)))
        port = port_of(server)
        wait_until_live(port)
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=60) as http:
            batch = http.post(BATCHES, json={"items": [{"key": key} for key in keys]})
            assert batch.status_code == 202, batch.text
            address = batch.headers["location"]
            wait_until(lambda: asked(http, address)["counts"]["working"] == 2)
            own = tree_of(one)
            for each in own:
                each.kill()
            one.kill()
            files = {"file": ("photo.jpg", photo_bytes(seed=LINES))}
            upload = http.post(UPLOAD, files=files, headers={"Prefer": "respond-async"})
            assert upload.status_code == 202, upload.text
            hold.unlink()
            wait_until(lambda: asked(http, address)["state"] == "done")
            done = asked(http, address)["counts"]
            assert (done["done"], done["total"]) == (LINES, LINES)
            items = asked(http, address + "/items")["items"]
            assert sorted(each["attempts"] for each in items) == [1] * (LINES - 1) + [2]
            assert asked(http, IMAGES)["total"] == LINES + 1
            history = f"{IMAGES}/{upload.json()['image_id']}/enhancement-history"
            [urgent] = asked(http, history)["enhancements"]
            assert urgent["processing_status"] == "completed"
        found = [lab.repository.history(each["image_id"])[0] for each in items]
        first = lab.repository.history(upload.json()["image_id"])[0]
        assert first.finished_at is not None
        end = first.finished_at
        before = [each for each in found if each.finished_at and each.finished_at < end]
        assert len(before) < 5  # what was at work when it came, and little else
        kept = [key for key in lab.store.keys("") if not key.startswith("incoming/")]
        assert len(kept) == 3 * (LINES + 1)
        depths = lab.queue.depths()
        assert depths is not None
        assert sum(depths.values()) == 0


def asked(http: httpx.Client, address: str) -> Any:
    answer = http.get(address, params={"limit": 100} if address.endswith("/items") else {})
    assert answer.status_code == 200, answer.text
    return answer.json()
