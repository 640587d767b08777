"""The use cases when they are repeated, overtaken, interrupted or killed."""

from __future__ import annotations

from contextlib import suppress
from datetime import timedelta

import pytest
from attrs import evolve
from hypothesis import given, settings
from hypothesis import strategies as st

from pixellab.adapters.object_stores.in_memory import InMemoryObjectStore
from pixellab.domain.errors import (
    BackendFailed,
    BackendRefused,
    InProgress,
    StoreUnavailable,
    UnknownImage,
)
from pixellab.domain.images import ProcessingStatus, Status
from pixellab.domain.ports import Event, ImageQuery, ItemJob, Job, Jobs, Milestone, Observer
from pixellab.domain.requests import Mode, Task
from pixellab.domain.use_cases import (
    HAND_OVER,
    LEASE,
    MAX_ATTEMPTS,
    DoJob,
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
        if event.milestone is Milestone.ENHANCED:
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


@settings(max_examples=40)
@given(live=st.integers(0, 5), dead=st.integers(0, 5), limit=st.integers(1, 3))
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


# Handing over


def test_a_reservation_that_nobody_began_is_handed_over_again(lab: Installation) -> None:
    image = lab.upload(photo()).image
    # The calls are: get, add_enhancement, claim.
    lab.fuse.set(3, Killed, late=False)
    with pytest.raises(Killed):
        lab.again(image.id, Task(mode=Mode.SHARPEN))
    reserved = lab.repository.history(image.id)[1]
    assert (reserved.lease_until, reserved.lease_owner, reserved.attempts) == (None, None, 0)
    lab.clock.now = reserved.created_at + HAND_OVER - timedelta(microseconds=2)
    assert lab.reconcile() == Reconciled(left=1)
    assert lab.reconcile() == Reconciled(finished=1)
    assert lab.repository.history(image.id)[1].attempts == 1
    assert_consistent(lab)


@pytest.mark.parametrize(
    ("stalled", "settled"),
    [(timedelta(), Reconciled(left=1)), (HAND_OVER, Reconciled(finished=1))],
)
def test_reconcile_and_whoever_reserved_it_do_it_once(
    lab: Installation, stalled: timedelta, settled: Reconciled
) -> None:
    image = lab.upload(photo()).image

    def reconcile(event: Event) -> None:
        if event.milestone is Milestone.RESERVED:
            lab.clock.now += stalled
            assert lab.reconcile() == settled

    done = lab.again(image.id, Task(), observe=reconcile)
    assert (done.enhancement.status, done.enhancement.attempts) == (ProcessingStatus.COMPLETED, 1)
    assert_consistent(lab)


def test_what_reconcile_failed_meanwhile_is_not_done_again(lab: Installation) -> None:
    image = lab.upload(photo()).image

    def reconcile(event: Event) -> None:
        if event.milestone is Milestone.RESERVED:
            lab.clock.now += HAND_OVER
            assert lab.reconcile() == Reconciled(failed=1)

    with pytest.raises(BackendFailed, match="The backend failed on this picture") as failed:
        lab.again(image.id, Task(), "FAILING", reconcile)
    assert failed.value.image_id == image.id
    assert lab.repository.history(image.id)[1].attempts == 1


def test_an_image_can_be_deleted_before_its_enhancement_has_begun(lab: Installation) -> None:
    image = lab.upload(photo()).image

    def delete(event: Event) -> None:
        if event.milestone is Milestone.RESERVED:
            lab.delete(image.id)

    with pytest.raises(UnknownImage):
        lab.again(image.id, Task(), observe=delete)
    assert lab.images() == []
    assert lab.keys() == set()


class Elsewhere(Jobs):
    """Jobs that wait until somebody takes them."""

    def __init__(self) -> None:
        self.waiting: list[Job] = []

    def hand_over(self, job: Job | ItemJob, observe: Observer) -> None:
        assert isinstance(job, Job)
        self.waiting.append(job)


def test_what_is_done_elsewhere_is_answered_as_reserved(lab: Installation) -> None:
    image, elsewhere = lab.upload(photo()).image, Elsewhere()
    reserved = evolve(lab.again, jobs=elsewhere)(image.id, Task()).enhancement
    assert reserved.status is ProcessingStatus.PROCESSING
    assert lab.repository.history(image.id)[1] == reserved
    lab.clock.now += HAND_OVER
    assert evolve(lab.reconcile, jobs=elsewhere)() == Reconciled(handed_over=1)
    first, again = elsewhere.waiting
    assert again == evolve(first, settling=True)
    assert [lab.process.do(job).replayed for job in (first, again)] == [False, True]
    assert_consistent(lab)


def test_a_job_whose_process_certainly_died_is_done_by_whoever_gets_it_next(
    lab: Installation,
) -> None:
    image, elsewhere = lab.upload(photo()).image, Elsewhere()
    evolve(lab.again, jobs=elsewhere)(image.id, Task())
    [job] = elsewhere.waiting
    now = lab.clock()
    lab.repository.claim(image.id, 2, now=now, until=now + LEASE, owner="gone")
    with pytest.raises(InProgress):
        DoJob(process=lab.process)(job)
    knowing = DoJob(process=lab.process, may_be_alive=lambda owner: owner != "gone")
    done = knowing(job).enhancement
    assert (done.status, done.attempts) == (ProcessingStatus.COMPLETED, 2)
    assert knowing(job).replayed
    assert_consistent(lab)


def test_a_job_that_keeps_killing_its_worker_is_given_up(lab: Installation) -> None:
    image = lab.upload(photo()).image
    # The first kill is at the store, after the claim; those of reconcile likewise.
    lab.fuse.set(5, Killed, late=False)
    with pytest.raises(Killed):
        lab.again(image.id, Task())
    for _ in range(MAX_ATTEMPTS - 1):
        lab.clock.now += LEASE + timedelta(seconds=1)
        lab.fuse.set(6, Killed, late=False)
        with pytest.raises(Killed):
            lab.reconcile()
    lab.clock.now += LEASE + timedelta(seconds=1)
    lab.fuse.at = None
    assert lab.reconcile() == Reconciled(failed=1)
    assert "3 attempts" in str(lab.repository.history(image.id)[1].failure)
    assert_consistent(lab)
