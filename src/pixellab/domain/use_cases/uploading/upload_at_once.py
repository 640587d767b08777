"""Taking an upload in, and enhancing it while its sender waits."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from attrs import evolve, frozen

from pixellab.domain.ports import Observer, Outcome
from pixellab.domain.use_cases.keeping.reservations import perhaps, silent
from pixellab.domain.use_cases.process import Process
from pixellab.domain.use_cases.uploading.upload import Accept, Accepted, Upload


@frozen(kw_only=True)
class UploadAndEnhance:
    """The whole job: accept, then process."""

    accept: Accept
    process: Process
    may_be_alive: Callable[[str | None], bool] = perhaps
    """Whether the owner of a lease may still be running. Where a repeated upload was at work in a
    process that certainly is not, it is taken over at once."""

    def __call__(self, upload: Upload, observe: Observer = silent) -> Outcome:
        since = self.process.monotonic()
        accepted = self.accept(upload, observe)
        done = self.process(
            accepted.image.id,
            accepted.enhancement.sequence,
            picture=accepted.picture,
            content=upload.content,
            since=since,
            overrule=self._of_the_dead(accepted),
            observe=observe,
        )
        return evolve(done, replayed=accepted.replayed)

    def _of_the_dead(self, accepted: Accepted) -> datetime | None:
        first = accepted.enhancement
        if not accepted.replayed or self.may_be_alive(first.lease_owner):
            return None
        return first.lease_until
