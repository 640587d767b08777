"""Who makes pictures better: PixelLab's own backends, and those that other packages bring."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING

from pixellab.domain.errors import Misconfigured, PixelLabError
from pixellab.domain.ports import Enhancer, Enhancers
from pixellab.entrypoints.extras import installed, require
from pixellab.entrypoints.plugins import Plugins, find_plugins
from pixellab.entrypoints.settings import Settings
from pixellab.entrypoints.wiring.wire_files import imaging

if TYPE_CHECKING:
    from pydantic import SecretStr

    from pixellab.adapters.enhancers.cloud.vendor_answer import CheckFidelity
    from pixellab.adapters.enhancers.local.networks.segmentation_network import Segmenter
    from pixellab.adapters.enhancers.local.networks.tuning import Tuning
    from pixellab.adapters.network_files.folder import NetworkFolder
    from pixellab.domain.findings import Finding


def enhancers(settings: Settings) -> Enhancers:
    """All backends, each made when it is first asked for. Raises Misconfigured."""
    from pixellab.adapters.enhancers.routing import CONTRACT_NAMES, RoutedEnhancers

    factories = plugins().factories
    local = cache(partial(_local, settings))
    check = cache(partial(fidelity_check, settings))
    factories["LOCAL"] = local
    if settings.bedrock_region:
        require("boto3", "bedrock", "PIXELLAB_BEDROCK_REGION")
        factories["BEDROCK"] = partial(_bedrock, settings, settings.bedrock_region, local, check)
    if settings.gemini_api_key:
        # Not required here: the variable may be set for other programs.
        factories["GEMINI"] = partial(_gemini, settings, settings.gemini_api_key, local, check)
    routed = itertools.chain.from_iterable(settings.routing_table.values())
    unknown = {*routed} - {*factories, *CONTRACT_NAMES}
    if unknown:
        raise Misconfigured(
            f"PIXELLAB_ROUTES names {', '.join(sorted(unknown))}; "
            f"allowed are {', '.join(factories)}."
        )
    return RoutedEnhancers(factories, settings.routing_table)


def plugins() -> Plugins:
    """The backends of other packages."""
    from pixellab.adapters.enhancers.routing import CONTRACT_NAMES

    return find_plugins(CONTRACT_NAMES)


def _local(settings: Settings) -> Enhancer:
    from pixellab.adapters.enhancers.local.networks.networks_of_picture import Networks
    from pixellab.adapters.enhancers.local.pipeline import LocalEnhancer

    providers, tuning = _computing(settings)
    networks = Networks(providers, settings.upscale_model, tuning)
    return LocalEnhancer(_segmenter(settings), networks)


def _computing(settings: Settings) -> tuple[tuple[str, ...], Tuning]:
    """What makes pictures of pictures: as the settings say, and else as was measured here."""
    from pixellab.adapters.enhancers.local.networks.tuning import UNTUNED, kept

    quickest = kept(network_folder(settings).path)
    if quickest is None:
        return settings.provider_names, UNTUNED
    if "providers" in settings.model_fields_set:
        first = settings.provider_names[0] == quickest.provider
        return settings.provider_names, quickest.tuning if first else UNTUNED
    return tuple(dict.fromkeys((quickest.provider, "CPU"))), quickest.tuning


def tune(settings: Settings) -> Finding:
    """Measures what computes the networks quickest on this machine, and keeps it for good."""
    from pixellab.adapters.enhancers.local.networks.measure_speed import measure
    from pixellab.adapters.enhancers.local.networks.tuning import keep
    from pixellab.adapters.network_files.providers import PROVIDERS
    from pixellab.domain.findings import fine, problem

    chosen = "providers" in settings.model_fields_set
    try:
        speed = measure(settings.provider_names if chosen else tuple(PROVIDERS))
        keep(network_folder(settings).path, speed.quickest)
    except PixelLabError as error:
        return problem("tuning", error.message, "Set PIXELLAB_MODELS to a folder that has room.")
    return fine(
        "tuning",
        f"{speed.quickest} is quickest here and is used from now on: {speed.seconds:.2f} s for a "
        f"tenth of a megapixel, {speed.untuned:.2f} s without tuning",
    )


def _gemini(
    settings: Settings,
    key: SecretStr,
    local: Callable[[], Enhancer],
    check: Callable[[], CheckFidelity | None],
) -> Enhancer:
    """Raises Misconfigured where Google's SDK is missing."""
    from pixellab.adapters.enhancers.cloud.price_list import read_prices

    with installed("google.genai", "gemini", "GEMINI_API_KEY"):
        from pixellab.adapters.enhancers.gemini.gemini_enhancer import GeminiEnhancer
        from pixellab.adapters.enhancers.gemini.service import GeminiAccess, GeminiService
    access = GeminiAccess(
        key=key.get_secret_value(),
        model=settings.gemini_model,
        api_version=settings.gemini_api_version,
        base_url=settings.gemini_base_url,
        timeout=settings.cloud_timeout,
    )
    prices = read_prices("pixellab.adapters.enhancers.gemini", settings.own_prices)
    return GeminiEnhancer(
        GeminiService(access, prices),
        imaging=imaging(settings),
        local=local(),
        check=check(),
        max_input_bytes=settings.gemini_max_input_bytes,
    )


