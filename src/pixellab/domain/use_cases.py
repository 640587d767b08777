"""What PixelLab does, step by step, in terms of its ports.

The order of steps is a promise: the record first, then the objects, then completion. So whatever
kills a process, every object has a row that names its key, and ``Reconcile`` finds that row.
"""

from __future__ import annotations

import hashlib
import io
from collections import Counter
from collections.abc import Callable, Iterable
from contextlib import suppress
from datetime import datetime, timedelta
from typing import BinaryIO

from attrs import evolve, field, frozen

from pixellab.domain.errors import (
    BackendFailed,
    ClaimLost,
    IdempotencyConflict,
    InProgress,
    InvalidRequest,
    KeyTaken,
    ObjectExists,
    ObjectMissing,
    OriginalNotKept,
    PixelLabError,
    SkuTaken,
    StoreUnavailable,
    UnknownImage,
)
from pixellab.domain.images import (
    MAX_SKU_LENGTH,
    Enhancement,
    ProcessingStatus,
    ProductImage,
    Status,
    StoredObject,
    enhanced_key,
    filename_for,
    kilobytes,
    original_key,
    reduction_percent,
)
from pixellab.domain.pictures import (
    MEDIA_TYPES,
    EncodedImage,
    EncodeSpec,
    Enhanced,
    Picture,
    QualityReport,
    Rule,
    Task,
)
from pixellab.domain.ports import (
    Clock,
    Enhancer,
    Enhancers,
    Event,
    ImagePage,
    ImageQuery,
    ImageRepository,
    Imaging,
    NewId,
    ObjectStore,
    Observer,
    Stage,
)

LEASE = timedelta(minutes=10)
"""How long an attempt keeps others off; longer than any request may take."""
MAX_ATTEMPTS = 3
"""After so many attempts an enhancement that kills its process is given up."""
KEY_DIGITS = 8
MAX_KEY_TRIES = 20
CHUNK = 1 << 20


def silent(event: Event) -> None:
    """The observer for those who do not care."""


def _perhaps(_: str | None) -> bool:
    """The answer of those who cannot tell whether a process still runs."""
    return True


@frozen(kw_only=True)
class Upload:
    """A photo handed over, and what is asked of it."""

    content: BinaryIO = field(repr=False)
    """Seekable; read from its start."""
    filename: str | None = None
    task: Task = Task()
    backend: str | None = None
    sku_id: str | None = None
    idempotency_key: str | None = None

    def __attrs_post_init__(self) -> None:
        for name, text, longest in (
            ("sku_id", self.sku_id, MAX_SKU_LENGTH),
            ("idempotency_key", self.idempotency_key, 255),
        ):
            if text is not None and not (0 < len(text) <= longest and text.isprintable()):
                raise InvalidRequest(
                    name, f"{name} must be 1 to {longest} printable characters long."
                )


@frozen(kw_only=True)
class Result:
    """A photo made better, with nothing stored yet."""

    enhanced: Enhanced
    encoded: EncodedImage
    before: QualityReport
    after: QualityReport
    rules: tuple[Rule, ...]
    warnings: tuple[str, ...]


@frozen(kw_only=True)
class Accepted:
    """An upload whose record and original are kept."""

    image: ProductImage
    enhancement: Enhancement
    picture: Picture | None = None
    replayed: bool = False
    """True where the idempotency key was seen before with the same content."""


@frozen(kw_only=True)
class Outcome:
    """A finished enhancement and its image."""

    image: ProductImage
    enhancement: Enhancement
    replayed: bool = False


@frozen(kw_only=True)
class Enhance:
    """Pixels to a better file, with its measure before and after. Touches no store."""

    imaging: Imaging
    enhancers: Enhancers

    def __call__(
        self,
        picture: Picture,
        task: Task,
        enhancer: Enhancer,
        before: QualityReport | None = None,
    ) -> Result:
        before = before or self.imaging.assess(picture)
        enhanced = _enhanced(enhancer, picture, task)
        spec = EncodeSpec(
            format=task.output_format,
            max_bytes=_smallest(task.max_bytes, enhanced),
            effort=enhanced.effort,
        )
        encoded = self.imaging.encode(enhanced.picture, spec)
        # The file is what the user gets, so the file is what is judged, not the pixels before it.
        after = self.imaging.assess(self.imaging.open(io.BytesIO(encoded.data), own=True))
        file_rules = enhanced.file_rules.check(encoded) if enhanced.file_rules else ()
        reasons = (encoded.reason,) if encoded.reason else ()
        return Result(
            enhanced=enhanced,
            encoded=encoded,
            before=before,
            after=after,
            rules=(*enhanced.rules, *file_rules),
            warnings=(*picture.warnings, *enhanced.warnings, *reasons),
        )


