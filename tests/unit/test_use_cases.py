"""The use cases through their ports: what is promised when all goes well, and when it does not."""

from __future__ import annotations

import hashlib
import io
import itertools
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from attrs import evolve, frozen
from hypothesis import given
from hypothesis import strategies as st

from pixellab.adapters.enhancers.routing import RoutedEnhancers
from pixellab.adapters.imaging.imaging import RasterImaging
from pixellab.adapters.in_memory import (
    DeterministicEnhancer,
    InMemoryImageRepository,
    InMemoryObjectStore,
)
from pixellab.domain.errors import (
    BackendFailed,
    BackendRefused,
    FileTooLarge,
    IdempotencyConflict,
    InProgress,
    InvalidRequest,
    OriginalNotKept,
    PixelLabError,
    SkuTaken,
    StoreUnavailable,
    UndecodableImage,
    UnknownImage,
    UnsupportedImage,
)
from pixellab.domain.images import ProcessingStatus, Status
from pixellab.domain.pictures import Enhanced, Format, Mode, Picture, Task
from pixellab.domain.ports import Enhancer, Event, ImageQuery, Stage
from pixellab.domain.use_cases import (
    LEASE,
    MAX_ATTEMPTS,
    Accept,
    DeleteImage,
    Enhance,
    EnhanceAgain,
    GetHistory,
    GetImage,
    ListImages,
    Process,
    Reconcile,
    Reconciled,
    Upload,
    UploadAndEnhance,
)
from tests.conftest import photo_bytes

PHOTO = photo_bytes()
OTHER = photo_bytes(seed=1)


class Killed(BaseException):
    """Stands for SIGKILL: nothing may catch it but the test."""


class Breaking:
    """A port that works until its n-th call and then fails, before or after the call's effect.

    It wraps a real adapter; the count is shared by all the ports of one installation.
    """

    def __init__(self, port: Any, fuse: Fuse) -> None:
        self._port, self._fuse = port, fuse

    def __getattr__(self, name: str) -> Any:
        value = getattr(self._port, name)
        if not callable(value) or name in {"locate", "close"}:
            return value

        def call(*args: Any, **kwargs: Any) -> Any:
            self._fuse.before()
            result = value(*args, **kwargs)
            self._fuse.after()
            return result

        return call


class Fuse:
    """Raises ``error`` at the n-th call it is told of."""

    def __init__(self) -> None:
        self.calls = 0
        self.at: int | None = None
        self.error: Callable[[], BaseException] = Killed
        self.late = False

    def set(self, at: int, error: Callable[[], BaseException], *, late: bool) -> None:
        self.calls, self.at, self.error, self.late = 0, at, error, late

    def before(self) -> None:
        self.calls += 1
        if self.calls == self.at and not self.late:
            self._blow()

    def after(self) -> None:
        if self.calls == self.at and self.late:
            self._blow()

    def _blow(self) -> None:
        self.at = None
        raise self.error()


class Clock:
    """Time that passes only when told to."""

    def __init__(self) -> None:
        self.now = datetime(2026, 11, 23, 12, 0, 0, 123456, tzinfo=UTC)

    def __call__(self) -> datetime:
        self.now += timedelta(microseconds=1)
        return self.now


class FailingEnhancer(Enhancer):
    name = "FAILING"
    modes = frozenset(Mode)

    def enhance(self, picture: Picture, task: Task) -> Enhanced:
        raise BackendFailed("The backend failed on this picture.")


class BuggyEnhancer(Enhancer):
    name = "BUGGY"
    modes = frozenset(Mode)

    def enhance(self, picture: Picture, task: Task) -> Enhanced:
        raise ZeroDivisionError("secret detail")


class PickyEnhancer(BuggyEnhancer):
    name = "PICKY"

    def check(self, width: int, height: int, task: Task) -> None:
        raise BackendRefused(f"PICKY takes no picture of {width} x {height} pixels.")