def _bedrock(
    settings: Settings,
    region: str,
    local: Callable[[], Enhancer],
    check: Callable[[], CheckFidelity | None],
) -> Enhancer:
    from pixellab.adapters.enhancers.bedrock.bedrock_client import BedrockAccess
    from pixellab.adapters.enhancers.bedrock.bedrock_enhancer import BedrockEnhancer
    from pixellab.adapters.enhancers.bedrock.invoke_model import Bedrock
    from pixellab.adapters.enhancers.cloud.price_list import read_prices

    access = BedrockAccess(
        region=region,
        endpoint_url=settings.bedrock_runtime_endpoint_url,
        control_endpoint_url=settings.bedrock_endpoint_url,
        **settings.aws_keys,
        timeout=settings.cloud_timeout,
        connections=settings.cloud_workers,
    )
    prices = read_prices("pixellab.adapters.enhancers.bedrock", settings.own_prices)
    return BedrockEnhancer(
        Bedrock(access, prices), imaging=imaging(settings), local=local(), check=check()
    )


def fidelity_check(settings: Settings) -> CheckFidelity | None:
    """What holds a drawn picture against the photo; None where that is turned off.

    Its networks are opened, and fetched if need be, when first asked.
    """
    if settings.fidelity == "off":
        return None
    from pixellab.adapters.enhancers.fidelity.fidelity_check import FidelityCheck
    from pixellab.adapters.enhancers.fidelity.text.text_networks import opened_when_asked
    from pixellab.adapters.network_files.registry import TEXT_NETWORKS

    folder = network_folder(settings)
    files = [partial(folder.ready, each) for each in TEXT_NETWORKS]
    text_networks = opened_when_asked(files, settings.provider_names)
    return FidelityCheck(_segmenter(settings), text_networks, settings.thresholds)


def _segmenter(settings: Settings) -> Segmenter | None:
    """The segmentation model; it is opened, and fetched if need be, when first asked."""
    from pixellab.adapters.enhancers.local.networks.segmentation_network import Segmenter
    from pixellab.adapters.network_files.registry import NETWORKS, NONE

    if settings.cutout_model == NONE:
        return None
    if known := NETWORKS.get(settings.cutout_model):
        folder = network_folder(settings)
        find, why_absent = partial(folder.ready, known), partial(folder.why_absent, known)
        return Segmenter(known.name, find, settings.provider_names, why_absent)
    file = Path(settings.cutout_model)
    return Segmenter(file.stem, lambda: file, settings.provider_names)


def try_own_segmenter(settings: Settings) -> Finding | None:
    """Whether the user's own network for cut-outs finds a drawn product; None if none is in use."""
    from pixellab.adapters.enhancers.local.networks.try_out import try_out
    from pixellab.adapters.network_files.registry import NETWORKS, NONE

    if settings.cutout_model in (*NETWORKS, NONE):
        return None
    segmenter = _segmenter(settings)
    return None if segmenter is None else try_out(segmenter)


def network_folder(settings: Settings) -> NetworkFolder:
    """Where networks are kept."""
    from pixellab.adapters.network_files.folder import NetworkFolder

    return NetworkFolder(settings.models, may_fetch=settings.fetch_models)
