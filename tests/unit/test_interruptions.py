"""The use cases when they are repeated, overtaken, interrupted or killed."""

from __future__ import annotations

from contextlib import suppress
from datetime import timedelta

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from pixellab.adapters.object_stores.in_memory import InMemoryObjectStore
from pixellab.domain.errors import (
    BackendRefused,
    InProgress,
    StoreUnavailable,
    UnknownImage,
)
from pixellab.domain.images import Status
from pixellab.domain.ports import Event, ImageQuery, Stage
from pixellab.domain.requests import Mode, Task
from pixellab.domain.use_cases import (
    LEASE,
    MAX_ATTEMPTS,
    GetHistory,
    GetImage,
    ListImages,
    Reconciled,
)
from tests.conftest import photo_bytes
from tests.unit.installation import (
    OTHER,
    PHOTO,
    Installation,
    Killed,
    assert_consistent,
    install,
    photo,
)


def test_processing_is_safe_to_repeat(lab: Installation) -> None:
    accepted = lab.accept(photo())
    first = lab.process(accepted.image.id)
    again = lab.process(accepted.image.id)
    assert (first.replayed, again.replayed) == (False, True)
    assert again.enhancement == first.enhancement


def test_an_attempt_at_work_keeps_others_off(lab: Installation) -> None:
    accepted = lab.accept(photo())
    now = lab.clock()
    lab.repository.claim(accepted.image.id, 1, now=now, until=now + LEASE)
    with pytest.raises(InProgress):
        lab.process(accepted.image.id)
    with pytest.raises(InProgress):
        lab.delete(accepted.image.id)
    lab.clock.now += LEASE + timedelta(seconds=1)
    assert lab.process(accepted.image.id).image.status is Status.COMPLETED


def test_deleting_removes_rows_and_objects(lab: Installation) -> None:
    done = lab.upload(photo(sku_id="mug"))
    lab.again(done.image.id, Task(mode=Mode.SHARPEN))
    lab.delete(done.image.id)
    assert lab.images() == []
    assert lab.keys() == set()
    with pytest.raises(UnknownImage):
        lab.delete(done.image.id)
    assert lab.upload(photo(sku_id="mug")).image.sku_id == "mug"


@pytest.mark.parametrize("late", [False, True])
@pytest.mark.parametrize("at", range(1, 8))
def test_an_interrupted_delete_is_finished_by_repeating_it_or_by_reconcile(
    at: int, late: bool
) -> None:
    for finish in ("repeat", "reconcile"):
        lab = install()
        done = lab.upload(photo())
        lab.again(done.image.id, Task())
        lab.fuse.set(at, Killed, late=late)
        with suppress(Killed):
            lab.delete(done.image.id)
        lab.fuse.at = None
        with suppress(UnknownImage):
            lab.reconcile() if finish == "reconcile" else lab.delete(done.image.id)
        if lab.images():
            # Killed before anything was changed: the image is whole.
            assert (at, late) == (1, False)
        assert_consistent(lab)


@given(at=st.integers(1, 12), late=st.booleans(), again=st.booleans(), key=st.booleans())
def test_killed_anywhere_reconcile_settles_everything(
    at: int, late: bool, again: bool, key: bool
) -> None:
    lab = install()
    earlier = lab.upload(photo(OTHER))
    lab.fuse.set(at, Killed, late=late)
    with suppress(Killed):
        if again:
            lab.again(earlier.image.id, Task(mode=Mode.SHARPEN))
        else:
            lab.upload(photo(idempotency_key="k" if key else None))
    lab.fuse.at = None
    report = lab.reconcile(ignore_leases=True)
    assert report.left == 0
    assert_consistent(lab)
    lab.clock.now += 2 * LEASE
    assert lab.reconcile() == Reconciled()


@given(at=st.integers(1, 12), late=st.booleans(), known=st.booleans())
def test_a_failing_port_never_leaves_a_mess(at: int, late: bool, known: bool) -> None:
    lab = install()
    error = (lambda: StoreUnavailable("down")) if known else (lambda: RuntimeError("bug"))
    lab.fuse.set(at, error, late=late)
    with suppress(StoreUnavailable, RuntimeError):
        lab.upload(photo())
    lab.fuse.at = None
    lab.reconcile(ignore_leases=True)
    assert_consistent(lab)


def test_a_store_that_is_down_while_reconciling_fails_nothing(lab: Installation) -> None:
    accepted = lab.accept(photo())
    lab.clock.now += LEASE + timedelta(seconds=1)
    # The calls are: deleted, unfinished, the store's check, claim, get, and the store's open.
    for call in (3, 3, 3, 3, 6):
        lab.fuse.set(call, lambda: StoreUnavailable("The store is down."), late=False)
        assert lab.reconcile() == Reconciled(left=1)
        assert lab.fuse.at is None
        lab.clock.now += LEASE + timedelta(seconds=1)
    assert lab.reconcile() == Reconciled(finished=1)
    assert lab.repository.get(accepted.image.id).status is Status.COMPLETED
    assert_consistent(lab)


