"""Settings that choose the stores, and those that name files."""

from __future__ import annotations

import re
import traceback
from pathlib import Path
from typing import Any

import pytest

from pixellab.domain.errors import Misconfigured
from pixellab.entrypoints.settings import load_settings
from pixellab.entrypoints.telemetry.logs import secrets_of
from pixellab.entrypoints.wiring.wire_stores import database_engine, object_store

MYSQL = {"mysql_host": "db", "mysql_database": "shop", "mysql_user": "pixellab"}


def test_each_store_is_chosen_by_one_variable(tmp_path: Path) -> None:
    def names(**settings: Any) -> tuple[str, str]:
        loaded = load_settings(_env_file=None, data_dir=tmp_path, **settings)
        store, engine = object_store(loaded), database_engine(loaded)
        try:
            return store.name, engine.url.get_backend_name()
        finally:
            store.close()
            engine.dispose()

    assert names() == ("filesystem", "sqlite")
    assert names(s3_bucket="photos") == ("S3", "sqlite")
    assert names(**MYSQL) == ("filesystem", "mysql")
    assert names(s3_bucket="photos", **MYSQL) == ("S3", "mysql")


def test_variables_of_both_stores_are_read_from_dotenv_too(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("MYSQL_HOST", "db.internal")
    Path(".env").write_text(
        "S3_BUCKET=photos\nAWS_ACCESS_KEY_ID=AKIA\nAWS_SECRET_ACCESS_KEY=s3cret\n"
        "AWS_ENDPOINT_URL=http://other:1\nAWS_ENDPOINT_URL_S3=http://minio:9000/\n"
        "CLOUDFRONT_DOMAIN=https://cdn.example/\n"
        "MYSQL_DATABASE=shop\nMYSQL_USER=me\nMYSQL_PASSWORD=hunter2\n"
    )
    settings = load_settings()
    assert (settings.cloudfront_domain, settings.mysql_port) == ("cdn.example", 3306)
    assert settings.endpoint_url == "http://minio:9000"
    assert "s3cret" not in repr(settings)
    assert "hunter2" not in repr(settings)
    assert settings.mysql_password.get_secret_value() == "hunter2"


def test_an_access_key_is_a_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIDSECRET")
    settings = load_settings(_env_file=None)
    assert "AKIDSECRET" not in repr(settings)
    assert settings.aws_keys["access_key_id"] == "AKIDSECRET"
    assert "AKIDSECRET" in secrets_of(settings)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKID SECRET")
    with pytest.raises(Misconfigured, match="AWS_ACCESS_KEY_ID is not a value") as caught:
        load_settings(_env_file=None)
    assert "SECRET" not in "".join(traceback.format_exception(caught.value))


@pytest.mark.parametrize(
    "name", ["AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_S3", "GOOGLE_GEMINI_BASE_URL"]
)
@pytest.mark.parametrize("address", ["http://me:hunter2@minio:9000", "https://hunter2@minio"])
def test_no_password_belongs_in_an_address(
    monkeypatch: pytest.MonkeyPatch, name: str, address: str
) -> None:
    monkeypatch.setenv(name, address)
    with pytest.raises(Misconfigured, match="without a query, a user or a password") as caught:
        load_settings(_env_file=None)
    assert caught.value.message.startswith(f"{name} is not a value that is allowed; ")
    assert "hunter2" not in "".join(traceback.format_exception(caught.value))


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"s3_bucket": "No Bucket"}, "S3_BUCKET is 'No Bucket'; allowed is the name of a bucket"),
        ({"s3_bucket": "a..b"}, "S3_BUCKET is 'a..b'; allowed is"),
        ({"aws_region": "Frankfurt"}, "AWS_REGION is 'Frankfurt'; allowed is a region such as"),
        (
            {"aws_endpoint_url": "minio:9000"},
            "AWS_ENDPOINT_URL is 'minio:9000'; allowed is an http",
        ),
        ({"cloudfront_domain": "http://cdn.example"}, "CLOUDFRONT_DOMAIN is 'http://cdn.example'"),
        ({"cloudfront_domain": "cdn.example/photos"}, "CLOUDFRONT_DOMAIN is"),
        ({"presign_seconds": 604_801}, "PIXELLAB_PRESIGN_SECONDS is '604801'; allowed is"),
        ({"s3_encryption": "rot13"}, "PIXELLAB_S3_ENCRYPTION is 'rot13'; allowed is AES256 or off"),
        ({"mysql_port": 0}, "MYSQL_PORT is '0'; allowed is a port"),
        ({"mysql_tls": "yes"}, "PIXELLAB_MYSQL_TLS is 'yes'; allowed is prefer, require or off"),
        (
            {"mysql_ca": "/nonexistent"},
            "PIXELLAB_MYSQL_CA is '/nonexistent', where there is no file; allowed is a PEM file.",
        ),
        (
            {"s3_bucket": "photos", "aws_access_key_id": "AKIA"},
            "Only one of AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY is set",
        ),
        (
            {"bedrock_region": "us-west-2", "aws_secret_access_key": "s3cret"},
            "Only one of AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY is set",
        ),
        (
            {"s3_bucket": "photos", "presign_seconds": 60, "cloudfront_domain": "cdn.example"},
            "PIXELLAB_PRESIGN_SECONDS and CLOUDFRONT_DOMAIN are both set",
        ),
        ({"mysql_host": "db", "mysql_user": "me"}, "MYSQL_DATABASE is not set"),
        ({"mysql_host": "db", "mysql_database": "shop"}, "MYSQL_USER is not set"),
        ({**MYSQL, "mysql_tls": "off", "mysql_ca": __file__}, "PIXELLAB_MYSQL_CA is set and"),
    ],
)
def test_wrong_stores_stop_the_start(settings: dict[str, Any], words: str) -> None:
    with pytest.raises(Misconfigured, match=f"^{re.escape(words)}") as caught:
        load_settings(_env_file=None, **settings)
    assert len(caught.value.message.splitlines()) == 1


