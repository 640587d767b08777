from __future__ import annotations

import hashlib
import re
import sys
import traceback
from decimal import Decimal
from importlib.abc import MetaPathFinder
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pixellab.adapters.enhancers.fidelity.fidelity_thresholds import Thresholds
from pixellab.domain.errors import Misconfigured
from pixellab.domain.requests import Mode, Task
from pixellab.entrypoints.bootstrap import bootstrap
from pixellab.entrypoints.settings import load_settings, unknown_variables
from pixellab.entrypoints.telemetry.logs import secrets_of
from pixellab.entrypoints.wiring.wire_backends import fidelity_check
from pixellab.entrypoints.wiring.wire_stores import database_engine, object_store

SECRET = "correct-horse-battery"


def test_nothing_set_is_the_embedded_default() -> None:
    settings = load_settings()
    assert settings.data_dir == Path("pixellab-data")
    assert settings.max_bytes == 50_000_000
    assert settings.max_pixels == 60_000_000
    assert settings.base_url == "http://localhost:8000"
    assert settings.routing_table == dict.fromkeys(Mode, ("LOCAL",))
    assert settings.api_key_hashes == ()


@pytest.mark.parametrize(
    ("host", "url"),
    [
        ("shop.internal", "http://shop.internal:8000"),
        ("192.0.2.7", "http://192.0.2.7:8000"),
        ("2001:db8::7", "http://[2001:db8::7]:8000"),
        ("[2001:db8::7]", "http://[2001:db8::7]:8000"),
        ("fe80::7%eth0", "http://[fe80::7%25eth0]:8000"),
        ("::", "http://localhost:8000"),
        ("[::1]", "http://localhost:8000"),
    ],
)
def test_addresses_begin_with_the_host(host: str, url: str) -> None:
    assert load_settings(host=host).base_url == url


