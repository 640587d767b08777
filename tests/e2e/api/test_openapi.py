"""The description of the API is true, and its page works without a network."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

from pixellab.domain.requests import Mode, UploadRequest
from tests.e2e.api.conftest import Api
from tests.e2e.conftest import servers_only

pytestmark = servers_only

PATHS = {
    "/api/v1/enhance/upload": {"post"},
    "/api/v1/uploads": {"post"},
    "/api/v1/uploads/{upload_id}/complete": {"post"},
    "/api/v1/images": {"get"},
    "/api/v1/images/{image_id}": {"get", "delete"},
    "/api/v1/images/{image_id}/enhancement-history": {"get"},
    "/api/v1/images/{image_id}/enhance": {"post"},
    "/api/v1/images/{image_id}/enhancements/{number}": {"get"},
    "/api/v1/images/{image_id}/enhancements/{number}/replay": {"post"},
    "/api/v1/images/{image_id}/enhancements/{number}/revert": {"post"},
    "/api/v1/images/{image_id}/progress": {"get"},
    "/api/v1/enhance/upload/progress": {"get"},
    "/api/v1/presets": {"get"},
    "/api/v1/presets/{name}": {"get", "put", "delete"},
    "/api/v1/batches": {"get", "post"},
    "/api/v1/batches/{batch_id}": {"get"},
    "/api/v1/batches/{batch_id}/items": {"get"},
    "/api/v1/batches/{batch_id}/cancel": {"post"},
    "/api/v1/batches/{batch_id}/retry": {"post"},
    "/api/v1/batches/{batch_id}/results.csv": {"get"},
    "/api/v1/queue": {"get"},
    "/api/v1/queue/retry": {"post"},
    "/api/v1/statistics": {"get"},
    "/api/v1/webhooks/deliveries": {"get"},
    "/api/v1/webhooks/deliveries/{delivery_id}/resend": {"post"},
    "/api/v1/capabilities": {"get"},
    "/health/live": {"get"},
    "/health/ready": {"get"},
}


def test_it_describes_the_contracts_paths(api: Api) -> None:
    described = api.http.get("/schema/openapi.json").json()
    assert described["openapi"].startswith("3.1")
    assert {path: set(methods) for path, methods in described["paths"].items()} == PATHS
    upload = described["paths"]["/api/v1/enhance/upload"]["post"]
    form = upload["requestBody"]["content"]["multipart/form-data"]["schema"]
    assert form["oneOf"] == [{"required": ["file"]}, {"required": ["image_url"]}]
    for kind in ("application/json", "application/x-www-form-urlencoded"):
        assert upload["requestBody"]["content"][kind]["schema"]["required"] == ["image_url"]
    assert (form["properties"]["target_size_kb"]["minimum"]) == 50
    assert (form["properties"]["target_size_kb"]["maximum"]) == 2000
    modes = re.compile(form["properties"]["mode"]["pattern"])
    assert all(map(modes.search, (*Mode, "DENOISE,STANDARDIZE")))
    assert not any(map(modes.search, ("PRETTY", "AUTO,", "AUTO,FULL,SHARPEN,DENOISE,UPSCALE")))
    examples = {
        name: each["examples"][0] for name, each in form["properties"].items() if "examples" in each
    }
    assert examples.keys() >= {"mode", "target_size_kb", "background", "white_at", "sku_id"}
    assert UploadRequest(**examples).sku_id == "MUG-1"
    progress = described["paths"]["/api/v1/images/{image_id}/progress"]["get"]["responses"]["200"]
    assert set(progress["content"]) == {"application/json", "text/event-stream"}
    assert "pass" in described["components"]["schemas"]["RuleAnswer"]["properties"]
    assert {
        "200",
        "201",
        "202",
        "400",
        "401",
        "409",
        "413",
        "415",
        "422",
        "429",
        "502",
        "503",
        "504",
    } <= (set(upload["responses"]))


def test_it_describes_the_messages_to_receivers(api: Api) -> None:
    described = api.http.get("/schema/openapi.json").json()["webhooks"]
    assert described.keys() == {"image.completed", "image.failed", "batch.completed"}
    for kind, each in described.items():
        message = each["post"]["requestBody"]["content"]["application/json"]["schema"]
        assert message["properties"]["type"]["const"] == kind
        data = message["properties"]["data"]
        if kind == "batch.completed":
            assert data == {"$ref": "#/components/schemas/BatchAnswer"}
        else:
            assert {"image_id", "enhanced_url", "failure"} <= data["properties"].keys()


def test_the_page_needs_nothing_from_elsewhere(api: Api) -> None:
    page = api.http.get("/schema")
    assert page.headers["content-type"].startswith("text/html")
    policy = page.headers["content-security-policy"]
    assert "script-src 'self';" in policy
    assert "http" not in policy
    needed = re.findall(r'(?:src|href)="([^"]+)"', page.text)
    assert len(needed) == 4
    for address in needed:
        assert address.startswith("/schema/")
        answer = api.http.get(address)
        assert answer.status_code == 200
        assert answer.content
    assert "<script>" not in page.text
    script = api.http.get("/schema/page.js")
    assert script.headers["content-type"].startswith("text/javascript")
    assert '"/schema/openapi.json"' in script.text
    assert "SwaggerUIBundle" in api.http.get("/schema/swagger-ui-bundle.js").text


def test_the_start_address_leads_to_the_documentation(api: Api) -> None:
    page = api.http.get("/")
    assert page.status_code == 200
    assert page.headers["content-type"].startswith("text/html")
    assert "default-src 'none'" in page.headers["content-security-policy"]
    assert not re.findall("<(?:script|style|link|img)|style=|src=", page.text)
    addresses = re.findall('href="([^"]+)"', page.text)
    assert "/schema" in addresses
    assert f"{api.lab.settings.base_url}/api/v1/enhance/upload" in page.text
    for address in addresses:
        assert api.http.get(address).status_code == 200
    assert api.http.head("/").headers["content-type"] == page.headers["content-type"]
    short = api.http.get("/docs")
    assert short.is_redirect
    assert short.headers["location"] == "/schema"
    looked = api.http.head("/docs")
    assert (looked.status_code, looked.headers["location"]) == (short.status_code, "/schema")


TRUTH = """
[checks]
# What fits its schema may still be no image, an unknown id or cursor, or a sku_id that is taken.
positive_data_acceptance.expected-statuses = ["2xx", "400", "404", "409", "415", "422"]
"""


def test_every_operation_answers_as_described(api: Api, tmp_path: Path) -> None:
    """Schemathesis, all its checks and phases, against the running server."""
    config = tmp_path / "schemathesis.toml"
    config.write_text(TRUTH)
    for _ in range(2):
        api.uploaded()
    done = subprocess.run(
        [
            *(sys.executable, "-m", "schemathesis.cli", f"--config-file={config}", "--no-color"),
            *("run", f"http://127.0.0.1:{api.port}/schema/openapi.json"),
            # One worker: threads that parse Python at once confuse CPython 3.11 (gh-106905).
            *("--checks=all", "--max-examples=8", "--workers=1", "--continue-on-failure"),
            "--generation-deterministic",
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-8000:] + done.stderr[-2000:]
    operations = sum(map(len, PATHS.values()))
    assert f"{operations} selected / {operations} total" in done.stdout
    assert api.everything()
