"""Reads a Dockerfile, as far as PixelLab's needs it."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Mapping
from fnmatch import fnmatch
from pathlib import Path
from string import Template

from attrs import frozen


@frozen
class Instruction:
    """One of a Dockerfile's, such as ``COPY --from=build /a /b``."""

    name: str
    options: Mapping[str, str]
    """Such as ``from``; without its dashes."""
    rest: str

    def words(self, variables: Mapping[str, str]) -> list[str]:
        """The rest as words, with the values of variables."""
        return shlex.split(Template(self.rest).substitute(variables))

    @property
    def command(self) -> tuple[str, ...]:
        """The rest as a command: a JSON list, or words for a shell."""
        rest = self.rest.removeprefix("CMD ").strip()
        if rest.startswith("["):
            return tuple(json.loads(rest))
        return ("/bin/sh", "-c", rest)


def read(file: Path) -> list[Instruction]:
    """A Dockerfile's instructions, continued lines joined, without comments."""
    lines = [line for line in file.read_text().splitlines() if not line.lstrip().startswith("#")]
    joined = re.sub(r"\\\n", "", "\n".join(lines))
    return [_instruction(line) for line in joined.splitlines() if line.strip()]


def _instruction(line: str) -> Instruction:
    name, rest = line.split(maxsplit=1)
    options = {}
    while found := re.match(r"--([a-z-]+)=(\S+)\s+", rest):
        options[found[1]] = found[2]
        rest = rest[found.end() :]
    return Instruction(name.upper(), options, rest.strip())


def ignored(context: Path, path: str) -> bool:
    """Whether ``.dockerignore`` keeps a file or folder at the context's top from the builder."""
    hidden = False
    for line in (context / ".dockerignore").read_text().splitlines():
        if line and not line.startswith("#") and fnmatch(path, line.removeprefix("!")):
            hidden = not line.startswith("!")
    return hidden
