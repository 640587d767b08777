"""Doing an enhancement that is reserved."""

from __future__ import annotations

import hashlib
import io
from datetime import datetime
from decimal import Decimal
from typing import BinaryIO

from attrs import define, evolve, frozen

from pixellab.domain.errors import (
    BackendFailed,
    ClaimLost,
    StoreUnavailable,
    UnknownImage,
)
from pixellab.domain.formats import MEDIA_TYPES
from pixellab.domain.images import (
    MAX_ATTEMPTS,
    Enhancement,
    ProcessingStatus,
    ProductImage,
    StoredObject,
)
from pixellab.domain.pictures import EncodedImage, Picture
from pixellab.domain.ports import (
    Clock,
    Event,
    ImageRepository,
    Job,
    Milestone,
    MonotonicClock,
    ObjectStore,
    Observer,
    Outcome,
)
from pixellab.domain.results import BackendCall, CallOutcome, cost_of, with_call
from pixellab.domain.use_cases.asking.fallback import Asker
from pixellab.domain.use_cases.asking.interrupted import as_found, cost_of_lost, lost_by
from pixellab.domain.use_cases.enhance import Enhance
from pixellab.domain.use_cases.keeping.completion import completed
from pixellab.domain.use_cases.keeping.original import Original
from pixellab.domain.use_cases.keeping.reservations import (
    LEASE,
    event_of,
    fail,
    remove,
    result_key,
    silent,
    taken_over,
    write,
)
from pixellab.domain.use_cases.thumbnails import Thumbnails


@define
class _Attempt:
    """An attempt at work, as the record has it or is about to."""

    enhancement: Enhancement
    lost: Decimal
    """What attempts that were cut off spent, in US dollars."""
    picture: Picture | None = None
    """The original, once it is decoded."""


