"""What BEDROCK sends, and what it makes of the answers."""

from __future__ import annotations

import base64
import io
from decimal import Decimal

import numpy as np
import pytest
from attrs import evolve
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image

from pixellab.adapters.enhancers.bedrock.bedrock_enhancer import BedrockEnhancer
from pixellab.adapters.enhancers.cloud.vendor_answer import TRAINED
from pixellab.adapters.enhancers.local.pipeline import LocalEnhancer
from pixellab.domain.errors import BackendRefused
from pixellab.domain.pictures import Effort, Metadata, Picture
from pixellab.domain.requests import Mode, Task
from pixellab.domain.results import Enhanced, Fidelity
from pixellab.testing.threads import at_once
from tests.adapters.enhancers.bedrock.bedrock_server import (
    CONSERVATIVE,
    FAST,
    REMOVE,
    REQUEST_ID,
    BedrockServer,
    answer,
    cut_out,
)
from tests.adapters.enhancers.bedrock.conftest import bedrock_at
from tests.conftest import scene

Pixels = NDArray[np.uint8]
OWNED = Metadata(copyright="Acme", author="Ann")


def photo(width: int = 96, height: int = 72) -> Picture:
    return Picture(pixels=scene(width, height), format="JPEG", metadata=OWNED, source_quality=90)


def test_a_request_is_json_signed_and_holds_the_pixels_alone(
    server: BedrockServer, enhancer: BedrockEnhancer
) -> None:
    enhancer.enhance(photo(), Task(mode=Mode.UPSCALE))
    [sent] = server.sent
    assert sent.model == FAST
    assert sent.headers["content-type"] == sent.headers["accept"] == "application/json"
    assert "/us-west-2/bedrock/aws4_request" in sent.headers["authorization"]
    assert set(sent.body) == {"image", "output_format"}
    assert sent.body["output_format"] == "png"
    assert np.array_equal(np.asarray(sent.photo), photo().pixels)
    data = base64.b64decode(sent.body["image"])
    assert b"Acme" not in data
    assert b"Ann" not in data


def test_upscale_draws_marks_and_records(server: BedrockServer) -> None:
    passed = Fidelity(figures={"silhouette": 0.99}, text_checked=True)
    looked_at = []

    def check(before: Pixels, after: Pixels) -> Fidelity:
        looked_at.append((before.shape, after.shape))
        return passed

    enhancer = bedrock_at(server.url, check=check, priced=True)
    done = enhancer.enhance(photo(), Task(mode=Mode.UPSCALE, scale=3))
    assert (done.picture.width, done.picture.height) == (288, 216)
    assert looked_at == [((72, 96, 3), (288, 384, 3))]
    assert done.fidelity is passed
    assert done.picture.metadata == evolve(OWNED, digital_source_type=TRAINED)
    assert done.drawn is not None
    assert done.drawn.format == "PNG"
    assert Image.open(io.BytesIO(done.drawn.data)).size == (384, 288)
    assert (done.model_version, done.response_id) == (FAST, f"{REQUEST_ID}1")
    assert done.usage is not None
    assert (done.usage.requests, done.usage.images) == (1, 1)
    assert done.usage.amount == Decimal("0.05")
    assert not done.warnings


def test_several_threads_get_each_their_own_answer(
    server: BedrockServer, enhancer: BedrockEnhancer
) -> None:
    pictures = [photo(width) for width in (72, 96, 120, 144)]
    task = Task(mode=Mode.BACKGROUND_REMOVE)
    for before, done in zip(
        pictures, at_once(lambda number: enhancer.enhance(pictures[number], task), 4), strict=True
    ):
        assert isinstance(done, Enhanced)
        alpha = np.asarray(cut_out(Image.fromarray(before.pixels)))[..., 3]
        assert np.array_equal(done.picture.pixels[..., 3], alpha)
    assert len(server.sent) == 4


def test_a_picture_too_large_without_loss_is_sent_as_jpeg(
    server: BedrockServer, enhancer: BedrockEnhancer
) -> None:
    """The server refuses a body of more than 25,000,000 bytes."""
    noise = np.random.default_rng(0).integers(0, 256, (2520, 2520, 3), np.uint8)
    server.then(answer(cut_out(Image.fromarray(scene(126, 126)))))
    enhancer.enhance(Picture(pixels=noise, format="PNG"), Task(mode=Mode.BACKGROUND_REMOVE))
    [sent] = server.sent
    assert sent.photo.format == "JPEG"
    assert sent.photo.size == (2520, 2520)


