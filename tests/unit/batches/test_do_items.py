"""Lines of batches are handed out in turns and each is done once."""

from __future__ import annotations

import io
from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from pixellab.domain.batches import BatchState, Counts, ItemState, Line
from pixellab.domain.errors import (
    BackendUnavailable,
    IdempotencyConflict,
    InProgress,
    InvalidRequest,
    QueueFull,
    StoreUnavailable,
    UnknownBatch,
)
from pixellab.domain.ports import Batches, ImageQuery, ItemJob, Resource
from pixellab.domain.requests import Mode, Task
from pixellab.domain.use_cases import Upload
from pixellab.domain.use_cases.batches import NewBatch, lines_of_keys
from pixellab.domain.use_cases.batches.accept import LONGEST_PAUSE, PORTION
from pixellab.domain.use_cases.batches.feed import shares
from pixellab.domain.use_cases.keeping.reservations import silent
from pixellab.domain.use_cases.uploading.fingerprint import own_key
from pixellab.entrypoints.lab import PixelLab, utc_now
from pixellab.testing.contracts.batches import make_batch
from pixellab.testing.threads import at_once
from tests.conftest import photo_bytes
from tests.unit.batches.conftest import OPTIMIZE, accepted, accepted_lines, feed, put
from tests.unit.installation import PaidEnhancer, install
from tests.unit.test_retry_parked import Noted


def kept(lab: PixelLab) -> Batches:
    return lab.batches.batches


def images(lab: PixelLab) -> int:
    return lab.list_images(ImageQuery()).total


def test_every_line_becomes_an_image(lab: PixelLab) -> None:
    batch = accepted(lab, put(lab, "a.jpg", "b.jpg", "c.jpg"), name="Spring")
    before = lab.batches.progress(batch.id)
    assert (before.counts, before.per_minute) == (Counts(waiting=3), None)
    assert feed(lab)(2) == 2
    during = lab.batches.progress(batch.id)
    assert during.counts == Counts(done=2, waiting=1)
    assert during.per_minute
    assert during.seconds_left
    assert feed(lab)(2) == 1
    assert feed(lab)(2) == 0
    after = lab.batches.progress(batch.id)
    assert (after.batch.state, after.counts) == (BatchState.DONE, Counts(done=3))
    assert after.seconds_left is None
    for result in lab.batches.all_results(batch.id):
        assert result.image is not None
        assert result.image.enhanced is not None
        assert result.image.filename == result.item.source.rsplit("/", 1)[-1]
    assert len([*lab.store.keys("uploads/original/")]) == images(lab) == 3


def test_a_line_that_is_handed_over_twice_is_done_once(lab: PixelLab) -> None:
    batch = accepted(lab, put(lab, "a.jpg"))
    for _ in range(2):
        lab.do(ItemJob(batch_id=batch.id, number=1), silent)
    assert images(lab) == 1
    (item,) = lab.batches.items(batch.id)
    assert (item.state, item.attempts) == (ItemState.DONE, 1)


def test_bad_photos_fail_with_their_sentence_and_delay_nobody(lab: PixelLab) -> None:
    keys = [*put(lab, "bad.jpg", content=b"no image"), "incoming/missing.jpg", *put(lab, "a.jpg")]
    batch = accepted(lab, keys)
    feed(lab)(10)
    failed = lab.batches.items(batch.id, state=ItemState.FAILED)
    assert [each.number for each in failed] == [1, 2]
    assert all(each.failure and each.attempts == 1 for each in failed)
    assert lab.batches.progress(batch.id).counts == Counts(done=1, failed=2)


def test_what_failed_is_done_once_it_is_mended(lab: PixelLab) -> None:
    (key,) = put(lab, "bad.jpg", content=b"no image")
    batch = accepted(lab, [key])
    feed(lab)(1)
    lab.store.delete(key)
    put(lab, "bad.jpg")
    progress, retried = lab.batches.retry(batch.id)
    assert (retried, progress.counts) == (1, Counts(waiting=1))
    feed(lab)(1)
    assert lab.batches.progress(batch.id).counts == Counts(done=1)
    assert lab.batches.retry(batch.id)[1] == 0


