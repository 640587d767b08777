"""How files are opened, written and signed."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

from pixellab.domain.errors import Misconfigured
from pixellab.domain.ports import Credentials, Imaging
from pixellab.entrypoints.extras import installed
from pixellab.entrypoints.settings import Settings
from pixellab.entrypoints.version import installed_version

if TYPE_CHECKING:
    from pixellab.adapters.imaging.apart.decoded_apart import DecodedApart
    from pixellab.adapters.imaging.imaging import RasterImaging


def imaging(settings: Settings) -> RasterImaging:
    """Opens and writes files within the configured limits, in this process."""
    from pixellab.adapters.imaging.imaging import RasterImaging

    return RasterImaging(max_bytes=settings.max_bytes, max_pixels=settings.max_pixels)


def imaging_of_strangers(settings: Settings, opened: ExitStack) -> Imaging:
    """The same, opening files in processes of their own where the settings say so.

    ``opened`` ends these.
    """
    if not settings.decode_processes:
        return imaging(settings)
    apart = _apart(settings, settings.decode_processes)
    opened.callback(apart.close)
    apart.start()
    return apart


def formats_of_the_server(settings: Settings) -> RasterImaging | DecodedApart:
    """As a server with these settings opens files; nothing is started before it is used."""
    serving = settings.serving()
    if not serving.decode_processes:
        return imaging(serving)
    return _apart(serving, serving.decode_processes)


def _apart(settings: Settings, processes: int) -> DecodedApart:
    from pixellab.adapters.imaging.apart.decoded_apart import DecodedApart

    return DecodedApart(
        imaging=imaging(settings), processes=processes, seconds=settings.decode_seconds
    )


def credentials(settings: Settings) -> Credentials | None:
    """Who signs results; None without a certificate. Raises Misconfigured."""
    certificate, key = settings.c2pa_certificate, settings.c2pa_key_file
    return signing(settings, certificate, key) if certificate and key else None


def signing(settings: Settings, certificate: Path, key: Path) -> Credentials:
    """Signs results with a certificate. Raises Misconfigured where its parts do not fit."""
    with installed("c2pa", "c2pa", "PIXELLAB_C2PA_CERTIFICATE"):
        from pixellab.adapters.content_credentials.signing import C2paCredentials
    from pixellab.adapters.content_credentials.certificate import Unfit, load_certificate

    try:
        return C2paCredentials(
            certificate=load_certificate(certificate, key, settings.c2pa_algorithm),
            version=installed_version(),
            timestamps=settings.c2pa_timestamp_url,
        )
    except Unfit as error:
        raise Misconfigured(f"PIXELLAB_C2PA_{error.part.upper()} {error}") from error