def test_without_a_quoted_price_the_cost_is_unknown(enhancer: BedrockEnhancer) -> None:
    usage = enhancer.enhance(photo(), Task(mode=Mode.UPSCALE)).usage
    assert usage is not None
    assert usage.amount is None


def test_photos_that_fast_upscale_does_not_take_go_to_conservative(
    server: BedrockServer, enhancer: BedrockEnhancer
) -> None:
    server.then(answer(Image.fromarray(scene(1600, 700))))
    done = enhancer.enhance(photo(1600, 700), Task(mode=Mode.UPSCALE))
    [sent] = server.sent
    assert sent.model == CONSERVATIVE
    assert sent.body["creativity"] == 0.2
    assert sent.body["prompt"]
    assert sent.photo.size == (1600, 700)
    assert (done.picture.width, done.picture.height) == (3200, 1400)


def test_upscale_denoise_cleans_here_first(
    server: BedrockServer, enhancer: BedrockEnhancer
) -> None:
    noisy = np.clip(
        scene(160, 120).astype(float) + np.random.default_rng(1).normal(0, 12, (120, 160, 3)),
        0,
        255,
    ).astype(np.uint8)
    done = enhancer.enhance(Picture(pixels=noisy, format="PNG"), Task(mode=Mode.UPSCALE_DENOISE))
    [sent] = server.sent
    assert sent.model == CONSERVATIVE
    flat = (slice(0, 16), slice(0, 16))
    assert np.asarray(sent.photo)[flat].std() < noisy[flat].std() / 2
    assert [step.name for step in done.steps][-2:] == ["denoise", "upscale"]
    assert (done.picture.width, done.picture.height) == (320, 240)


def test_background_remove_takes_the_alpha_alone(
    server: BedrockServer, enhancer: BedrockEnhancer
) -> None:
    before = photo()
    done = enhancer.enhance(before, Task(mode=Mode.BACKGROUND_REMOVE))
    assert server.models == [REMOVE]
    alpha = np.asarray(cut_out(Image.fromarray(before.pixels)))[..., 3]
    assert np.array_equal(done.picture.pixels[..., 3], alpha)
    # The server's own colours are the photo's negative; where nothing shines through, none is used.
    whole = alpha == 255
    assert np.array_equal(done.picture.pixels[..., :3][whole], before.pixels[whole])
    assert done.picture.metadata == OWNED
    assert done.fidelity is None
    assert done.usage is not None


def test_full_says_that_it_puts_nothing_on_a_canvas(enhancer: BedrockEnhancer) -> None:
    plain = enhancer.enhance(photo(), Task(mode=Mode.FULL))
    asked = enhancer.enhance(photo(), Task(mode=Mode.FULL, profile="amazon"))
    assert asked.warnings == (
        *plain.warnings,
        "profile was ignored: FULL by BEDROCK puts no product on a marketplace's canvas.",
    )


def test_background_remove_lays_the_product_on_the_colour_asked_for(
    enhancer: BedrockEnhancer,
) -> None:
    task = Task(mode=Mode.BACKGROUND_REMOVE, background="#3366cc")
    done = enhancer.enhance(photo(), task)
    pixels = done.picture.pixels
    assert pixels.shape == (72, 96, 3)
    assert tuple(pixels[0, 0]) == (0x33, 0x66, 0xCC)
    assert done.product is not None
    left, top, right, bottom = done.product
    around = np.ones((72, 96), np.bool_)
    around[round(top * 72) : round(bottom * 72), round(left * 96) : round(right * 96)] = False
    assert 0 < around.sum() < around.size
    assert np.abs(pixels[around].astype(int) - (0x33, 0x66, 0xCC)).mean() < 20


