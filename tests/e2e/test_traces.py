"""A trace goes from the request to the process that does what it asked for."""

from __future__ import annotations

import os
import signal
import subprocess
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
import pytest
from attrs import frozen

from pixellab.entrypoints.settings import load_settings
from pixellab.testing.brokers import RunningBroker
from tests.conftest import photo_bytes
from tests.e2e.api.conftest import UPLOAD
from tests.e2e.api.test_server import port_of, process, wait_until_live
from tests.e2e.cli.conftest import SCRIPT

TRACE, PARENT = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
"""As in the examples of W3C's recommendation."""
PATIENCE = 120.0


@frozen
class Collector:
    """Takes what OpenTelemetry's exporter sends, as a collector does."""

    url: str
    spans: list[Any]

    def named(self, name: str) -> list[Any]:
        # An exporter sends again what it was not thanked for in time.
        found = {each.span_id: each for each in self.spans if each.name == name}
        return list(found.values())


@pytest.fixture
def collector() -> Iterator[Collector]:
    from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

    spans: list[Any] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            for resource in ExportTraceServiceRequest.FromString(body).resource_spans:
                for scope in resource.scope_spans:
                    spans.extend(scope.spans)
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Nothing of it belongs in the tests' output."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield Collector(f"http://127.0.0.1:{server.server_port}", spans)
    server.shutdown()
    server.server_close()
    thread.join()


def test_from_the_request_to_the_worker(
    collector: Collector, redis: RunningBroker, tmp_path: Path
) -> None:
    variables = {
        "PIXELLAB_DATA_DIR": str(tmp_path / "data"),
        "PIXELLAB_BROKER_URL": redis.url,
        "OTEL_EXPORTER_OTLP_ENDPOINT": collector.url,
        "OTEL_BSP_SCHEDULE_DELAY": "100",
    }
    settings = load_settings(data_dir=tmp_path / "data")
    with (
        process(settings, **variables) as server,
        subprocess.Popen(
            [SCRIPT, "worker", "--concurrency", "1"], env={**os.environ, **variables}
        ) as worker,
    ):
        try:
            port = port_of(server)
            wait_until_live(port)
            answer = httpx.post(
                f"http://127.0.0.1:{port}{UPLOAD}",
                files={"file": ("photo.jpg", photo_bytes())},
                headers={"Prefer": "respond-async", "traceparent": f"00-{TRACE}-{PARENT}-01"},
                timeout=PATIENCE,
            )
            assert answer.status_code == 202
            end = time.monotonic() + PATIENCE
            while not (collector.named("POST") and collector.named("enhance")):
                assert time.monotonic() < end
                time.sleep(0.05)
        finally:
            worker.send_signal(signal.SIGTERM)
            try:
                worker.wait(PATIENCE)
            finally:
                worker.kill()
    [request] = collector.named("POST")
    # The message may have come twice; what it found then is told in the same trace.
    job = collector.named("enhance")[0]
    assert request.trace_id.hex() == job.trace_id.hex() == TRACE
    assert request.parent_span_id.hex() == PARENT
    assert job.parent_span_id == request.span_id
    facts = {each.key: each.value.string_value for each in job.attributes}
    assert facts["pixellab.image_id"] == answer.json()["image_id"]
    assert job.start_time_unix_nano >= request.start_time_unix_nano
    # Health checks are no requests that anybody traces.
    assert {each.name for each in collector.spans} == {"POST", "enhance"}
