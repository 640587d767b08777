"""What ``doctor`` can tell of BEDROCK free of charge: credentials, and the services' profiles.

Bedrock's control plane is asked for each inference profile, which costs nothing. Whether the
account subscribed to the services, and may invoke them, shows only when a picture is paid for.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    NoAuthTokenError,
    NoCredentialsError,
    PartialCredentialsError,
)

from pixellab.adapters.enhancers.bedrock.bedrock_client import client_of
from pixellab.adapters.enhancers.bedrock.stability_services import (
    CONSERVATIVE_UPSCALE,
    FAST_UPSCALE,
    REMOVE_BACKGROUND,
    Service,
)
from pixellab.domain.errors import BackendUnavailable
from pixellab.domain.findings import Finding, fine, problem, warning

if TYPE_CHECKING:
    from pixellab.adapters.enhancers.bedrock.invoke_model import Bedrock

SERVES = (
    (REMOVE_BACKGROUND, "BACKGROUND_REMOVE, FULL"),
    (FAST_UPSCALE, "UPSCALE, FULL"),
    (CONSERVATIVE_UPSCALE, "UPSCALE, UPSCALE_DENOISE, FULL"),
)
NOT_TOLD = (
    "whether the account subscribed, and may invoke them, shows only with a paid picture; "
    "subscribing to one of Stability's services enrols the account in all 13 of them"
)


def look_into(bedrock: Bedrock) -> Iterator[Finding]:
    """Each service in turn; the rest is not tried where nothing can be reached."""
    access = bedrock.access
    yield fine("BEDROCK", f"pictures go to {bedrock.host}; AUTO, STANDARDIZE, OPTIMIZE send none")
    if access.endpoint_url and not access.control_endpoint_url:
        yield fine(
            "BEDROCK services",
            "were not asked for: AWS_ENDPOINT_URL_BEDROCK_RUNTIME is set, but not "
            "AWS_ENDPOINT_URL_BEDROCK",
        )
    else:
        yield from _ask_control_plane(bedrock)
    yield fine("BEDROCK subscription", NOT_TOLD)


def _ask_control_plane(bedrock: Bedrock) -> Iterator[Finding]:
    try:
        control = client_of(bedrock.access, "bedrock")
    except BackendUnavailable:
        yield _no_credentials()
        return
    for service, modes in SERVES:
        try:
            yield _served(control, bedrock, service, modes)
        except (NoCredentialsError, PartialCredentialsError, NoAuthTokenError):
            yield _no_credentials()
            return
        except ClientError as error:
            yield _refused(error, service, bedrock.access.region)
        except BotoCoreError:
            advice = "Check the network, PIXELLAB_BEDROCK_REGION and AWS_ENDPOINT_URL_BEDROCK."
            yield problem("BEDROCK endpoint", "cannot be reached", advice)
            return


def _served(control: Any, bedrock: Bedrock, service: Service, modes: str) -> Finding:
    profile = control.get_inference_profile(inferenceProfileIdentifier=service.model)
    part = service.title
    if profile.get("status") != "ACTIVE":
        return problem(part, "its inference profile is not active", "Ask Amazon's support.")
    price = bedrock.usage(service).amount
    cost = "unknown" if price is None else f"{price} {bedrock.prices.currency}"
    return fine(part, f"there, for {modes}; price of {service.model}: {cost}")


def _refused(error: ClientError, service: Service, region: str) -> Finding:
    code = str(error.response.get("Error", {}).get("Code"))
    if code == "AccessDeniedException":
        return warning(
            service.title,
            "could not be asked for: bedrock:GetInferenceProfile is refused",
            "Allow it to have this checked; enhancing needs bedrock:InvokeModel alone.",
        )
    if code in {"ResourceNotFoundException", "ValidationException"}:
        advice = "Set PIXELLAB_BEDROCK_REGION to another region."
        return problem(service.title, f"there is none in {region}", advice)
    if code in {"ThrottlingException", "InternalServerException", "ServiceUnavailableException"}:
        return warning(service.title, "could not be asked for just now", "Run doctor again later.")
    advice = "Check the AWS keys, profile, role or AWS_BEARER_TOKEN_BEDROCK that boto3 finds."
    return problem(service.title, "the credentials are refused", advice)


def _no_credentials() -> Finding:
    return problem(
        "BEDROCK credentials",
        "none were found, or only part of them",
        "Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_BEARER_TOKEN_BEDROCK, or give "
        "this machine a role.",
    )
