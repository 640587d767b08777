"""``pixellab doctor`` and ``db upgrade`` where S3 and MySQL are configured."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from attrs import evolve

from pixellab.adapters.database.mysql import MySqlServer
from pixellab.adapters.object_stores.s3.bucket import Bucket
from pixellab.testing.servers import READER_KEY
from tests.e2e.cli.conftest import Ran
from tests.e2e.cli.test_operate import examined
from tests.e2e.conftest import variables
from tests.s3_proxy import Answer, Meddle, always, error, first, proxy
from tests.servers import S3Server, SqlServer, settings_of

Cli = Callable[..., Ran]


@pytest.fixture(autouse=True)
def servers(
    mariadb: SqlServer,
    mariadb_template: MySqlServer,
    bucket: Bucket,
    monkeypatch: pytest.MonkeyPatch,
) -> MySqlServer:
    """Both configured and in order."""
    database = mariadb.copied_database(mariadb_template)
    for name, value in variables(settings_of(database, bucket)).items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("PIXELLAB_DATABASE_TIMEOUT", "2")
    monkeypatch.setenv("PIXELLAB_S3_TIMEOUT", "2")
    return database


def test_all_is_well(cli: Cli, bucket: Bucket) -> None:
    code, found = examined(cli)
    assert code == 0, found
    assert found["database"] == (
        "ok",
        "MySQL on 127.0.0.1, with the current schema; may be written",
        "",
    )
    parts = ["S3 bucket", "S3 put", "S3 get", "S3 delete"]
    assert [found[part][0] for part in parts] == ["ok"] * 4
    assert "data folder" not in found


# S3


def s3_finding(found: dict[str, tuple[str, str, str]], part: str) -> str:
    """What was found and advised; nothing else of S3 is a problem."""
    problems = [name for name, each in found.items() if each[0] == "problem"]
    assert problems == [f"S3 {part}"], found
    return " ".join(found[f"S3 {part}"][1:])


@pytest.mark.parametrize(
    ("variable", "value", "part", "words"),
    [
        ("AWS_SECRET_ACCESS_KEY", "wrong", "credentials", "Check AWS_ACCESS_KEY_ID"),
        ("AWS_ACCESS_KEY_ID", "AKIANOBODY", "credentials", "Check AWS_ACCESS_KEY_ID"),
        ("S3_BUCKET", "no-such-bucket-here", "bucket", "aws s3 mb s3://no-such-bucket-here"),
        ("AWS_ENDPOINT_URL", "http://127.0.0.1:9", "endpoint", "AWS_ENDPOINT_URL"),
    ],
)
def test_what_is_wrong_with_s3(
    cli: Cli, monkeypatch: pytest.MonkeyPatch, variable: str, value: str, part: str, words: str
) -> None:
    monkeypatch.setenv(variable, value)
    code, found = examined(cli)
    assert code == 1
    assert words in s3_finding(found, part)


def test_no_credentials_at_all(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", "/nonexistent")
    monkeypatch.setenv("AWS_CONFIG_FILE", "/nonexistent")
    assert "or give this machine a role" in s3_finding(examined(cli)[1], "credentials")


def test_a_key_that_may_only_read(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", READER_KEY)
    _, found = examined(cli)
    assert found["S3 put"][0] == "problem"
    assert "s3:PutObject on arn:aws:s3:::pixellab-" in found["S3 put"][2]
    assert found["S3 get"][2] == "First let it put objects."
    assert "s3:DeleteObject" in found["S3 delete"][2]


def everything(answer: Answer) -> Meddle:
    return lambda *_: answer


@pytest.mark.parametrize(
    ("meddle", "part", "words"),
    [
        (always("DELETE", error(403, "AccessDenied")), "delete", "Allow these credentials s3:Del"),
        (first("PUT", error(501, "NotImplemented")), "put", "PIXELLAB_S3_ENCRYPTION=off"),
        (everything(error(403, "AccessDenied")), "list", "s3:ListBucket"),
        (everything(error(403, "RequestTimeTooSkewed")), "clock", "Set the clock"),
        (
            everything(error(400, "AuthorizationHeaderMalformed", Region="eu-west-3")),
            "region",
            "Set AWS_REGION=eu-west-3.",
        ),
        (
            everything(Answer(301, {"x-amz-bucket-region": "eu-west-3"}, error(301, "P").body)),
            "region",
            "Set AWS_REGION=eu-west-3.",
        ),
    ],
)
def test_what_amazon_would_answer(
    cli: Cli,
    seaweedfs: S3Server,
    monkeypatch: pytest.MonkeyPatch,
    meddle: Meddle,
    part: str,
    words: str,
) -> None:
    with proxy(seaweedfs.url, meddle) as address:
        monkeypatch.setenv("AWS_ENDPOINT_URL", address)
        found = examined(cli)[1]
    if part == "put":
        assert words in " ".join(found["S3 put"])
    else:
        assert words in s3_finding(found, part)


# MySQL


@pytest.mark.parametrize(
    ("variable", "value", "words"),
    [
        ("MYSQL_PASSWORD", "wrong", "Check MYSQL_USER and MYSQL_PASSWORD"),
        ("MYSQL_USER", "nobody", "Check MYSQL_USER and MYSQL_PASSWORD"),
        ("MYSQL_PORT", "9", "Check MYSQL_HOST and MYSQL_PORT"),
        ("MYSQL_DATABASE", "nowhere", "Grant the user"),
        ("PIXELLAB_MYSQL_TLS", "require", "Turn TLS on at the server"),
    ],
)
def test_what_is_wrong_with_mysql(
    cli: Cli, monkeypatch: pytest.MonkeyPatch, variable: str, value: str, words: str
) -> None:
    monkeypatch.setenv(variable, value)
    code, found = examined(cli)
    assert code == 1
    assert found["database"][0] == "problem"
    assert words in found["database"][2]


def test_a_user_who_may_only_read(
    cli: Cli, servers: MySqlServer, mariadb: SqlServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    mariadb.execute(
        "CREATE USER IF NOT EXISTS 'reader'@'%' IDENTIFIED BY 'reader'",
        f"GRANT SELECT ON {servers.database}.* TO 'reader'@'%'",
    )
    monkeypatch.setenv("MYSQL_USER", "reader")
    monkeypatch.setenv("MYSQL_PASSWORD", "reader")
    code, found = examined(cli)
    assert code == 1
    assert "does not let its user do what is needed" in found["database"][1]
    assert found["database"][2].startswith("Grant the user")


def test_a_ca_that_is_no_certificate(
    cli: Cli, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "ca.pem").write_text("nothing")
    monkeypatch.setenv("PIXELLAB_MYSQL_CA", str(tmp_path / "ca.pem"))
    assert "PIXELLAB_MYSQL_CA names a file without certificates" in examined(cli)[1]["database"][1]
    assert cli("list").code == 10


def test_an_empty_database_is_upgraded_by_command(
    cli: Cli, mariadb: SqlServer, bucket: Bucket, monkeypatch: pytest.MonkeyPatch
) -> None:
    empty = mariadb.empty_database()
    monkeypatch.setenv("MYSQL_DATABASE", empty.database)
    _, found = examined(cli)
    assert found["database"][2] == "Run pixellab db upgrade."
    assert cli("list").code == 9
    for _ in range(2):
        assert cli("db", "upgrade").out == "The database has the current schema.\n"
    assert examined(cli)[0] == 0
    assert cli("list", "--json").answer["total"] == 0


def test_a_user_who_may_not_make_tables(
    cli: Cli, mariadb: SqlServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    empty = evolve(mariadb.empty_database(), user="writer", password="writer")
    mariadb.execute(
        "CREATE USER IF NOT EXISTS 'writer'@'%' IDENTIFIED BY 'writer'",
        f"GRANT SELECT, INSERT ON {empty.database}.* TO 'writer'@'%'",
    )
    monkeypatch.setenv("MYSQL_DATABASE", empty.database)
    monkeypatch.setenv("MYSQL_USER", empty.user)
    monkeypatch.setenv("MYSQL_PASSWORD", empty.password)
    ran = cli("db", "upgrade")
    assert ran.code == 9
    assert "does not let its user do what is needed" in ran.err
