"""The examples of the README and of ``docs`` run as they are printed.

Every ```python block runs as a program. Every ```console and ```bash block runs in a shell, on
the embedded default; its lines begin with ``pixellab`` or ``curl``, or set a variable from one of
them. Where lines begin with ``$``, the others are what was printed. A block that needs something
else must be preceded by a comment that says why it is not run:

    <!-- not run as an example: the project's own checks run it -->

Every ```sql block of the README runs on MariaDB: the first as the administrator who makes the
database, the others as the user it made, and those on SQLite as well.

Each block has a folder of its own with ``samples/``, ``photo.jpg`` and a folder ``photos/``. Where
a block speaks of ``localhost:8000`` a server runs there, on another port; ``IMAGE_ID`` stands for
the id of an image that was uploaded before.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
import tomllib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from attrs import frozen

from pixellab.adapters.database.mysql import MySqlServer
from pixellab.adapters.object_stores.s3.bucket import Bucket
from pixellab.entrypoints.settings import Settings, load_settings
from pixellab.entrypoints.wiring.wire_stores import database_engine
from pixellab.testing.servers import USER
from tests.e2e.conftest import variables
from tests.plugins import EXAMPLE, build_example
from tests.servers import GRANTS, SqlServer, settings_of

ROOT = Path(__file__).parents[1]
README = ROOT / "README.md"
WITH_EXAMPLES = (README, *sorted((ROOT / "docs").glob("*.md")))
ON_BACKENDS = ROOT / "docs" / "write-a-backend.md"
SCRIPTS = Path(sys.executable).parent
FENCE = re.compile(
    r"^(?:<!--\s*(?P<comment>.*?)\s*-->\s*\n)?```(?P<language>\w*)[^\n]*\n(?P<body>.*?)^```\s*$",
    re.MULTILINE | re.DOTALL,
)
NOT_RUN = re.compile(r"not run as an example:\s*\S.{9,}", re.DOTALL)
RUNS = re.compile(r"(?:[A-Z_]+=\S+ )*(?:[A-Z_]+=\$\()?(?:pixellab|curl) ")
SERVE = re.compile(r"pixellab serve\b.*")
ADDRESS = re.compile(r"(?:localhost|127\.0\.0\.1):8000")
STRICT_CURL = 'curl() { command curl --silent --show-error --fail-with-body "$@"; }\n'


@frozen
class Block:
    """A fenced block of a Markdown file."""

    language: str
    body: str
    line: int
    skipped: bool = False
    file: Path = README

    @property
    def commands(self) -> list[str]:
        """Its commands, continued lines joined, without prompts and output."""
        lines = re.sub(r"\\\n\s*", "", self.body).splitlines()
        if any(line.startswith("$ ") for line in lines):
            lines = [line[1:] for line in lines if line.startswith("$ ")]
        return [line.strip() for line in lines if line.strip() and not line.startswith("#")]


def blocks(text: str, file: Path = README) -> list[Block]:
    """The fenced blocks of a Markdown ``file``'s text in their order."""
    return [
        Block(
            language=found["language"],
            body=found["body"],
            line=text.count("\n", 0, found.start("language")) + 1,
            skipped=bool(NOT_RUN.match(found["comment"] or "")),
            file=file,
        )
        for found in FENCE.finditer(text)
    ]


def runnable(*languages: str, files: Sequence[Path] = (README,)) -> list[Block]:
    found = [each for file in files for each in blocks(file.read_text(encoding="utf-8"), file)]
    return [each for each in found if each.language in languages and not each.skipped]


def name(block: Block) -> str:
    return f"{block.file.name} line {block.line}"


def test_the_readme_has_examples_of_all_three_kinds() -> None:
    assert runnable("python")
    commands = [line for block in runnable("console", "bash", "sh") for line in block.commands]
    assert any("pixellab enhance" in line for line in commands)
    assert any("curl" in line for line in commands)


