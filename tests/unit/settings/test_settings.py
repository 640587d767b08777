from __future__ import annotations

import hashlib
from decimal import Decimal
from pathlib import Path

import numpy as np
import pytest

from pixellab.adapters.enhancers.fidelity.fidelity_thresholds import Thresholds
from pixellab.domain.errors import Misconfigured
from pixellab.domain.requests import Mode, Task
from pixellab.entrypoints.bootstrap import bootstrap
from pixellab.entrypoints.settings import load_settings, unknown_variables
from pixellab.entrypoints.wiring.wire_backends import fidelity_check

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
