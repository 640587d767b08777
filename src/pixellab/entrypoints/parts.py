"""The parts that ``bootstrap`` made, each opened when it is first used."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from threading import Lock
from typing import TYPE_CHECKING, Protocol, TypeVar

from attrs import frozen

from pixellab.domain.ports import (
    Batches,
    Deliveries,
    DirectUploads,
    Enhancers,
    ImageRepository,
    Imaging,
    ItemJob,
    Job,
    Jobs,
    ObjectStore,
    Observer,
    Outcome,
    Queue,
    RemoteFiles,
)
from pixellab.domain.use_cases import Enhance, KnownPresets
from pixellab.domain.webhooks import Announcer
from pixellab.entrypoints.settings import Settings

if TYPE_CHECKING:
    from pixellab.adapters.webhooks.sending import Sending

Part = TypeVar("Part", bound="Closing")
Do = Callable[[Job | ItemJob, Observer], Outcome | None]


@frozen(kw_only=True)
class Parts:
    """What the use cases are made of.

    The stores are opened when first used, which is when a use case that needs one is asked for: by
    one thread, while others wait. Where that fails it raises Misconfigured or StoreUnavailable, and
    the next use tries again.
    """

    settings: Settings
    presets: KnownPresets
    enhance: Enhance
    _store: Callable[[], ObjectStore]
    _repository: Callable[[], ImageRepository]
    _batches: Callable[[], Batches]
    _jobs: Callable[[Do], Jobs]
    _queue: Callable[[], Queue]
    _direct_uploads: Callable[[], DirectUploads]
    _remote_files: Callable[[], RemoteFiles]
    announcer: Announcer | None
    """Makes the messages about what has happened; None where nobody is told."""
    check_webhook: Callable[[str], None]
    """Raises InvalidRequest for a request's receiver that may not be told anything."""
    _deliveries: Callable[[], Deliveries]
    _webhooks: Callable[[], Sending]

    def open_stores(self) -> None:
        """Open both now, so that what is wrong with them shows before there is work to do."""
        _ = self.store, self.repository

    @property
    def store(self) -> ObjectStore:
        return self._store()

    @property
    def repository(self) -> ImageRepository:
        return self._repository()

    @property
    def queue(self) -> Queue:
        """Whoever does jobs later: threads of this process, or workers that a broker hands them to,
        as the settings say."""
        return self._queue()

    @property
    def direct_uploads(self) -> DirectUploads:
        return self._direct_uploads()

    @property
    def remote_files(self) -> RemoteFiles:
        return self._remote_files()

    @property
    def deliveries(self) -> Deliveries:
        return self._deliveries()

    @property
    def webhooks(self) -> Sending:
        """Sends the messages that wait, from this process."""
        return self._webhooks()

    @property
    def imaging(self) -> Imaging:
        return self.enhance.imaging

    @property
    def enhancers(self) -> Enhancers:
        return self.enhance.enhancers


class Closing(Protocol):
    """What is closed at the end."""

    def close(self) -> None: ...


def when_used(
    make: Callable[[], Part], given: Part | None, opened: ExitStack
) -> Callable[[], Part]:
    """Gives what is ``given``, else what ``make`` makes when first called; ``opened`` closes it."""
    made = [] if given is None else [given]
    lock = Lock()

    def get() -> Part:
        with lock:
            if not made:
                made.append(make())
                opened.callback(made[0].close)
            return made[0]

    return get