@pytest.fixture(scope="module")
def example(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build_example(tmp_path_factory.mktemp("wheels"))


@pytest.fixture
def _taught(block: Block, example: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """On the page that teaches a backend, it is installed."""
    if block.file == ON_BACKENDS:
        monkeypatch.syspath_prepend(str(example))
        monkeypatch.setenv("PYTHONPATH", str(example))


def test_the_page_on_backends_shows_the_example_as_it_is() -> None:
    shown = {block.body for block in blocks(ON_BACKENDS.read_text())}
    for file in ("pixellab_enhancer_sepia.py", "pyproject.toml", "tests/test_sepia.py"):
        assert (EXAMPLE / file).read_text() in shown


@pytest.mark.usefixtures("_taught")
@pytest.mark.parametrize("block", runnable("python", files=WITH_EXAMPLES), ids=name)
def test_python_block_runs(block: Block, tmp_path: Path) -> None:
    furnish(tmp_path)
    source = "\n" * block.line + block.body
    exec(compile(source, str(block.file), "exec"), {"__name__": "__main__"})


@pytest.mark.usefixtures("_taught")
@pytest.mark.parametrize("block", runnable("console", "bash", "sh", files=WITH_EXAMPLES), ids=name)
def test_shell_block_runs(block: Block, tmp_path: Path) -> None:
    furnish(tmp_path)
    for line in block.commands:
        assert RUNS.match(f"{line} "), f"mark the block as not run as an example, or change: {line}"
    body = "\n".join(line for line in block.commands if not SERVE.fullmatch(line))
    if "IMAGE_ID" in body:
        body = body.replace("IMAGE_ID", uploaded())
    if ADDRESS.search(body) or any(SERVE.fullmatch(line) for line in block.commands):
        with served() as address:
            shell(ADDRESS.sub(address, body))
    else:
        shell(body)


# The way from an empty account


@pytest.fixture
def account(mariadb: SqlServer, bucket: Bucket, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """What the README's steps lead to: a database, a bucket, an environment."""
    mariadb.execute("DROP DATABASE IF EXISTS pixellab", f"DROP USER IF EXISTS '{USER}'@'%'")
    mariadb.execute(*statements(runnable("sql")[0]))
    [settings] = runnable("ini")
    real = variables(
        settings_of(MySqlServer(host="127.0.0.1", port=mariadb.port, database="", user=""), bucket)
    )
    for line in settings.body.splitlines():
        name, _, value = line.partition("=")
        assert name in {each.validation_alias for each in Settings.model_fields.values()}
        if not name.startswith(("S3_", "AWS_", "CLOUDFRONT_", "MYSQL_HOST")):
            monkeypatch.setenv(name, value)
    for name in set(real) - {"MYSQL_DATABASE", "MYSQL_USER", "MYSQL_PASSWORD"}:
        monkeypatch.setenv(name, real[name])
    yield
    # Other tests make the user anew where it is missing; its rights are per database.
    mariadb.execute("DROP DATABASE pixellab", f"DROP USER '{USER}'@'%'")


@pytest.mark.usefixtures("account")
def test_from_an_empty_account_to_the_first_photo(tmp_path: Path) -> None:
    furnish(tmp_path)
    shell("pixellab db upgrade\npixellab doctor\n")
    uploaded = json.loads(shell("pixellab upload samples/dark-mug.jpg --sku-id MUG-1 --json"))
    for url in (uploaded["original_url"], uploaded["enhanced_url"]):
        assert shell(f"curl -I '{url}'").startswith("HTTP/1.1 200 OK")
    for block in runnable("sql")[1:]:
        [statement] = statements(block)
        with connected(load_settings()) as execute:
            assert len(execute(statement)) == 1


def test_the_queries_run_on_sqlite_too(tmp_path: Path) -> None:
    furnish(tmp_path)
    shell("pixellab upload samples/dark-mug.jpg --sku-id MUG-1")
    for block in runnable("sql")[1:]:
        [statement] = statements(block)
        with connected(load_settings()) as execute:
            assert len(execute(statement)) == 1


def test_the_policy_allows_what_the_store_needs() -> None:
    [policy] = runnable("json")
    allowed = [(each["Action"], each["Resource"]) for each in json.loads(policy.body)["Statement"]]
    assert allowed == [
        ("s3:ListBucket", "arn:aws:s3:::acme-photos"),
        (["s3:PutObject", "s3:GetObject", "s3:DeleteObject"], "arn:aws:s3:::acme-photos/*"),
    ]


def test_the_tests_give_the_rights_that_the_readme_lists() -> None:
    assert f"GRANT {GRANTS} ON" in " ".join(runnable("sql")[0].body.split())


def test_nothing_says_to_install_pixellab_from_the_package_index() -> None:
    """Its name there is somebody else's, so a user would run a stranger's code."""
    said = [
        f"{file.relative_to(ROOT)}: {line}"
        for place in ("README.md", "docs", "scripts", "src", "training", "benchmarks")
        for file in sorted([ROOT / place, *(ROOT / place).rglob("*")])
        if file.suffix in {".md", ".py", ".sh", ".txt", ""} and file.is_file()
        for line in file.read_text(encoding="utf-8", errors="replace").splitlines()
        if re.search(r"\bpip install\b.*\bpixellab\b", line)
    ]
    assert said == []


def test_the_checks_run_on_every_python_that_is_named() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    language = "Programming Language :: Python :: "
    named = [each.removeprefix(language) for each in project["classifiers"] if language in each]
    workflow = (ROOT / ".github" / "workflows" / "test.yml").read_text(encoding="utf-8")
    assert f"python: {json.dumps(named)}" in workflow


def statements(block: Block) -> list[str]:
    return [each.strip() for each in block.body.split(";") if each.strip()]


@contextmanager
def connected(settings: Settings) -> Iterator[Callable[[str], list[Any]]]:
    engine = database_engine(settings)
    with engine.connect() as connection:
        yield lambda statement: list(connection.exec_driver_sql(statement))
    engine.dispose()


def test_the_runner_finds_blocks_and_their_reasons() -> None:
    text = (
        "# Title\n\n```python\nprint(1)\n```\n\n"
        "<!-- not run as an example: clones the repository -->\n```bash\ngit clone x\n```\n"
        "<!-- a remark -->\n```console\n$ pixellab enhance \\\n    a.jpg\nprinted\n$ curl b\n```\n"
    )
    first, second, third = blocks(text)
    assert (first.language, first.body, first.line, first.skipped) == (
        "python",
        "print(1)\n",
        3,
        False,
    )
    assert second.skipped
    assert (third.skipped, third.commands) == (False, ["pixellab enhance a.jpg", "curl b"])


def furnish(folder: Path) -> None:
    """What the examples find in their folder."""
    shutil.copytree(ROOT / "samples", folder / "samples", ignore=shutil.ignore_patterns("*.py*"))
    shutil.copy(folder / "samples" / "dark-mug.jpg", folder / "photo.jpg")
    (folder / "photos").mkdir()
    for sample in ("yellow-box.jpg", "soft-watch.jpg"):
        shutil.copy(folder / "samples" / sample, folder / "photos")


def shell(body: str) -> str:
    """Run commands in the current folder; what they print."""
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", STRICT_CURL + body],
        env=environment(),
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, f"{body}\n{done.stdout}{done.stderr}"
    return done.stdout


def uploaded() -> str:
    return str(json.loads(shell("pixellab upload photo.jpg --json"))["image_id"])


@contextmanager
def served() -> Iterator[str]:
    """A server on the current folder's stores; its host and port, which is any that is free."""
    command = (str(SCRIPTS / "pixellab"), "serve", "--port", "0")
    log = Path("server.log")
    with (
        log.open("wb") as said,
        subprocess.Popen(command, env=environment(), stderr=said) as server,
    ):
        try:
            yield f"127.0.0.1:{port_of(server, log)}"
        finally:
            server.send_signal(signal.SIGTERM)
            server.wait(60)


def port_of(server: subprocess.Popen[bytes], log: Path) -> int:
    """Waits until the server has said where it answers, which it does once it listens."""
    while True:
        ended = server.poll() is not None
        if found := re.search(r"answers at http://localhost:(\d+)", log.read_text()):
            return int(found[1])
        assert not ended, f"The server ended: {log.read_text()}"
        time.sleep(0.05)


def environment() -> dict[str, str]:
    return {**os.environ, "PATH": f"{SCRIPTS}{os.pathsep}{os.environ['PATH']}"}
