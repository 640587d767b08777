"""The BEDROCK backend: Stability's services at Amazon. Keys are read as for S3."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel

from pixellab.entrypoints.settings.variables import ADDRESS, Address, variable


class BedrockSettings(BaseModel):
    bedrock_region: Literal["us-east-1", "us-east-2", "us-west-2"] | None = variable(
        "PIXELLAB_BEDROCK_REGION", None, "us-east-1, us-east-2 or us-west-2"
    )
    bedrock_runtime_endpoint_url: Address | None = variable(
        "AWS_ENDPOINT_URL_BEDROCK_RUNTIME", None, ADDRESS
    )
    bedrock_endpoint_url: Address | None = variable("AWS_ENDPOINT_URL_BEDROCK", None, ADDRESS)
