"""The networks: where their files are, which are used, and what computes them."""

from __future__ import annotations

from pathlib import Path

from pydantic import BaseModel, field_validator

from pixellab.adapters.network_files.providers import PROVIDERS
from pixellab.adapters.network_files.registry import DEFAULT, NETWORKS, NONE
from pixellab.entrypoints.settings.variables import existing_file, listed, variable


class NetworkSettings(BaseModel):
    models: Path | None = variable("PIXELLAB_MODELS", None, "a folder")
    fetch_models: bool = variable("PIXELLAB_FETCH_MODELS", True, "true or false")
    cutout_model: str = variable(
        "PIXELLAB_CUTOUT_MODEL",
        DEFAULT,
        f"{', '.join(NETWORKS)}, {NONE}, or the path of an .onnx file",
    )
    upscale_model: Path | None = variable(
        "PIXELLAB_UPSCALE_MODEL", None, "the path of an .onnx file"
    )
    providers: str = variable(
        "PIXELLAB_PROVIDERS", "CPU", f"a comma-separated list of {', '.join(PROVIDERS)}"
    )

    @field_validator("cutout_model")
    @classmethod
    def _cutout_model(cls, value: str) -> str:
        if value in NETWORKS or value == NONE:
            return value
        return str(_onnx_file(Path(value)))

    @field_validator("upscale_model")
    @classmethod
    def _upscale_model(cls, value: Path | None) -> Path | None:
        return value and _onnx_file(value)

    @field_validator("providers")
    @classmethod
    def _providers(cls, value: str) -> str:
        if not listed(value) or not {each.upper() for each in listed(value)} <= {*PROVIDERS}:
            raise ValueError("not a list of providers")
        return value.upper()

    @property
    def provider_names(self) -> tuple[str, ...]:
        """What networks are computed with, the first choice first."""
        return tuple(listed(self.providers))


def _onnx_file(path: Path) -> Path:
    if path.suffix.lower() != ".onnx":
        raise ValueError("not an .onnx file")
    try:
        file = path.expanduser()
    except RuntimeError as error:  # ~ of a user whom nobody knows
        raise ValueError("no such folder") from error
    return existing_file(file).absolute()
