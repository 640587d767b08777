"""Taking an upload in: its record, and its original."""

from __future__ import annotations

from collections.abc import Callable
from typing import BinaryIO

from attrs import evolve, field, frozen

from pixellab.domain.errors import (
    ClaimLost,
    IdempotencyConflict,
    InvalidRequest,
    KeyTaken,
    SkuTaken,
    StoreUnavailable,
    UnknownImage,
)
from pixellab.domain.formats import MEDIA_TYPES
from pixellab.domain.images import (
    Enhancement,
    ProductImage,
    Status,
    StoredObject,
    filename_for,
    original_key,
    thumbnail_key,
)
from pixellab.domain.pictures import Picture
from pixellab.domain.ports import (
    Clock,
    Enhancers,
    ImageRepository,
    Imaging,
    Milestone,
    NewId,
    ObjectStore,
    Observer,
)
from pixellab.domain.requests import MAX_SKU_LENGTH, Task
from pixellab.domain.use_cases.asking.fallback import check_chain
from pixellab.domain.use_cases.keeping.reservations import (
    KEY_DIGITS,
    LEASE,
    MAX_KEY_TRIES,
    digest_of,
    event_of,
    fail,
    remove,
    reserve,
    reserved_event,
    silent,
    write,
)
from pixellab.domain.use_cases.uploading.fingerprint import (
    check_key,
    check_printable,
    fingerprint_of,
    is_repeated,
    recorded_key,
)


def _trimmed(text: str | None) -> str | None:
    # MySQL compares without regard to blanks at the end, SQLite with; so there are none.
    return text.strip(" ") if isinstance(text, str) else text


@frozen(kw_only=True)
class Upload:
    """A photo handed over, and what is asked of it."""

    content: BinaryIO = field(repr=False)
    """Seekable; read from its start."""
    filename: str | None = None
    task: Task = Task()
    backend: str | None = None
    sku_id: str | None = field(default=None, converter=_trimmed)
    idempotency_key: str | None = field(default=None, converter=_trimmed)
    own_key: str | None = None
    """In place of ``idempotency_key``, where it follows from what PixelLab itself keeps."""
    payer: str | None = None
    """Who pays, as the ledger calls them."""
    source_url: str | None = None
    """Where ``content`` was fetched from, as RemoteFile has it."""
    webhook_url: str | None = field(default=None, repr=False)
    """Who is told how it ended."""

    def __attrs_post_init__(self) -> None:
        check_printable("sku_id", self.sku_id, MAX_SKU_LENGTH)
        check_key(self.idempotency_key)

    @property
    def owned_key(self) -> str | None:
        """The idempotency key as the record keeps it."""
        return recorded_key(self.idempotency_key, self.payer, self.own_key)


@frozen(kw_only=True)
class Accepted:
    """An upload whose record and original are kept."""

    image: ProductImage
    enhancement: Enhancement
    picture: Picture | None = None
    replayed: bool = False
    """True where the idempotency key was seen before with the same content."""


def refuse_webhook(_url: str) -> None:
    """The answer where no request may name who is told."""
    told = "webhook_url is not taken here; leave it out."
    raise InvalidRequest("webhook_url", told, lacks="webhook_url")


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
    check_webhook: Callable[[str], None] = refuse_webhook
    """Raises InvalidRequest for an address that may not be told anything."""

    def __call__(self, upload: Upload, observe: Observer = silent) -> Accepted:
        if upload.webhook_url is not None:
            self.check_webhook(upload.webhook_url)
        image_id = self.new_id()
        sha256, size = digest_of(upload.content)
        name = upload.filename or "image"
        observe(event_of(Milestone.RECEIVED, image_id, filename=name, size_bytes=size))
        chain = self.enhancers.choose(upload.task, upload.backend)
        if earlier := self._earlier(upload, sha256):
            return earlier
        upload.content.seek(0)
        picture = self.imaging.open(upload.content)
        check_chain(self.enhancers, chain, picture.width, picture.height, upload.task)

        try:
            image, enhancement = self._reserve(upload, chain, picture, image_id, (sha256, size))
        except IdempotencyConflict:
            # The same key arrived twice at once; the other request was first.
            if earlier := self._earlier(upload, sha256):
                return earlier
            raise
        observe(reserved_event(image, enhancement))
        try:
            upload.content.seek(0)
            kept = write(self.store, image.original, upload.content)
        except Exception as error:
            if not isinstance(error, ClaimLost):
                remove(self.store, image.original.key)
            fail(self.repository, enhancement, error, self.clock(), observe)
            raise
        try:
            # Where the database fails here, nobody knows what it wrote: Reconcile finds out.
            self.repository.keep_original(image.id, kept, now=self.clock())
        except UnknownImage:
            remove(self.store, kept.key)
            raise
        observe(event_of(Milestone.ORIGINAL_STORED, image.id, store=self.store.name, key=kept.key))
        return Accepted(
            image=evolve(image, original=kept, original_kept=True),
            enhancement=enhancement,
            picture=picture,
        )

    def _earlier(self, upload: Upload, sha256: str) -> Accepted | None:
        if upload.owned_key is None:
            return None
        image = self.repository.find(upload.owned_key) or self._shared(upload, sha256)
        if image is None:
            return None
        if not is_repeated(upload, sha256, image.fingerprint):
            raise IdempotencyConflict(
                "This Idempotency-Key was used before with another file or other fields; "
                "send a new key."
            )
        first = self.repository.history(image.id)[0]
        return Accepted(image=image, enhancement=first, replayed=True)

    def _shared(self, upload: Upload, sha256: str) -> ProductImage | None:
        """This very upload as an earlier version recorded it, when API keys shared these keys."""
        if upload.idempotency_key is None or upload.payer is None:
            return None
        image = self.repository.find(upload.idempotency_key)
        if image is None or not is_repeated(upload, sha256, image.fingerprint):
            return None
        payer = self.repository.history(image.id)[0].payer
        return image if payer in (None, upload.payer) else None

    def _reserve(
        self,
        upload: Upload,
        chain: tuple[str, ...],
        picture: Picture,
        image_id: str,
        content: tuple[str, int],
    ) -> tuple[ProductImage, Enhancement]:
        # Two ids in 4 billion share their first 8 digits; then this image takes other digits.
        digits = image_id.replace("-", "")[:KEY_DIGITS]
        for _ in range(MAX_KEY_TRIES):
            image = self._image(upload, chain[0], picture, image_id, digits, content)
            now = self.clock()
            reserved = reserve(
                self.enhancers, image, 1, upload.task, chain, self.new_id(), now, upload.payer
            )
            # Storing the original is work, too, and only this process has the file.
            enhancement = evolve(
                reserved,
                lease_until=now + LEASE,
                lease_owner=self.owner,
                webhook_url=upload.webhook_url,
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
    ) -> ProductImage:
        now = self.clock()
        sha256, size = content
        filename = filename_for(upload.filename, picture.format)
        key = original_key(self.enhancers.folders(backend).original, digits, filename)
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
            idempotency_key=upload.owned_key,
            fingerprint=fingerprint_of(upload, sha256),
            original_thumbnail_key=thumbnail_key(digits, 0, filename),
            source_url=upload.source_url,
        )
