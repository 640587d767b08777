"""Reaching a message broker: RabbitMQ, Redis or Amazon SQS, by kombu.

kombu is Celery's own library for messages. Celery's worker is not used: from RabbitMQ it takes a
message of each queue in advance, so an urgent one waits behind a long photo while another worker is
idle.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit

import kombu
from attrs import frozen

from pixellab.domain.ports import Lane, Resource

KINDS = {"amqp": "amqp", "amqps": "amqp", "redis": "redis", "rediss": "redis", "sqs": "sqs"}
"""Kinds of brokers by the scheme of their addresses."""
TIMEOUT = 3.0
"""Seconds for a connection, and for each answer. Somebody waits who could be told to come back."""
VISIBILITY_SECONDS = 3600
"""How long Redis and SQS keep a message from others that was taken. Longer than any job takes: who
takes it then only finds that it was done."""
KEY_PREFIX = "pixellab:"
"""Of every key in Redis, which other programs may use, too."""


def queue_name(resource: Resource, lane: Lane) -> str:
    """The queue of such jobs, a name that all brokers allow."""
    return f"pixellab-{resource}-{lane}"


def queue_names(resources: Sequence[Resource] = tuple(Resource)) -> list[str]:
    """The queues of those resources, the most urgent first."""
    return [queue_name(resource, lane) for lane in Lane for resource in resources]


@frozen(kw_only=True)
class Broker:
    """Where a broker is. Its ``repr`` shows no password."""

    url: str
    """``amqp://``, ``amqps://``, ``redis://``, ``rediss://`` or ``sqs://``, as kombu reads them."""
    region: str | None = None
    """Amazon's, for SQS."""
    access_key_id: str | None = None
    secret_access_key: str | None = None

    def __repr__(self) -> str:
        return f"Broker({self.place})"

    @property
    def kind(self) -> str:
        """``amqp``, ``redis`` or ``sqs``."""
        return KINDS[urlsplit(self.url).scheme]

    @property
    def place(self) -> str:
        """Scheme and host, without user and password."""
        parts = urlsplit(self.url)
        return f"{parts.scheme}://{parts.hostname or ''}"

    def connect(self) -> kombu.Connection:
        """A connection with every queue declared. Raises what kombu and its drivers raise."""
        connection = kombu.Connection(
            self.url,
            connect_timeout=TIMEOUT,
            transport_options=self._options(),
            **self._keys(),
        )
        try:
            connection.ensure_connection(max_retries=1, interval_start=0, timeout=TIMEOUT)
            for name in queue_names():
                self.queue(name)(connection.default_channel).queue_declare()
        except BaseException:
            connection.release()
            raise
        return connection

    def queue(self, name: str) -> kombu.Queue:
        """On RabbitMQ a quorum queue, which outlives the loss of a node."""
        arguments = {"x-queue-type": "quorum"} if self.kind == "amqp" else {}
        return kombu.Queue(name, kombu.Exchange(""), name, queue_arguments=arguments)

    def _keys(self) -> dict[str, Any]:
        if self.kind != "sqs" or urlsplit(self.url).username or not self.access_key_id:
            return {}
        return {"userid": self.access_key_id, "password": self.secret_access_key}

    def _options(self) -> dict[str, Any]:
        if self.kind == "amqp":
            return {"confirm_publish": True, "read_timeout": TIMEOUT, "write_timeout": TIMEOUT}
        if self.kind == "sqs":
            limits = {"connect_timeout": TIMEOUT, "read_timeout": TIMEOUT}
            return {
                "region": self.region or "us-east-1",
                "visibility_timeout": VISIBILITY_SECONDS,
                "wait_time_seconds": 0,
                "client-config": limits | {"retries": {"max_attempts": 1}},
            }
        return {
            "global_keyprefix": KEY_PREFIX,
            "visibility_timeout": VISIBILITY_SECONDS,
            "socket_timeout": TIMEOUT,
            "socket_connect_timeout": TIMEOUT,
        }
