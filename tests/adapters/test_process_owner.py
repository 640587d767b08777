from __future__ import annotations

import os
import subprocess
import sys

import pytest

from pixellab.adapters.process_owner import may_be_alive, this_process

PRINT_OWNER = "from pixellab.adapters.process_owner import this_process; print(this_process())"


def owner_of_another(*, finished: bool) -> tuple[str, subprocess.Popen[str]]:
    wait = "" if finished else "; import sys; sys.stdout.flush(); sys.stdin.read()"
    other = subprocess.Popen(
        [sys.executable, "-c", PRINT_OWNER + wait],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert other.stdout is not None
    return other.stdout.readline().strip(), other


def test_this_process_is_alive() -> None:
    assert may_be_alive(this_process())
    assert len(this_process()) <= 255


def test_another_process_is_alive_until_it_ends() -> None:
    owner, other = owner_of_another(finished=False)
    with other:
        assert may_be_alive(owner)
        other.kill()
    assert not may_be_alive(owner)


def test_a_process_that_was_killed_is_dead_before_its_parent_has_looked() -> None:
    owner, other = owner_of_another(finished=False)
    with other:
        other.kill()
        os.waitid(os.P_PID, other.pid, os.WEXITED | os.WNOWAIT)
        assert not may_be_alive(owner)


def test_another_process_with_the_same_number_is_not_it() -> None:
    place, pid, start = this_process().split("/")
    assert int(pid) == os.getpid()
    assert not may_be_alive(f"{place}/{pid}/{int(start) - 1}")


def test_who_cannot_be_looked_for_may_be_alive() -> None:
    _, pid, start = this_process().split("/")
    assert may_be_alive(None)
    assert may_be_alive(f"another-machine/{pid}/{start}0")


@pytest.mark.parametrize(
    "owner",
    [
        "",
        "worker-7",
        "{place}",
        "{place}/{pid}",
        "{place}/{pid}/{start}0/eu-west-1",
        "eu-west-1/{place}/{pid}/{start}0",
        "{place}/celery@host/{start}",
        "{place}/{pid}/yesterday",
        "{place}/-1/{start}",
        "{place}/../{start}",
        "{place}//",
        "{place}/{pid}/",
        "{place}/\u0663/{start}",
    ],
)
def test_an_owner_written_in_another_way_may_be_alive(owner: str) -> None:
    place, pid, start = this_process().split("/")
    assert may_be_alive(owner.format(place=place, pid=pid, start=start))
