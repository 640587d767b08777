"""Every way in which asking Bedrock can fail: which error it becomes, and whether money is gone."""

from __future__ import annotations

import socket
import time
from decimal import Decimal
from typing import Any

import pytest
from PIL import Image

from pixellab.adapters.enhancers.bedrock.bedrock_enhancer import BedrockEnhancer
from pixellab.adapters.enhancers.bedrock.invoke_model import Bedrock
from pixellab.adapters.enhancers.cloud.price_list import read_prices
from pixellab.adapters.enhancers.deterministic import DeterministicEnhancer
from pixellab.adapters.imaging.imaging import RasterImaging
from pixellab.domain.errors import (
    BackendError,
    BackendFailed,
    BackendRefused,
    BackendTimeout,
    BackendUnavailable,
    ProductChanged,
)
from pixellab.domain.pictures import Picture
from pixellab.domain.requests import Mode, Task
from pixellab.domain.results import Enhanced, Fidelity
from tests.adapters.enhancers.bedrock.bedrock_server import (
    FAST,
    REMOVE,
    REQUEST_ID,
    BedrockServer,
    Reply,
    answer,
    error,
    stopped,
)
from tests.adapters.enhancers.bedrock.conftest import PRICES, access_to, bedrock_at
from tests.conftest import scene

SURELY_BILLED, PERHAPS_BILLED, NOT_BILLED = "billed", "perhaps", "not"
UPSCALE = Task(mode=Mode.UPSCALE)


def photo() -> Picture:
    return Picture(pixels=scene(96, 72), format="JPEG")


def grey(width: int, height: int) -> Image.Image:
    return Image.new("RGB", (width, height), (128, 128, 128))


def failure(
    server: BedrockServer, task: Task = UPSCALE, kind: type[BackendError] = BackendError
) -> BackendError:
    enhancer = bedrock_at(server.url, priced=True)
    with pytest.raises(kind) as failed:
        enhancer.enhance(photo(), task)
    assert "vendor" not in failed.value.message
    assert "http" not in failed.value.message
    return failed.value


def billing(failed: BackendError) -> str:
    if failed.usage is None:
        return NOT_BILLED
    return PERHAPS_BILLED if failed.usage.amount is None else SURELY_BILLED


@pytest.mark.parametrize(
    ("status", "code", "kind", "billed"),
    [
        (400, "ServiceQuotaExceededException", BackendUnavailable, NOT_BILLED),
        (503, "ServiceUnavailableException", BackendUnavailable, NOT_BILLED),
        (403, "AccessDeniedException", BackendUnavailable, NOT_BILLED),
        (403, "UnrecognizedClientException", BackendUnavailable, NOT_BILLED),
        (404, "ResourceNotFoundException", BackendUnavailable, NOT_BILLED),
        (400, "ValidationException", BackendRefused, NOT_BILLED),
        (413, "RequestEntityTooLargeException", BackendRefused, NOT_BILLED),
        (408, "ModelTimeoutException", BackendTimeout, PERHAPS_BILLED),
        (424, "ModelErrorException", BackendFailed, PERHAPS_BILLED),
        (500, "InternalServerException", BackendFailed, PERHAPS_BILLED),
        (418, "SomethingNewException", BackendFailed, PERHAPS_BILLED),
    ],
)
def test_an_error_of_the_service_is_asked_for_once_and_told_in_our_words(
    server: BedrockServer, status: int, code: str, kind: type[BackendError], billed: str
) -> None:
    server.then(error(status, code))
    failed = failure(server)
    assert type(failed) is kind
    assert billing(failed) == billed
    assert (failed.model_version, failed.response_id) == (FAST, f"{REQUEST_ID}1")
    assert len(server.sent) == 1


@pytest.mark.parametrize("body", [b"[1]", b'"text"', b"\xff\xfe", b""])
def test_an_error_that_cannot_be_read_may_have_been_billed(
    server: BedrockServer, body: bytes
) -> None:
    server.then(Reply(500, body))
    assert billing(failure(server, kind=BackendFailed)) == PERHAPS_BILLED


@pytest.mark.parametrize("status", [502, 504])
def test_a_gateway_on_the_way_may_have_let_the_request_through(
    server: BedrockServer, status: int
) -> None:
    server.then(Reply(status, b"<html>Bad gateway</html>"))
    failed = failure(server)
    assert type(failed) is (BackendTimeout if status == 504 else BackendFailed)
    assert billing(failed) == PERHAPS_BILLED