@frozen
class Installation:
    """The use cases over in-memory stores."""

    store: InMemoryObjectStore
    repository: InMemoryImageRepository
    clock: Clock
    fuse: Fuse
    accept: Accept
    process: Process
    upload: UploadAndEnhance
    again: EnhanceAgain
    delete: DeleteImage
    reconcile: Reconcile

    def keys(self) -> set[str]:
        return set(self.store.keys())

    def images(self) -> list[Any]:
        return list(self.repository.page(ImageQuery(limit=200)).images)


def install(new_id: Callable[[], str] = lambda: str(uuid.uuid4())) -> Installation:
    store, repository, clock, fuse = (
        InMemoryObjectStore(),
        InMemoryImageRepository(),
        Clock(),
        Fuse(),
    )
    enhancers = RoutedEnhancers(
        {
            "LOCAL": lambda: DeterministicEnhancer("LOCAL"),
            "FAILING": FailingEnhancer,
            "BUGGY": BuggyEnhancer,
            "PICKY": PickyEnhancer,
            "GEMINI": lambda: DeterministicEnhancer("GEMINI"),
        },
        dict.fromkeys(Mode, "LOCAL"),
    )
    imaging = RasterImaging(max_bytes=1_000_000, max_pixels=100_000)
    enhance = Enhance(imaging=imaging, enhancers=enhancers)
    broken_store: Any = Breaking(store, fuse)
    broken_repository: Any = Breaking(repository, fuse)
    accept = Accept(
        imaging=imaging,
        enhancers=enhancers,
        store=broken_store,
        repository=broken_repository,
        clock=clock,
        new_id=new_id,
        owner="this test",
    )
    process = Process(
        enhance=enhance,
        store=broken_store,
        repository=broken_repository,
        clock=clock,
        owner="this test",
    )
    delete = DeleteImage(repository=broken_repository, store=broken_store, clock=clock)
    return Installation(
        store,
        repository,
        clock,
        fuse,
        accept,
        process,
        UploadAndEnhance(accept=accept, process=process),
        EnhanceAgain(process=process, new_id=new_id),
        delete,
        Reconcile(process=process, delete=delete),
    )


@pytest.fixture
def lab() -> Installation:
    return install()


def photo(data: bytes = PHOTO, **fields: Any) -> Upload:
    return Upload(content=io.BytesIO(data), filename=fields.pop("filename", "photo.jpg"), **fields)


def assert_consistent(lab: Installation) -> None:
    """No object without a row, no row unfinished, nothing COMPLETED whose objects are not whole."""
    named: set[str] = set()
    for image in lab.images():
        assert image.status is not Status.PENDING
        if image.original_kept:
            named.add(image.original.key)
        for done in lab.repository.history(image.id):
            assert done.status is not ProcessingStatus.PROCESSING
            if done.enhanced is not None:
                assert done.status is ProcessingStatus.COMPLETED
                named.add(done.key)
                with lab.store.open(done.key) as content:
                    assert hashlib.sha256(content.read()).hexdigest() == done.enhanced.sha256
        if image.status is Status.COMPLETED:
            with lab.store.open(image.original.key) as content:
                assert hashlib.sha256(content.read()).hexdigest() == image.original.sha256
    assert lab.keys() == named


def test_an_upload_keeps_the_original_and_a_result_and_records_both(lab: Installation) -> None:
    done = lab.upload(photo(sku_id="mug-1", task=Task(output_format=Format.PNG)))
    image = lab.repository.get(done.image.id)
    assert image.status is Status.COMPLETED
    assert image.sku_id == "mug-1"
    assert image.original.key == f"uploads/original/{image.key_digits}_photo.jpg"
    assert image.enhanced is not None
    assert image.enhanced.key == f"uploads/enhanced/{image.key_digits}_photo.png"
    with lab.store.open(image.original.key) as content:
        assert content.read() == PHOTO
    (entry,) = lab.repository.history(image.id)
    assert entry == done.enhancement
    assert entry.size_metadata["original_size_kb"] == round(len(PHOTO) / 1000, 1)
    assert {"original_blur", "enhanced_blur", "improvement_percent"} <= set(entry.quality_metadata)
    assert entry.processing_time_ms is not None
    assert_consistent(lab)


