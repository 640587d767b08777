"""A mount namespace of its own, with a file system in memory: whatever ends the tests, it is gone.

It takes root, ``debootstrap``, and util-linux.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from attrs import define

RELEASE = "trixie"
SIZE = "3g"
"""Of the file system in memory; about 1.5 GB are used."""
CERTIFICATES = "/etc/certificates-of-the-host.crt"
PROGRAMS = ("debootstrap", "unshare", "nsenter")


class CannotRun(Exception):
    """This machine does not allow it; the message says why."""


@define
class Machine:
    """The namespace, seen from outside."""

    folder: Path
    """Where the file system in memory is, for commands inside."""
    holder: int
    """The process whose namespace it is."""

    def run(self, *command: str | Path) -> str:
        """What the command printed. Raises AssertionError with its output where it fails."""
        done = subprocess.run(self.inside(*command), capture_output=True, text=True, check=False)
        said = f"{done.stdout}{done.stderr}"[-4000:]
        assert done.returncode == 0, f"{' '.join(map(str, command))}\n{said}"
        return done.stdout

    def inside(self, *command: str | Path) -> list[str]:
        """A command that runs the command there."""
        return ["nsenter", f"--mount=/proc/{self.holder}/ns/mnt", *map(str, command)]


@contextmanager
def machine(folder: Path) -> Iterator[Machine]:
    """Raises CannotRun where this process may not mount, or a program is missing."""
    if os.geteuid() != 0:
        raise CannotRun("only root may mount and change the root folder")
    for program in PROGRAMS:
        if shutil.which(program) is None:
            raise CannotRun(f"{program} is not installed")
    script = 'mount -t tmpfs -o size="$0",mode=755 tmpfs "$1" && echo ready && exec cat'
    with subprocess.Popen(
        ["unshare", "--mount", "--propagation=private", "sh", "-c", script, SIZE, str(folder)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    ) as holder:
        assert holder.stdin
        assert holder.stdout
        try:
            if holder.stdout.readline() != b"ready\n":
                raise CannotRun("no file system may be mounted here")
            yield Machine(folder, holder.pid)
        finally:
            holder.stdin.close()


def install_debian(machine: Machine) -> Path:
    """Debian as debootstrap makes it. Raises CannotRun where no mirror has it."""
    root = machine.folder / "debian"
    command = machine.inside("debootstrap", "--variant=minbase", RELEASE, root, *_mirror())
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise CannotRun(f"debootstrap failed: {done.stdout[-300:]}{done.stderr[-300:]}")
    machine.run("cp", "-L", "/etc/resolv.conf", f"{root}/etc/resolv.conf")
    if bundle := os.environ.get("SSL_CERT_FILE"):
        machine.run("cp", "-L", bundle, f"{root}{CERTIFICATES}")
    return root


def _mirror() -> list[str]:
    """The one that this machine's own packages come from, where that is Debian's."""
    if shutil.which("apt-get") is None:
        return []
    command = ["apt-get", "indextargets", "--format", "$(REPO_URI)", "Origin: Debian"]
    found = subprocess.run(command, capture_output=True, text=True, check=False).stdout.split()
    return [each for each in found if "security" not in each][:1]