def _enhanced(enhancer: Enhancer, picture: Picture, task: Task) -> Enhanced:
    try:
        return enhancer.enhance(picture, task)
    except (PixelLabError, MemoryError):
        raise
    except Exception as error:
        raise BackendFailed(f"{enhancer.name} failed on this picture.") from error


def _smallest(asked: int | None, enhanced: Enhanced) -> int | None:
    limits = [asked] if asked else []
    if enhanced.file_rules:
        limits.append(enhanced.file_rules.max_bytes)
    return min(limits, default=None)


@frozen(kw_only=True)
class Accept:
    """Take an upload in: check it, reserve its record, keep its original."""

    imaging: Imaging
    enhancers: Enhancers
    store: ObjectStore
    repository: ImageRepository
    clock: Clock
    new_id: NewId
    owner: str | None = None
    """This process, for the leases it takes."""

    def __call__(self, upload: Upload, observe: Observer = silent) -> Accepted:
        image_id = self.new_id()
        sha256, size = _digest(upload.content)
        name = upload.filename or "image"
        observe(_event(Stage.RECEIVED, image_id, filename=name, size_bytes=size))
        enhancer = self.enhancers.choose(upload.task, upload.backend)
        fingerprint = _fingerprint(upload, sha256)
        if earlier := self._earlier(upload, fingerprint):
            return earlier
        upload.content.seek(0)
        picture = self.imaging.open(upload.content)
        enhancer.check(picture.width, picture.height, upload.task)

        try:
            image, enhancement = self._reserve(
                upload, enhancer.name, picture, image_id, (sha256, size), fingerprint
            )
        except IdempotencyConflict:
            # The same key arrived twice at once; the other request was first.
            if earlier := self._earlier(upload, fingerprint):
                return earlier
            raise
        observe(_event(Stage.RESERVED, image.id, enhancement_id=enhancement.id))
        try:
            upload.content.seek(0)
            kept = _write(self.store, image.original, upload.content)
        except Exception as error:
            if not isinstance(error, ClaimLost):
                _remove(self.store, image.original.key)
            _fail(self.repository, enhancement, error, self.clock(), observe)
            raise
        try:
            # Where the database fails here, nobody knows what it wrote: Reconcile finds out.
            self.repository.keep_original(image.id, kept, now=self.clock())
        except UnknownImage:
            _remove(self.store, kept.key)
            raise
        observe(_event(Stage.ORIGINAL_STORED, image.id, store=self.store.name, key=kept.key))
        return Accepted(
            image=evolve(image, original=kept, original_kept=True),
            enhancement=enhancement,
            picture=picture,
        )

    def _earlier(self, upload: Upload, fingerprint: str) -> Accepted | None:
        if upload.idempotency_key is None:
            return None
        image = self.repository.find(upload.idempotency_key)
        if image is None:
            return None
        if image.fingerprint != fingerprint:
            raise IdempotencyConflict(
                "This Idempotency-Key was used before with another file or other fields; "
                "send a new key."
            )
        first = self.repository.history(image.id)[0]
        return Accepted(image=image, enhancement=first, replayed=True)

    def _reserve(
        self,
        upload: Upload,
        backend: str,
        picture: Picture,
        image_id: str,
        content: tuple[str, int],
        fingerprint: str,
    ) -> tuple[ProductImage, Enhancement]:
        # Two ids in 4 billion share their first 8 digits; then this image takes other digits.
        digits = image_id.replace("-", "")[:KEY_DIGITS]
        for _ in range(MAX_KEY_TRIES):
            image = self._image(upload, backend, picture, image_id, digits, content, fingerprint)
            enhancement = _reservation(
                image, 1, upload.task, backend, self.new_id(), self.clock(), self.owner
            )
            try:
                self.repository.add(image, enhancement)
            except (KeyTaken, SkuTaken) as error:
                if isinstance(error, SkuTaken) and upload.sku_id:
                    raise
                digits = self.new_id().replace("-", "")[:KEY_DIGITS]
            else:
                return image, enhancement
        raise StoreUnavailable("No free key could be found for the image; try again.")

    def _image(
        self,
        upload: Upload,
        backend: str,
        picture: Picture,
        image_id: str,
        digits: str,
        content: tuple[str, int],
        fingerprint: str,
    ) -> ProductImage:
        now = self.clock()
        sha256, size = content
        filename = filename_for(upload.filename, picture.format)
        key = original_key(digits, filename, backend)
        uri, url = self.store.locate(key)
        return ProductImage(
            id=image_id,
            sku_id=upload.sku_id or f"upload_{digits}",
            key_digits=digits,
            filename=filename,
            status=Status.PENDING,
            backend=backend,
            mode=upload.task.mode,
            original=StoredObject(
                key=key,
                uri=uri,
                url=url,
                size_bytes=size,
                sha256=sha256,
                media_type=MEDIA_TYPES[picture.format],
            ),
            original_width=picture.width,
            original_height=picture.height,
            original_format=picture.format,
            created_at=now,
            updated_at=now,
            idempotency_key=upload.idempotency_key,
            fingerprint=fingerprint,
        )