def test_a_shadow_is_kept_as_local_keeps_it(
    server: BedrockServer, enhancer: BedrockEnhancer
) -> None:
    pixels = scene(240, 180)
    pixels[150:165, 60:180] = pixels[150:165, 60:180] // 10 * 7
    alpha = Image.fromarray(pixels).convert("RGBA")
    y, x = np.mgrid[0:180, 0:240]
    product = ((x - 120) ** 2 + (y - 90) ** 2 < 63**2) * np.uint8(255)
    alpha.putalpha(Image.fromarray(product))
    server.then(answer(alpha), answer(alpha))
    picture = Picture(pixels=pixels, format="PNG")
    kept, left = (
        enhancer.enhance(picture, Task(mode=Mode.BACKGROUND_REMOVE, keep_shadow=keep)).picture
        for keep in (True, False)
    )
    beneath = (slice(155, 160), slice(100, 140))
    assert left.pixels[beneath][..., 3].max() == 0
    assert 40 < kept.pixels[beneath][..., 3].mean() < 120
    assert kept.pixels[beneath][..., :3].max() == 0


def test_a_photo_that_is_cut_out_already_is_not_paid_for(
    server: BedrockServer, enhancer: BedrockEnhancer
) -> None:
    pixels = np.dstack([scene(96, 72), np.full((72, 96), 255, np.uint8)])
    pixels[:20, :, 3] = 0
    done = enhancer.enhance(Picture(pixels=pixels, format="PNG"), Task(mode=Mode.BACKGROUND_REMOVE))
    assert np.array_equal(done.picture.pixels[..., 3], pixels[..., 3])
    assert done.usage is None
    assert not server.sent


@pytest.mark.parametrize("mode", [Mode.AUTO, Mode.STANDARDIZE, Mode.OPTIMIZE])
def test_what_is_local_by_nature_stays_here(
    server: BedrockServer, enhancer: BedrockEnhancer, mode: Mode
) -> None:
    done = enhancer.enhance(photo(), Task(mode=mode))
    here = LocalEnhancer().enhance(photo(), Task(mode=mode))
    assert np.array_equal(done.picture.pixels, here.picture.pixels)
    assert (done.steps, done.rules, done.effort) == (here.steps, here.rules, here.effort)
    assert done.backend == "BEDROCK"
    assert done.usage is None
    assert enhancer.estimate(96, 72, Task(mode=mode)) is None
    assert not server.sent


def test_full_enlarges_a_small_photo_and_removes_its_background(
    server: BedrockServer, enhancer: BedrockEnhancer
) -> None:
    done = enhancer.enhance(photo(), Task(mode=Mode.FULL))
    assert server.models == [FAST, REMOVE]
    assert server.sent[1].photo.size == (192, 144)
    assert (done.picture.width, done.picture.height) == (192, 144)
    assert done.picture.has_alpha
    assert done.picture.metadata.digital_source_type == TRAINED
    assert done.drawn is not None
    assert [step.name for step in done.steps][-3:] == ["upscale", "background", "optimize"]
    assert done.effort is Effort.SMALLEST
    assert done.usage is not None
    assert (done.usage.requests, done.usage.images) == (2, 2)
    assert done.response_id == f"{REQUEST_ID}1, {REQUEST_ID}2"


def test_full_leaves_a_large_photo_at_its_size(
    server: BedrockServer, enhancer: BedrockEnhancer
) -> None:
    done = enhancer.enhance(photo(1000, 80), Task(mode=Mode.FULL))
    assert server.models == [REMOVE]
    assert (done.picture.width, done.picture.height) == (1000, 80)
    assert done.picture.metadata == OWNED


@pytest.mark.parametrize(("without", "asked"), [("upscale", [REMOVE]), ("background", [FAST])])
def test_what_full_leaves_out_is_not_sent_nor_priced(
    server: BedrockServer, enhancer: BedrockEnhancer, without: str, asked: list[str]
) -> None:
    task = Task(mode=Mode.FULL, without=without)
    estimate = enhancer.estimate(96, 72, task)
    assert estimate is not None
    assert estimate.model == ", ".join(asked)
    done = enhancer.enhance(photo(), task)
    assert server.models == asked
    assert [step.applied for step in done.steps if step.name == without] == [False]
    bare = enhancer.enhance(photo(), Task(mode=Mode.FULL, without="upscale,background"))
    assert bare.usage is None
    assert server.models == asked