@pytest.mark.parametrize(
    "variable",
    [
        "PIXELLAB_PRESETS",
        "PIXELLAB_MYSQL_CA",
        "PIXELLAB_C2PA_CERTIFICATE",
        "PIXELLAB_CUTOUT_MODEL",
        "PIXELLAB_UPSCALE_MODEL",
    ],
)
@pytest.mark.parametrize(
    ("place", "why"),
    [
        ("none.onnx", "where there is no file"),
        ("folder.onnx", "which is a folder"),
        (f"{'deep' * 70}.onnx", "which cannot be reached"),  # a longer name than the disk has
    ],
)
def test_a_file_that_is_not_there_is_told_with_the_reason(
    monkeypatch: pytest.MonkeyPatch, variable: str, place: str, why: str
) -> None:
    Path("folder.onnx").mkdir()
    monkeypatch.setenv(variable, place)
    with pytest.raises(Misconfigured, match=f"^{variable} is '[^']*', {why}; allowed is ") as told:
        load_settings()
    assert len(told.value.message.splitlines()) == 1


@pytest.mark.parametrize("place", ["none.pem", "folder", "deep" * 70])
def test_a_key_that_is_not_there_is_not_repeated(
    monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    Path("folder").mkdir()
    monkeypatch.setenv("PIXELLAB_C2PA_KEY", place)
    with pytest.raises(Misconfigured, match=r"^PIXELLAB_C2PA_KEY is not a value") as told:
        load_settings()
    assert place not in told.value.message


def test_a_folder_of_an_unknown_user_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PIXELLAB_CUTOUT_MODEL", "~nobody-of-this-name/mine.onnx")
    with pytest.raises(Misconfigured, match=r"^PIXELLAB_CUTOUT_MODEL is '~nobody-of"):
        load_settings()
