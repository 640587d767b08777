"""What ``doctor`` tells of BEDROCK, and that it costs nothing."""

from __future__ import annotations

import pytest

from pixellab.adapters.enhancers.bedrock.bedrock_enhancer import BedrockEnhancer
from pixellab.domain.findings import Verdict
from tests.adapters.enhancers.bedrock.bedrock_server import FAST, BedrockServer, Reply, error
from tests.adapters.enhancers.bedrock.conftest import bedrock_at
from tests.adapters.enhancers.bedrock.test_failures import without_keys

TITLES = ["remove background", "fast upscale", "conservative upscale"]


def found(enhancer: BedrockEnhancer) -> dict[str, tuple[Verdict, str, str]]:
    return {each.part: (each.verdict, each.found, each.advice) for each in enhancer.diagnose()}


def test_all_is_well_and_nothing_is_paid_for(server: BedrockServer) -> None:
    findings = found(bedrock_at(server.url, priced=True))
    assert {verdict for verdict, _, _ in findings.values()} == {Verdict.OK}
    assert server.url in findings["BEDROCK"][1]
    assert findings["BEDROCK's fast upscale"][1] == (
        f"there, for UPSCALE, FULL; price of {FAST}: 0.05 USD"
    )
    assert findings["BEDROCK's conservative upscale"][1].endswith("unknown")
    assert "all 13" in findings["BEDROCK subscription"][1]
    assert not server.sent


@pytest.mark.parametrize(
    ("reply", "verdict", "words"),
    [
        (error(403, "AccessDeniedException"), Verdict.WARNING, "bedrock:GetInferenceProfile"),
        (error(404, "ResourceNotFoundException"), Verdict.PROBLEM, "PIXELLAB_BEDROCK_REGION"),
        (error(429, "ThrottlingException"), Verdict.WARNING, "again later"),
        (error(403, "UnrecognizedClientException"), Verdict.PROBLEM, "keys"),
        (Reply(body=b'{"status": "DELETED"}'), Verdict.PROBLEM, "not active"),
    ],
)
def test_each_refusal_has_its_advice(
    server: BedrockServer, reply: Reply, verdict: Verdict, words: str
) -> None:
    server.profiles = reply
    findings = found(bedrock_at(server.url))
    for title in TITLES:
        assert findings[f"BEDROCK's {title}"][0] is verdict
        assert words in " ".join(findings[f"BEDROCK's {title}"][1:])


def test_no_credentials(server: BedrockServer, monkeypatch: pytest.MonkeyPatch) -> None:
    without_keys(monkeypatch)
    findings = found(bedrock_at(server.url, access_key_id=None, secret_access_key=None, timeout=18))
    assert findings["BEDROCK credentials"][0] is Verdict.PROBLEM
    assert "BEDROCK's fast upscale" not in findings


def test_nobody_there(server: BedrockServer) -> None:
    findings = found(bedrock_at(server.url, control_endpoint_url="http://127.0.0.1:9"))
    assert findings["BEDROCK endpoint"][0] is Verdict.PROBLEM


def test_another_server_than_amazons_is_not_asked_without_its_control_plane(
    server: BedrockServer,
) -> None:
    findings = found(bedrock_at(server.url, control_endpoint_url=None))
    assert "were not asked for" in findings["BEDROCK services"][1]
