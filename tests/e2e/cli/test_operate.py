"""Commands for whoever runs PixelLab: doctor, reconcile, db upgrade, serve."""

from __future__ import annotations

import signal
import sqlite3
import subprocess
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from pixellab.entrypoints.answers import ReconcileAnswer
from pixellab.entrypoints.cli.diagnosis.json_answers import DoctorAnswer
from tests.e2e.cli.conftest import SCRIPT, Ran
from tests.e2e.conftest import servers_only

Cli = Callable[..., Ran]
DATA = Path("pixellab-data")
DATABASE = DATA / "pixellab.sqlite3"


def examined(cli: Cli) -> tuple[int, dict[str, tuple[str, str, str]]]:
    """The exit code of doctor, and each part's verdict, finding and advice."""
    ran = cli("doctor", "--json")
    answer = DoctorAnswer.model_validate(ran.answer)
    assert answer.healthy is (ran.code == 0)
    return ran.code, {
        each.part: (each.verdict, each.found, each.advice) for each in answer.findings
    }


def test_doctor_on_a_fresh_installation(cli: Cli) -> None:
    code, found = examined(cli)
    assert code == 0, found
    assert {"settings", "data folder", "disk space", "database", "object store", "backends"} <= set(
        found
    )
    assert {"JPEG", "PNG", "WEBP", "AVIF", "HEIC"} <= set(found)
    assert not DATABASE.exists()
    assert not [each for each in DATA.rglob("*") if each.is_file()]
    people = cli("doctor")
    assert people.code == 0
    assert "object store: filesystem: wrote, read and deleted an object" in people.out


def test_doctor_on_a_used_one(cli: Cli, photo: Path) -> None:
    cli("upload", "photo.jpg")
    code, found = examined(cli)
    assert code == 0, found
    assert found["database"][:2] == ("ok", "SQLite, with the current schema; may be written")


def test_thumbnails_of_images_that_have_them_are_left(cli: Cli, photo: Path) -> None:
    cli("upload", "photo.jpg")
    assert cli("thumbnails", "--json").answer == {"made": 0, "failed": 0}


def test_thumbnails_are_made_where_they_are_missing(cli: Cli, photo: Path) -> None:
    for _ in range(2):
        cli("upload", "photo.jpg", "--mode", "OPTIMIZE")
    lose = (
        "UPDATE product_images SET thumbnail_key = NULL, thumbnail_url = NULL",
        "UPDATE enhancement_history SET thumbnail_key = NULL, thumbnail_url = NULL",
    )
    with sqlite3.connect(DATABASE) as database:
        for statement in lose:
            database.execute(statement)
    database.close()
    first, second = sorted((DATA / "objects" / "uploads" / "thumbnails").iterdir())
    first.unlink()
    assert cli("thumbnails").out == "2 made, 0 could not be made.\n"
    assert first.exists()
    assert second.exists()
    with sqlite3.connect(DATABASE) as database:
        for statement in lose:
            database.execute(statement)
    database.close()
    for results in ("original", "enhanced"):
        for file in (DATA / "objects" / "uploads" / results).iterdir():
            file.unlink()
    ran = cli("thumbnails", "--json")
    assert (ran.code, ran.answer) == (1, {"made": 0, "failed": 2})


