"""Carries out a Dockerfile without Docker: a stage is an overlay, and commands run in a chroot."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from attrs import define, evolve, field, frozen

from tests.containers.dockerfile import Instruction, ignored, read
from tests.containers.machine import CERTIFICATES, Machine

PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
CERTIFICATE_VARIABLES = ("SSL_CERT_FILE", "PIP_CERT", "REQUESTS_CA_BUNDLE")


@frozen
class Image:
    """What a stage has come to."""

    layers: tuple[Path, ...]
    """Folders that lie on each other, the topmost first."""
    root: Path
    """Where they are seen as one."""
    environment: Mapping[str, str] = field(factory=lambda: {"PATH": PATH})
    arguments: Mapping[str, str] = field(factory=dict)
    workdir: str = "/"
    user: str = "0:0"
    volumes: tuple[str, ...] = ()
    entrypoint: tuple[str, ...] = ()
    command: tuple[str, ...] = ()
    healthcheck: tuple[str, ...] = ()

    def entered(self, command: Sequence[str], variables: Mapping[str, str]) -> list[str]:
        """The command as the image's user, with the image's variables but for these."""
        settings = [f"{k}={v}" for k, v in {**self.environment, **variables}.items()]
        enter = ["chroot", "--groups=", f"--userspec={self.user}", str(self.root)]
        go = ["sh", "-c", 'cd "$0" && exec "$@"', self.workdir]
        return [*enter, "/usr/bin/env", "-i", *settings, *go, *command]


@define
class Builder:
    """``base`` stands for the image that the Dockerfile begins with."""

    machine: Machine
    base: Path
    context: Path
    _stages: dict[str, Image] = field(factory=dict)

    def build(self) -> Image:
        """The Dockerfile's last stage. Raises AssertionError where a step fails."""
        image = Image((self.base,), self.base)
        name = ""
        for step in read(self.context / "Dockerfile"):
            if step.name == "FROM":
                parent, _, name = step.rest.partition(" AS ")
                below = self._stages.get(parent, Image((self.base,), self.base))
                image = self._on_top_of(below)
            else:
                image = self._after(image, step)
            self._stages[name] = image
        return image

    def _on_top_of(self, image: Image) -> Image:
        place = self.machine.folder / f"stage-{len(self._stages)}"
        upper, work, root = (place / part for part in ("upper", "work", "root"))
        self.machine.run("mkdir", "-p", upper, work, root)
        lower = ":".join(map(str, image.layers))
        layers = f"lowerdir={lower},upperdir={upper},workdir={work}"
        self.machine.run("mount", "-t", "overlay", "-o", layers, "overlay", root)
        return evolve(image, layers=(upper, *image.layers), root=root, arguments={})

    def _after(self, image: Image, step: Instruction) -> Image:
        match step.name:
            case "RUN":
                self._run(image, step)
            case "COPY":
                self._copy(image, step)
            case "WORKDIR":
                self.machine.run("mkdir", "-p", f"{image.root}{step.rest}")
                return evolve(image, workdir=step.rest)
            case "EXPOSE":
                pass  # it only tells people
            case _:
                return evolve(image, **_noted(image, step))
        return image

    def _run(self, image: Image, step: Instruction) -> None:
        # What is mounted is so for this command alone.
        mounts = 'mount -t proc proc "$0/proc" && mount --rbind /dev "$0/dev" && exec "$@"'
        variables = {**_of_the_host(), **image.arguments, **image.environment}
        command = image.entered(step.command, variables)
        self.machine.run("unshare", "--mount", "sh", "-c", mounts, image.root, *command)

    def _copy(self, image: Image, step: Instruction) -> None:
        *sources, target = step.words(image.environment)
        place = image.root / image.workdir.lstrip("/") / target.lstrip("/")
        if target.startswith("/"):
            place = image.root / target.lstrip("/")
        for source in sources:
            if "from" in step.options:
                start = self._stages[step.options["from"]].root / source.lstrip("/")
            else:
                start = self.context / source
                assert not ignored(self.context, source), f".dockerignore hides {source}"
            into = place / start.name if target.endswith("/") else place
            self.machine.run("cp", "-a", "--no-preserve=ownership", "-T", start, into)


def _noted(image: Image, step: Instruction) -> dict[str, Any]:
    """What an instruction changes that does nothing by itself."""
    match step.name:
        case "ARG":
            name, _, value = step.rest.partition("=")
            return {"arguments": {**image.arguments, name: value}}
        case "ENV":
            pairs = dict(each.split("=", 1) for each in step.words(image.environment))
            return {"environment": {**image.environment, **pairs}}
        case "USER":
            return {"user": step.rest}
        case "VOLUME":
            return {"volumes": (*image.volumes, step.rest)}
        case "ENTRYPOINT" | "HEALTHCHECK":
            return {step.name.lower(): step.command}
        case "CMD":
            return {"command": step.command}
        case other:
            raise AssertionError(f"tests/containers/build.py does not know {other}")


def _of_the_host() -> dict[str, str]:
    """How this machine reaches package registries; with Docker, proxies are build arguments."""
    named = ("UV_", "PIP_INDEX", "PIP_EXTRA", "PIP_TRUSTED", "HTTP_PROXY", "HTTPS_PROXY")
    found = {k: v for k, v in os.environ.items() if k.upper().startswith(named)}
    if "SSL_CERT_FILE" in os.environ:
        found |= dict.fromkeys(CERTIFICATE_VARIABLES, CERTIFICATES)
    return found