@frozen(kw_only=True)
class Process:
    """Do a reserved enhancement; safe to repeat, by anyone, at any time."""

    enhance: Enhance
    store: ObjectStore
    repository: ImageRepository
    clock: Clock
    monotonic: MonotonicClock
    owner: str | None = None
    """This process, for the leases it takes."""

    @property
    def thumbnails(self) -> Thumbnails:
        return Thumbnails(
            imaging=self.enhance.imaging, store=self.store, repository=self.repository
        )

    def __call__(
        self,
        image_id: str,
        sequence: int = 1,
        *,
        picture: Picture | None = None,
        content: BinaryIO | None = None,
        since: float | None = None,
        settling: bool = False,
        overrule: datetime | None = None,
        retry: bool = True,
        observe: Observer = silent,
    ) -> Outcome:
        """Claim the enhancement, do it, store and record the result.

        ``picture`` spares decoding the stored original; ``content`` is its bytes again, for a
        record whose original was never stored. ``since`` is what ``monotonic`` said when the
        request began. ``settling`` and ``overrule`` are those of a Job. One that has failed is
        done anew if ``retry``; else this raises BackendFailed with the reason on record.

        Backends that were paid by an attempt that was cut off are not asked again: who wants that
        asks for it once this has failed.
        """
        now = self.clock()
        if since is None:
            since = self.monotonic()
        claimed = self.repository.claim(
            image_id,
            sequence,
            now=max(now, overrule or now),
            until=now + LEASE,
            owner=self.owner,
            retry=retry,
        )
        image = self.repository.get(image_id)
        if claimed.status is ProcessingStatus.COMPLETED:
            return Outcome(image=image, enhancement=claimed, replayed=True)
        if claimed.status is ProcessingStatus.FAILED:
            failed = BackendFailed(claimed.failure or "It failed.")
            failed.image_id = image_id
            raise failed
        found = evolve(claimed, calls=as_found(claimed.calls))
        attempt = _Attempt(found, lost=cost_of_lost(claimed.calls))
        self._tell_of_unanswered(image, claimed, observe)
        try:
            if settling and claimed.attempts > MAX_ATTEMPTS:
                raise BackendFailed(f"It was given up after {MAX_ATTEMPTS} attempts.")
            done = self._work(image, attempt, picture, content, since, observe)
        except ClaimLost as error:
            raise taken_over() from error
        except Exception as error:
            if settling and isinstance(error, StoreUnavailable):
                raise
            self._fail(image, attempt, error, observe)
            raise
        image = self._finish(done)
        observe(
            event_of(
                Milestone.COMPLETED,
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

    def do(self, job: Job, observe: Observer = silent) -> Outcome:
        """What a job asks for, by whoever it was handed to, once however often it is."""
        return self(
            job.image_id,
            job.sequence,
            settling=job.settling,
            overrule=job.overrule,
            retry=False,
            observe=observe,
        )

    def _work(
        self,
        image: ProductImage,
        attempt: _Attempt,
        picture: Picture | None,
        content: BinaryIO | None,
        since: float,
        observe: Observer,
    ) -> Enhancement:
        original = Original(image=image, store=self.store, content=content)
        if not image.original_kept:
            self.repository.keep_original(image.id, original.kept(), now=self.clock())
        if picture is None:
            picture = original.decoded(self.enhance.imaging)
        attempt.picture = picture
        before = self.enhance.imaging.assess(picture)
        observe(event_of(Milestone.ASSESSED, image.id, score=before.score))
        claimed = attempt.enhancement
        asker = Asker(
            attempt=claimed.attempt_key,
            payer=claimed.payer,
            lost=lost_by(claimed.calls),
            spent=attempt.lost,
            tell=lambda call: self._note(image, attempt, call, observe),
        )
        result = self.enhance(
            picture,
            claimed.task,
            claimed.chain,
            before,
            asker,
            photo=original.read,
        )
        enhancement = attempt.enhancement
        observe(event_of(Milestone.ENHANCED, image.id, score=result.after.score))
        stored = self._store_result(enhancement, result.encoded)
        observe(event_of(Milestone.RESULT_STORED, image.id, store=self.store.name, key=stored.key))
        if self._holds(enhancement):
            url = self.thumbnails.of_result(
                result.enhanced.picture, enhancement.thumbnail_key, anew=enhancement.attempts > 1
            )
            enhancement = evolve(enhancement, thumbnail_url=url)
        seconds = self.monotonic() - since
        return completed(image, enhancement, result, stored, seconds, self.clock())

    def _note(
        self, image: ProductImage, attempt: _Attempt, call: BackendCall, observe: Observer
    ) -> None:
        """Put a call on record before the work goes on from it, and before it can be lost.

        Whoever serves decides where the result is kept, and each backend has a lease of its own.
        """
        before = attempt.enhancement
        calls = with_call(before.calls, evolve(call, under_way=True))
        after = evolve(before, calls=calls)
        if call.outcome is not CallOutcome.ASKED:
            # An announcement that cannot be written announces nothing; what was done, was done.
            attempt.enhancement = after
            observe(_event_of_call(image, after, call))
        served = call.outcome is CallOutcome.SERVED
        if served:
            enhancers = self.enhance.enhancers
            key = result_key(enhancers, image, before.sequence, before.task, call.backend)
            after = evolve(after, backend=call.backend, key=key)
        is_last = served or call.backend == before.chain[-1]
        announced = len(calls) == len(before.calls)
        if is_last and before.key == after.key and call.usage is None and not announced:
            # There is nothing that the end of the attempt would not write as well.
            attempt.enhancement = after
            return
        if not self._holds(before):
            raise ClaimLost("It took longer than its lease.")
        if before.key != after.key and before.attempts > 1:
            # An earlier attempt, served by another backend, may have stored its result there.
            self.store.delete(before.key)
        noted = evolve(after, lease_until=self.clock() + LEASE)
        if call.outcome is not CallOutcome.ASKED:
            attempt.enhancement = noted
        self.repository.note(noted)
        attempt.enhancement = noted

    def _tell_of_unanswered(
        self, image: ProductImage, claimed: Enhancement, observe: Observer
    ) -> None:
        for before, found in zip(claimed.calls, as_found(claimed.calls), strict=True):
            if found is not before:
                observe(_event_of_call(image, claimed, found))

    def _fail(
        self, image: ProductImage, attempt: _Attempt, error: Exception, observe: Observer
    ) -> None:
        enhancement = attempt.enhancement
        if self._holds(enhancement):
            for key in filter(None, (enhancement.key, enhancement.thumbnail_key)):
                remove(self.store, key)
        fail(self.repository, enhancement, error, self.clock(), observe)
        if attempt.picture is not None and not isinstance(error, StoreUnavailable):
            self.thumbnails.of_original(image, attempt.picture)

    def _holds(self, enhancement: Enhancement) -> bool:
        """Whether no other attempt can have begun yet, whose objects these might be."""
        return enhancement.lease_until is not None and self.clock() < enhancement.lease_until

    def _finish(self, done: Enhancement) -> ProductImage:
        # Should this fail for want of the database, nobody knows whether it was written: the
        # result stays where the row says, and Reconcile finds out.
        try:
            return self.repository.finish(done)
        except ClaimLost as error:
            self._remove_unnamed(done)
            raise taken_over() from error

    def _remove_unnamed(self, done: Enhancement) -> None:
        """Remove what no record names any more: the image is gone, or another backend served."""
        try:
            history = self.repository.history(done.image_id)
        except UnknownImage:
            history = ()
        named = {key for each in history for key in (each.key, each.thumbnail_key)}
        for key in {done.key, done.thumbnail_key} - named - {None}:
            remove(self.store, str(key))

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
        return write(self.store, wanted, io.BytesIO(encoded.data))


def _event_of_call(image: ProductImage, enhancement: Enhancement, call: BackendCall) -> Event:
    return event_of(
        Milestone.BACKEND_CALLED,
        image.id,
        mode=enhancement.task.mode,
        backend=call.backend,
        outcome=call.outcome,
        why=call.why,
        cost=cost_of([call]),
    )
