"""The photo of an image, in the store and, while its upload is at work, in hand."""

from __future__ import annotations

from typing import BinaryIO

from attrs import field, frozen

from pixellab.domain.errors import ObjectMissing, OriginalNotKept
from pixellab.domain.images import ProductImage, StoredObject
from pixellab.domain.pictures import Picture
from pixellab.domain.ports import Imaging, ObjectStore
from pixellab.domain.use_cases.keeping.reservations import digest_of, write


@frozen(kw_only=True)
class Original:
    """An image's original, as who works on it needs it."""

    image: ProductImage
    store: ObjectStore
    content: BinaryIO | None = field(default=None, repr=False)
    """Its bytes once more, seekable, where this process still has them."""

    def kept(self) -> StoredObject:
        """The original as it is stored now, for a record that does not say yet that it is.

        Raises OriginalNotKept where the process that had the bytes did not finish storing them.
        """
        wanted = self.image.original
        if self.content is not None:
            self.content.seek(0)
            self.store.delete(wanted.key)
            return write(self.store, wanted, self.content)
        if not self._is_whole():
            self.store.delete(wanted.key)
            raise OriginalNotKept(
                "The upload was interrupted before its original was stored; upload it again."
            )
        return wanted

    def decoded(self, imaging: Imaging) -> Picture:
        with self.store.open(self.image.original.key) as stored:
            return imaging.open(stored)

    def read(self) -> bytes:
        if self.content is not None:
            self.content.seek(0)
            return self.content.read()
        with self.store.open(self.image.original.key) as stored:
            return stored.read()

    def _is_whole(self) -> bool:
        try:
            with self.store.open(self.image.original.key) as stored:
                return digest_of(stored)[0] == self.image.original.sha256
        except ObjectMissing:
            return False
