"""Every way in which asking Gemini fails, and what is told of it."""

from __future__ import annotations

import base64
import socket
import time
from decimal import Decimal
from typing import Any

import numpy as np
import pytest

from pixellab.adapters.enhancers.gemini.gemini_enhancer import GeminiEnhancer
from pixellab.domain.errors import (
    BackendError,
    BackendFailed,
    BackendRefused,
    BackendTimeout,
    BackendUnavailable,
    PixelLabError,
    ProductChanged,
)
from pixellab.domain.pictures import Picture
from pixellab.domain.requests import Mode, Task
from pixellab.domain.results import Enhanced, Fidelity
from pixellab.testing.threads import at_once
from tests.adapters.enhancers.gemini.conftest import Make
from tests.adapters.enhancers.gemini.gemini_server import (
    MODEL,
    Asked,
    GeminiServer,
    Pixels,
    Reply,
    as_json,
    brighter,
    drawing,
    failure,
    picture_answer,
)
from tests.conftest import scene

LIGHT = Task(mode=Mode.LIGHT_CORRECTION)
TOKENS = {"promptTokenCount": 560, "totalTokenCount": 560}
IDS = {"modelVersion": f"{MODEL}-001", "responseId": "response-1", "usageMetadata": TOKENS}


def photo(width: int = 320, height: int = 240) -> Picture:
    return Picture(pixels=scene(width, height), format="JPEG")


def fails(gemini: GeminiEnhancer, kind: type[BackendError]) -> BackendError:
    with pytest.raises(kind) as caught:
        gemini.enhance(photo(), LIGHT)
    assert type(caught.value) is kind
    assert "vendor's words" not in caught.value.message
    assert caught.value.message.count(".") == 1
    return caught.value


@pytest.mark.parametrize(
    ("reply", "kind", "seconds"),
    [
        (failure(429, "RESOURCE_EXHAUSTED"), BackendUnavailable, 60),
        (failure(429, "RESOURCE_EXHAUSTED", {"retryDelay": "34.5s"}), BackendUnavailable, 34),
        (failure(429, "RESOURCE_EXHAUSTED", Retry_After="7"), BackendUnavailable, 7),
        (failure(503, "UNAVAILABLE"), BackendUnavailable, 60),
        (failure(401, "UNAUTHENTICATED"), BackendUnavailable, None),
        (failure(403, "PERMISSION_DENIED"), BackendUnavailable, None),
        (failure(404, "NOT_FOUND"), BackendUnavailable, None),
        (failure(400, "FAILED_PRECONDITION"), BackendUnavailable, None),
        (failure(400, "INVALID_ARGUMENT"), BackendRefused, None),
        (failure(413, "INVALID_ARGUMENT"), BackendRefused, None),
    ],
)
def test_a_request_that_was_not_begun_costs_nothing(
    gemini: GeminiEnhancer,
    server: GeminiServer,
    reply: Reply,
    kind: type[BackendError],
    seconds: int | None,
) -> None:
    server.answer = lambda _: reply
    error = fails(gemini, kind)
    assert error.retry_after == seconds
    assert error.usage is None
    assert error.model_version == MODEL
    assert len(server.asked) == 1


@pytest.mark.parametrize(
    ("reply", "kind"),
    [
        (failure(500, "INTERNAL"), BackendFailed),
        (failure(502, "UNKNOWN"), BackendFailed),
        (failure(504, "DEADLINE_EXCEEDED"), BackendTimeout),
        (Reply(body=b"<html>502 Bad Gateway</html>", status=502), BackendFailed),
        (Reply(body=b"", status=302, headers={"Location": "http://127.0.0.1:9/"}), BackendFailed),
        (Reply(body=b""), BackendFailed),
        (Reply(body=b"no JSON"), BackendFailed),
        (Reply(body=b'{"candidates": "many"}'), BackendFailed),
        (Reply(body=b'{"candidates": [' + b" " * 1000 + b"]}", cut=True), BackendFailed),
    ],
)
def test_what_may_have_been_billed_costs_what_nobody_knows(
    gemini: GeminiEnhancer, server: GeminiServer, reply: Reply, kind: type[BackendError]
) -> None:
    server.answer = lambda _: reply
    error = fails(gemini, kind)
    assert error.usage
    assert (error.usage.requests, error.usage.amount) == (1, None)
    assert error.model_version == MODEL
    assert len(server.asked) == 1, "it was asked again"