def test_a_taken_sku_fails_its_line_alone(lab: PixelLab) -> None:
    keys = put(lab, "a.jpg", "b.jpg")
    lines = [
        Line(number=number, source=f"store:{key}", sku_id="MUG-1")
        for number, key in enumerate(keys, start=1)
    ]
    batch = accepted_lines(lab, lines)
    feed(lab)(2)
    (failed,) = lab.batches.items(batch.id, state=ItemState.FAILED)
    assert "MUG-1" in str(failed.failure) or "sku_id" in str(failed.failure)


def dies(*_: object, **__: object) -> None:
    raise KeyboardInterrupt


class Later:
    """A clock that can be put forward."""

    def __init__(self) -> None:
        self.by = timedelta()

    def __call__(self) -> datetime:
        return utc_now() + self.by


def test_a_photo_that_kills_three_attempts_is_given_up(lab: PixelLab) -> None:
    batch = accepted(lab, put(lab, "a.jpg", "b.jpg"))
    job = ItemJob(batch_id=batch.id, number=1)
    dying = evolve(lab.do_item, owner="gone")
    dead = evolve(lab.feed, may_be_alive=lambda owner: owner != "gone")
    for _ in range(3):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(type(lab.store), "open", dies)
            with pytest.raises(KeyboardInterrupt):
                dying(job)
        assert lab.batches.progress(batch.id).counts.working == 1
        dead.take_back(())
        assert lab.batches.progress(batch.id).counts.waiting == 2
    feed(lab)(2)
    (given_up,) = lab.batches.items(batch.id, state=ItemState.FAILED)
    assert given_up.failure == "It was given up after 3 attempts."
    assert lab.batches.progress(batch.id).counts == Counts(done=1, failed=1)
    lab.batches.retry(batch.id)
    feed(lab)(2)
    assert lab.batches.progress(batch.id).counts == Counts(done=2)


def test_what_another_is_at_work_on_is_put_off_and_not_counted(lab: PixelLab) -> None:
    (key,) = put(lab, "a.jpg")
    batch = accepted(lab, [key])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(type(lab.process.enhance), "__call__", dies)
        with pytest.raises(KeyboardInterrupt):
            lab.do(ItemJob(batch_id=batch.id, number=1), silent)
    (left,) = kept(lab).under_way()
    assert kept(lab).put_back(left)
    lab.do(ItemJob(batch_id=batch.id, number=1), silent)
    (held,) = kept(lab).under_way()
    assert (held.state, held.attempts) == (ItemState.HELD, 1)
    assert feed(lab)(1) == 0
    later = Later()
    later.by = timedelta(seconds=6)
    assert feed(lab, later)(1) == 1
    later.by = timedelta(minutes=11)
    assert lab.reconcile(ignore_leases=True).finished == 1
    assert feed(lab, later)(1) == 1
    assert lab.batches.progress(batch.id).counts == Counts(done=1)
    assert images(lab) == 1


def test_a_backend_that_is_not_there_is_asked_again_later(lab: PixelLab) -> None:
    batch = accepted(lab, put(lab, "a.jpg"))
    clock = Later()

    def unavailable(*_: object, **__: object) -> None:
        raise BackendUnavailable("LOCAL is not there.")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(type(lab.process.enhance), "__call__", unavailable)
        for minutes in (0, 1, 3):
            clock.by = timedelta(minutes=minutes)
            assert feed(lab, clock)(1) == 1
            assert feed(lab, clock)(1) == 0
    (failed,) = lab.batches.items(batch.id, state=ItemState.FAILED)
    assert (failed.attempts, failed.failure) == (3, "LOCAL is not there.")
    assert failed.image_id is not None


def test_an_outage_uses_no_attempts_up(lab: PixelLab) -> None:
    batch = accepted(lab, put(lab, "a.jpg"))

    def unavailable(*_: object, **__: object) -> None:
        raise StoreUnavailable("The object store could not be read.")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(type(lab.store), "check", unavailable)
        assert feed(lab)(1) == 0
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(type(lab.store), "open", unavailable)
        assert feed(lab)(1) == 1
    (held,) = kept(lab).under_way()
    assert (held.state, held.attempts) == (ItemState.HELD, 0)
    clock = Later()
    clock.by = timedelta(minutes=1)
    assert feed(lab, clock)(1) == 1
    assert lab.batches.progress(batch.id).counts == Counts(done=1)


