"""Trying out each configured part; ``pixellab doctor`` tells what came of it."""

from __future__ import annotations

import io
import shlex
import shutil
import stat
import tempfile
from collections.abc import Callable, Iterator
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import uuid4

from attrs import frozen

from pixellab.domain.errors import Misconfigured, PixelLabError, StoreUnavailable
from pixellab.domain.pictures import Mode, Task
from pixellab.entrypoints.cli.show.screen import shown

if TYPE_CHECKING:
    from pixellab.domain.ports import ObjectStore
    from pixellab.entrypoints.settings import Settings

LITTLE_SPACE, TOO_LITTLE_SPACE = 2_000_000_000, 100_000_000
"""Bytes free below which uploads will fail soon, and do fail."""
OTHERS = stat.S_IRWXG | stat.S_IRWXO
LOOPBACK = {"127.0.0.1", "::1", "localhost"}


class Verdict(StrEnum):
    OK = "ok"
    WARNING = "warning"
    PROBLEM = "problem"


@frozen
class Finding:
    """What one check found, and what to do about it."""

    part: str
    verdict: Verdict
    found: str
    advice: str = ""


def examine() -> Iterator[Finding]:
    """Each check in turn; after a wrong setting there is nothing else to check."""
    from pixellab.entrypoints.settings import load_settings, unknown_variables

    try:
        settings = load_settings()
    except PixelLabError as error:
        yield Finding(
            "settings", Verdict.PROBLEM, error.message, "Correct it, then run this again."
        )
        return
    yield Finding("settings", Verdict.OK, "every value is allowed")
    for variable in unknown_variables():
        advice = "Correct its name, or unset it."
        yield Finding(variable, Verdict.WARNING, "is set, but there is no such setting", advice)
    checks: tuple[Callable[[Settings], Iterator[Finding]], ...] = (
        _serving,
        *(() if settings.s3_bucket and settings.mysql_host else (_data_folder,)),
        _mysql if settings.mysql_host else _sqlite,
        _s3 if settings.s3_bucket else _folder,
        _backends,
        _cutout_network,
        _networks,
        _codecs,
    )
    for check in checks:
        yield from check(settings)


def _serving(settings: Settings) -> Iterator[Finding]:
    from pixellab.entrypoints.api.listening import refuse_open_door

    try:
        refuse_open_door(settings)
    except PixelLabError as error:
        advice = "Until then pixellab serve refuses to start."
        yield Finding("serving", Verdict.PROBLEM, error.message, advice)
    else:
        yield Finding("serving", Verdict.OK, f"on {settings.host}, port {settings.port}")
    if settings.public_url is None and settings.host not in LOOPBACK:
        yield Finding(
            "addresses",
            Verdict.WARNING,
            f"answers will contain addresses that begin with {settings.base_url}",
            "Set PIXELLAB_PUBLIC_URL to the address that clients use.",
        )


def _data_folder(settings: Settings) -> Iterator[Finding]:
    from pixellab.adapters.private_folder import make_private_folder

    folder, name = settings.data_dir, shown(settings.data_dir.absolute())
    try:
        make_private_folder(folder)
        with tempfile.TemporaryFile(dir=folder) as trial:
            trial.write(b"doctor")
            trial.flush()
        free = shutil.disk_usage(folder).free
    except OSError as error:
        advice = "Make it a folder that this user may write to, or set PIXELLAB_DATA_DIR to one."
        found = f"{name} cannot be written to: {error.strerror}"
        yield Finding("data folder", Verdict.PROBLEM, found, advice)
        return
    yield Finding("data folder", Verdict.OK, f"{name} can be written to")
    space = f"{free / 1e9:.1f} GB free"
    if free < LITTLE_SPACE:
        verdict = Verdict.PROBLEM if free < TOO_LITTLE_SPACE else Verdict.WARNING
        yield Finding("disk space", verdict, space, "Make room, or move the data folder.")
    else:
        yield Finding("disk space", Verdict.OK, space)
    kept = (settings.database_path, settings.objects_path)
    if _is_open(folder) and any(map(_is_open, kept)):
        advice = f"Unless that is meant: chmod -R go-rwx {shlex.quote(name)}"
        found = "other users of this machine can open what is kept there"
        yield Finding("data folder's permissions", Verdict.WARNING, found, advice)


def _is_open(path: Path) -> bool:
    """Whether others than its owner may open it."""
    return path.exists() and bool(path.stat().st_mode & OTHERS)


def _sqlite(settings: Settings) -> Iterator[Finding]:
    if not settings.database_path.exists():
        yield Finding("database", Verdict.OK, "SQLite; made when it is first needed")
        return
    try:
        _check_database(settings)
    except PixelLabError as error:
        advice = (
            "If its schema is old run pixellab db upgrade; if another program holds it wait; "
            "else check its permissions or restore it from a backup."
        )
        yield Finding("database", Verdict.PROBLEM, error.message, advice)
    else:
        yield Finding("database", Verdict.OK, "SQLite, with the current schema; may be written")


def _mysql(settings: Settings) -> Iterator[Finding]:
    from pixellab.adapters.repositories.mysql import advice

    try:
        _check_database(settings)
    except Misconfigured as error:
        yield Finding("database", Verdict.PROBLEM, error.message, "Then run this again.")
    except PixelLabError as error:
        yield Finding("database", Verdict.PROBLEM, error.message, advice(error))
    else:
        found = f"MySQL on {settings.mysql_host}, with the current schema; may be written"
        yield Finding("database", Verdict.OK, found)


