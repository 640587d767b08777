"""A job for Celery's worker, which notes when it began and then sleeps.

    BROKER=amqp://... JOURNAL=FILE celery -A peer worker -Q interactive,batch ...
    BROKER=amqp://... python peer.py     (hands jobs over, as it is told by standard input)

The settings are those by which Celery loses nothing and takes as little in advance as it can.
"""

from __future__ import annotations

import os
import sys
import time

from celery import Celery
from kombu import Queue

QUEUES = ("interactive", "batch")
BROKER = os.environ["BROKER"]
IS_REDIS = BROKER.startswith("redis")

app = Celery("peer", broker=BROKER)
app.conf.update(
    task_acks_late=True,
    task_reject_on_worker_lost=True,
    task_ignore_result=True,
    worker_prefetch_multiplier=1,
    worker_disable_prefetch=IS_REDIS,
    worker_detect_quorum_queues=True,
    task_default_queue_type="quorum",
    task_queues=[
        Queue(name, queue_arguments={} if IS_REDIS else {"x-queue-type": "quorum"})
        for name in QUEUES
    ],
    broker_connection_retry_on_startup=True,
    broker_transport_options=(
        {"queue_order_strategy": "priority"} if IS_REDIS else {"confirm_publish": True}
    ),
)


@app.task
def job(number: int, seconds: float) -> None:
    line = f"{number} {time.monotonic()} {os.getpid()}\n".encode()
    journal = os.open(os.environ["JOURNAL"], os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    os.write(journal, line)
    os.close(journal)
    time.sleep(seconds)


def main() -> None:
    """Hands over what each line of standard input says: queue, first number, how many, seconds."""
    with app.connection_for_write() as connection, app.amqp.Producer(connection) as producer:
        for line in sys.stdin:
            queue, first, many, seconds = line.split()
            began = time.monotonic()
            for number in range(int(first), int(first) + int(many)):
                job.apply_async((number, float(seconds)), queue=queue, producer=producer)
            print(began, time.monotonic(), flush=True)


if __name__ == "__main__":
    main()
