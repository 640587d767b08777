"""The folder in which models are kept: fetched once, checked, whole or not at all."""

from __future__ import annotations

import shutil
import tempfile
import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING

from filelock import FileLock

from pixellab.adapters.network_files.sources import Source, fetch, released
from pixellab.domain.errors import (
    BackendRefused,
    BackendUnavailable,
    PixelLabError,
    StoreUnavailable,
)

if TYPE_CHECKING:
    from pixellab.adapters.network_files.registry import NetworkFile
PATIENCE = 10.0
"""Seconds that a request waits for a model that is being fetched, before it does without."""
TRY_AGAIN_AFTER = 3600.0
"""Seconds after a fetch that failed in which none is begun by itself, in any process."""
ASIDE = ".fetching-"


class State(StrEnum):
    """What there is of a model."""

    READY = "ready"
    MISSING = "missing"
    DAMAGED = "damaged"


class NetworkFolder:
    """Models in one folder, for many threads and processes.

    ``path`` None is this user's cache folder. Nothing is made before a model is fetched.
    """

    def __init__(
        self, path: Path | None = None, *, may_fetch: bool = True, patience: float = PATIENCE
    ) -> None:
        self.path = path or _user_cache()
        self.may_fetch = may_fetch
        self._patience = patience
        self._lock = threading.Lock()
        self._checked: dict[str, tuple[int, int]] = {}
        self._fetching: dict[str, threading.Thread] = {}
        self._failures: dict[str, tuple[PixelLabError, float]] = {}

    def file(self, model: NetworkFile) -> Path:
        """Where the model is, or would be."""
        return self.path / model.file

    def state(self, model: NetworkFile) -> State:
        """Checks the file's size and SHA-256; once in a process for a file that stays as it is."""
        file = self.file(model)
        try:
            found = file.stat()
        except OSError:
            return State.MISSING
        stamp = (found.st_mtime_ns, found.st_size)
        if self._checked.get(model.name) != stamp:
            if not model.is_in(file):
                return State.DAMAGED
            self._checked[model.name] = stamp
        return State.READY

    def why_absent(self, network: NetworkFile) -> str | None:
        """What is wrong with the file and what will come of it; None where it is ready."""
        state = self.state(network)
        if state is State.READY:
            return None
        will = "it is fetched when first needed" if self.may_fetch else "none is fetched"
        return f"{network.name} is {state}; {will}"

    def pull(self, model: NetworkFile, *sources: Source) -> Path:
        """The model's file, fetched if it is missing or damaged. Other processes' fetch is awaited.

        ``sources`` are tried in their order; its release address alone where none is named. Raises
        BackendRefused where fetching is forbidden, BackendUnavailable where no source gives the
        file, StoreUnavailable where the folder does not take it.
        """
        if self.state(model) is State.READY:
            return self.file(model)
        if not self.may_fetch:
            raise BackendRefused(
                f"The network {model.name} {_is(self.state(model))}, and fetching is turned off."
            )
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            with FileLock(self.path / f".{model.name}.lock"):
                if self.state(model) is not State.READY:
                    self._fetch(model, sources or (released,))
        except OSError as error:
            raise StoreUnavailable(
                "The folder of the models cannot be written to, or is full."
            ) from error
        return self.file(model)

    def ready(self, model: NetworkFile) -> Path:
        """The model's file, in a time that a request can wait.

        A missing one is fetched from its release address, beside the request, and waited for up to
        ``patience`` seconds. Raises as ``pull``, and BackendUnavailable while it is being fetched.
        """
        if self.state(model) is State.READY:
            return self.file(model)
        if not self.may_fetch:
            return self.pull(model)
        self._begin(model).join(self._patience)
        if self.state(model) is State.READY:
            return self.file(model)
        if failure := self._failures.get(model.name):
            # Without its traceback, which would keep every picture that met it.
            raise failure[0].with_traceback(None)
        raise BackendUnavailable(f"The network {model.name} is still being fetched.")

    def _begin(self, model: NetworkFile) -> threading.Thread:
        """The thread that fetches the model; one that has ended where none is to be begun."""
        with self._lock:
            thread = self._fetching.get(model.name)
            if thread and (thread.is_alive() or self._failed_lately(model)):
                return thread
            thread = threading.Thread(
                target=self._try, args=(model,), name=f"fetch-{model.name}", daemon=True
            )
            self._fetching[model.name] = thread
            thread.start()
            return thread

    def _try(self, model: NetworkFile) -> None:
        try:
            if self._failed_lately(model):
                raise BackendUnavailable(
                    f"The network {model.name} {_is(self.state(model))}, and could not be fetched "
                    "lately."
                )
            self.pull(model)
        except PixelLabError as error:
            self._failures[model.name] = error, time.time()
            self._note_failure(model)
        else:
            self._failures.pop(model.name, None)

    def _fetch(self, model: NetworkFile, sources: Sequence[Source]) -> None:
        for left in self.path.glob(f"{ASIDE}{model.name}-*"):
            shutil.rmtree(left, ignore_errors=True)  # by a process that was killed
        with tempfile.TemporaryDirectory(dir=self.path, prefix=f"{ASIDE}{model.name}-") as aside:
            fetch(model, Path(aside), sources).replace(self.file(model))
        self._failure_note(model).unlink(missing_ok=True)

    def _failure_note(self, model: NetworkFile) -> Path:
        return self.path / f".{model.name}.failed"

    def _note_failure(self, model: NetworkFile) -> None:
        with suppress(OSError):  # it may have failed because nothing can be written there
            self._failure_note(model).touch(exist_ok=False)

    def _failed_lately(self, model: NetworkFile) -> bool:
        _, then = self._failures.get(model.name, (None, 0.0))
        with suppress(OSError):
            then = max(then, self._failure_note(model).stat().st_mtime)
        if 0 <= time.time() - then < TRY_AGAIN_AFTER:
            return True
        with suppress(OSError):
            self._failure_note(model).unlink(missing_ok=True)
        return False


def _is(state: State) -> str:
    return "is damaged" if state is State.DAMAGED else "is not here"


def _user_cache() -> Path:
    import pooch

    return Path(pooch.os_cache("pixellab")) / "models"
