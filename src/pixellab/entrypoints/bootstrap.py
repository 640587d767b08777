"""The composition root: everything is wired together here and nowhere else."""

from __future__ import annotations

import itertools
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, TypeVar

from attrs import field, frozen

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


Port = TypeVar("Port", ObjectStore, ImageRepository)


@frozen(kw_only=True)
class PixelLab:
    """The use cases, wired; what every entry point works with.

    The stores are opened when first used, which is when a use case that needs one is asked for: by
    one thread, while others wait. Where that fails it raises Misconfigured or StoreUnavailable, and
    the next use tries again.
    """

    settings: Settings
    enhance: Enhance
    _store: Callable[[], ObjectStore]
    _repository: Callable[[], ImageRepository]
    _owner: str = field(factory=this_process)

    def open_stores(self) -> None:
        """Open both now, so that what is wrong with them shows before there is work to do."""
        _ = self.store, self.repository

    @property
    def store(self) -> ObjectStore:
        return self._store()

    @property
    def repository(self) -> ImageRepository:
        return self._repository()

    @property
    def imaging(self) -> Imaging:
        return self.enhance.imaging

    @property
    def enhancers(self) -> Enhancers:
        return self.enhance.enhancers

    @property
    def accept(self) -> Accept:
        return Accept(
            imaging=self.imaging,
            enhancers=self.enhancers,
            store=self.store,
            repository=self.repository,
            clock=utc_now,
            new_id=new_uuid,
            owner=self._owner,
        )

    @property
    def process(self) -> Process:
        return Process(
            enhance=self.enhance,
            store=self.store,
            repository=self.repository,
            clock=utc_now,
            monotonic=time.monotonic,
            owner=self._owner,
        )

    @property
    def upload_and_enhance(self) -> UploadAndEnhance:
        return UploadAndEnhance(accept=self.accept, process=self.process)

    @property
    def enhance_again(self) -> EnhanceAgain:
        return EnhanceAgain(process=self.process, new_id=new_uuid)

    @property
    def list_images(self) -> ListImages:
        return ListImages(repository=self.repository, store=self.store)

    @property
    def get_image(self) -> GetImage:
        return GetImage(repository=self.repository, store=self.store)

    @property
    def get_history(self) -> GetHistory:
        return GetHistory(repository=self.repository, store=self.store)

    @property
    def delete_image(self) -> DeleteImage:
        return DeleteImage(repository=self.repository, store=self.store, clock=utc_now)

    @property
    def reconcile(self) -> Reconcile:
        return Reconcile(process=self.process, delete=self.delete_image, may_be_alive=may_be_alive)


@contextmanager
def bootstrap(
    settings: Settings | None = None,
    *,
    store: ObjectStore | None = None,
    repository: ImageRepository | None = None,
    enhancers: Enhancers | None = None,
) -> Iterator[PixelLab]:
    """PixelLab, wired as ``settings`` say; closes on leaving what it opened.

    Keywords replace single parts. Raises Misconfigured.
    """
    settings = settings or load_settings()
    with ExitStack() as opened:
        yield PixelLab(
            settings=settings,
            enhance=files_only(settings, enhancers=enhancers),
            store=_when_used(partial(object_store, settings), store, opened),
            repository=_when_used(partial(image_repository, settings), repository, opened),
        )


def _when_used(
    make: Callable[[], Port], given: Port | None, opened: ExitStack
) -> Callable[[], Port]:
    """Gives what is ``given``, else what ``make`` makes when first called; ``opened`` closes it."""
    made = [] if given is None else [given]
    lock = Lock()

    def get() -> Port:
        with lock:
            if not made:
                made.append(make())
                opened.callback(made[0].close)
            return made[0]

    return get


def files_only(settings: Settings, *, enhancers: Enhancers | None = None) -> Enhance:
    """Enhancing without a store: pixels in, a file out."""
    from pixellab.adapters.imaging.imaging import RasterImaging

    imaging = RasterImaging(max_bytes=settings.max_bytes, max_pixels=settings.max_pixels)
    return Enhance(imaging=imaging, enhancers=enhancers or _enhancers(settings))


def _enhancers(settings: Settings) -> Enhancers:
    from pixellab.adapters.enhancers.routing import CONTRACT_NAMES, RoutedEnhancers

    factories: dict[str, Callable[[], Enhancer]] = find_enhancers()
    factories["LOCAL"] = partial(_local, settings)
    routed = itertools.chain.from_iterable(settings.routing_table.values())
    unknown = {*routed} - {*factories, *CONTRACT_NAMES}
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