@pytest.mark.parametrize(
    ("variable", "value", "allowed"),
    [
        ("PIXELLAB_PORT", "abc", "0 to 65535"),
        ("PIXELLAB_PORT", "70000", "0 to 65535"),
        ("PIXELLAB_MAX_UPLOAD_MB", "0", "above 0"),
        ("PIXELLAB_COST_CAP_REQUEST", "cheap", "in US dollars such as 0.25"),
        ("PIXELLAB_COST_CAP_DAY", "-1", "0 to 1000000"),
        ("PIXELLAB_COST_CAP_KEY_DAY", "nan", "in US dollars"),
        ("PIXELLAB_MAX_MEGAPIXELS", "nan", "megapixels"),
        ("PIXELLAB_ROUTES", "SPARKLE=LOCAL", "MODE=BACKEND"),
        ("PIXELLAB_ROUTES", "AUTO", "MODE=BACKEND"),
        ("PIXELLAB_PUBLIC_URL", "ftp://shop.example", "http"),
        ("PIXELLAB_PUBLIC_URL", "http://2001:db8::7", "brackets around an IPv6 address"),
        ("PIXELLAB_PUBLIC_URL", "http://shop.example:http", "http"),
        ("PIXELLAB_PUBLIC_URL", "http://:8000", "http"),
        ("PIXELLAB_WORKERS", "0", "1 to 64"),
        ("PIXELLAB_CONNECTIONS", "0", "1 to 100000"),
        ("PIXELLAB_CONNECTIONS_PER_CLIENT", "many", "1 to 100000"),
        ("PIXELLAB_UPLOADS_PER_CLIENT", "101", "1 to 100"),
        ("PIXELLAB_CLIENT_TIMEOUT", "0", "0.1 to 600"),
        ("PIXELLAB_LEAST_RATE_KB", "0", "0.001 to 1000"),
        ("PIXELLAB_FIDELITY", "lax", "strict or off"),
        ("PIXELLAB_FIDELITY_THRESHOLDS", "hue=3", "NAME being one of"),
        ("PIXELLAB_FIDELITY_THRESHOLDS", "hue_turn=3,hue_turn=4", "NAME=NUMBER"),
        ("PIXELLAB_FIDELITY_THRESHOLDS", "hue_turn=nan", "NAME=NUMBER"),
        ("PIXELLAB_FIDELITY_THRESHOLDS", "hue_turn", "NAME=NUMBER"),
        ("PIXELLAB_RATE_LIMIT", "10/fortnight", "N/minute"),
        ("PIXELLAB_TRUSTED_PROXIES", "10.0.0.0/99", "networks such as"),
        ("PIXELLAB_TRUSTED_PROXIES", "*", "networks such as"),
        ("PIXELLAB_CORS_ORIGINS", "shop.example", "origins"),
        ("PIXELLAB_IMAGE_URLS", "https://a.example/path", "hosts such as images.example"),
        ("PIXELLAB_WEBHOOK_URLS", "a b", "hosts such as images.example"),
        ("PIXELLAB_LOG_FORMAT", "xml", "text or json"),
        ("PIXELLAB_ALLOW_ANONYMOUS", "perhaps", "true or false"),
        ("PIXELLAB_BEDROCK_REGION", "eu-central-1", "us-east-1, us-east-2 or us-west-2"),
        ("AWS_ENDPOINT_URL_BEDROCK_RUNTIME", "localhost:1", "http"),
        ("PIXELLAB_CLOUD_TIMEOUT", "0", "1 to 240"),
        ("PIXELLAB_PRICES", "0.05", "ITEM=AMOUNT"),
        ("PIXELLAB_PRICES", "model=cheap", "ITEM=AMOUNT"),
        ("PIXELLAB_PRICES", "model=-1", "ITEM=AMOUNT"),
        ("PIXELLAB_PRICES", "model=NaN", "ITEM=AMOUNT"),
        ("PIXELLAB_GEMINI_MODEL", "../models", "gemini-3-pro-image"),
        ("PIXELLAB_GEMINI_API_VERSION", "latest", "v1"),
        ("PIXELLAB_GEMINI_MAX_INPUT_MB", "0", "0.1 to 100"),
        ("GOOGLE_GEMINI_BASE_URL", "localhost", "http"),
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


def test_a_wrong_key_of_a_service_is_not_repeated(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GEMINI_API_KEY", "hunter 2")
    with pytest.raises(Misconfigured, match="GEMINI_API_KEY") as refused:
        load_settings()
    assert "hunter" not in refused.value.message


def test_a_key_of_a_service_enables_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GEMINI_API_KEY", SECRET)
    monkeypatch.setenv("PIXELLAB_PRICES", "m at 1K=0.05, us.n-v1:0=1.5")
    settings = load_settings()
    assert SECRET not in repr(settings)
    assert settings.own_prices == {"m at 1K": Decimal("0.05"), "us.n-v1:0": Decimal("1.5")}
    with bootstrap(settings) as lab:
        assert lab.enhancers.names() == ("LOCAL", "GEMINI")
        assert lab.enhancers.get("gemini", Task()).name == "GEMINI"


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
    assert table[Mode.BACKGROUND_REMOVE] == ("BEDROCK",)
    assert table[Mode.AUTO] == ("LOCAL",)


def test_a_route_may_be_a_chain(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PIXELLAB_ROUTES", "AUTO=gemini > shiny>local,*=local")
    table = load_settings().routing_table
    assert table[Mode.AUTO] == ("GEMINI", "SHINY", "LOCAL")
    assert table[Mode.FULL] == ("LOCAL",)


@pytest.mark.parametrize("chain", ["gemini>", ">local", "local>local", "gemini>>local"])
def test_a_chain_has_no_gap_and_no_repeat(monkeypatch: pytest.MonkeyPatch, chain: str) -> None:
    monkeypatch.setenv("PIXELLAB_ROUTES", f"AUTO={chain}")
    with pytest.raises(Misconfigured, match="MODE=BACKEND>BACKEND"):
        load_settings()


def test_a_route_to_nowhere_stops_the_start(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PIXELLAB_ROUTES", "SHARPEN=local>NOBODY")
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


def test_rate_limits_are_read(monkeypatch: pytest.MonkeyPatch) -> None:
    assert load_settings().rate == (600, 60)
    monkeypatch.setenv("PIXELLAB_RATE_LIMIT", "5/second")
    assert load_settings().rate == (5, 1)
    monkeypatch.setenv("PIXELLAB_RATE_LIMIT", "off")
    assert load_settings().rate is None


def test_prices_that_were_quoted_are_read(monkeypatch: pytest.MonkeyPatch) -> None:
    assert load_settings().own_prices == {}
    monkeypatch.setenv("PIXELLAB_PRICES", "us.stability.fast-v1:0=0.05, model at 2K = 0.134")
    assert load_settings().own_prices == {
        "us.stability.fast-v1:0": Decimal("0.05"),
        "model at 2K": Decimal("0.134"),
    }


def test_a_region_makes_bedrock_a_backend(monkeypatch: pytest.MonkeyPatch) -> None:
    def names() -> tuple[str, ...]:
        with bootstrap(load_settings()) as lab:
            return lab.enhance.enhancers.names()

    assert names() == ("LOCAL",)
    monkeypatch.setenv("PIXELLAB_BEDROCK_REGION", "us-west-2")
    assert names() == ("LOCAL", "BEDROCK")


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
        ({"mysql_ca": "/nonexistent"}, "PIXELLAB_MYSQL_CA is '/nonexistent'; allowed is a PEM"),
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
    ("module", "settings", "words"),
    [
        (
            "botocore",
            {"s3_bucket": "photos"},
            "in the folder of PixelLab's source: pip install '.[s3]'",
        ),
        (
            "boto3",
            {"bedrock_region": "us-east-1"},
            "in the folder of PixelLab's source: pip install '.[bedrock]'",
        ),
        ("pymysql", MYSQL, "in the folder of PixelLab's source: pip install '.[mysql]'"),
    ],
)
def test_a_driver_that_is_not_installed(
    monkeypatch: pytest.MonkeyPatch, module: str, settings: dict[str, Any], words: str
) -> None:
    forgotten = (f"{module}.", "pixellab.adapters.object_stores.s3.")
    for name in [each for each in sys.modules if f"{each}.".startswith(forgotten)]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setattr(sys, "meta_path", [Hidden(module), *sys.meta_path])
    with (
        pytest.raises(Misconfigured, match=re.escape(words)),
        bootstrap(load_settings(_env_file=None, **settings)) as lab,
    ):
        lab.open_stores()


def test_a_backend_whose_sdk_is_not_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    forgotten = ("google.", "pixellab.adapters.enhancers.gemini.")
    for name in [each for each in sys.modules if f"{each}.".startswith(forgotten)]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setattr(sys, "meta_path", [Hidden("google"), *sys.meta_path])
    with bootstrap(load_settings(_env_file=None, gemini_api_key=SECRET)) as lab:
        with pytest.raises(Misconfigured, match=r"pip install '\.\[gemini\]'"):
            lab.enhancers.get("GEMINI", Task())
        assert any("[gemini]" in each.found for each in lab.enhancers.diagnose())
        assert lab.enhancers.get("LOCAL", Task()).name == "LOCAL"


class Hidden(MetaPathFinder):
    """Makes one package as good as not installed."""

    def __init__(self, name: str) -> None:
        self._name = name

    def find_spec(self, fullname: str, *_: object) -> None:
        if fullname.split(".")[0] == self._name:
            raise ModuleNotFoundError(f"No module named {fullname!r}", name=self._name)


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


def test_a_cap_for_each_key_needs_keys() -> None:
    with pytest.raises(Misconfigured, match="PIXELLAB_API_KEYS names no key"):
        load_settings(cost_cap_key_day=1)
    key = "a-key-of-sixteen-and-more"
    assert load_settings(cost_cap_key_day="0.25", api_keys=key).cost_cap_key_day == Decimal("0.25")


def test_single_thresholds_of_the_product_check_can_be_set() -> None:
    settings = load_settings(fidelity_thresholds=" colour_p95 = 4, part=0.7 ")
    assert settings.thresholds == Thresholds(colour_p95=4.0, part=0.7)


def test_the_product_check_is_made_unless_it_is_turned_off() -> None:
    assert fidelity_check(load_settings(fidelity="off")) is None
    check = fidelity_check(load_settings(cutout_model="none"))
    assert check is not None
    flat = np.full((40, 40, 3), 200, np.uint8)
    assert "agreement" in check(flat, flat).figures