def test_a_photo_larger_than_the_limit_is_scaled_and_the_answer_scaled_back(
    server: BedrockServer, enhancer: BedrockEnhancer
) -> None:
    large = Picture(pixels=np.full((2600, 4000, 3), 200, np.uint8), format="JPEG")
    server.then(answer(cut_out(Image.fromarray(scene(400, 260)))))
    done = enhancer.enhance(large, Task(mode=Mode.BACKGROUND_REMOVE))
    width, height = server.sent[0].photo.size
    assert width * height <= 9_437_184
    assert width * height > 9_400_000
    assert (done.picture.width, done.picture.height) == (4000, 2600)
    [warning] = done.warnings
    assert f"takes no 4000 x 2600 pixels: it was sent {width} x {height}" in warning


def test_too_few_pixels_are_interpolated_with_a_warning(
    server: BedrockServer, enhancer: BedrockEnhancer
) -> None:
    server.then(answer(Image.fromarray(scene(96, 72)).resize((120, 90))))
    done = enhancer.enhance(photo(), Task(mode=Mode.UPSCALE))
    assert (done.picture.width, done.picture.height) == (192, 144)
    few = "BEDROCK drew 120 x 90 pixels, which were interpolated to 192 x 144."
    assert done.warnings[0] == few


@settings(
    max_examples=12,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    width=st.integers(64, 160),
    height=st.integers(64, 160),
    scale=st.integers(2, 4),
    mode=st.sampled_from([Mode.UPSCALE, Mode.UPSCALE_DENOISE, Mode.BACKGROUND_REMOVE]),
    alpha=st.booleans(),
    off=st.integers(-1, 1),
)
def test_the_size_is_exactly_what_was_asked_for(
    server: BedrockServer,
    enhancer: BedrockEnhancer,
    width: int,
    height: int,
    scale: int,
    mode: Mode,
    alpha: bool,
    off: int,
) -> None:
    """Also where a service rounds the sides of its answer."""
    pixels = scene(width, height)
    drawn = cut_out(Image.fromarray(pixels)).resize((3 * width + off, 3 * height - off))
    server.then(answer(drawn))
    if alpha:
        pixels = np.dstack([pixels, np.full((height, width), 255, np.uint8)])
    done = enhancer.enhance(Picture(pixels=pixels, format="PNG"), Task(mode=mode, scale=scale))
    times = 1 if mode is Mode.BACKGROUND_REMOVE else scale
    assert (done.picture.width, done.picture.height) == (times * width, times * height)


@pytest.mark.parametrize(
    ("size", "task", "allowed"),
    [
        ((40, 200), Task(mode=Mode.BACKGROUND_REMOVE), "64 pixels or more"),
        ((20, 20), Task(mode=Mode.UPSCALE), "64 pixels or more"),
        ((2000, 600), Task(mode=Mode.UPSCALE), "at most 2.5 times"),
        ((300, 100), Task(mode=Mode.UPSCALE_DENOISE), "at most 2.5 times"),
        ((9000, 6000), Task(mode=Mode.UPSCALE), "allowed are 120"),
        ((30, 30), Task(mode=Mode.FULL), "64 pixels or more"),
        ((1_000_000, 100), Task(mode=Mode.BACKGROUND_REMOVE), "64 pixels or more"),
    ],
)
def test_what_is_certain_to_be_refused_is_refused_before_anything_is_sent(
    server: BedrockServer,
    enhancer: BedrockEnhancer,
    size: tuple[int, int],
    task: Task,
    allowed: str,
) -> None:
    with pytest.raises(BackendRefused, match=allowed):
        enhancer.check(*size, task)
    with pytest.raises(BackendRefused, match=allowed):
        enhancer.estimate(*size, task)
    assert not server.sent


def test_an_estimate_says_what_goes_where_and_asks_nobody(server: BedrockServer) -> None:
    enhancer = bedrock_at(server.url, priced=True)
    estimate = enhancer.estimate(96, 72, Task(mode=Mode.FULL))
    assert estimate is not None
    assert estimate.service == f"Amazon Bedrock, {server.url}"
    assert estimate.model == f"{FAST}, {REMOVE}"
    assert "at 96 x 72 and at 192 x 144" in estimate.sends
    assert (estimate.usage.requests, estimate.usage.amount) == (2, Decimal("0.12"))
    assert not server.sent


def test_the_endpoint_of_the_object_store_gets_no_photos(
    server: BedrockServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", server.url)
    estimate = bedrock_at(None).estimate(96, 72, Task(mode=Mode.UPSCALE))
    assert estimate is not None
    assert estimate.service == ("Amazon Bedrock, https://bedrock-runtime.us-west-2.amazonaws.com")
