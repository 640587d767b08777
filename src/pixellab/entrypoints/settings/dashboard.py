"""The dashboard: which API it shows."""

from __future__ import annotations

from pydantic import BaseModel

from pixellab.entrypoints.settings.variables import ADDRESS, Address, variable


class DashboardSettings(BaseModel):
    api_url: Address | None = variable("PIXELLAB_API_URL", None, ADDRESS)