def test_cancelling_begins_nothing_else(lab: PixelLab) -> None:
    batch = accepted(lab, put(lab, "a.jpg", "b.jpg"))
    feed(lab)(1)
    cancelled = lab.batches.cancel(batch.id)
    assert cancelled.batch.state is BatchState.CANCELLED
    assert cancelled.counts == Counts(done=1, cancelled=1)
    assert cancelled.batch.finished_at is not None
    assert feed(lab)(1) == 0
    assert lab.batches.cancel(batch.id) == cancelled


def test_the_same_key_gives_the_same_batch(lab: PixelLab) -> None:
    keys = put(lab, "a.jpg")
    first = accepted(lab, keys, idempotency_key="once")
    assert accepted(lab, keys, idempotency_key="once") == first
    assert accepted(lab, keys, idempotency_key="once", payer="another").id != first.id
    for other in ({"task": Task(mode=Mode.AUTO)}, {"name": "Other"}):
        with pytest.raises(IdempotencyConflict):
            accepted(lab, keys, idempotency_key="once", **other)


def test_the_same_key_twice_at_once_makes_one_batch(lab: PixelLab) -> None:
    def accept(_: int) -> object:
        return accepted(lab, ["incoming/a.jpg"], idempotency_key="once").id

    answers = at_once(accept, 4)
    ids = {each for each in answers if isinstance(each, str)}
    assert all(isinstance(each, str | InProgress) for each in answers)
    assert len(ids) == len(kept(lab).unfinished(10)) == 1


def broken() -> Iterator[Line]:
    yield Line(number=1, source="store:incoming/a.jpg")
    raise InvalidRequest("manifest", "It is broken.")


def test_nothing_is_left_of_a_batch_that_is_refused(lab: PixelLab) -> None:
    for lines in (broken(), iter(())):
        with pytest.raises(InvalidRequest):
            lab.accept_batch(NewBatch(task=OPTIMIZE), lines, "content")
    with pytest.raises(InvalidRequest, match="backend"):
        accepted(lab, ["incoming/a.jpg"], backend="NOBODY")
    assert kept(lab).unfinished(10) == ()


def test_no_more_lines_than_may_wait(lab: PixelLab) -> None:
    full = evolve(lab.accept_batch, limit=2)
    accepted(lab, ["incoming/a.jpg", "incoming/b.jpg"])
    with pytest.raises(QueueFull, match="2 lines"):
        full(
            NewBatch(task=OPTIMIZE),
            iter([Line(number=1, source="store:incoming/a.jpg")]),
            "content",
        )


def test_between_two_portions_others_have_their_turn(lab: PixelLab) -> None:
    pauses: list[float] = []

    def pause(seconds: float) -> None:
        pauses.append(seconds)
        accepted(lab, ["incoming/another.jpg"])  # the database is nobody's meanwhile

    lines = lines_of_keys(f"incoming/{number}.jpg" for number in range(2 * PORTION + 1))
    batch = evolve(lab.accept_batch, pause=pause)(NewBatch(task=OPTIMIZE), lines, "lines").batch
    assert lab.batches.progress(batch.id).counts.waiting == 2 * PORTION + 1
    assert len(pauses) == 3
    assert all(0 < each <= LONGEST_PAUSE for each in pauses)


def test_a_batch_whose_acceptance_died_is_forgotten_or_begun_anew(lab: PixelLab) -> None:
    half = make_batch(idempotency_key="once", payer=None, lease_until=utc_now() + timedelta(1))
    kept(lab).add(half)
    with pytest.raises(InProgress):
        accepted(lab, ["incoming/a.jpg"], idempotency_key="once")
    with pytest.raises(InProgress):
        lab.batches.cancel(half.id)
    dead = evolve(lab.feed, may_be_alive=lambda owner: owner != "me")
    dead(0)
    with pytest.raises(UnknownBatch):
        lab.batches.progress(half.id)
    kept(lab).add(evolve(half, lease_until=utc_now()))
    again = accepted(lab, ["incoming/a.jpg"], idempotency_key="once")
    assert again.id != half.id