@pytest.mark.parametrize(
    "reason",
    [
        "SAFETY",
        "IMAGE_SAFETY",
        "PROHIBITED_CONTENT",
        "IMAGE_PROHIBITED_CONTENT",
        "RECITATION",
        "IMAGE_RECITATION",
        "BLOCKLIST",
        "MODEL_ARMOR",
    ],
)
def test_a_blocked_answer_is_a_refusal(
    gemini: GeminiEnhancer, server: GeminiServer, reason: str
) -> None:
    blocked = {"finishReason": reason, "finishMessage": "vendor's words"}
    server.answer = lambda _: as_json({"candidates": [blocked], **IDS})
    assert_told(fails(gemini, BackendRefused))


@pytest.mark.parametrize("reason", ["SAFETY", "OTHER", "IMAGE_SAFETY", "A_NEW_ONE"])
def test_a_blocked_prompt_is_a_refusal(
    gemini: GeminiEnhancer, server: GeminiServer, reason: str
) -> None:
    feedback = {"blockReason": reason, "blockReasonMessage": "vendor's words"}
    server.answer = lambda _: as_json({"promptFeedback": feedback, **IDS})
    assert_told(fails(gemini, BackendRefused))


def without_picture(**candidate: Any) -> Any:
    return {"candidates": [candidate], **IDS}


def with_parts(*parts: Any) -> Any:
    return without_picture(content={"parts": list(parts)}, finishReason="STOP")


DRAFT = {"inlineData": {"mimeType": "image/png", "data": "AAAA"}, "thought": True}


@pytest.mark.parametrize(
    "body",
    [
        IDS,
        {"candidates": [], **IDS},
        {"candidates": None, **IDS},
        without_picture(),
        without_picture(finishReason="NO_IMAGE"),
        without_picture(finishReason="IMAGE_OTHER"),
        without_picture(finishReason="OTHER"),
        without_picture(finishReason="MALFORMED_RESPONSE"),
        without_picture(finishReason="MAX_TOKENS", content={"role": "model"}),
        without_picture(finishReason="CONTINUATION", continuationToken="AAAA"),
        without_picture(finishReason="A_NEW_ONE", content={"parts": None}),
        with_parts(),
        with_parts({"text": "I would rather not. vendor's words"}),
        with_parts(DRAFT),
        with_parts({"inlineData": {"mimeType": "image/png"}}),
        with_parts({"inlineData": {"mimeType": "image/png", "data": "no base64!"}}),
    ],
)
def test_an_answer_without_a_picture_has_failed(
    gemini: GeminiEnhancer, server: GeminiServer, body: Any
) -> None:
    server.answer = lambda _: as_json(body)
    assert_told(fails(gemini, BackendFailed))
    assert len(server.asked) == 1, "it was asked to go on"


