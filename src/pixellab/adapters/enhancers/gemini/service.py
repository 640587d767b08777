"""One model of the Gemini API, asked through Google's SDK."""

from __future__ import annotations

from functools import partial

import google.genai
import httpx2
from attrs import field, frozen
from google.genai import errors, types

from pixellab.adapters.enhancers.cloud.price_list import PriceList
from pixellab.adapters.enhancers.cloud.vendor_answer import VendorAnswer
from pixellab.adapters.enhancers.gemini.deadline import within
from pixellab.adapters.enhancers.gemini.failures import as_ours, is_key_refused
from pixellab.adapters.enhancers.gemini.replies import read_reply, unknown
from pixellab.domain.errors import BackendError
from pixellab.domain.findings import Finding, fine, problem, warning
from pixellab.domain.results import Usage

HOST = "generativelanguage.googleapis.com"
MILLISECONDS = 1000
LOOK_SECONDS = 5.0
"""How long ``look`` waits: who runs a diagnosis waits for it."""
PART = "GEMINI"


@frozen(kw_only=True)
class GeminiAccess:
    """Whom to ask, and as whom."""

    key: str = field(repr=False)
    model: str
    api_version: str = "v1"
    base_url: str | None = None
    """Of another server that speaks Gemini's API; None for Google's own."""
    timeout: float = 180
    """Seconds that a whole call may take."""

    @property
    def host(self) -> str:
        """Who gets the photo."""
        return self.base_url or HOST


class GeminiService:
    """Asks for pictures. Repeats nothing, and follows no redirect: the key would go along."""

    def __init__(self, access: GeminiAccess, prices: PriceList) -> None:
        self.access = access
        self.prices = prices
        # The SDK's client closes its connections when it is collected, so it is kept.
        self._client = google.genai.Client(
            enterprise=False,  # else the environment decides between two services
            api_key=access.key,
            http_options=types.HttpOptions(
                api_version=access.api_version,
                base_url=access.base_url or f"https://{HOST}/",
                timeout=round(access.timeout * MILLISECONDS),
                httpx_client=httpx2.Client(follow_redirects=False),
            ),
        )

    def price(self, size: str) -> Usage:
        """What one picture of ``size`` (1K, 2K, 4K) costs."""
        return self.prices.usage(f"{self.access.model} at {size}")

    def draw(self, photo: bytes, prompt: str, ratio: str, size: str) -> VendorAnswer:
        """The picture that the model makes of a ``photo``, a JPEG file.

        Raises BackendUnavailable, BackendRefused, BackendFailed and BackendTimeout, each with the
        usage where the request may have been billed.
        """
        price = self.price(size)
        with as_ours(self.access.model, unknown(price)):
            text = within(self.access.timeout, partial(self._ask, photo, prompt, ratio, size))
        return read_reply(text, self.access.model, price)

    def _ask(self, photo: bytes, prompt: str, ratio: str, size: str) -> str:
        answer = self._client.models.generate_content(
            model=self.access.model,
            contents=types.Content(
                role="user",
                parts=[
                    types.Part.from_bytes(data=photo, mime_type="image/jpeg"),
                    types.Part.from_text(text=prompt),
                ],
            ),
            config=types.GenerateContentConfig(
                response_modalities=["IMAGE"],
                image_config=types.ImageConfig(aspect_ratio=ratio, image_size=size),
                store=False,  # the default is true for new projects
                # Neither asks again, and for money, by itself.
                automatic_continuation=False,
                automatic_function_calling=types.AutomaticFunctionCallingConfig(disable=True),
                should_return_http_response=True,
            ),
        )
        said = answer.sdk_http_response
        return (said.body if said else None) or ""

    def look(self) -> Finding:
        """Whether the key is accepted and the model there; costs nothing."""
        model = self.access.model
        try:
            with as_ours(model, unknown(self.price("1K"))):
                within(LOOK_SECONDS, self._get_model)
        except BackendError as error:
            return _finding(error, model, self.access.host)
        return fine(PART, f"{self.access.host} accepts the key and has the model {model}")

    def _get_model(self) -> None:
        options = types.HttpOptions(timeout=round(LOOK_SECONDS * MILLISECONDS))
        self._client.models.get(
            model=self.access.model, config=types.GetModelConfig(http_options=options)
        )


def _finding(error: BackendError, model: str, host: str) -> Finding:
    cause = error.__cause__
    if isinstance(cause, errors.APIError):
        if cause.code == 404:
            advice = "Name a model that the key may use in PIXELLAB_GEMINI_MODEL."
            return problem(PART, f"{host} has no model {model}", advice)
        if cause.code in {401, 403} or is_key_refused(cause):
            advice = "Set GEMINI_API_KEY to a key of a project that may use the Gemini API."
            return problem(PART, f"{host} does not accept the key", advice)
        advice = "Ask again later; a code that stays is explained in the Gemini API's reference."
        return warning(PART, f"{host} answered with HTTP {cause.code}", advice)
    advice = "See whether this machine may connect to it, through a proxy if there is one."
    return problem(PART, f"{host} cannot be reached, or does not answer in time", advice)
