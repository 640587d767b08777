"""What ``compose.yaml`` starts, as far as that can be tried without Docker."""

from __future__ import annotations

import io
import re
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
import yaml

from pixellab.domain.errors import StoreUnavailable
from pixellab.domain.ports import ObjectStore
from pixellab.entrypoints.settings import Settings, load_settings
from pixellab.entrypoints.wiring.wire_stores import object_store
from pixellab.testing.servers import LOOPBACK
from tests.containers.dockerfile import read

ROOT = Path(__file__).parents[2]
COMPOSE = ROOT / "compose.yaml"
SERVICES: Mapping[str, Any] = yaml.safe_load(COMPOSE.read_text())["services"]
OURS = ("pixellab", "upgrade")
SCRIPTS = Path(sys.executable).parent
PARTS = ("s3", "master", "volume", "filer", "admin")
KEY = "uploads/original/550e8400_mug.jpg"
VALUE = re.compile(r"\$\{(?P<name>\w+)(:(?P<how>[-?])(?P<rest>[^}]*))?\}")


def test_it_is_what_the_compose_specification_allows() -> None:
    schema = "--builtin-schema=vendor.compose-spec"
    command = [str(SCRIPTS / "check-jsonschema"), schema, str(COMPOSE)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("service", OURS)
def test_every_variable_that_it_sets_is_one_of_ours(service: str) -> None:
    assert SERVICES[service]["environment"].keys() <= known_variables()


def test_every_variable_that_the_dockerfile_sets_is_one_of_ours() -> None:
    steps = [each for each in read(ROOT / "Dockerfile") if each.name == "ENV"]
    named = {each.partition("=")[0] for step in steps for each in step.words({"PATH": ""})}
    assert named - {"PATH"} <= known_variables()


def known_variables() -> set[str]:
    return {str(each.validation_alias) for each in Settings.model_fields.values()}


def test_the_database_has_its_tables_before_the_server_starts() -> None:
    assert SERVICES["upgrade"]["command"] == ["db", "upgrade"]
    after = {
        (service, name): wanted["condition"]
        for service in OURS
        for name, wanted in SERVICES[service]["depends_on"].items()
    }
    assert after == {
        ("upgrade", "mysql"): "service_healthy",
        ("pixellab", "upgrade"): "service_completed_successfully",
        ("pixellab", "s3"): "service_healthy",
    }


# Its secrets


@pytest.fixture
def secrets_file(tmp_path: Path) -> Path:
    """What the script writes beside what was there."""
    (tmp_path / "scripts").mkdir()
    shutil.copy(ROOT / "scripts" / "compose-secrets", tmp_path / "scripts")
    file = tmp_path / ".env"
    file.write_text("PIXELLAB_MAX_UPLOAD_MB=20")
    subprocess.run([tmp_path / "scripts" / "compose-secrets"], check=True, capture_output=True)
    return file


def variables_in(file: Path) -> dict[str, str]:
    return dict(line.split("=", 1) for line in file.read_text().splitlines())


def test_the_script_writes_every_secret_that_it_asks_for(secrets_file: Path) -> None:
    written = variables_in(secrets_file)
    asked_for = {each["name"] for each in VALUE.finditer(COMPOSE.read_text()) if each["how"] == "?"}
    assert asked_for <= written.keys() <= known_variables()
    assert load_settings(_env_file=secrets_file).max_upload_mb == 20
    assert load_settings(_env_file=secrets_file).api_key_hashes
    assert secrets_file.stat().st_mode & 0o077 == 0


def test_secrets_that_are_there_stay(secrets_file: Path) -> None:
    before = secrets_file.read_text()
    script = secrets_file.parent / "scripts" / "compose-secrets"
    subprocess.run([script], check=True, capture_output=True)
    assert secrets_file.read_text() == before


# Its S3 server


def filled(value: str, secrets: Mapping[str, str]) -> str:
    """The value with what Compose would put in."""
    return VALUE.sub(lambda found: secrets.get(found["name"], found["rest"]), value)


@pytest.fixture
def s3_address(secrets_file: Path, tmp_path: Path) -> Iterator[str]:
    """SeaweedFS as the service runs it, but on ports that are free."""
    service, secrets = SERVICES["s3"], variables_in(secrets_file)
    data, log = tmp_path / "data", tmp_path / "s3.log"
    data.mkdir()
    ports = free_ports(2 * len(PARTS))
    command = [SCRIPTS / "weed", *service["command"], f"-dir={data}", f"-ip.bind={LOOPBACK}"]
    command += [f"-{part}.port={port}" for part, port in zip(PARTS, ports, strict=False)]
    command += [f"-{part}.port.grpc={port}" for part, port in zip(PARTS, ports[5:], strict=True)]
    variables = {name: filled(value, secrets) for name, value in service["environment"].items()}
    address = f"http://{LOOPBACK}:{ports[0]}"
    with log.open("wb") as said, subprocess.Popen(command, env=variables, stderr=said) as server:
        try:
            # As the service's own check has it.
            while not answers(f"{address}{urlsplit(service['healthcheck']['test'][-1]).path}"):
                assert server.poll() is None, log.read_text()
                time.sleep(0.1)
            yield address
        finally:
            server.kill()


def test_photos_are_kept_in_its_s3_server(
    s3_address: str, secrets_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    secrets = variables_in(secrets_file)
    variables = SERVICES["pixellab"]["environment"] | {"AWS_ENDPOINT_URL_S3": s3_address}
    for name, value in variables.items():
        if not name.startswith("MYSQL_"):
            monkeypatch.setenv(name, filled(value, secrets))
    store = object_store(load_settings())
    while not is_there(store):  # the server answers before it has made the bucket
        time.sleep(0.1)
    kept = store.put(KEY, io.BytesIO(b"a photo"), media_type="image/jpeg", filename="mug.jpg")
    assert httpx.get(store.link(KEY)).content == b"a photo"
    assert httpx.get(kept.url).status_code == 403
    store.close()


def is_there(store: ObjectStore) -> bool:
    try:
        store.check()
    except StoreUnavailable:
        return False
    return True


def answers(url: str) -> bool:
    try:
        return httpx.get(url).status_code == 200
    except httpx.TransportError:
        return False


def free_ports(count: int) -> list[int]:
    listening = [socket.create_server((LOOPBACK, 0)) for _ in range(count)]
    ports = [each.getsockname()[1] for each in listening]
    for each in listening:
        each.close()
    return ports
