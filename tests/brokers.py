"""Real brokers for the tests: a RabbitMQ, a Redis, and moto's server in Amazon SQS's place.

Each is started when a test first asks for it, once for each process that runs tests; one that is
missing fails those tests with what to install.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from functools import partial

import pytest

from pixellab.adapters.jobs.broker.connection import Broker, queue_names
from pixellab.testing.brokers import RunningBroker, running_rabbitmq, running_redis
from pixellab.testing.servers import LOOPBACK

BROKERS = ("rabbitmq", "redis", "sqs")


@pytest.fixture(scope="session")
def rabbitmq(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningBroker]:
    with running_rabbitmq(tmp_path_factory.mktemp("rabbitmq")) as running:
        yield running


@pytest.fixture(scope="session")
def redis(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningBroker]:
    with running_redis(tmp_path_factory.mktemp("redis")) as running:
        yield running


@pytest.fixture(scope="session")
def sqs() -> Iterator[str]:
    """The address of moto's server, to which any keys are right."""
    from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer(ip_address=LOOPBACK, port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"sqs://{host}:{port}"
    server.stop()


@pytest.fixture
def broker(request: pytest.FixtureRequest) -> Iterator[Broker]:
    """Each of BROKERS, by indirect parametrization; its queues are empty."""
    url = request.getfixturevalue(request.param)
    url = url.url if isinstance(url, RunningBroker) else url
    keys = {"access_key_id": secrets.token_hex(8), "secret_access_key": secrets.token_hex(8)}
    broker = Broker(url=url, **keys)
    emptied(broker)
    yield broker
    emptied(broker)


def emptied(broker: Broker) -> None:
    with broker.connect() as connection:
        for name in queue_names():
            queue = broker.queue(name)(connection.default_channel)
            # Amazon purges a queue once a minute at most.
            while queue.get(no_ack=True, accept=["json", "text/plain"]):
                pass


every_broker = partial(pytest.mark.parametrize, "broker", BROKERS, indirect=True)


def send(broker: Broker, queue: str, body: object, **options: object) -> None:
    """Put a message into a queue that no adapter wrote."""
    with broker.connect() as connection:
        connection.Producer(auto_declare=False).publish(body, routing_key=queue, **options)