@pytest.mark.parametrize("code", ["ThrottlingException", "ModelNotReadyException"])
def test_what_was_surely_not_begun_is_sent_again(server: BedrockServer, code: str) -> None:
    server.then(error(429, code), error(429, code))
    usage = bedrock_at(server.url, priced=True).enhance(photo(), UPSCALE).usage
    assert usage is not None
    assert (usage.requests, usage.images, usage.amount) == (3, 1, Decimal("0.05"))
    assert len(server.sent) == 3


def test_it_is_not_sent_again_for_ever(server: BedrockServer) -> None:
    server.then(*[error(429, "ThrottlingException")] * 3)
    failed = failure(server, kind=BackendUnavailable)
    assert failed.retry_after
    assert billing(failed) == NOT_BILLED
    assert len(server.sent) == 3


def test_it_is_not_sent_again_beyond_the_time_out(server: BedrockServer) -> None:
    server.then(error(429, "ThrottlingException"))
    enhancer = bedrock_at(server.url, timeout=5, pauses=(60.0,))
    with pytest.raises(BackendUnavailable):
        enhancer.enhance(photo(), UPSCALE)
    assert len(server.sent) == 1


@pytest.mark.parametrize(
    "reason", ["Filter reason: prompt", "Filter reason: output image", "Filter reason: input image"]
)
def test_a_filtered_picture_is_refused(server: BedrockServer, reason: str) -> None:
    server.then(stopped(reason))
    failed = failure(server, kind=BackendRefused)
    assert "filter" in failed.message
    assert billing(failed) == PERHAPS_BILLED
    assert failed.response_id == f"{REQUEST_ID}1"


@pytest.mark.parametrize(
    "reply",
    [
        Reply(body=b"this is no JSON"),
        Reply(body=b"[]"),
        Reply(body=b"{}"),
        Reply(body=b'{"images": [], "finish_reasons": [null]}'),
        Reply(body=b'{"images": "no list", "finish_reasons": [null]}'),
        Reply(body=b'{"images": [17], "finish_reasons": [null]}'),
        Reply(body=b'{"images": ["not base64!"], "finish_reasons": [null]}'),
        Reply(body=b'{"images": ["\xc3\xbc"], "finish_reasons": [null]}'),
        answer(b"base64 of something that is no picture"),
        answer(grey(384, 384)),
        answer(grey(48, 36)),
    ],
    ids=[
        "no JSON",
        "no object",
        "no fields",
        "no images",
        "no list",
        "a number",
        "no base64",
        "no ASCII",
        "no picture",
        "stretched",
        "smaller",
    ],
)
def test_an_answer_that_cannot_be_used_has_been_paid_for(
    server: BedrockServer, reply: Reply
) -> None:
    server.then(reply)
    failed = failure(server, kind=BackendFailed)
    assert billing(failed) == SURELY_BILLED
    assert len(server.sent) == 1


def test_an_inference_error_may_have_been_billed(server: BedrockServer) -> None:
    server.then(stopped("Inference error"))
    assert billing(failure(server, kind=BackendFailed)) == PERHAPS_BILLED


@pytest.mark.parametrize("alpha", [0, 100, 255])
def test_an_alpha_that_shows_no_product_is_a_failure(server: BedrockServer, alpha: int) -> None:
    server.then(answer(Image.new("RGBA", (96, 72), (9, 9, 9, alpha))))
    failed = failure(server, Task(mode=Mode.BACKGROUND_REMOVE), BackendFailed)
    assert "could not tell the product" in failed.message
    assert billing(failed) == SURELY_BILLED


def test_a_cut_out_without_alpha_is_a_failure(server: BedrockServer) -> None:
    server.then(answer(grey(96, 72)))
    failure(server, Task(mode=Mode.BACKGROUND_REMOVE), BackendFailed)


def test_an_answer_that_breaks_off_is_a_failure(server: BedrockServer) -> None:
    server.then(Reply(body=answer(grey(384, 288)).body, cut=True))
    failed = failure(server, kind=BackendFailed)
    assert "broke off" in failed.message
    assert billing(failed) == PERHAPS_BILLED


def test_a_connection_that_closes_without_an_answer_is_a_failure(server: BedrockServer) -> None:
    server.then(None)
    assert billing(failure(server, kind=BackendFailed)) == PERHAPS_BILLED
    assert len(server.sent) == 1


def test_what_timed_out_is_never_sent_again(server: BedrockServer) -> None:
    server.then(Reply(body=answer(grey(384, 288)).body, after=4))
    enhancer = bedrock_at(server.url, timeout=1)
    with pytest.raises(BackendTimeout) as failed:
        enhancer.enhance(photo(), UPSCALE)
    assert billing(failed.value) == PERHAPS_BILLED
    time.sleep(0.2)  # in which a repetition would have come
    assert len(server.sent) == 1


