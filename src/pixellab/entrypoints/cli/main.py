"""The console script ``pixellab``: which commands there are, and how each ends.

Exit codes: 0 done; 1 something failed (some of several photos, a check of doctor); 2 wrong usage;
130 stopped with Ctrl-C; 141 the reader of the output went away; for single errors the table in
``entrypoints/error_table.py``. Nothing heavy is imported before a command needs it.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from contextlib import suppress

from cyclopts import App, CycloptsError, Group, Parameter

from pixellab.domain.errors import InvalidRequest, PixelLabError
from pixellab.entrypoints.cli.commands import (
    assess_files,
    batch,
    batches,
    doctor,
    earlier_results,
    enhance_files,
    explain,
    models,
    operate,
    presets,
    stored_images,
    webhooks,
    work,
)
from pixellab.entrypoints.cli.show import screen
from pixellab.entrypoints.error_table import EXIT_INTERRUPTED
from pixellab.entrypoints.version import installed_version

EXIT_BROKEN_PIPE = 141
"""128 + SIGPIPE, as a shell reports programs that the signal ends."""

GO_ON = {
    "batch": "Run the same command again, and it goes on where it stopped.",
    "upload": "What was in work is settled by pixellab reconcile, or by a server.",
    "enhance": "What was finished is kept.",
}
"""What Ctrl-C leaves, and how to go on, by command."""


def main() -> None:
    """Run the command that the command line asks for, and end the process."""
    for stream in (sys.stdout, sys.stderr):
        with suppress(AttributeError):  # a caller may have put something else there
            stream.reconfigure(errors="replace")  # type: ignore[union-attr]
    code = run(sys.argv[1:])
    with suppress(BrokenPipeError):
        sys.stdout.flush()
    if code in (EXIT_INTERRUPTED, EXIT_BROKEN_PIPE):
        os._exit(code)  # without waiting for photos in work, without a word about the broken pipe
    sys.exit(code)


def run(arguments: Sequence[str]) -> int:
    """The exit code of one command line (without the program's name). Never raises."""
    as_json = "--json" in arguments
    try:
        return make_app()(_typed(arguments), exit_on_error=False, print_error=False) or 0
    except PixelLabError as error:
        return screen.complain(error, as_json=as_json)
    except CycloptsError as error:
        sentence = " ".join(str(error).split())
        return screen.complain(InvalidRequest("arguments", sentence), as_json=as_json)
    except KeyboardInterrupt:
        told = GO_ON.get(next(iter(arguments), ""), "")
        screen.notes().print(f"Interrupted. {told}".strip())
        return EXIT_INTERRUPTED
    except BrokenPipeError:
        return EXIT_BROKEN_PIPE
    except Exception as error:
        return screen.complain(error, as_json=as_json)


def _typed(arguments: Sequence[str]) -> list[str]:
    """The arguments as the grammar takes them: it would read the file name ``-`` as an option."""
    if "enhance" not in arguments[:1]:
        return list(arguments)
    return ["./-" if each == "-" else each for each in arguments]


def make_app() -> App:
    """The command line's grammar."""
    app = App(
        name="pixellab",
        help="Make product photos better, keep both versions, and record what was done.",
        help_format="plaintext",
        version=installed_version,
        console=screen.page(),
        result_action="return_value",
        suppress_keyboard_interrupt=False,
        # A file may be called "[1] mug.jpg": nothing that is typed here is JSON.
        default_parameter=Parameter(json_list=False, json_dict=False),
    )
    on_files, on_images, operation = (
        Group(name, sort_key=place)
        for place, name in enumerate(("Files", "Stored images", "Operation"), start=1)
    )
    for group, commands in (
        (on_files, (enhance_files.enhance, assess_files.assess, batch.batch)),
        (
            on_images,
            (
                stored_images.upload,
                stored_images.list_,
                stored_images.show,
                stored_images.history,
                earlier_results.replay,
                earlier_results.revert,
                stored_images.delete,
            ),
        ),
        (
            operation,
            (
                operate.serve,
                operate.dashboard,
                work.worker,
                work.queue,
                operate.reconcile,
                operate.thumbnails,
                doctor.doctor,
            ),
        ),
    ):
        for command in commands:
            app.command(command, name=command.__name__.rstrip("_"), group=group)
    database = App(name="db", help="Look after the database.", group=operation)
    database.command(operate.upgrade)
    app.command(database)
    named = App(name="presets", help="Look after named sets of options.", group=operation)
    for preset_command in (presets.list_, presets.show, presets.save, presets.remove):
        named.command(preset_command, name=preset_command.__name__.rstrip("_"))
    app.command(named)
    networks = App(
        name="models",
        help="Look after the networks that are fetched: to find products, and to read text.",
        group=operation,
    )
    for command in (models.list_, models.pull, models.verify):
        networks.command(command, name=command.__name__.rstrip("_"))
    app.command(networks)
    messages = App(name="webhooks", help="Look after messages to others' servers.", group=operation)
    for command in (webhooks.list_, webhooks.resend):
        messages.command(command, name=command.__name__.rstrip("_"))
    app.command(messages)
    many = App(
        name="batches", help="Look after batches on record: many photos at once.", group=on_images
    )
    many.command(batches.add)
    many.command(batches.list_, name="list")
    for each in (batches.show, batches.cancel, batches.retry, batches.results):
        many.command(each)
    app.command(many)
    pages = App(name="help", help="Explain what holds for all commands.", group=operation)
    pages.command(explain.exit_codes)
    app.command(pages)
    app.register_install_completion_command(
        group=operation, help="Have the shell complete commands and options."
    )
    return app
