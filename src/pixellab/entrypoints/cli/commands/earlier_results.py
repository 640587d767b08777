"""Commands on results of stored images: making one again, and making one the current one."""

from __future__ import annotations

from typing import Annotated

from cyclopts import Parameter

from pixellab.entrypoints.cli.commands.parts.options import Json
from pixellab.entrypoints.cli.commands.stored_images import ImageId
from pixellab.entrypoints.cli.configured import open_lab
from pixellab.entrypoints.cli.show import screen
from pixellab.entrypoints.error_table import EXIT_FAILED, EXIT_OK
from pixellab.entrypoints.ids import named

A_RESULT = Parameter(name="NUMBER", help="Which enhancement, 1 for the first.")


def replay(
    image_id: ImageId,
    number: Annotated[int | None, A_RESULT] = None,
    /,
    *,
    as_json: Json = False,
) -> int:
    """Make a result again, by default the current one, and say whether it is the same.

    Nothing that is kept changes. Exit code 1 where it is another file.
    """
    from pixellab.entrypoints.answers import ReplayAnswer

    with open_lab() as lab:
        known = named(image_id, lab.find_image)
        chosen = number or lab.get_image(known).enhanced_sequence or 1
        with screen.notes().status(f"Making result {chosen} again"):
            answer = ReplayAnswer.of(lab.replay(known, chosen))
    if as_json:
        screen.say_json(answer)
    else:
        from pixellab.entrypoints.cli.show.reports import replay_report

        screen.say(replay_report(answer))
    return EXIT_OK if answer.same else EXIT_FAILED


def revert(image_id: ImageId, number: Annotated[int, A_RESULT], /, *, as_json: Json = False) -> int:
    """Make an earlier result the current one of its image."""
    from pixellab.entrypoints.answers import ImageAnswer

    with open_lab() as lab:
        answer = ImageAnswer.of(lab.revert(named(image_id, lab.find_image), number))
    if as_json:
        screen.say_json(answer)
    else:
        screen.say(
            f"Result {number} is the current one of {answer.id}: {answer.enhanced_image_url}"
        )
    return EXIT_OK