def test_nobody_there_is_unavailable() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # and does not listen
        enhancer = bedrock_at(f"http://127.0.0.1:{taken.getsockname()[1]}")
        with pytest.raises(BackendUnavailable) as failed:
            enhancer.enhance(photo(), UPSCALE)
    assert billing(failed.value) == NOT_BILLED


def without_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing that boto3 could find on this machine."""
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", "/nowhere")
    monkeypatch.setenv("AWS_CONFIG_FILE", "/nowhere")


def test_no_credentials_are_unavailable(
    server: BedrockServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    without_keys(monkeypatch)
    enhancer = bedrock_at(server.url, access_key_id=None, secret_access_key=None)
    with pytest.raises(BackendUnavailable, match="not available here"):
        enhancer.enhance(photo(), UPSCALE)
    assert not server.sent


def test_a_profile_that_does_not_exist_is_unavailable(
    server: BedrockServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_PROFILE", "nobody")
    with pytest.raises(BackendUnavailable, match="not available here"):
        bedrock_at(server.url, timeout=19)


def test_a_bearer_token_does_not_travel_without_encryption(
    server: BedrockServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_BEARER_TOKEN_BEDROCK", "not-a-token")
    with pytest.raises(BackendUnavailable):
        bedrock_at(server.url).enhance(photo(), UPSCALE)
    assert not server.sent


@pytest.mark.parametrize("mode", [Mode.LIGHT_CORRECTION, Mode.SHARPEN, Mode.DENOISE])
def test_other_modes_are_refused(server: BedrockServer, mode: Mode) -> None:
    failed = failure(server, Task(mode=mode), BackendRefused)
    assert f"does not do {mode}; it does AUTO" in failed.message
    assert not server.sent


def test_a_changed_product_is_discarded_with_its_figures_and_its_cost(
    server: BedrockServer,
) -> None:
    changed = Fidelity(figures={"silhouette": 0.4}, objections=("The outline is another one.",))
    enhancer = bedrock_at(server.url, check=lambda _, __: changed, priced=True)
    with pytest.raises(ProductChanged, match="The outline is another one") as failed:
        enhancer.enhance(photo(), UPSCALE)
    assert failed.value.fidelity is changed
    assert billing(failed.value) == SURELY_BILLED


@pytest.mark.parametrize(
    ("reply", "amount"),
    [(answer(grey(96, 72)), Decimal("0.12")), (stopped("Inference error"), None)],
)
def test_a_failure_tells_of_the_calls_before_it_too(
    server: BedrockServer, reply: Reply, amount: Decimal | None
) -> None:
    def usual(_: object) -> Reply:
        return answer(grey(384, 288))

    server.then(usual, reply)
    failed = failure(server, Task(mode=Mode.FULL), BackendFailed)
    assert server.models == [FAST, REMOVE]
    assert failed.usage is not None
    assert (failed.usage.requests, failed.usage.images) == (2, 2)
    assert failed.usage.amount == amount
    assert failed.response_id == f"{REQUEST_ID}1, {REQUEST_ID}2"
    assert failed.model_version is not None
    assert failed.model_version.endswith(f"{FAST}, {REMOVE}")


def test_what_goes_wrong_after_the_answer_has_been_paid_for(server: BedrockServer) -> None:
    def broken(_: object, __: object) -> Fidelity:
        raise MemoryError

    with pytest.raises(BackendFailed, match="could not be worked on") as failed:
        bedrock_at(server.url, check=broken, priced=True).enhance(photo(), UPSCALE)
    assert billing(failed.value) == SURELY_BILLED
    assert failed.value.response_id == f"{REQUEST_ID}1"


class CannotOptimize(DeterministicEnhancer):
    """In place of LOCAL."""

    def enhance(self, picture: Picture, task: Task, *others: Any, **more: Any) -> Enhanced:
        if task.mode is Mode.OPTIMIZE:
            raise MemoryError
        return super().enhance(picture, task, *others, **more)


def test_what_goes_wrong_here_after_that_has_been_paid_for_too(server: BedrockServer) -> None:
    prices = read_prices("pixellab.adapters.enhancers.bedrock", PRICES)
    bedrock = Bedrock(access_to(server.url), prices)
    enhancer = BedrockEnhancer(bedrock, imaging=RasterImaging(), local=CannotOptimize())
    with pytest.raises(BackendFailed, match="could not be worked on") as failed:
        enhancer.enhance(photo(), Task(mode=Mode.FULL))
    assert failed.value.usage is not None
    assert failed.value.usage.amount == Decimal("0.12")
    with pytest.raises(MemoryError):  # nothing was paid, so it is not Bedrock's failure
        enhancer.enhance(photo(), Task(mode=Mode.OPTIMIZE))
