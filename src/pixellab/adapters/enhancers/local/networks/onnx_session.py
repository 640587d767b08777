"""Opens ONNX networks with what this machine has to compute with: the CPU, or what the user names.

onnxruntime's wheels each bring some of its execution providers; the CPU's is in all of them.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Sequence
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING

from attrs import field, frozen

from pixellab.adapters.enhancers.local.networks.tuning import Level
from pixellab.adapters.network_files.providers import CPU, PROVIDERS
from pixellab.domain.errors import BackendUnavailable

if TYPE_CHECKING:
    import onnxruntime

FATAL = 4
"""onnxruntime's severity: it does not print what it also raises."""

log = logging.getLogger(__name__)


@frozen(kw_only=True)
class Opened:
    """A session, which any number of threads may run."""

    session: onnxruntime.InferenceSession = field(eq=False, repr=False)
    on_cpu: bool
    """Whether the CPU does the work; others want one picture or tile at a time."""
    warnings: tuple[str, ...]
    """One sentence for each provider that was asked for and is not used."""


def read_model(path: Path, sha256: str | None = None) -> bytes:
    """What is in the file of a network, checked against ``sha256`` if that is given.

    Raises BackendUnavailable for a file that is missing or has another checksum.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise BackendUnavailable(
            f"The network {path.stem} is not there or cannot be read."
        ) from error
    if sha256 is not None and hashlib.sha256(data).hexdigest() != sha256:
        raise BackendUnavailable(
            f"The file of the network {path.stem} is damaged: its SHA-256 is not the published one."
        )
    return data


def open_session(
    model: Path | bytes,
    name: str,
    *,
    threads: int,
    providers: Sequence[str] = (CPU,),
    level: Level = Level.ALL,
) -> Opened:
    """The network called ``name``: its file, or what is in it.

    ``providers`` are keys of ``PROVIDERS``, the first choice first; one that this machine lacks is
    passed over, and the CPU comes last. Raises BackendUnavailable for what is no ONNX model.
    """
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.log_severity_level = FATAL
    levels = onnxruntime.GraphOptimizationLevel
    options.graph_optimization_level = {
        Level.EXTENDED: levels.ORT_ENABLE_EXTENDED,
        Level.ALL: levels.ORT_ENABLE_ALL,
    }[level]
    options.intra_op_num_threads, options.inter_op_num_threads = threads, 1
    # Threads that wait for work by spinning would take the cores of other requests.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    # A plan of all memory beforehand holds up to twice as much for good, and is no quicker.
    options.enable_mem_pattern = False
    there = onnxruntime.get_available_providers()
    usable = [PROVIDERS[each] for each in providers if PROVIDERS[each] in there]
    try:
        session = _start(model, options, usable)
    except Exception as error:  # onnxruntime's exceptions share no other base
        raise BackendUnavailable(
            f"The network {name} cannot be read: its file is missing, cut, or no ONNX model."
        ) from error
    used = session.get_providers()
    warnings = tuple(
        f"Networks were to be computed with {each}, which cannot be used here; "
        f"{_ours(used[0])} does its work."
        for each in providers
        if PROVIDERS[each] not in used
    )
    for warning in warnings:
        _log_once(warning)
    return Opened(session=session, on_cpu=used[0] == PROVIDERS[CPU], warnings=warnings)


def _start(
    model: Path | bytes, options: onnxruntime.SessionOptions, usable: list[str]
) -> onnxruntime.InferenceSession:
    """On the CPU alone where another provider is there but does not start.

    onnxruntime's own way on from that would print what went wrong.
    """
    import onnxruntime

    given, cpu = model if isinstance(model, bytes) else str(model), PROVIDERS[CPU]
    start = partial(onnxruntime.InferenceSession, given, options, enable_fallback=0)
    if not {*usable} - {cpu}:
        return start(providers=[cpu])
    try:
        return start(providers=list(dict.fromkeys([*usable, cpu])))
    except Exception:  # onnxruntime's exceptions share no other base
        return start(providers=[cpu])


@cache
def _log_once(warning: str) -> None:
    """Not for each network of a process again."""
    log.warning("%s", warning)


def _ours(provider: str) -> str:
    return next((ours for ours, theirs in PROVIDERS.items() if theirs == provider), provider)
