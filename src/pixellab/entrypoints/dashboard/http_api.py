"""The HTTP API as the dashboard's pages call it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, BinaryIO

import requests
from attrs import frozen

from pixellab.domain.errors import PixelLabError

CONNECT_SECONDS, READ_SECONDS = 5.0, 30.0
ENHANCE_SECONDS = 600.0
"""How long an enhancement may take: a chain of backends, each with the time of a request."""
GLANCE = (1.0, 1.0)
"""Timeouts of what is asked again and again, and may go unanswered."""
LATER = {429, 500, 502, 503, 504}
"""Statuses of requests that are worth sending again."""


class ApiError(PixelLabError):
    """What the API answered instead, in its one sentence."""

    def __init__(self, message: str, status: int | None = None) -> None:
        super().__init__(message)
        self.status = status
        """The HTTP status; None where there was no answer."""

    @property
    def asks_for_key(self) -> bool:
        return self.status == requests.codes.unauthorized

    @property
    def may_pass(self) -> bool:
        """Whether the same request may be answered better later."""
        return self.status is None or self.status in LATER


@frozen
class HttpApi:
    """One installation's API, called with one key.

    Every method returns the answer's JSON and raises ApiError. Answers are those of
    ``/schema``.
    """

    address: str
    """Without a trailing slash."""
    key: str | None = None

    def capabilities(self) -> dict[str, Any]:
        return self._ask("GET", "/api/v1/capabilities")

    def presets(self) -> list[dict[str, Any]]:
        return list(self._ask("GET", "/api/v1/presets")["presets"])

    def upload(
        self, name: str, content: BinaryIO, fields: Mapping[str, Any], key: str
    ) -> dict[str, Any]:
        """``key`` is the Idempotency-Key, under which progress can be asked for meanwhile."""
        return self._ask(
            "POST",
            "/api/v1/enhance/upload",
            files={"file": (name, content)},
            data=_filled(fields),
            headers={"Idempotency-Key": key},
            timeout=(CONNECT_SECONDS, ENHANCE_SECONDS),
        )

    def upload_progress(self, key: str) -> dict[str, Any]:
        """How far the upload with this Idempotency-Key has come; 404 until it arrives."""
        path, query = "/api/v1/enhance/upload/progress", {"idempotency_key": key}
        return self._ask("GET", path, params=query, timeout=GLANCE)

    def progress(self, image_id: str) -> dict[str, Any]:
        """How far the image's latest enhancement has come."""
        return self._ask("GET", f"/api/v1/images/{image_id}/progress", timeout=GLANCE)

    def enhance(self, image_id: str, fields: Mapping[str, Any]) -> dict[str, Any]:
        path = f"/api/v1/images/{image_id}/enhance"
        return self._ask(
            "POST", path, json=_filled(fields), timeout=(CONNECT_SECONDS, ENHANCE_SECONDS)
        )

    def images(self, **query: Any) -> dict[str, Any]:
        return self._ask("GET", "/api/v1/images", params=_filled(query))

    def image(self, image_id: str) -> dict[str, Any]:
        return self._ask("GET", f"/api/v1/images/{image_id}")

    def history(self, image_id: str) -> dict[str, Any]:
        return self._ask("GET", f"/api/v1/images/{image_id}/enhancement-history")

    def delete(self, image_id: str) -> None:
        self._ask("DELETE", f"/api/v1/images/{image_id}")

    def is_there(self) -> bool:
        """Whether the API answers at all."""
        try:
            self._ask("GET", "/health/live", timeout=GLANCE)
        except ApiError:
            return False
        return True

    def statistics(self, days: int) -> dict[str, Any]:
        return self._ask("GET", "/api/v1/statistics", params={"days": days})

    def batches(self, **query: Any) -> dict[str, Any]:
        return self._ask("GET", "/api/v1/batches", params=_filled(query))

    def batch(self, batch_id: str) -> dict[str, Any]:
        return self._ask("GET", f"/api/v1/batches/{batch_id}")

    def batch_items(self, batch_id: str, **query: Any) -> dict[str, Any]:
        return self._ask("GET", f"/api/v1/batches/{batch_id}/items", params=_filled(query))

    def batch_results(self, batch_id: str) -> bytes:
        """The table of all lines, as CSV."""
        return self.file(f"{self.address}/api/v1/batches/{batch_id}/results.csv")

    def retry_batch(self, batch_id: str) -> dict[str, Any]:
        return self._ask("POST", f"/api/v1/batches/{batch_id}/retry")

    def cancel_batch(self, batch_id: str) -> dict[str, Any]:
        return self._ask("POST", f"/api/v1/batches/{batch_id}/cancel")

    def file(self, url: str) -> bytes:
        """The bytes behind a URL of an answer."""
        return self._send("GET", url).content

    def headers_for(self, url: str) -> dict[str, str]:
        """What is sent along; the key goes to the API and to nobody else."""
        to_api = self.key and url.startswith(f"{self.address}/")
        return {"Authorization": f"Bearer {self.key}"} if to_api else {}

    def _ask(self, method: str, path: str, **options: Any) -> dict[str, Any]:
        answer = self._send(method, self.address + path, **options)
        return dict(answer.json()) if answer.content else {}

    def _send(self, method: str, url: str, **options: Any) -> requests.Response:
        headers = {**self.headers_for(url), **options.pop("headers", {})}
        timeout = options.pop("timeout", (CONNECT_SECONDS, READ_SECONDS))
        try:
            answer = requests.request(method, url, headers=headers, timeout=timeout, **options)
        except requests.Timeout as error:
            raise ApiError("PixelLab did not answer in time; try again.") from error
        except requests.RequestException as error:
            raise ApiError("PixelLab cannot be reached just now; try again in a moment.") from error
        if answer.ok:
            return answer
        raise ApiError(_sentence(answer), answer.status_code)


def _filled(fields: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if value not in (None, "")}


def _sentence(answer: requests.Response) -> str:
    """The detail of an RFC 9457 body, or what can be said without one."""
    try:
        return str(answer.json()["detail"])
    except (ValueError, KeyError, TypeError):
        return f"PixelLab answered with the status {answer.status_code}."
