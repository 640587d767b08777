"""API keys, rates, CORS, headers and request ids."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

import httpx
import pytest
from litestar.testing import TestClient

from pixellab.domain.errors import Misconfigured
from pixellab.entrypoints.api.app import create_app
from pixellab.entrypoints.api.http.security import MAX_CLIENTS, WRONG_KEYS, TokenBuckets
from pixellab.entrypoints.api.listening import refuse_open_door
from pixellab.entrypoints.refusals import RateLimited
from tests.conftest import photo_bytes
from tests.e2e.api.conftest import IMAGES, UPLOAD, Api, Configure, served
from tests.e2e.api.test_upload import path_of
from tests.e2e.conftest import embedded_only

KEY, OTHER = "first-key-0123456789", "second-key-0123456789"


@pytest.fixture(scope="module")
def guarded(configure: Configure) -> Iterator[Api]:
    """A server that wants one of two keys, the second of them configured as its hash."""
    hashed = hashlib.sha256(OTHER.encode()).hexdigest()
    with served(configure(api_keys=f"{KEY}, sha256:{hashed}")) as api:
        yield api


@pytest.mark.parametrize("key", [KEY, OTHER])
@embedded_only
def test_either_header_carries_the_key(guarded: Api, key: str) -> None:
    for headers in ({"Authorization": f"Bearer {key}"}, {"X-API-Key": key}):
        assert guarded.http.get(IMAGES, headers=headers).status_code == 200


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"X-API-Key": ""},
        {"X-API-Key": KEY[:-1]},
        {"X-API-Key": KEY.upper()},
        {"Authorization": "Bearer wrong"},
        {"Authorization": f"Basic {KEY}"},
        {"Authorization": "Bearer"},
        {"Authorization": f"Bearer wrong {KEY}"},
        {"X-API-Key": hashlib.sha256(OTHER.encode()).hexdigest()},
    ],
)
@embedded_only
def test_no_key_or_a_wrong_one(guarded: Api, headers: dict[str, str]) -> None:
    before = guarded.everything()
    photo = {"file": ("a.jpg", photo_bytes())}
    for answer in (
        guarded.http.get(IMAGES, headers=headers),
        guarded.http.post(UPLOAD, files=photo, headers=headers),
        guarded.http.delete(f"{IMAGES}/x", headers=headers),
        guarded.http.get("/metrics", headers=headers),
    ):
        assert answer.status_code == 401
        assert answer.headers["www-authenticate"].startswith("Bearer")
        assert answer.json()["type"] == "urn:pixellab:problem:unauthorized"
    assert guarded.everything() == before


@embedded_only
def test_health_the_description_and_files_need_no_key(guarded: Api) -> None:
    photo = {"file": ("a.jpg", photo_bytes())}
    body = guarded.http.post(UPLOAD, files=photo, headers={"X-API-Key": KEY}).json()
    for path in (
        "/health/live",
        "/health/ready",
        "/schema",
        "/schema/openapi.json",
        path_of(guarded, body["enhanced_url"]),
    ):
        assert guarded.http.get(path).status_code == 200


@embedded_only
def test_the_description_says_that_keys_are_needed(guarded: Api, api: Api) -> None:
    described = guarded.http.get("/schema/openapi.json").json()
    assert set(described["components"]["securitySchemes"]) == {"bearer", "key"}
    assert {"bearer": []} in described["security"]
    assert "security" not in api.http.get("/schema/openapi.json").json()


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1", "shop.example"])
@embedded_only
def test_no_door_is_left_open(configure: Configure, host: str) -> None:
    with pytest.raises(Misconfigured, match="PIXELLAB_API_KEYS"):
        refuse_open_door(configure(host=host))
    refuse_open_door(configure(host=host, api_keys=KEY))
    refuse_open_door(configure(host=host, allow_anonymous=True))


@pytest.mark.parametrize("host", ["127.0.0.1", "127.9.9.9", "::1", "localhost"])
@embedded_only
def test_loopback_needs_no_key(configure: Configure, host: str) -> None:
    refuse_open_door(configure(host=host))


@embedded_only
def test_one_request_too_many_is_told_when_to_come_back(configure: Configure) -> None:
    with served(configure(rate_limit="3/hour")) as api:
        answers = [api.http.get(IMAGES) for _ in range(4)]
        assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
        assert 1 <= int(answers[3].headers["retry-after"]) <= 1200
        assert answers[3].json()["type"] == "urn:pixellab:problem:rate-limited"
        assert api.http.get("/health/live").status_code == 200


@embedded_only
def test_each_key_has_its_own_rate(configure: Configure) -> None:
    with served(configure(rate_limit="1/hour", api_keys=f"{KEY},{OTHER}")) as api:
        statuses = [
            api.http.get(IMAGES, headers={"X-API-Key": key}).status_code
            for key in (KEY, KEY, OTHER, OTHER)
        ]
        assert statuses == [200, 429, 200, 429]


@embedded_only
def test_each_key_has_idempotency_keys_of_its_own(configure: Configure) -> None:
    with served(configure(api_keys=f"{KEY},{OTHER}")) as api:

        def upload(key: str, seed: int) -> tuple[int, str]:
            answer = api.http.post(
                UPLOAD,
                files={"file": ("a.jpg", photo_bytes(seed=seed))},
                data={"mode": "OPTIMIZE"},
                headers={"X-API-Key": key, "Idempotency-Key": "order-1"},
            )
            return answer.status_code, answer.json().get("image_id")

        def followed(key: str) -> str:
            query = {"idempotency_key": "order-1"}
            answer = api.http.get(f"{UPLOAD}/progress", params=query, headers={"X-API-Key": key})
            return str(answer.json()["image_id"])

        (first, mine), (second, theirs) = upload(KEY, 1), upload(OTHER, 2)
        assert (first, second) == (201, 201)
        assert mine != theirs
        assert upload(KEY, 1) == (200, mine)
        assert upload(OTHER, 2) == (200, theirs)
        assert (followed(KEY), followed(OTHER)) == (mine, theirs)
        assert upload(OTHER, 1)[0] == 409
        api.lab.delete_image(mine)
        assert upload(KEY, 2)[0] == 201


@embedded_only
def test_a_proxy_is_believed_only_where_a_setting_names_it(configure: Configure) -> None:
    def statuses(**proxies: str) -> list[int]:
        with served(configure(rate_limit="1/hour", **proxies)) as api:
            return [
                api.http.get(IMAGES, headers={"X-Forwarded-For": client}).status_code
                for client in ("192.0.2.1", "192.0.2.2", "192.0.2.2", "203.0.113.9, 192.0.2.1")
            ]

    assert statuses() == [200, 429, 429, 429]
    assert statuses(trusted_proxies="192.0.2.7, 198.51.100.0/24") == [200, 429, 429, 429]
    assert statuses(trusted_proxies="127.0.0.0/8") == [200, 200, 429, 429]


@embedded_only
def test_wrong_keys_count_per_client_and_right_ones_are_let_in(configure: Configure) -> None:
    settings = configure(api_keys=KEY, rate_limit="off", trusted_proxies="127.0.0.1")
    with served(settings) as api:

        def status(client: str, key: str) -> int:
            headers = {"X-Forwarded-For": client, "X-API-Key": key}
            return api.http.get(IMAGES, headers=headers).status_code

        tried = [status("192.0.2.1", f"wrong-{number}") for number in range(2 * WRONG_KEYS)]
        assert set(tried[:WRONG_KEYS]) == {401}
        assert 429 in tried
        assert status("192.0.2.1", KEY) == 200
        assert status("192.0.2.2", "wrong") == 401


@embedded_only
def test_neighbours_in_a_network_of_ipv6_are_one_client(configure: Configure) -> None:
    with served(configure(rate_limit="1/hour", trusted_proxies="127.0.0.1")) as api:
        statuses = [
            api.http.get(IMAGES, headers={"X-Forwarded-For": client}).status_code
            for client in ("2001:db8::1", "2001:db8::2", "2001:db8:0:1::1", "::ffff:192.0.2.1")
        ]
        assert statuses == [200, 429, 200, 200]


def test_a_bucket_fills_up_again_and_never_beyond_its_size() -> None:
    now = 0.0
    buckets = TokenBuckets(2, 10.0, clock=lambda: now)
    buckets.take("a")
    buckets.take("a")
    with pytest.raises(RateLimited) as caught:
        buckets.take("a")
    assert caught.value.retry_after == 5
    now = 5.0
    buckets.take("a")
    with pytest.raises(RateLimited):
        buckets.take("a")
    now = 1000.0
    buckets.take("a")
    buckets.take("a")
    with pytest.raises(RateLimited):
        buckets.take("a")


def test_a_bounded_number_of_clients_is_remembered() -> None:
    buckets = TokenBuckets(1, 1e9, clock=lambda: 0.0)
    for number in range(MAX_CLIENTS + 10):
        buckets.take(str(number))
    assert len(buckets) == MAX_CLIENTS
    buckets.take("0")


@embedded_only
def test_another_sites_page_may_call_only_where_it_is_allowed(configure: Configure) -> None:
    with served(configure(cors_origins="https://shop.example", api_keys=KEY)) as api:
        preflight = {
            "Access-Control-Request-Method": "POST",
            "Access-Control-Request-Headers": "x-api-key",
        }
        allowed = api.http.options(UPLOAD, headers={"Origin": "https://shop.example"} | preflight)
        assert allowed.status_code in (200, 204)
        assert allowed.headers["access-control-allow-origin"] == "https://shop.example"
        assert "x-api-key" in allowed.headers["access-control-allow-headers"].lower()
        other = api.http.options(UPLOAD, headers={"Origin": "https://evil.example"} | preflight)
        assert "access-control-allow-origin" not in other.headers
        refused = api.http.get(IMAGES, headers={"Origin": "https://shop.example"})
        assert refused.status_code == 401
        assert refused.headers["access-control-allow-origin"] == "https://shop.example"


@embedded_only
def test_without_a_setting_no_other_site_may_call(api: Api) -> None:
    answer = api.http.get(IMAGES, headers={"Origin": "https://shop.example"})
    assert "access-control-allow-origin" not in answer.headers


@pytest.mark.parametrize("path", ["/health/live", "/nothing", IMAGES, f"{IMAGES}/x", "/metrics"])
@embedded_only
def test_every_answer_carries_the_security_headers(api: Api, path: str) -> None:
    headers = api.http.get(path).headers
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["x-frame-options"] == "DENY"
    assert headers["referrer-policy"] == "no-referrer"
    assert "default-src 'none'" in headers["content-security-policy"]
    assert headers["cache-control"] == "no-store"
    assert "server" not in headers or "uvicorn" not in headers["server"]


@embedded_only
def test_a_sane_request_id_comes_back(api: Api) -> None:
    answer = api.http.get("/health/live", headers={"X-Request-ID": "order-7.a:b_c"})
    assert answer.headers["x-request-id"] == "order-7.a:b_c"


@pytest.mark.parametrize("sent", ["", "a b", "x" * 65, "<script>", 'a"b'])
@embedded_only
def test_any_other_request_id_is_replaced(api: Api, sent: str) -> None:
    first = api.http.get("/nothing", headers={"X-Request-ID": sent}).headers["x-request-id"]
    second = api.http.get("/nothing", headers={"X-Request-ID": sent}).headers["x-request-id"]
    assert sent != first != second
    assert len(first) == len(second) == 32


@embedded_only
def test_an_unforeseen_error_leaks_nothing(configure: Configure) -> None:
    settings = configure()
    app = create_app(settings)
    with TestClient(app, raise_server_exceptions=False) as client:
        del app.state["services"]
        answer: httpx.Response = client.get(IMAGES)
    assert answer.status_code == 500
    assert answer.headers["content-type"] == "application/problem+json"
    body = answer.json()
    assert body["type"] == "urn:pixellab:problem:internal"
    assert body["detail"] == "An internal error occurred; it has been logged."
    assert "services" not in answer.text
    assert "Traceback" not in answer.text
