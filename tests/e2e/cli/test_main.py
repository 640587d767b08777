"""How the program starts and ends, whatever the command."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path

import pytest

from pixellab.adapters.marketplaces.profiles import profile_names
from pixellab.entrypoints.cli.photo_files.journal import NAME
from pixellab.entrypoints.error_table import PROBLEMS
from tests.conftest import photo_bytes
from tests.e2e.cli.conftest import SCRIPT, Ran, script
from tests.plugins import install_troublesome

Cli = Callable[..., Ran]
INTERRUPTED = b"Interrupted. Run the same command again, and it goes on where it stopped.\n"
HEAVY = {"cv2", "onnxruntime", "sqlalchemy", "boto3", "litestar", "numpy", "PIL", "pydantic"}
COMMANDS = (
    *("enhance", "assess", "batch"),
    *("upload", "list", "show", "history", "delete"),
    *("serve", "reconcile", "doctor", "db", "help"),
)


@pytest.mark.parametrize(
    "start",
    ["import pixellab", "from pixellab.entrypoints.cli.main import run; run(['--help'])"],
)
def test_starting_loads_nothing_heavy(start: str) -> None:
    code = f"{start}\nimport sys\nprint('LOADED', *sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    )
    loaded = done.stdout.partition("LOADED")[2].split()
    assert "pixellab.domain.errors" in loaded
    assert HEAVY.isdisjoint(loaded)


def test_the_console_script_shows_help_and_version() -> None:
    ran = script("--help")
    assert (ran.code, ran.err) == (0, "")
    for command in COMMANDS:
        assert f" {command} " in ran.out
    assert script("--version").out.strip() == version("pixellab-enhance")


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_explains_itself(cli: Cli, command: str) -> None:
    ran = cli(command, "--help")
    assert (ran.code, ran.err) == (0, "")
    assert ran.out.startswith(f"Usage: pixellab {command}")


def test_the_help_documents_every_exit_code(cli: Cli) -> None:
    text = cli("help", "exit-codes").out
    # Keys and rate limits are the HTTP API's alone.
    codes = {row.exit_code for row in PROBLEMS.values() if row.status != 401} | {0, 1, 2, 130, 141}
    for code in codes:
        assert f" {code} " in text.replace("\n", " "), code


@pytest.mark.parametrize("command", [[], ["enhance"], ["db", "upgrade"]])
def test_other_pages_do_not_repeat_them(cli: Cli, command: list[str]) -> None:
    assert "141" not in cli(*command, "--help").out


def test_the_help_names_every_marketplace(cli: Cli) -> None:
    page = " ".join(cli("enhance", "--help").out.replace("│", " ").split())
    assert f": {', '.join(profile_names())}. [default" in page


def test_the_shell_can_be_taught_to_complete(tmp_path: Path) -> None:
    home = {**os.environ, "HOME": str(tmp_path)}
    ran = script("--install-completion", "--shell", "bash", env=home)
    assert ran.code == 0, ran.err
    [file] = (tmp_path / ".local/share/bash-completion/completions").iterdir()
    assert file.name == "pixellab"
    assert "--target-kb" in file.read_text()
    subprocess.run(["bash", "-n", file], check=True)


def test_an_unknown_command_is_a_usage_error(cli: Cli) -> None:
    ran = cli("enhanse", "photo.jpg")
    assert (ran.code, ran.out) == (2, "")
    assert len(ran.err.splitlines()) == 1


def test_a_wrong_setting_names_the_variable(
    cli: Cli, photo: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PIXELLAB_MAX_UPLOAD_MB", "many")
    for command in (["enhance", photo.name], ["list"], ["serve"], ["upload", photo.name]):
        ran = cli(*command)
        assert (ran.code, ran.out) == (10, "")
        assert "PIXELLAB_MAX_UPLOAD_MB is 'many'; allowed is" in ran.err
        assert len(ran.err.splitlines()) == 1


def test_a_limit_from_the_environment_holds(
    cli: Cli, photo: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PIXELLAB_MAX_UPLOAD_MB", "0.001")
    ran = cli("enhance", photo.name)
    assert ran.code == 6
    assert len(ran.err.splitlines()) == 1


@pytest.mark.parametrize("arguments", [["--help"], ["assess", "photo.jpg", "--json"]])
def test_a_reader_that_goes_away_is_no_error_message(photo: Path, arguments: list[str]) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    try:
        done = subprocess.run(
            [SCRIPT, *arguments], stdout=writing, stderr=subprocess.PIPE, check=False, timeout=60
        )
    finally:
        os.close(writing)
    assert (done.returncode, done.stderr) == (141, b"")


def test_ctrl_c_ends_it_with_130_and_a_word(tmp_path: Path) -> None:
    for number in range(40):
        (tmp_path / f"{number}.jpg").write_bytes(photo_bytes(800, 600, seed=number))
    running = subprocess.Popen(
        [SCRIPT, "batch", tmp_path, "-o", "out", "--workers", "1"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        # Tests that run in a shell's background inherit a SIGINT that is ignored.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
    wait_for(lambda: len(list(Path("out").glob("*.jpg"))) >= 1)
    running.send_signal(signal.SIGINT)
    out, err = running.communicate(timeout=60)
    assert (running.returncode, out, err) == (130, b"", INTERRUPTED)


def test_ctrl_c_does_not_wait_for_the_photos_at_work(tmp_path: Path) -> None:
    for number in range(3):
        (tmp_path / f"{number}.jpg").write_bytes(photo_bytes(seed=number))
    running = subprocess.Popen(
        [SCRIPT, "batch", tmp_path, "-o", "out", "--backend", "STUCK", "--workers", "2"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": str(install_troublesome(tmp_path / "packages"))},
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
    assert running.stderr is not None
    assert [running.stderr.readline() for _ in range(2)] == [b"at work\n"] * 2
    running.send_signal(signal.SIGINT)
    # Neither enhancement ever ends, so that the process can only end without them.
    try:
        out, err = running.communicate(timeout=60)
    finally:
        running.kill()
    assert (running.returncode, out, err) == (130, b"", INTERRUPTED)
    assert [each.name for each in Path("out").iterdir()] == [NAME]


def test_a_mistake_in_a_plug_in_is_logged_in_json_where_answers_are(
    cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(str(install_troublesome(tmp_path / "packages")))
    Path("photo.jpg").write_bytes(photo_bytes())
    ran = cli("enhance", "photo.jpg", "--backend", "clumsy", "--json")
    logged, answered = (json.loads(line) for line in ran.err.splitlines())
    assert logged["event"] == "CLUMSY raised an error of its own."
    assert "ZeroDivisionError: a secret detail" in logged["exception"]
    assert answered["detail"] == "CLUMSY failed on this picture."
    assert ran.code == 7
    people = cli("enhance", "photo.jpg", "--backend", "clumsy")
    assert "ZeroDivisionError: a secret detail" in people.err


def wait_for(condition: Callable[[], bool], seconds: float = 60) -> None:
    """Until something has happened; fails if it does not."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.02)
