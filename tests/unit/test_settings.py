from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from pixellab.domain.errors import Misconfigured
from pixellab.domain.pictures import Mode
from pixellab.entrypoints.bootstrap import bootstrap
from pixellab.entrypoints.settings import load_settings, unknown_variables

SECRET = "correct-horse-battery"


def test_nothing_set_is_the_embedded_default() -> None:
    settings = load_settings()
    assert settings.data_dir == Path("pixellab-data")
    assert settings.max_bytes == 50_000_000
    assert settings.max_pixels == 60_000_000
    assert settings.base_url == "http://localhost:8000"
    assert settings.routing_table == dict.fromkeys(Mode, "LOCAL")
    assert settings.api_key_hashes == ()


@pytest.mark.parametrize(
    ("variable", "value", "allowed"),
    [
        ("PIXELLAB_PORT", "abc", "0 to 65535"),
        ("PIXELLAB_PORT", "70000", "0 to 65535"),
        ("PIXELLAB_MAX_UPLOAD_MB", "0", "above 0"),
        ("PIXELLAB_MAX_MEGAPIXELS", "nan", "megapixels"),
        ("PIXELLAB_ROUTES", "SPARKLE=LOCAL", "MODE=BACKEND"),
        ("PIXELLAB_ROUTES", "AUTO", "MODE=BACKEND"),
        ("PIXELLAB_PUBLIC_URL", "ftp://shop.example", "http"),
        ("PIXELLAB_WORKERS", "0", "1 to 64"),
        ("PIXELLAB_RATE_LIMIT", "10/fortnight", "N/minute"),
        ("PIXELLAB_CORS_ORIGINS", "shop.example", "origins"),
        ("PIXELLAB_LOG_FORMAT", "xml", "text or json"),
        ("PIXELLAB_ALLOW_ANONYMOUS", "perhaps", "true or false"),
    ],
)
def test_a_wrong_value_is_one_line_with_name_value_and_what_is_allowed(
    monkeypatch: pytest.MonkeyPatch, variable: str, value: str, allowed: str
) -> None:
    monkeypatch.setenv(variable, value)
    with pytest.raises(Misconfigured) as refused:
        load_settings()
    message = refused.value.message
    assert "\n" not in message
    assert message.startswith(variable)
    assert value in message
    assert allowed in message


def test_a_wrong_key_is_not_repeated(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PIXELLAB_API_KEYS", "hunter2")
    with pytest.raises(Misconfigured, match="PIXELLAB_API_KEYS") as refused:
        load_settings()
    assert "hunter2" not in refused.value.message


def test_keys_show_in_no_representation(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PIXELLAB_API_KEYS", SECRET)
    settings = load_settings()
    assert SECRET not in repr(settings)
    assert SECRET not in settings.model_dump_json()
    assert settings.api_key_hashes == (hashlib.sha256(SECRET.encode()).hexdigest(),)


def test_keys_can_be_given_as_hashes(monkeypatch: pytest.MonkeyPatch) -> None:
    digest = hashlib.sha256(SECRET.encode()).hexdigest()
    monkeypatch.setenv("PIXELLAB_API_KEYS", f"sha256:{digest}, another-long-enough-key")
    assert load_settings().api_key_hashes[0] == digest


def test_routes_name_modes_and_a_rest(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PIXELLAB_ROUTES", "background_remove=bedrock, *=local")
    table = load_settings().routing_table
    assert table[Mode.BACKGROUND_REMOVE] == "BEDROCK"
    assert table[Mode.AUTO] == "LOCAL"


def test_a_route_to_nowhere_stops_the_start(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PIXELLAB_ROUTES", "SHARPEN=NOBODY")
    with (
        pytest.raises(Misconfigured, match="PIXELLAB_ROUTES names NOBODY; allowed are LOCAL"),
        bootstrap(load_settings()),
    ):
        pytest.fail("it started")


def test_a_dotenv_file_is_read_and_the_environment_wins(monkeypatch: pytest.MonkeyPatch) -> None:
    Path(".env").write_text("PIXELLAB_PORT=9001\nPIXELLAB_WORKERS=3\n")
    monkeypatch.setenv("PIXELLAB_WORKERS", "4")
    settings = load_settings()
    assert (settings.port, settings.workers) == (9001, 4)
    assert settings.base_url == "http://localhost:9001"


@pytest.mark.parametrize("variable", ["S3_BUCKET", "MYSQL_HOST"])
def test_a_store_that_is_not_there_yet_is_refused_not_ignored(
    monkeypatch: pytest.MonkeyPatch, variable: str
) -> None:
    monkeypatch.setenv(variable, "somewhere")
    with pytest.raises(Misconfigured, match=variable):
        load_settings()


def test_rate_limits_are_read(monkeypatch: pytest.MonkeyPatch) -> None:
    assert load_settings().rate == (600, 60)
    monkeypatch.setenv("PIXELLAB_RATE_LIMIT", "5/second")
    assert load_settings().rate == (5, 1)
    monkeypatch.setenv("PIXELLAB_RATE_LIMIT", "off")
    assert load_settings().rate is None


@pytest.mark.parametrize("variable", ["S3_BUCKET", "MYSQL_HOST"])
def test_a_store_in_dotenv_that_is_not_there_yet_is_refused_too(variable: str) -> None:
    Path(".env").write_text(f"{variable}=somewhere\n")
    with pytest.raises(Misconfigured, match=f"{variable} is set"):
        load_settings()


def test_a_misspelt_keyword_is_refused() -> None:
    with pytest.raises(Misconfigured, match=r"no setting 'datadir'; allowed are .*data_dir"):
        load_settings(datadir="photos")
    assert load_settings(data_dir="photos", _env_file=None).data_dir == Path("photos")


def test_a_dotenv_file_that_cannot_be_read_is_one_line() -> None:
    Path(".env").write_bytes(b"PIXELLAB_PORT=80\xff\n")
    with pytest.raises(Misconfigured, match=r"^\.env cannot be read; allowed is .*UTF-8"):
        load_settings()
    Path(".env").unlink()
    Path(".env").symlink_to("/proc/self/mem")  # a regular file that cannot be read from its start
    with pytest.raises(Misconfigured, match=r"^\.env cannot be read"):
        load_settings()


def test_unknown_variables_are_found_in_the_environment_and_dotenv(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert unknown_variables() == []
    monkeypatch.setenv("PIXELLAB_PROT", "9001")
    monkeypatch.setenv("PIXELLAB_PORT", "9001")
    Path(".env").write_text("PIXELLAB_ROUTE=*=LOCAL\nPIXELLAB_ROUTES=*=LOCAL\nOTHER=1\n")
    assert unknown_variables() == ["PIXELLAB_PROT", "PIXELLAB_ROUTE"]