def test_an_attempt_that_outlived_its_lease_leaves_its_successors_result_alone(
    lab: Installation,
) -> None:
    accepted = lab.accept(photo())

    def overtaken(event: Event) -> None:
        if event.stage is Stage.ENHANCED:
            lab.clock.now += LEASE + timedelta(seconds=1)
            lab.process(accepted.image.id)

    with pytest.raises(InProgress):
        lab.process(accepted.image.id, observe=overtaken)
    assert lab.repository.get(accepted.image.id).status is Status.COMPLETED
    assert_consistent(lab)


def test_reconcile_leaves_live_work_alone(lab: Installation) -> None:
    lab.fuse.set(6, Killed, late=False)
    with suppress(Killed):
        lab.upload(photo())
    assert lab.reconcile() == Reconciled(left=1)
    lab.clock.now += LEASE + timedelta(seconds=1)
    assert lab.reconcile() == Reconciled(finished=1)
    assert_consistent(lab)


def test_a_dead_owner_loses_its_lease_at_once(lab: Installation) -> None:
    lab.fuse.set(6, Killed, late=False)
    with suppress(Killed):
        lab.upload(photo())
    asked: list[str | None] = []

    def dead(owner: str | None) -> bool:
        asked.append(owner)
        return False

    assert evolve(lab.reconcile, may_be_alive=dead)() == Reconciled(finished=1)
    assert asked == ["this test"]
    assert_consistent(lab)


@given(live=st.integers(0, 7), dead=st.integers(0, 7), limit=st.integers(1, 3))
def test_living_owners_hide_no_dead_one(live: int, dead: int, limit: int) -> None:
    lab = install()
    for owner in ("alive",) * live + ("dead",) * dead:
        image = evolve(lab.accept, owner=owner)(photo()).image
        now = lab.clock()
        lab.repository.claim(image.id, 1, now=now, until=now + LEASE, owner=owner)
    reconcile = evolve(lab.reconcile, may_be_alive=lambda owner: owner != "dead")
    settled = 0
    while settled < dead:
        turn = reconcile(limit=limit)
        assert turn.finished == min(limit, dead - settled)
        settled += turn.finished
    assert reconcile(limit=limit) == Reconciled(left=live)


def test_an_image_whose_objects_cannot_be_removed_stops_no_other(lab: Installation) -> None:
    images = [lab.upload(photo(data)).image for data in (PHOTO, OTHER)]
    for image in images:
        lab.repository.mark_deleted(image.id, now=lab.clock())
    lab.fuse.set(2, lambda: StoreUnavailable("The store is down."), late=False)
    assert lab.reconcile() == Reconciled(deleted=1, left=1)
    assert lab.reconcile() == Reconciled(deleted=1)
    assert_consistent(lab)


def test_what_is_certain_to_be_refused_leaves_nothing(lab: Installation) -> None:
    with pytest.raises(BackendRefused):
        lab.upload(photo(backend="PICKY"))
    assert lab.images() == []
    assert lab.keys() == set()
    done = lab.upload(photo())
    with pytest.raises(BackendRefused):
        lab.again(done.image.id, Task(), backend="PICKY")
    assert len(lab.repository.history(done.image.id)) == 1


def test_a_result_may_be_larger_than_an_upload_may_be(lab: Installation) -> None:
    task = Task(mode=Mode.UPSCALE, scale=4)
    done = lab.upload(photo(photo_bytes(300, 200), task=task))
    assert (done.enhancement.enhanced_width, done.enhancement.enhanced_height) == (1200, 800)


def test_a_photo_that_keeps_killing_its_process_is_given_up(lab: Installation) -> None:
    accepted = lab.accept(photo())
    for _ in range(MAX_ATTEMPTS):
        now = lab.clock()
        lab.repository.claim(accepted.image.id, 1, now=now, until=now + LEASE)
        lab.clock.now += LEASE + timedelta(seconds=1)
    assert lab.reconcile().failed == 1
    (image,) = lab.images()
    assert image.status is Status.FAILED
    assert "3 attempts" in str(lab.repository.history(image.id)[0].failure)


def test_reading_gives_todays_urls(lab: Installation) -> None:
    done = lab.upload(photo())
    moved = InMemoryObjectStore(public_url="https://cdn.example")
    image = GetImage(repository=lab.repository, store=moved)(done.image.id)
    assert image.original.url.startswith("https://cdn.example/")
    _, (entry,) = GetHistory(repository=lab.repository, store=moved)(done.image.id)
    assert entry.enhanced is not None
    assert entry.enhanced.url.startswith("https://cdn.example/")
    page = ListImages(repository=lab.repository, store=moved)(ImageQuery())
    assert page.images[0] == image
