"""``pixellab presets``: named sets of options, so that a catalogue is done alike."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from pixellab.domain.errors import InvalidRequest
from pixellab.entrypoints.cli.commands.parts.options import Json, PresetOptions
from pixellab.entrypoints.cli.configured import open_presets
from pixellab.entrypoints.cli.show import screen
from pixellab.entrypoints.error_table import EXIT_OK

if TYPE_CHECKING:
    from pixellab.entrypoints.answers import PresetAnswer

NOTHING = PresetOptions()
Name = Annotated[str, Parameter(name="NAME", help="1 to 64 characters: a-z, 0-9, - and _.")]


def list_(*, as_json: Json = False) -> int:
    """List the presets: those of the configuration's file, and stored ones."""
    from pixellab.entrypoints.answers import PresetListAnswer

    with open_presets() as presets:
        answer = PresetListAnswer.of(presets.all())
    if as_json:
        screen.say_json(answer)
    else:
        from pixellab.entrypoints.cli.show.presets import preset_list

        screen.say(preset_list(answer))
    return EXIT_OK


def show(name: Name, /, *, as_json: Json = False) -> int:
    """Show one preset, as the configuration's file would have it."""
    from pixellab.entrypoints.answers import PresetAnswer

    with open_presets() as presets:
        answer = PresetAnswer.of(presets.get(name))
    return _tell(answer, as_json=as_json)


def save(name: Name, /, *, options: PresetOptions = NOTHING, as_json: Json = False) -> int:
    """Store a preset, in place of one of the same name.

    Commands that name it with --preset do what it says, unless they say
    otherwise themselves.
    """
    from pixellab.entrypoints.answers import PresetAnswer

    if not options.fields:
        raise InvalidRequest("fields", "A preset needs at least one option, such as --mode AUTO.")
    with open_presets() as presets:
        answer = PresetAnswer.of(presets.save(name, options.fields)[0])
    return _tell(answer, as_json=as_json)


def remove(name: Name, /, *, as_json: Json = False) -> int:
    """Remove a stored preset; what was enhanced with it stays as it is.

    With --json nothing is printed, as the API's answer is empty.
    """
    with open_presets() as presets:
        presets.remove(name)
    if not as_json:
        screen.say(f"Removed {name}.")
    return EXIT_OK


def _tell(answer: PresetAnswer, *, as_json: bool) -> int:
    if as_json:
        screen.say_json(answer)
    else:
        from pixellab.entrypoints.cli.show.presets import preset_in_toml

        screen.say(preset_in_toml(answer))
    return EXIT_OK