@frozen(kw_only=True)
class Process:
    """Do a reserved enhancement; safe to repeat, by anyone, at any time."""

    enhance: Enhance
    store: ObjectStore
    repository: ImageRepository
    clock: Clock
    owner: str | None = None
    """This process, for the leases it takes."""

    def __call__(
        self,
        image_id: str,
        sequence: int = 1,
        *,
        picture: Picture | None = None,
        content: BinaryIO | None = None,
        since: datetime | None = None,
        settling: bool = False,
        overrule: datetime | None = None,
        observe: Observer = silent,
    ) -> Outcome:
        """Claim the enhancement, do it, store and record the result.

        ``picture`` spares decoding the stored original; ``content`` is its bytes again, for a
        record whose original was never stored. ``since`` is when the request began. ``settling``
        is for Reconcile, which nobody waits for: what a store does not allow now is left for later,
        and what has died too often is given up. Leases up to ``overrule`` count as run out.
        """
        began = self.clock()
        enhancement = self.repository.claim(
            image_id,
            sequence,
            now=max(began, overrule or began),
            until=began + LEASE,
            owner=self.owner,
        )
        image = self.repository.get(image_id)
        if enhancement.status is ProcessingStatus.COMPLETED:
            return Outcome(image=image, enhancement=enhancement, replayed=True)
        try:
            if settling and enhancement.attempts > MAX_ATTEMPTS:
                raise BackendFailed(f"It was given up after {MAX_ATTEMPTS} attempts.")
            done = self._work(image, enhancement, picture, content, since or began, observe)
        except ClaimLost as error:
            raise _taken_over() from error
        except Exception as error:
            if settling and isinstance(error, StoreUnavailable):
                raise
            if self._holds(enhancement):
                _remove(self.store, enhancement.key)
            _fail(self.repository, enhancement, error, self.clock(), observe)
            raise
        image = self._finish(done)
        observe(
            _event(
                Stage.COMPLETED,
                image_id,
                enhancement_id=done.id,
                mode=done.task.mode,
                backend=done.backend,
                processing_time_ms=done.processing_time_ms,
                bytes_saved=done.original_size_bytes
                - (done.enhanced.size_bytes if done.enhanced else 0),
            )
        )
        return Outcome(image=image, enhancement=done)

    def _work(
        self,
        image: ProductImage,
        enhancement: Enhancement,
        picture: Picture | None,
        content: BinaryIO | None,
        since: datetime,
        observe: Observer,
    ) -> Enhancement:
        if not image.original_kept:
            self._keep_original(image, content)
        if picture is None:
            with self.store.open(image.original.key) as original:
                picture = self.enhance.imaging.open(original)
        enhancer = self.enhance.enhancers.choose(enhancement.task, enhancement.backend)
        before = self.enhance.imaging.assess(picture)
        observe(_event(Stage.ASSESSED, image.id, score=before.score))
        result = self.enhance(picture, enhancement.task, enhancer, before)
        observe(_event(Stage.ENHANCED, image.id, score=result.after.score))
        stored = self._store_result(enhancement, result.encoded)
        observe(_event(Stage.RESULT_STORED, image.id, store=self.store.name, key=stored.key))
        return _completed(image, enhancement, result, stored, since, self.clock())

    def _holds(self, enhancement: Enhancement) -> bool:
        """Whether no other attempt can have begun yet, whose objects these might be."""
        return enhancement.lease_until is not None and self.clock() < enhancement.lease_until

    def _finish(self, done: Enhancement) -> ProductImage:
        # Should this fail for want of the database, nobody knows whether it was written: the
        # result stays where the row says, and Reconcile finds out.
        try:
            return self.repository.finish(done)
        except ClaimLost as error:
            try:
                self.repository.get(done.image_id)
            except UnknownImage:
                _remove(self.store, done.key)
            raise _taken_over() from error

    def _keep_original(self, image: ProductImage, content: BinaryIO | None) -> None:
        if content is None:
            self._check_original(image)
            kept = image.original
        else:
            content.seek(0)
            self.store.delete(image.original.key)
            kept = _write(self.store, image.original, content)
        self.repository.keep_original(image.id, kept, now=self.clock())

    def _check_original(self, image: ProductImage) -> None:
        """Whether the process that stored the original had finished storing it."""
        try:
            with self.store.open(image.original.key) as stored:
                whole = _digest(stored)[0] == image.original.sha256
        except ObjectMissing:
            whole = False
        if not whole:
            self.store.delete(image.original.key)
            raise OriginalNotKept(
                "The upload was interrupted before its original was stored; upload it again."
            )

    def _store_result(self, enhancement: Enhancement, encoded: EncodedImage) -> StoredObject:
        uri, url = self.store.locate(enhancement.key)
        wanted = StoredObject(
            key=enhancement.key,
            uri=uri,
            url=url,
            size_bytes=encoded.size_bytes,
            sha256=hashlib.sha256(encoded.data).hexdigest(),
            media_type=MEDIA_TYPES[encoded.format],
        )
        if not self._holds(enhancement):
            raise ClaimLost("It took longer than its lease.")
        if enhancement.attempts > 1:
            # An earlier attempt may have died after storing and before recording its result.
            self.store.delete(enhancement.key)
        return _write(self.store, wanted, io.BytesIO(encoded.data))


