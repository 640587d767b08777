"""Brokers that a test may stop, and a server's part before them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from pixellab.adapters.jobs.broker.connection import Broker
from pixellab.entrypoints.bootstrap import bootstrap
from pixellab.entrypoints.lab import PixelLab
from pixellab.entrypoints.settings import load_settings
from pixellab.testing.brokers import RunningBroker, running_redis
from tests.e2e.cli.conftest import Ran

Cli = Callable[..., Ran]


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
