"""Names the running process, so that others can tell later whether it still runs.

Only a process on this machine can be found dead for certain: in the same boot and the same
namespace of process ids (containers have their own), none has its id and start time any more.
Wherever that can't be told, the process counts as alive.
"""

from __future__ import annotations

import os
import re
import socket
from pathlib import Path

BOOT_ID = Path("/proc/sys/kernel/random/boot_id")
PID_NAMESPACE = Path("/proc/self/ns/pid")
OWNER = re.compile(r"(?P<place>.+)/(?P<pid>[0-9]+)/(?P<start>[0-9]+)")
STATE_FIELD, START_TIME_FIELD = 0, 19
"""Places of the state and the start time among the fields of /proc/PID/stat after the command
(proc(5))."""
DEAD = (b"X", b"Z")
"""States of a process that has ended, Z until its parent has looked."""


def this_process() -> str:
    """``place/pid/start``, unique to this process, at most 255 characters."""
    return f"{_place()}/{os.getpid()}/{_start_time('self')}"


def may_be_alive(owner: str | None) -> bool:
    """False only where the process named ``owner`` certainly no longer runs.

    Owners that ``this_process`` did not write, as those of other kinds of workers, may be alive.
    """
    named = OWNER.fullmatch(owner or "")
    if named is None or named["place"] != _place():
        return True
    return _start_time(named["pid"]) == named["start"]


def _place() -> str:
    """This boot of this machine and its namespace; empty where the system does not tell."""
    try:
        boot, namespace = BOOT_ID.read_text().strip(), PID_NAMESPACE.readlink()
    except OSError:
        return ""
    return f"{socket.gethostname()[:100]}:{boot}:{namespace}"


def _start_time(pid: str) -> str:
    """In clock ticks since boot, or empty if no such process runs."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_bytes()
    except OSError:
        return ""
    # The command, in brackets, may hold anything.
    fields = stat.rpartition(b")")[2].split()
    return "" if fields[STATE_FIELD] in DEAD else fields[START_TIME_FIELD].decode()