def test_a_key_that_no_store_takes_fails_its_line(lab: PixelLab) -> None:
    batch = accepted(lab, ["incoming/.hidden.jpg", "incoming/folder/"])
    feed(lab)(9)
    (failed,) = lab.batches.items(batch.id)
    assert failed.failure == "The key is none that the store takes."


@given(st.lists(st.sampled_from("ABC"), min_size=1, max_size=12), st.integers(1, 40))
def test_payers_take_turns_and_so_do_their_batches(payers: list[str], most: int) -> None:
    waiting = [make_batch(number, payer=payer) for number, payer in enumerate(payers)]
    found = shares(waiting, most)
    assert found.total() == most
    by_payer = {
        payer: sum(found[each.id] for each in waiting if each.payer == payer) for payer in payers
    }
    assert max(by_payer.values()) - min(by_payer.values()) <= 1
    for payer in payers:
        own = [found[each.id] for each in waiting if each.payer == payer]
        assert max(own) - min(own) <= 1


def test_one_catalogue_starves_nobody(lab: PixelLab) -> None:
    big = accepted(lab, put(lab, *(f"{number}.jpg" for number in range(6))), payer="big")
    small = accepted(lab, put(lab, "small.jpg"), payer="small")
    assert feed(lab)(2) == 2
    assert lab.batches.progress(small.id).batch.state is BatchState.DONE
    assert lab.batches.progress(big.id).counts == Counts(done=1, waiting=5)


def test_a_line_says_whether_it_waits_for_a_service(lab: PixelLab) -> None:
    noted, there = Noted(), install(gemini=PaidEnhancer("GEMINI")).accept.enhancers
    (key,) = put(lab, "a.jpg")
    for backend in ("LOCAL", "GEMINI", "GEMINI"):
        asked = NewBatch(task=OPTIMIZE, backend=backend)
        evolve(lab.accept_batch, enhancers=there)(asked, lines_of_keys([key]), backend)
    assert evolve(lab.feed, enhancers=there, jobs=noted)(2) == 2
    assert [job.resource for job in noted.jobs] == [Resource.CPU, Resource.CLOUD]
    # Where the backend has gone meanwhile, whoever does the line says so.
    assert evolve(lab.feed, jobs=noted)(1) == 1
    assert noted.jobs[-1].resource is Resource.CPU


def test_what_waits_for_services_keeps_no_processor_waiting(lab: PixelLab) -> None:
    noted, there = Noted(), install(gemini=PaidEnhancer("GEMINI")).accept.enhancers
    keys = put(lab, *(f"{number}.jpg" for number in range(6)))
    for backend in ("GEMINI", "LOCAL"):
        asked = NewBatch(task=OPTIMIZE, backend=backend)
        evolve(lab.accept_batch, enhancers=there)(asked, lines_of_keys(keys), backend)
    feeding = evolve(lab.feed, enhancers=there, jobs=noted)
    assert feeding.fill({Resource.CLOUD: 0, Resource.CPU: 2}) == 2
    assert feeding.fill({Resource.CLOUD: 3, Resource.CPU: -5}) == 3
    assert feeding.fill({Resource.CLOUD: 9, Resource.CPU: 1}) == 4
    needs = [job.resource for job in noted.jobs]
    assert needs == 2 * [Resource.CPU] + 6 * [Resource.CLOUD] + [Resource.CPU]
    assert feeding.fill({}) == 0


@pytest.mark.parametrize("payer", [None, "shop"])
def test_no_clients_key_is_that_of_a_line(lab: PixelLab, payer: str | None) -> None:
    batch = accepted(lab, put(lab, "a.jpg"), payer=payer)
    key = f"batch:{batch.id}:1"
    asked = Upload(content=io.BytesIO(photo_bytes(seed=7)), idempotency_key=key, payer=payer)
    lab.upload_and_enhance(asked)
    assert feed(lab)(1) == 1
    assert images(lab) == 2
    assert lab.batches.progress(batch.id).counts == Counts(done=1)
    told = "idempotency_key must be 1 to 255 printable characters of ASCII"
    with pytest.raises(InvalidRequest, match=told):
        evolve(asked, idempotency_key=own_key(key))
    with pytest.raises(InvalidRequest, match=told):
        NewBatch(idempotency_key=own_key(key))
