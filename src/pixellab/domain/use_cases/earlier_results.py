"""Results of the past: making one again to compare, and making one the current one."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Iterator, Mapping

from attrs import frozen

from pixellab.domain.errors import BackendRefused, InProgress, NoResult
from pixellab.domain.images import Enhancement, ProcessingStatus, ProductImage, StoredObject
from pixellab.domain.pictures import Picture
from pixellab.domain.ports import Clock, ImageRepository, ObjectStore, Origin
from pixellab.domain.use_cases.enhance import Enhance, Result
from pixellab.domain.use_cases.keeping.original import Original
from pixellab.domain.use_cases.read import GetEnhancement, Links


@frozen(kw_only=True)
class Remade:
    """A result that was made again, beside the one that is kept."""

    enhancement: Enhancement
    """What is on record."""
    sha256: str
    """Hexadecimal, of the file that was made now."""
    faithfulness: float
    """Of the picture made now to the kept one, 0 to 100."""
    differences: tuple[str, ...]
    """What is not as it was then, a sentence each; also where the bytes are the same."""

    @property
    def is_same(self) -> bool:
        """Whether it is the kept file, byte by byte."""
        return self.sha256 == _kept(self.enhancement).sha256


@frozen(kw_only=True)
class Replay:
    """Make a result again, from the original and the recorded request; changes nothing kept."""

    enhance: Enhance
    store: ObjectStore
    repository: ImageRepository

    def __call__(self, image_id: str, sequence: int) -> Remade:
        """Raises UnknownImage, also for a number that the image does not have, InProgress and
        NoResult where there is no result yet or at all, BackendRefused where it was paid for,
        ObjectMissing, StoreUnavailable, and what ``Enhance`` raises."""
        image = self.repository.get(image_id)
        done = with_result(self.repository, self.store, image_id, sequence)
        self._refuse_paid(image, done)
        original = Original(image=image, store=self.store).read()
        picture = self.enhance.imaging.open(io.BytesIO(original))
        made = self.enhance(picture, done.task, (done.backend,), photo=lambda: original)
        return Remade(
            enhancement=done,
            sha256=_sha256(made.encoded.data),
            faithfulness=self._likeness(_kept(done), made.encoded.data),
            differences=(
                *_damage(image.original, original),
                *_differences(done, made),
                *self._signatures(),
            ),
        )

    def _refuse_paid(self, image: ProductImage, done: Enhancement) -> None:
        backend = self.enhance.enhancers.get(done.backend, done.task)
        size = image.original_width, image.original_height
        if backend.estimate(*size, done.task) is not None:
            raise BackendRefused(
                f"{done.backend} has to be paid and draws another picture each time; only what "
                "this machine makes can be made again."
            )

    def _likeness(self, kept: StoredObject, data: bytes) -> float:
        with self.store.open(kept.key) as stored:
            before = self._decoded(stored.read())
        return self.enhance.imaging.compare(before, self._decoded(data)).score

    def _decoded(self, data: bytes) -> Picture:
        # An enlarged result may be larger than strangers' photos may be.
        return self.enhance.imaging.open(io.BytesIO(data), origin=Origin.OWN)

    def _signatures(self) -> Iterator[str]:
        if self.enhance.credentials is not None:
            yield "Results are signed, and no two signatures are the same."


@frozen(kw_only=True)
class Revert:
    """Make an earlier result the current one of its image; nothing is made or removed.

    The result of an enhancement with a higher number takes its place again once it is done.
    """

    repository: ImageRepository
    store: ObjectStore
    clock: Clock

    def __call__(self, image_id: str, sequence: int) -> ProductImage:
        """The image as it is then. Raises UnknownImage, InProgress, NoResult, StoreUnavailable."""
        with_result(self.repository, self.store, image_id, sequence)
        image = self.repository.revert(image_id, sequence, now=self.clock())
        return Links(self.store).of_image(image)


def with_result(
    repository: ImageRepository, store: ObjectStore, image_id: str, sequence: int
) -> Enhancement:
    """The enhancement, which has a result. Raises UnknownImage, InProgress and NoResult."""
    done = GetEnhancement(repository=repository, store=store)(image_id, sequence)
    if done.status is ProcessingStatus.PROCESSING:
        raise InProgress(f"Enhancement {sequence} is not done yet; try again later.")
    if done.enhanced is None:
        raise NoResult(f"Enhancement {sequence} failed, so it has no result.")
    return done


def _kept(done: Enhancement) -> StoredObject:
    assert done.enhanced is not None
    return done.enhanced


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _damage(recorded: StoredObject, original: bytes) -> Iterator[str]:
    if _sha256(original) != recorded.sha256:
        yield "The stored original is not the file that was uploaded."


def _differences(done: Enhancement, made: Result) -> Iterator[str]:
    if not done.versions:
        yield "With which versions it was made is not on record."
        return
    yield from _changed(done.versions, made.versions, "version")
    then = {each.name: each.sha256 for each in done.models}
    now = {each.name: each.sha256 for each in made.enhanced.models}
    yield from _changed(then, now, "file")


def _changed(then: Mapping[str, str], now: Mapping[str, str], what: str) -> Iterator[str]:
    for name in sorted({*then, *now}):
        before, after = then.get(name), now.get(name)
        if before is None:
            yield f"{name} was not used then, and is now."
        elif after is None:
            yield f"{name} was used then, and is not now."
        elif before != after:
            yield f"{name}: its {what} was {before}, and is now {after}."
