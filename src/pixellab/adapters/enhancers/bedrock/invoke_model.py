"""Asking one of Stability's services by InvokeModel: one picture there, one picture back."""

from __future__ import annotations

import base64
import binascii
import json
import time
from collections.abc import Iterator
from typing import Any

from attrs import evolve
from botocore.exceptions import ClientError, ReadTimeoutError

from pixellab.adapters.enhancers.bedrock.bedrock_client import BedrockAccess, client_of
from pixellab.adapters.enhancers.bedrock.invoke_errors import may_be_billed, not_begun, our_error
from pixellab.adapters.enhancers.bedrock.stability_services import Service
from pixellab.adapters.enhancers.cloud.price_list import PriceList
from pixellab.adapters.enhancers.cloud.vendor_answer import VendorAnswer
from pixellab.domain.errors import BackendError, BackendRefused
from pixellab.domain.results import Usage

JSON = "application/json"
MAX_ANSWER = 140_000_000
"""Bytes: a picture of 100 MB, the largest file that is opened from a service, in base64."""
CHUNK = 65_536
FILTERED = "Filter reason"
"""How the reasons begin for which a picture is withheld."""


class Bedrock:
    """Bedrock's runtime; safe to use from several threads.

    Making one raises BackendUnavailable where boto3 cannot be set up.
    """

    def __init__(self, access: BedrockAccess, prices: PriceList) -> None:
        self.access = access
        self.prices = prices
        self._client = client_of(access)

    @property
    def host(self) -> str:
        """The address that pictures are sent to."""
        return str(self._client.meta.endpoint_url)

    def usage(self, service: Service, requests: int = 1) -> Usage:
        """What one picture by ``service`` uses and costs."""
        return self.prices.usage(service.model, requests=requests)

    def invoke(self, service: Service, photo: bytes) -> VendorAnswer:
        """What ``service`` makes of the file ``photo``.

        A request that was throttled is sent again; one that timed out is not, since it may have
        been billed. Raises BackendUnavailable, BackendTimeout, BackendRefused, BackendFailed, with
        a usage unless surely nothing is billed. Its amount is None where it is not known whether.
        """
        body = json.dumps(
            {"image": base64.b64encode(photo).decode(), "output_format": "png", **service.told}
        )
        deadline = time.monotonic() + self.access.timeout
        for requests, pause in enumerate((*self.access.pauses, None), start=1):
            try:
                return self._send(service, body, requests, deadline)
            except BackendError:
                raise
            except Exception as error:
                again = not_begun(error) and pause is not None
                if not again or time.monotonic() + (pause or 0) > deadline:
                    raise self._explained(error, service, requests) from error
                time.sleep(pause or 0)
        raise AssertionError("The last request has no pause after it.")

    def _send(self, service: Service, body: str, requests: int, deadline: float) -> VendorAnswer:
        response = self._client.invoke_model(
            modelId=service.model, body=body, contentType=JSON, accept=JSON
        )
        answer = VendorAnswer(
            data=b"",
            usage=self.usage(service, requests),
            model_version=service.model,
            response_id=_request_id(response),
        )
        data = b"".join(_chunks(response["body"], answer, deadline))
        return evolve(answer, data=_picture_in(data, answer))

    def _explained(self, error: Exception, service: Service, requests: int) -> BackendError:
        ours = our_error(error)
        ours.model_version = service.model
        if isinstance(error, ClientError):
            ours.response_id = _request_id(error.response)
        if may_be_billed(error):
            ours.usage = evolve(self.usage(service, requests), amount=None, priced_on=None)
        return ours


def _chunks(body: Any, answer: VendorAnswer, deadline: float) -> Iterator[bytes]:
    """The answer's bytes; its time-out counts for all of them together, not for each."""
    size = 0
    for chunk in body.iter_chunks(CHUNK):
        size += len(chunk)
        if size > MAX_ANSWER:
            body.close()
            raise answer.error("BEDROCK's answer is too large.")
        if time.monotonic() > deadline:
            body.close()
            raise ReadTimeoutError(endpoint_url="")
        yield chunk


def _picture_in(data: bytes, answer: VendorAnswer) -> bytes:
    """The file in the JSON that came."""
    try:
        fields = json.loads(data)
        reasons = fields.get("finish_reasons") or [None]
        images = fields.get("images") or []
        reason, image = reasons[0], images[0] if images else None
    except (ValueError, AttributeError, TypeError, KeyError, IndexError) as error:
        raise answer.error("BEDROCK answered with something that cannot be read.") from error
    if reason is not None:
        raise _stopped(str(reason), answer)
    if not image:
        raise answer.error("BEDROCK answered without a picture.")
    try:
        return base64.b64decode(image, validate=True)
    except (binascii.Error, TypeError, ValueError) as error:
        raise answer.error("BEDROCK answered with something that is not a picture.") from error


def _stopped(reason: str, answer: VendorAnswer) -> BackendError:
    # Whether a picture that is withheld is billed, Amazon does not say.
    spent = evolve(answer, usage=evolve(answer.usage, amount=None, priced_on=None))
    if reason.startswith(FILTERED):
        return spent.error("BEDROCK's content filter stopped this picture.", BackendRefused)
    return spent.error("BEDROCK failed on this picture.")


def _request_id(response: Any) -> str | None:
    found = response.get("ResponseMetadata", {}).get("RequestId")
    return str(found)[:100] if found else None