@frozen(kw_only=True)
class UploadAndEnhance:
    """The whole job: accept, then process."""

    accept: Accept
    process: Process

    def __call__(self, upload: Upload, observe: Observer = silent) -> Outcome:
        since = self.accept.clock()
        accepted = self.accept(upload, observe)
        done = self.process(
            accepted.image.id,
            accepted.enhancement.sequence,
            picture=accepted.picture,
            content=upload.content,
            since=since,
            observe=observe,
        )
        return evolve(done, replayed=accepted.replayed)


@frozen(kw_only=True)
class EnhanceAgain:
    """Enhance a stored original once more; no earlier result is overwritten."""

    process: Process
    new_id: NewId

    def __call__(
        self,
        image_id: str,
        task: Task,
        backend: str | None = None,
        observe: Observer = silent,
    ) -> Outcome:
        process, now = self.process, self.process.clock()
        enhancer = process.enhance.enhancers.choose(task, backend)
        image = process.repository.get(image_id)
        enhancer.check(image.original_width, image.original_height, task)
        if not image.original_kept:
            if image.status is Status.PENDING:
                raise InProgress(
                    "The image's original is still being stored; try again later.", retry_after=5
                )
            raise OriginalNotKept(
                "The image's original was never stored, so there is nothing to enhance; "
                "delete the image and upload it again."
            )
        enhancement = process.repository.add_enhancement(
            image_id,
            lambda sequence: _reservation(
                image, sequence, task, enhancer.name, self.new_id(), now, process.owner
            ),
        )
        observe(_event(Stage.RESERVED, image_id, enhancement_id=enhancement.id))
        return process(image_id, enhancement.sequence, since=now, observe=observe)


@frozen(kw_only=True)
class ListImages:
    """A page of images, newest first."""

    repository: ImageRepository
    store: ObjectStore

    def __call__(self, query: ImageQuery) -> ImagePage:
        page = self.repository.page(query)
        return evolve(page, images=tuple(_located(self.store, image) for image in page.images))


@frozen(kw_only=True)
class GetImage:
    """One image by id."""

    repository: ImageRepository
    store: ObjectStore

    def __call__(self, image_id: str) -> ProductImage:
        return _located(self.store, self.repository.get(image_id))


