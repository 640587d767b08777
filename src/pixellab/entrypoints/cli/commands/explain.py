"""``pixellab help``: what holds for all commands."""

from __future__ import annotations

from pixellab.entrypoints.cli.show import screen
from pixellab.entrypoints.error_table import EXIT_OK

EXIT_CODES = """\
  0  done
  1  failed, or some of several failed
  2  wrong usage
  4  no image, batch, preset or message has that id or name
  5  conflict: the sku_id is taken, the image is being enhanced, ...
  6  not an image that is accepted, too large, or not to be had at its address
  7  the backend failed, refused, is not set up, or would cost too much
  8  too much is under way or waiting; try again later
  9  a store is away, or a disk is full or read-only
 10  a wrong setting or certificate
130  interrupted with Ctrl-C
141  nobody reads the output any more

With --json answers are lines of JSON on standard output, and errors are lines
of JSON (RFC 9457) on standard error."""


def exit_codes() -> int:
    """List the exit codes."""
    screen.say(EXIT_CODES)
    return EXIT_OK