def _check_database(settings: Settings) -> None:
    from pixellab.adapters.repositories.sql import SqlImageRepository
    from pixellab.adapters.repositories.trial import try_writing
    from pixellab.entrypoints.stores import database_engine

    engine = database_engine(settings)
    repository = SqlImageRepository(engine, timeout=settings.database_timeout)
    try:
        repository.check()
        try_writing(engine)
    finally:
        repository.close()


def _s3(settings: Settings) -> Iterator[Finding]:
    from pixellab.entrypoints.stores import s3_store

    try:
        store = s3_store(settings)
    except PixelLabError as error:
        yield Finding("object store", Verdict.PROBLEM, error.message, "Then run this again.")
        return
    from pixellab.adapters.stores.s3_trial import try_out

    try:
        for trial in try_out(store):
            verdict = Verdict.PROBLEM if trial.advice else Verdict.OK
            yield Finding(f"S3 {trial.part}", verdict, trial.found, trial.advice)
    finally:
        store.close()


def _folder(settings: Settings) -> Iterator[Finding]:
    from pixellab.adapters.stores.filesystem import FilesystemObjectStore

    store = FilesystemObjectStore(settings.objects_path, settings.base_url)
    try:
        _try_out(store)
    except PixelLabError as error:
        advice = "Check that the data folder has room and that this user may write to it."
        yield Finding("object store", Verdict.PROBLEM, error.message, advice)
    else:
        found = f"{store.name}: wrote, read and deleted an object"
        yield Finding("object store", Verdict.OK, found)
    finally:
        store.close()


def _try_out(store: ObjectStore) -> None:
    key, data = f"doctor/{uuid4()}.bin", b"PixelLab was here."
    store.put(key, io.BytesIO(data), media_type="application/octet-stream", filename="doctor.bin")
    try:
        with store.open(key) as content:
            if content.read() != data:
                raise StoreUnavailable("The object store gave other bytes than it was given.")
    finally:
        store.delete(key)


def _backends(settings: Settings) -> Iterator[Finding]:
    from pixellab.entrypoints.bootstrap import files_only

    try:
        enhancers = files_only(settings).enhancers
    except PixelLabError as error:
        yield Finding(
            "backends", Verdict.PROBLEM, error.message, "Correct it, then run this again."
        )
        return
    yield Finding("backends", Verdict.OK, f"installed: {', '.join(enhancers.names())}")
    for mode in Mode:
        try:
            enhancers.choose(Task(mode=mode), None)
        except PixelLabError as error:
            advice = f"Route {mode} to another backend in PIXELLAB_ROUTES, or configure this one."
            yield Finding(f"route of {mode}", Verdict.PROBLEM, error.message, advice)


def _cutout_network(settings: Settings) -> Iterator[Finding]:
    from pixellab.adapters.models.folder import State
    from pixellab.adapters.models.registry import MODELS
    from pixellab.entrypoints.bootstrap import model_folder, segmenter

    part, asked = "cut-out network", segmenter(settings)
    if asked is None:
        yield Finding(part, Verdict.OK, "none, as PIXELLAB_CUTOUT_MODEL says")
        return
    if model := MODELS.get(settings.cutout_model):
        state = model_folder(settings).state(model)
        if state is not State.READY:
            will = "it is fetched when first needed" if settings.fetch_models else "none is fetched"
            advice = f"To fetch it now: pixellab models pull {model.name}"
            found = f"{model.name} is {state}; {will}, and until then the classical method works"
            yield Finding(part, Verdict.WARNING, found, advice)
            return
    try:
        asked.network()
    except PixelLabError as error:
        advice = "Correct PIXELLAB_CUTOUT_MODEL; until then the classical method works."
        yield Finding(part, Verdict.PROBLEM, error.message, advice)
    else:
        yield Finding(part, Verdict.OK, f"{asked.name} can be used")


def _networks(settings: Settings) -> Iterator[Finding]:
    from pixellab.adapters.enhancers.local.networks.shipped import contents
    from pixellab.entrypoints.bootstrap import networks

    asked, part = networks(settings), "networks"
    try:
        warnings = {each for name in contents() for each in asked.ours(name).opened.warnings}
    except PixelLabError as error:
        advice = "Install PixelLab again."
        yield Finding(part, Verdict.PROBLEM, error.message, advice)
        return
    yield Finding(part, Verdict.OK, f"{', '.join(contents())} can be used")
    for warning in sorted(warnings):
        advice = "Install the onnxruntime build that has it, or correct PIXELLAB_PROVIDERS."
        yield Finding("providers", Verdict.WARNING, warning, advice)
    if settings.upscale_model is None:
        return
    part, asked = "upscale network", networks(settings)
    if network := asked.upscaler():
        found = f"{network.name}, which enlarges {network.scale} times, can be used"
        yield Finding(part, Verdict.OK, found)
    else:
        advice = "Correct PIXELLAB_UPSCALE_MODEL."
        yield Finding(part, Verdict.PROBLEM, " ".join(asked.warnings), advice)


def _codecs(_: Settings) -> Iterator[Finding]:
    from importlib.util import find_spec

    from PIL import features

    for name, feature in {"JPEG": "jpg", "PNG": "zlib", "WEBP": "webp", "AVIF": "avif"}.items():
        if features.check(feature):
            yield Finding(name, Verdict.OK, "can be read and written")
        else:
            advice = "Install Pillow from its wheel: pip install --force-reinstall pillow"
            yield Finding(name, Verdict.PROBLEM, "Pillow was built without it", advice)
    if find_spec("pi_heif"):
        yield Finding("HEIC", Verdict.OK, "can be read")
    else:
        advice = (
            "To accept iPhone photos, in the folder of PixelLab's source: pip install '.[heif]'"
        )
        yield Finding("HEIC", Verdict.WARNING, "cannot be read", advice)
