"""The composition root: everything is wired together here and nowhere else."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from attrs import frozen

from pixellab.adapters.process_owner import may_be_alive, this_process
from pixellab.domain.errors import Misconfigured
from pixellab.domain.ports import Enhancer, Enhancers, ImageRepository, Imaging, ObjectStore
from pixellab.domain.use_cases import (
    Accept,
    DeleteImage,
    Enhance,
    EnhanceAgain,
    GetHistory,
    GetImage,
    ListImages,
    Process,
    Reconcile,
    UploadAndEnhance,
)
from pixellab.entrypoints.plugins import find_enhancers
from pixellab.entrypoints.settings import Settings, load_settings
from pixellab.entrypoints.stores import image_repository, object_store

if TYPE_CHECKING:
    from pixellab.adapters.enhancers.local.networks.networks_of_picture import Networks
    from pixellab.adapters.enhancers.local.networks.segmentation_network import Segmenter
    from pixellab.adapters.models.folder import ModelFolder


@frozen(kw_only=True)
class PixelLab:
    """The use cases, wired; what every entry point works with."""

    settings: Settings
    imaging: Imaging
    enhancers: Enhancers
    store: ObjectStore
    repository: ImageRepository
    enhance: Enhance
    accept: Accept
    process: Process
    upload_and_enhance: UploadAndEnhance
    enhance_again: EnhanceAgain
    list_images: ListImages
    get_image: GetImage
    get_history: GetHistory
    delete_image: DeleteImage
    reconcile: Reconcile


@contextmanager
def bootstrap(
    settings: Settings | None = None,
    *,
    store: ObjectStore | None = None,
    repository: ImageRepository | None = None,
    enhancers: Enhancers | None = None,
) -> Iterator[PixelLab]:
    """PixelLab, wired as ``settings`` say; closes on leaving what it opened.

    Keywords replace single parts. Raises Misconfigured, StoreUnavailable.
    """
    settings = settings or load_settings()
    enhance = files_only(settings, enhancers=enhancers)
    with ExitStack() as opened:
        if store is None:
            store = object_store(settings)
            opened.callback(store.close)
        if repository is None:
            repository = image_repository(settings)
            opened.callback(repository.close)
        yield _wire(settings, enhance, store, repository)


def files_only(settings: Settings, *, enhancers: Enhancers | None = None) -> Enhance:
    """Enhancing without a store: pixels in, a file out."""
    from pixellab.adapters.imaging.imaging import RasterImaging

    imaging = RasterImaging(max_bytes=settings.max_bytes, max_pixels=settings.max_pixels)
    return Enhance(imaging=imaging, enhancers=enhancers or _enhancers(settings))


def _wire(
    settings: Settings, enhance: Enhance, store: ObjectStore, repository: ImageRepository
) -> PixelLab:
    owner = this_process()
    accept = Accept(
        imaging=enhance.imaging,
        enhancers=enhance.enhancers,
        store=store,
        repository=repository,
        clock=utc_now,
        new_id=new_uuid,
        owner=owner,
    )
    process = Process(
        enhance=enhance,
        store=store,
        repository=repository,
        clock=utc_now,
        monotonic=time.monotonic,
        owner=owner,
    )
    delete = DeleteImage(repository=repository, store=store, clock=utc_now)
    return PixelLab(
        settings=settings,
        imaging=enhance.imaging,
        enhancers=enhance.enhancers,
        store=store,
        repository=repository,
        enhance=enhance,
        accept=accept,
        process=process,
        upload_and_enhance=UploadAndEnhance(accept=accept, process=process),
        enhance_again=EnhanceAgain(process=process, new_id=new_uuid),
        list_images=ListImages(repository=repository, store=store),
        get_image=GetImage(repository=repository, store=store),
        get_history=GetHistory(repository=repository, store=store),
        delete_image=delete,
        reconcile=Reconcile(process=process, delete=delete, may_be_alive=may_be_alive),
    )


def _enhancers(settings: Settings) -> Enhancers:
    from pixellab.adapters.enhancers.routing import CONTRACT_NAMES, RoutedEnhancers

    factories: dict[str, Callable[[], Enhancer]] = find_enhancers()
    factories["LOCAL"] = partial(_local, settings)
    unknown = {*settings.routing_table.values()} - {*factories, *CONTRACT_NAMES}
    if unknown:
        raise Misconfigured(
            f"PIXELLAB_ROUTES names {', '.join(sorted(unknown))}; "
            f"allowed are {', '.join(factories)}."
        )
    return RoutedEnhancers(factories, settings.routing_table)


def _local(settings: Settings) -> Enhancer:
    from pixellab.adapters.enhancers.local.pipeline import LocalEnhancer

    return LocalEnhancer(segmenter(settings), networks(settings))


def segmenter(settings: Settings) -> Segmenter | None:
    """The network that finds products; it is opened, and fetched if need be, when first asked."""
    from pixellab.adapters.enhancers.local.networks.segmentation_network import Segmenter
    from pixellab.adapters.models.registry import MODELS, NONE

    if settings.cutout_model == NONE:
        return None
    if model := MODELS.get(settings.cutout_model):
        folder = model_folder(settings)
        return Segmenter(model.name, lambda: folder.ready(model), settings.provider_names)
    file = Path(settings.cutout_model)
    return Segmenter(file.stem, lambda: file, settings.provider_names)


def networks(settings: Settings) -> Networks:
    """Those that make pictures of pictures; each is opened when first asked for."""
    from pixellab.adapters.enhancers.local.networks.networks_of_picture import Networks

    return Networks(settings.provider_names, settings.upscale_model)


def model_folder(settings: Settings) -> ModelFolder:
    """Where models are kept."""
    from pixellab.adapters.models.folder import ModelFolder

    return ModelFolder(settings.models, may_fetch=settings.fetch_models)


def utc_now() -> datetime:
    return datetime.now(UTC)


def new_uuid() -> str:
    return str(uuid.uuid4())