@frozen(kw_only=True)
class GetHistory:
    """An image and all its enhancements, first one first."""

    repository: ImageRepository
    store: ObjectStore

    def __call__(self, image_id: str) -> tuple[ProductImage, tuple[Enhancement, ...]]:
        image = _located(self.store, self.repository.get(image_id))
        history = self.repository.history(image_id)
        return image, tuple(
            evolve(each, enhanced=_moved(self.store, each.enhanced)) for each in history
        )


@frozen(kw_only=True)
class DeleteImage:
    """Remove an image, its enhancements and its objects; safe to repeat if interrupted."""

    repository: ImageRepository
    store: ObjectStore
    clock: Clock

    def __call__(self, image_id: str) -> None:
        # Hidden first, objects next, rows last: rows name the objects until all are gone.
        self.repository.mark_deleted(image_id, now=self.clock())
        for image, enhancements in self.repository.deleted(1, image_id):
            self.erase(image, enhancements)

    def erase(self, image: ProductImage, enhancements: Iterable[Enhancement]) -> None:
        """Remove what an image marked as deleted still has."""
        for key in (image.original.key, *(each.key for each in enhancements)):
            self.store.delete(key)
        self.repository.forget(image.id)


@frozen(kw_only=True)
class Reconciled:
    """What ``Reconcile`` found and did."""

    finished: int = 0
    failed: int = 0
    deleted: int = 0
    left: int = 0
    """Not settled now: someone may be at work on it, or a store is unavailable."""


@frozen(kw_only=True)
class Reconcile:
    """Finish or fail what a killed process left behind."""

    process: Process
    delete: DeleteImage
    may_be_alive: Callable[[str | None], bool] = _perhaps
    """Whether the owner of a lease may still be running; only one that certainly is not loses it
    before its time."""

    def __call__(
        self, *, ignore_leases: bool = False, limit: int = 1000, observe: Observer = silent
    ) -> Reconciled:
        """Settle up to ``limit`` enhancements whose lease has run out or whose owner is dead.

        ``ignore_leases`` takes over all others too: only where nothing else is running. Raises
        StoreUnavailable if the database is.
        """
        counts = Counter(self._erase(*each) for each in self.delete.repository.deleted(limit))
        now = self.process.clock()
        repository = self.process.repository
        abandoned = [*repository.unfinished(now, limit)]
        for leased in repository.unfinished(now + 2 * LEASE, limit):
            if leased.lease_until is None or leased.lease_until <= now:
                continue
            if ignore_leases or not self.may_be_alive(leased.lease_owner):
                abandoned.append(leased)
            else:
                counts["left"] += 1
        if abandoned and not self._store_answers():
            counts["left"] += len(abandoned)
            abandoned = []
        counts.update(self._settle(each, observe) for each in abandoned[:limit])
        return Reconciled(**counts)

    def _store_answers(self) -> bool:
        """Asked first, so that an outage does not use up attempts."""
        try:
            self.process.store.check()
        except StoreUnavailable:
            return False
        return True

    def _erase(self, image: ProductImage, enhancements: Iterable[Enhancement]) -> str:
        try:
            self.delete.erase(image, enhancements)
        except PixelLabError:
            return "left"
        return "deleted"

    def _settle(self, abandoned: Enhancement, observe: Observer) -> str:
        try:
            self.process(
                abandoned.image_id,
                abandoned.sequence,
                settling=True,
                # Should another have taken it over meanwhile, that lease runs longer than this.
                overrule=abandoned.lease_until,
                observe=observe,
            )
        except (InProgress, StoreUnavailable, UnknownImage):
            return "left"
        except Exception:
            # It is in the record, and the observer was told.
            return "failed"
        return "finished"


def _event(stage: Stage, image_id: str, **fields: object) -> Event:
    return Event(stage=stage, image_id=image_id, fields=fields)


def _digest(content: BinaryIO) -> tuple[str, int]:
    """SHA-256 in hexadecimal, and the size in bytes, of the whole content."""
    content.seek(0)
    digest, size = hashlib.sha256(), 0
    while chunk := content.read(CHUNK):
        digest.update(chunk)
        size += len(chunk)
    return digest.hexdigest(), size