def test_the_steps_come_in_the_promised_order(lab: Installation) -> None:
    told: list[Event] = []
    done = lab.upload(photo(), told.append)
    assert [event.stage for event in told] == [
        Stage.RECEIVED,
        Stage.RESERVED,
        Stage.ORIGINAL_STORED,
        Stage.ASSESSED,
        Stage.ENHANCED,
        Stage.RESULT_STORED,
        Stage.COMPLETED,
    ]
    assert {event.image_id for event in told} == {done.image.id}


def test_without_a_sku_the_image_gets_one_from_its_id(lab: Installation) -> None:
    image = lab.upload(photo()).image
    assert image.sku_id == f"upload_{image.id[:8]}"


def test_gemini_has_folders_of_its_own(lab: Installation) -> None:
    image = lab.upload(photo(backend="GEMINI")).image
    assert image.original.key.startswith("originals/")
    assert image.enhanced is not None
    assert image.enhanced.key.startswith("enhanced/")


@pytest.mark.parametrize(
    ("data", "error"),
    [
        (b"", UnsupportedImage),
        (b"%PDF-1.7 and so on", UnsupportedImage),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", UnsupportedImage),
        (PHOTO[: len(PHOTO) // 2], UndecodableImage),
        (PHOTO + b"\0" * 1_000_000, FileTooLarge),
        (photo_bytes(400, 300), FileTooLarge),
    ],
)
def test_what_is_not_accepted_leaves_nothing(
    lab: Installation, data: bytes, error: type[PixelLabError]
) -> None:
    with pytest.raises(error):
        lab.upload(photo(data))
    assert lab.images() == []
    assert lab.keys() == set()


def test_a_taken_sku_leaves_nothing_new(lab: Installation) -> None:
    first = lab.upload(photo(sku_id="mug"))
    with pytest.raises(SkuTaken):
        lab.upload(photo(OTHER, sku_id="mug"))
    assert [image.id for image in lab.images()] == [first.image.id]
    assert_consistent(lab)


@pytest.mark.parametrize("text", ["", "a\nb", "x" * 129])
def test_a_sku_is_printable_and_short(text: str) -> None:
    with pytest.raises(InvalidRequest) as refused:
        photo(sku_id=text)
    assert refused.value.field == "sku_id"


def test_two_images_with_the_same_first_digits_get_different_keys() -> None:
    digits = "abcdef01"
    ids = (f"{digits}-0000-4000-8000-{n:012d}" for n in itertools.count())
    fresh = (str(uuid.uuid4()) for _ in itertools.count())
    # Image id, enhancement id, image id, enhancement id, then fresh digits.
    order: Iterator[str] = itertools.chain(itertools.islice(ids, 4), fresh)
    lab = install(lambda: next(order))
    first, second = lab.upload(photo()).image, lab.upload(photo(OTHER)).image
    assert first.id[:8] == second.id[:8] == digits
    assert first.key_digits != second.key_digits
    assert_consistent(lab)


@pytest.mark.parametrize(
    ("backend", "reason"),
    [
        ("FAILING", "The backend failed on this picture."),
        ("BUGGY", "BUGGY failed on this picture."),
    ],
)
def test_a_failing_backend_ends_in_failed_with_the_reason(
    lab: Installation, backend: str, reason: str
) -> None:
    with pytest.raises(BackendFailed) as failed:
        lab.upload(photo(backend=backend))
    (image,) = lab.images()
    assert failed.value.image_id == image.id
    assert image.status is Status.FAILED
    assert image.original_kept
    (entry,) = lab.repository.history(image.id)
    assert (entry.status, entry.failure) == (ProcessingStatus.FAILED, reason)
    assert_consistent(lab)


def test_the_same_key_with_the_same_content_gives_the_first_answer(lab: Installation) -> None:
    first = lab.upload(photo(idempotency_key="k1"))
    again = lab.upload(photo(idempotency_key="k1"))
    assert (first.replayed, again.replayed) == (False, True)
    assert again.image == first.image
    assert again.enhancement == first.enhancement
    assert len(lab.images()) == 1


def test_the_same_key_after_another_enhancement_still_gives_the_first_answer(
    lab: Installation,
) -> None:
    first = lab.upload(photo(idempotency_key="k1"))
    lab.again(first.image.id, Task(mode=Mode.SHARPEN))
    assert lab.upload(photo(idempotency_key="k1")).enhancement == first.enhancement


@pytest.mark.parametrize(
    "other", [{"data": OTHER}, {"task": Task(mode=Mode.SHARPEN)}, {"sku_id": "another"}]
)
def test_the_same_key_with_another_request_conflicts(
    lab: Installation, other: dict[str, Any]
) -> None:
    lab.upload(photo(idempotency_key="k1"))
    with pytest.raises(IdempotencyConflict):
        lab.upload(photo(**other, idempotency_key="k1"))
    assert len(lab.images()) == 1
    assert_consistent(lab)


def test_the_same_key_retries_what_failed(lab: Installation) -> None:
    lab.fuse.set(3, lambda: StoreUnavailable("The store is down."), late=False)
    with pytest.raises(StoreUnavailable):
        lab.upload(photo(idempotency_key="k1"))
    assert [image.status for image in lab.images()] == [Status.FAILED]
    done = lab.upload(photo(idempotency_key="k1"))
    assert done.image.status is Status.COMPLETED
    assert len(lab.images()) == 1
    assert_consistent(lab)


def test_the_same_key_at_once_is_done_once(lab: Installation) -> None:
    def send(_: int) -> str:
        try:
            return lab.upload(photo(idempotency_key="k1")).image.id
        except InProgress:
            return "later"

    with ThreadPoolExecutor(8) as pool:
        answers = set(pool.map(send, range(16)))
    assert len(answers - {"later"}) == 1
    assert len(lab.images()) == 1
    assert_consistent(lab)


def test_enhancing_again_overwrites_nothing(lab: Installation) -> None:
    first = lab.upload(photo())
    second = lab.again(first.image.id, Task(mode=Mode.SHARPEN, output_format=Format.PNG))
    third = lab.again(first.image.id, Task(), backend="GEMINI")
    assert [e.sequence for e in lab.repository.history(first.image.id)] == [1, 2, 3]
    digits = first.image.key_digits
    assert second.enhancement.key == f"uploads/enhanced/{digits}_2_photo.png"
    assert third.enhancement.key == f"enhanced/{digits}_3_photo.jpg"
    assert lab.repository.get(first.image.id).enhanced == third.enhancement.enhanced
    assert_consistent(lab)


def test_a_failed_second_enhancement_leaves_the_image_completed(lab: Installation) -> None:
    first = lab.upload(photo())
    with pytest.raises(BackendFailed):
        lab.again(first.image.id, Task(), backend="FAILING")
    image = lab.repository.get(first.image.id)
    assert (image.status, image.enhanced) == (Status.COMPLETED, first.image.enhanced)
    assert_consistent(lab)


def test_enhancing_an_unknown_image(lab: Installation) -> None:
    with pytest.raises(UnknownImage):
        lab.again(str(uuid.uuid4()), Task())


def test_what_was_never_stored_cannot_be_enhanced(lab: Installation) -> None:
    lab.fuse.set(2, lambda: StoreUnavailable("The store is down."), late=False)
    with pytest.raises(StoreUnavailable):
        lab.upload(photo())
    (image,) = lab.images()
    assert not image.original_kept
    with pytest.raises(OriginalNotKept):
        lab.again(image.id, Task())


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
    # The calls are: deleted, unfinished twice, the store's check, claim, get, and the store's open.
    for call in (4, 4, 4, 4, 7):
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