def cut_file(asked: Asked) -> bytes:
    file = base64.b64decode(
        picture_answer(brighter(asked))["candidates"][0]["content"]["parts"][2]["inlineData"][
            "data"
        ]
    )
    return file[: len(file) // 2]


@pytest.mark.parametrize("kind", ["no picture", "cut"])
def test_a_file_that_is_no_picture_has_failed(
    gemini: GeminiEnhancer, server: GeminiServer, kind: str
) -> None:
    def answer(asked: Asked) -> Reply:
        file = b"no picture" if kind == "no picture" else cut_file(asked)
        blob = {"mimeType": "image/png", "data": base64.b64encode(file).decode()}
        return as_json(with_parts({"inlineData": blob}))

    server.answer = answer
    error = fails(gemini, BackendFailed)
    assert error.response_id == "response-1"
    assert error.usage
    assert error.usage.images == 1


def test_a_picture_of_other_proportions_has_failed(
    gemini: GeminiEnhancer, server: GeminiServer
) -> None:
    server.answer = drawing(lambda _: np.full((1024, 1024, 3), 200, np.uint8))
    error = fails(gemini, BackendFailed)
    assert "proportions" in error.message
    assert error.usage
    assert error.usage.amount is not None


def test_a_changed_product_is_discarded_with_figures_and_cost(
    make: Make, server: GeminiServer
) -> None:
    seen: list[tuple[Pixels, Pixels]] = []

    def objects(before: Pixels, drawn: Pixels) -> Fidelity:
        seen.append((before, drawn))
        return Fidelity(figures={"ssim": 0.2}, objections=("The label reads otherwise.",))

    with pytest.raises(ProductChanged) as caught:
        make(check=objects).enhance(photo(), LIGHT)
    assert caught.value.fidelity
    assert caught.value.fidelity.figures == {"ssim": 0.2}
    assert caught.value.usage
    assert caught.value.usage.amount is not None
    assert caught.value.response_id == "response-1"
    [(before, drawn)] = seen
    assert np.array_equal(before, photo().pixels)
    assert drawn.shape == before.shape


def test_a_product_that_was_kept_is_answered_with_its_figures(
    make: Make, server: GeminiServer
) -> None:
    passed = Fidelity(figures={"ssim": 0.99}, text_checked=True)
    done = make(check=lambda *_: passed).enhance(photo(), LIGHT)
    assert done.fidelity == passed
    assert not any("turned off" in each for each in done.warnings)
    assert any("turned off" in each for each in make().enhance(photo(), LIGHT).warnings)


def test_a_slow_answer_is_given_up_and_not_asked_for_again(
    make: Make, server: GeminiServer
) -> None:
    def slow(asked: Asked) -> Reply:
        time.sleep(1)
        return as_json({})

    server.answer = slow
    error = fails(make(timeout=0.3), BackendTimeout)
    assert error.usage
    assert error.usage.amount is None
    assert len(server.asked) == 1


def test_an_answer_that_trickles_is_given_up_in_the_end(make: Make) -> None:
    """Each byte comes in time for the client, the whole never does."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]

        def trickle(number: int) -> Enhanced | None:
            if number == 0:
                return make(base_url=f"http://127.0.0.1:{port}", timeout=0.4).enhance(
                    photo(), LIGHT
                )
            connection, _ = listener.accept()
            with connection:
                connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
                for _ in range(20):
                    connection.sendall(b" ")
                    time.sleep(0.05)
            return None

        error, _ = at_once(trickle, 2)
    assert isinstance(error, BackendTimeout)


def test_nobody_there_is_unavailable(make: Make) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    error = fails(make(base_url=f"http://127.0.0.1:{port}"), BackendUnavailable)
    assert error.usage is None


def test_a_wrong_key_is_unavailable(make: Make) -> None:
    error = fails(make(key="wrong"), BackendUnavailable)
    assert error.message == "Gemini is not available here."


def test_what_fails_on_this_machine_after_the_answer_still_costs(
    make: Make, server: GeminiServer
) -> None:
    def broken(*_: Pixels) -> Fidelity:
        raise ZeroDivisionError("secret detail")

    error = fails(make(check=broken), BackendFailed)
    assert error.usage
    assert error.usage.amount is not None


@pytest.mark.parametrize(
    ("size", "mode"),
    [((40, 200), Mode.SHARPEN), ((1200, 100), Mode.AUTO), ((6000, 4000), Mode.UPSCALE)],
)
def test_photos_that_gemini_has_no_frame_for_are_refused_before_anything_is_sent(
    gemini: GeminiEnhancer, server: GeminiServer, size: tuple[int, int], mode: Mode
) -> None:
    for ask in (gemini.check, gemini.estimate):
        with pytest.raises(BackendRefused, match="Gemini"):
            ask(*size, Task(mode=mode))
    assert server.asked == []


def test_diagnosis_asks_what_is_free(make: Make, server: GeminiServer) -> None:
    found = make().diagnose()
    assert {each.verdict for each in found} == {"ok"}
    told = " ".join(each.found for each in found)
    assert MODEL in told
    assert "1K 0.034 USD, 2K unknown, 4K unknown" in told
    assert "second-hand" in told
    assert server.asked == []
    own = make(prices={f"{MODEL} at 2K": Decimal("0.05")}).diagnose()[-1].found
    assert "2K 0.05 USD as you were quoted" in own


def test_diagnosis_tells_a_wrong_key_from_an_unknown_model_and_from_silence(make: Make) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    cases = (
        (make(key="wrong"), "does not accept the key", "GEMINI_API_KEY"),
        (make(model="imagen-3"), "has no model imagen-3", "PIXELLAB_GEMINI_MODEL"),
        (make(base_url=f"http://127.0.0.1:{port}"), "cannot be reached", "connect"),
    )
    for enhancer, found, advice in cases:
        [only] = enhancer.diagnose()
        assert only.verdict == "problem"
        assert found in only.found
        assert advice in only.advice


def test_failures_of_threads_do_not_mix(gemini: GeminiEnhancer, server: GeminiServer) -> None:
    def by_size(asked: Asked) -> Reply:
        if asked.picture.shape[1] > 320:
            return failure(500, "INTERNAL")
        return as_json(picture_answer(brighter(asked)))

    server.answer = by_size
    sizes = (320, 400, 320, 400)
    done = at_once(lambda number: gemini.enhance(photo(sizes[number]), LIGHT), 4)
    assert [isinstance(each, PixelLabError) for each in done] == [False, True, False, True]


def assert_told(error: BackendError) -> None:
    assert error.response_id == "response-1"
    assert error.model_version == f"{MODEL}-001"
    assert error.usage
    assert (error.usage.input_tokens, error.usage.amount) == (560, None)