def test_doctor_finds_a_wrong_setting(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PIXELLAB_PORT", "http")
    code, found = examined(cli)
    assert code == 1
    assert found["settings"][0] == "problem"
    assert "PIXELLAB_PORT is 'http'; allowed is" in found["settings"][1]


def test_doctor_finds_a_data_folder_that_is_a_file(cli: Cli) -> None:
    DATA.touch()
    code, found = examined(cli)
    assert code == 1
    assert found["data folder"][0] == "problem"
    assert "PIXELLAB_DATA_DIR" in found["data folder"][2]
    assert found["object store"][0] == "problem"


def test_doctor_finds_a_folder_that_may_not_be_written_to(
    cli: Cli, locked: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PIXELLAB_DATA_DIR", str(locked))
    code, found = examined(cli)
    assert code == 1
    assert (found["data folder"][0], found["object store"][0]) == ("problem", "problem")


def test_doctor_finds_a_broken_database(cli: Cli) -> None:
    DATA.mkdir()
    DATABASE.write_bytes(b"this is no database" * 100)
    code, found = examined(cli)
    assert code == 1
    assert found["database"][0] == "problem"
    assert "backup" in found["database"][2]


def test_doctor_finds_an_old_schema_and_db_upgrade_cures_it(cli: Cli) -> None:
    DATA.mkdir()
    sqlite3.connect(DATABASE).execute("CREATE TABLE old (id TEXT)").connection.close()
    code, found = examined(cli)
    assert code == 1
    assert "pixellab db upgrade" in found["database"][2]
    assert cli("db", "upgrade").code == 0
    assert examined(cli)[0] == 0


def test_doctor_finds_an_open_door(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PIXELLAB_HOST", "0.0.0.0")
    code, found = examined(cli)
    assert code == 1
    assert "PIXELLAB_PUBLIC_URL" in found["serving"][2] + found["addresses"][2]
    assert found["serving"][0] == "problem"


@pytest.mark.parametrize(
    ("backend", "part"), [("NOBODY", "backends"), ("GEMINI", "route of SHARPEN")]
)
def test_doctor_finds_a_route_that_leads_nowhere(
    cli: Cli, monkeypatch: pytest.MonkeyPatch, backend: str, part: str
) -> None:
    monkeypatch.setenv("PIXELLAB_ROUTES", f"SHARPEN={backend},*=LOCAL")
    code, found = examined(cli)
    assert code == 1
    assert found[part][0] == "problem"
    assert backend in found[part][1]
    assert "route of AUTO" not in found


def test_db_upgrade_makes_a_database_and_repeats(cli: Cli) -> None:
    for _ in range(2):
        ran = cli("db", "upgrade")
        assert (ran.code, ran.out) == (0, "The database has the current schema.\n")
    tables = sqlite3.connect(DATABASE).execute("SELECT name FROM sqlite_master").fetchall()
    assert {("product_images",), ("enhancement_history",)} <= set(tables)


def test_reconcile_settles_what_a_killed_process_left(cli: Cli, photo: Path) -> None:
    image_id = cli("upload", "photo.jpg", "--json").answer["image_id"]
    with sqlite3.connect(DATABASE) as database:
        database.execute("UPDATE product_images SET status = 'PENDING'")
        database.execute("UPDATE enhancement_history SET processing_status = 'processing'")
    ran = cli("reconcile", "--ignore-leases", "--json")
    assert ran.code == 0, ran.err
    assert ReconcileAnswer.model_validate(ran.answer).finished == 1
    assert cli("show", image_id, "--json").answer["status"] == "COMPLETED"
    assert cli("reconcile").out == "0 finished, 0 failed, 0 deleted, 0 left for later.\n"


def test_a_database_that_is_locked_is_one_sentence_and_nothing_is_kept(
    cli: Cli, photo: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cli("db", "upgrade")
    monkeypatch.setenv("PIXELLAB_DATABASE_TIMEOUT", "0.2")
    lock = sqlite3.connect(DATABASE, isolation_level=None)
    lock.execute("BEGIN EXCLUSIVE")
    ran = cli("upload", "photo.jpg", "--json")
    lock.execute("ROLLBACK")
    lock.close()
    assert (ran.code, ran.out) == (9, "")
    assert cli("list", "--json").answer["total"] == 0


@servers_only
@pytest.mark.usefixtures("installation")
def test_serving_until_told_to_stop(photo: Path) -> None:
    running = subprocess.Popen(
        [SCRIPT, "serve", "--port", "0"], stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert running.stderr is not None
    address = ""
    for line in running.stderr:
        if "http://" in line:
            address = "http://" + line.split("http://")[1].split()[0]
            break
    with photo.open("rb") as content:
        answer = httpx.post(f"{address}/api/v1/enhance/upload", files={"file": content}, timeout=60)
    assert answer.status_code == 201, answer.text
    assert httpx.get(f"{address}/health/live").status_code == 200
    running.send_signal(signal.SIGTERM)
    out, log = running.communicate(timeout=60)
    assert out == ""
    assert "Finished server process" in log
    assert "color_message" not in log
    assert running.returncode == 0


def test_serving_strangers_must_be_meant(cli: Cli) -> None:
    ran = cli("serve", "--host", "0.0.0.0")
    assert ran.code == 10
    assert "PIXELLAB_API_KEYS" in ran.err


def test_doctor_warns_of_variables_that_mean_nothing(
    cli: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PIXELLAB_DATADIR", "photos")
    code, found = examined(cli)
    assert code == 0
    assert found["PIXELLAB_DATADIR"][:2] == ("warning", "is set, but there is no such setting")


def test_a_dotenv_file_that_is_not_text_is_one_line(cli: Cli) -> None:
    Path(".env").write_bytes(b"\xff\xfe")
    ran = cli("list")
    assert (ran.code, ran.out) == (10, "")
    assert ran.err.startswith("pixellab: .env cannot be read; allowed is")
    assert len(ran.err.splitlines()) == 1
    code, found = examined(cli)
    assert (code, found["settings"][0]) == (1, "problem")


def test_doctor_on_a_folder_with_an_odd_name(
    cli: Cli, photo: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PIXELLAB_DATA_DIR", "what? 100% #1")
    assert cli("db", "upgrade").code == 0
    assert cli("upload", "photo.jpg").code == 0
    code, found = examined(cli)
    assert code == 0, found
    assert found["database"][:2] == ("ok", "SQLite, with the current schema; may be written")
    assert Path("what? 100% #1/pixellab.sqlite3").is_file()