def _fingerprint(upload: Upload, sha256: str) -> str:
    fields = (sha256, upload.filename, upload.task, upload.backend, upload.sku_id)
    return hashlib.sha256(repr(fields).encode("utf-8", "surrogatepass")).hexdigest()


def _reservation(
    image: ProductImage,
    sequence: int,
    task: Task,
    backend: str,
    new_id: str,
    now: datetime,
    owner: str | None,
) -> Enhancement:
    return Enhancement(
        id=new_id,
        image_id=image.id,
        sequence=sequence,
        backend=backend,
        task=task,
        key=enhanced_key(image.key_digits, sequence, image.filename, backend, task.output_format),
        status=ProcessingStatus.PROCESSING,
        created_at=now,
        lease_until=now + LEASE,
        lease_owner=owner,
        original_size_bytes=image.original.size_bytes,
    )


def _write(store: ObjectStore, wanted: StoredObject, data: BinaryIO) -> StoredObject:
    filename = wanted.key.rsplit("/", 1)[-1]
    try:
        return store.put(wanted.key, data, media_type=wanted.media_type, filename=filename)
    except ObjectExists as error:
        raise ClaimLost("Another worker wrote this object first.") from error


def _taken_over() -> InProgress:
    return InProgress(
        "The image is being processed by another worker; try again later.", retry_after=5
    )


def _remove(store: ObjectStore, key: str) -> None:
    """Remove what a failure may have left; where that fails too, a row still names the key."""
    with suppress(PixelLabError):
        store.delete(key)


def _fail(
    repository: ImageRepository,
    enhancement: Enhancement,
    error: Exception,
    now: datetime,
    observe: Observer,
) -> None:
    known = isinstance(error, PixelLabError)
    reason = "An internal error occurred."
    if isinstance(error, PixelLabError):
        reason, error.image_id = error.message, enhancement.image_id
    failed = evolve(
        enhancement,
        status=ProcessingStatus.FAILED,
        lease_until=None,
        failure=reason,
        finished_at=now,
    )
    # Where even this cannot be written, the lease runs out and Reconcile settles the row.
    with suppress(PixelLabError):
        repository.finish(failed)
    observe(
        _event(
            Stage.FAILED,
            enhancement.image_id,
            reason=reason,
            error=type(error).__name__,
            known=known,
            mode=enhancement.task.mode,
            backend=enhancement.backend,
        )
    )


def _completed(
    image: ProductImage,
    enhancement: Enhancement,
    result: Result,
    stored: StoredObject,
    since: datetime,
    now: datetime,
) -> Enhancement:
    before, after, enhanced = result.before, result.after, result.enhanced
    original_bytes = image.original.size_bytes
    done = evolve(
        enhancement,
        status=ProcessingStatus.COMPLETED,
        lease_until=None,
        backend=enhanced.backend,
        enhanced=stored,
        enhanced_width=result.encoded.width,
        enhanced_height=result.encoded.height,
        enhanced_format=str(result.encoded.format),
        original_quality_score=before.score,
        enhanced_quality_score=after.score,
        size_metadata={
            "original_size_kb": kilobytes(original_bytes),
            "enhanced_size_kb": kilobytes(stored.size_bytes),
            "reduction_percent": reduction_percent(original_bytes, stored.size_bytes),
        },
        processing_time_ms=round((now - since).total_seconds() * 1000),
        model_version=enhanced.model_version,
        response_id=enhanced.response_id,
        steps=enhanced.steps,
        rules=result.rules,
        warnings=result.warnings,
        target_met=result.encoded.target_met if enhancement.task.target_size_kb else None,
        finished_at=now,
    )
    quality = {f"original_{name}": value for name, value in before.parts.items()}
    quality |= {f"enhanced_{name}": value for name, value in after.parts.items()}
    return evolve(
        done, quality_metadata={**quality, "improvement_percent": done.improvement_percent}
    )


def _moved(store: ObjectStore, stored: StoredObject | None) -> StoredObject | None:
    """The object under the URL it has today: a CDN or a public address may have changed."""
    if stored is None:
        return None
    uri, url = store.locate(stored.key)
    return evolve(stored, uri=uri, url=url)


def _located(store: ObjectStore, image: ProductImage) -> ProductImage:
    original = _moved(store, image.original)
    assert original is not None
    return evolve(image, original=original, enhanced=_moved(store, image.enhanced))
