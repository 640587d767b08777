"""When a request that repeats an idempotency key is the same request."""

from __future__ import annotations

import hashlib
import io
from typing import Any

import pytest
from attrs import evolve, frozen
from hypothesis import given
from hypothesis import strategies as st

from pixellab.domain.formats import Format
from pixellab.domain.requests import Mode, Task
from pixellab.domain.use_cases import Upload
from pixellab.domain.use_cases.uploading.fingerprint import fingerprint_of, is_repeated, owned_key
from tests.unit.installation import Installation, photo

SHA256 = "ab" * 32
MUG = {
    "filename": "Tasse groß.jpg",
    "backend": "local",
    "sku_id": "mug 1",
    "task": Task(
        mode=Mode.STANDARDIZE,
        output_format=Format.PNG,
        target_size_kb=500,
        scale=3,
        profile="Amazon",
        background="#FFF",
        keep_shadow=True,
    ),
}

tasks = st.builds(
    Task,
    mode=st.sampled_from(Mode),
    output_format=st.sampled_from(Format),
    target_size_kb=st.none() | st.integers(50, 60),
    scale=st.integers(2, 4),
    profile=st.sampled_from(["generic", "amazon"]),
    background=st.sampled_from(["transparent", "#ffffff", "#f2f2f2"]),
    keep_shadow=st.booleans(),
)
requests = st.fixed_dictionaries(
    {
        "task": tasks,
        "filename": st.sampled_from([None, "photo.jpg", "Photo.jpg", "\ud800.jpg"]),
        "backend": st.sampled_from([None, "LOCAL", "GEMINI"]),
        "sku_id": st.sampled_from([None, "mug", "Mug"]),
    }
)


def asked(**fields: Any) -> Upload:
    return Upload(content=io.BytesIO(), **fields)


@frozen(kw_only=True)
class LaterTask(Task):
    """A task as a later version may know it."""

    grain: str | None = None


@given(requests, requests)
def test_requests_are_the_same_if_all_that_they_ask_for_is(
    one: dict[str, Any], other: dict[str, Any]
) -> None:
    known = fingerprint_of(asked(**one), SHA256)
    assert len(known) == 64
    assert is_repeated(asked(**other), SHA256, known) == (one == other)
    assert not is_repeated(asked(**one), SHA256.upper(), known)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"backend": "LOCAL"}, {"backend": " local"}),
        ({"task": Task(profile="Amazon ")}, {"task": Task(profile="amazon")}),
        ({"task": Task(profile="GENERIC")}, {}),
        ({"task": Task(background="white")}, {"task": Task(background="#FFF")}),
        ({"task": Task(background="#ffffff")}, {"task": Task(background="White")}),
        ({"sku_id": "mug "}, {"sku_id": "mug"}),
        ({"filename": ""}, {}),
    ],
)
def test_the_same_in_other_words_is_the_same(one: dict[str, Any], other: dict[str, Any]) -> None:
    assert fingerprint_of(asked(**one), SHA256) == fingerprint_of(asked(**other), SHA256)


def test_a_field_of_a_later_version_matters_only_where_it_is_used() -> None:
    before = fingerprint_of(asked(), SHA256)
    assert is_repeated(asked(task=LaterTask()), SHA256, before)
    assert not is_repeated(asked(task=LaterTask(grain="fine")), SHA256, before)


def test_a_fingerprint_stays_the_same_from_version_to_version() -> None:
    assert (
        fingerprint_of(asked(), SHA256)
        == "2:ec90334c8955a1e0af430bd0b51553b8ba97acabe2d2f3b53fd196d3ea2706"
    )
    assert (
        fingerprint_of(asked(**MUG), SHA256)
        == "2:28b3c0cf92750fd1ff28d8c2a5fd79432e398bb2da480d28bd5c2834ae7a11"
    )


WRITTEN_BEFORE = [
    ({}, "e0b4cfaf61cbc42f8743209b56e009ac816b81c956ab930f574b875790b96f55"),
    (
        {"filename": "photo.jpg"},
        "7a12cb35eeb63b060707c2b1bb9eadc490f6a22d0f98499dc96afcac800f28c1",
    ),
    (MUG, "5c5bc9f038091867edb597822a31b0623da41c59b874f484d48dccdeac9d13b1"),
]


@pytest.mark.parametrize(("request_fields", "known"), WRITTEN_BEFORE)
def test_a_fingerprint_that_the_first_version_wrote_still_matches(
    request_fields: dict[str, Any], known: str
) -> None:
    assert is_repeated(asked(**request_fields), SHA256, known)
    assert not is_repeated(asked(**(request_fields | {"sku_id": "other"})), SHA256, known)
    later = LaterTask(grain="fine")
    assert not is_repeated(asked(**(request_fields | {"task": later})), SHA256, known)


def test_a_key_of_the_first_version_gives_its_first_answer(lab: Installation) -> None:
    first = lab.upload(photo(idempotency_key="k1"))
    lab.repository.mark_deleted(first.image.id, now=lab.clock())
    lab.repository.forget(first.image.id)
    text = (
        f"('{first.image.original.sha256}', 'photo.jpg', Task(mode=<Mode.AUTO: 'AUTO'>, "
        "output_format=<Format.JPEG: 'JPEG'>, target_size_kb=None, scale=2, profile='generic', "
        "background='transparent', keep_shadow=False), None, None)"
    )
    written = hashlib.sha256(text.encode()).hexdigest()
    lab.repository.add(evolve(first.image, fingerprint=written), first.enhancement)
    assert lab.upload(photo(idempotency_key="k1")).replayed


@pytest.mark.parametrize(
    ("recorded", "asks", "replayed"),
    [(None, "mine", True), ("mine", "mine", True), ("theirs", "mine", False)],
)
def test_a_key_that_an_earlier_version_recorded_for_all_is_known_to_whoever_sent_it(
    lab: Installation, recorded: str | None, asks: str, replayed: bool
) -> None:
    first = lab.upload(photo(idempotency_key="k1", payer=recorded))
    lab.repository.mark_deleted(first.image.id, now=lab.clock())
    lab.repository.forget(first.image.id)
    lab.repository.add(evolve(first.image, idempotency_key="k1"), first.enhancement)
    assert lab.upload(photo(idempotency_key="k1", payer=asks)).replayed is replayed
    other = lab.upload(photo(idempotency_key="k1", payer="another", task=Task(mode=Mode.SHARPEN)))
    assert not other.replayed


@given(st.text(max_size=255), st.text(max_size=255), st.none() | st.text("0123456789abcdef"))
def test_keys_are_apart_and_have_room_in_a_record(one: str, two: str, payer: str | None) -> None:
    assert (owned_key(one, payer) == owned_key(two, payer)) is (one.strip(" ") == two.strip(" "))
    assert owned_key(one, "0" * 16) != owned_key(one, "1" * 16)
    assert len(owned_key(one, payer and payer[:16])) <= 255
