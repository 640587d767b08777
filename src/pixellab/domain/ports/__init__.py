"""What the use cases need from the outside world.

Each docstring is the port's contract; ``pixellab.testing`` holds it as test classes that every
adapter passes. All ports are synchronous and safe to call from several threads.
"""

from pixellab.domain.ports.clocks import Clock, MonotonicClock, NewId
from pixellab.domain.ports.content_credentials import Credentials
from pixellab.domain.ports.enhancer import Enhancer, Enhancers, Folders
from pixellab.domain.ports.events import Event, Milestone, Observer
from pixellab.domain.ports.imaging import Imaging, Origin
from pixellab.domain.ports.jobs import ItemJob, Job, Jobs, Lane, Outcome, Queue, Resource
from pixellab.domain.ports.object_store import ObjectStore
from pixellab.domain.ports.records.batches import Batches, BatchRecords, BatchWork
from pixellab.domain.ports.records.deliveries import (
    MAX_DELIVERIES,
    Deliveries,
    DeliveryCounts,
    DeliveryPage,
    DeliveryQuery,
)
from pixellab.domain.ports.records.direct_uploads import DirectUpload, DirectUploads, Invitation
from pixellab.domain.ports.records.image_repository import (
    MAX_LIMIT,
    MAX_OFFSET,
    MAX_SEARCH,
    Backlog,
    ImagePage,
    ImageQuery,
    ImageRepository,
    Waiting,
)
from pixellab.domain.ports.records.ledger import Ledger
from pixellab.domain.ports.records.presets import Presets
from pixellab.domain.ports.remote_files import RemoteFile, RemoteFiles

__all__ = [
    "MAX_DELIVERIES",
    "MAX_LIMIT",
    "MAX_OFFSET",
    "MAX_SEARCH",
    "Backlog",
    "BatchRecords",
    "BatchWork",
    "Batches",
    "Clock",
    "Credentials",
    "Deliveries",
    "DeliveryCounts",
    "DeliveryPage",
    "DeliveryQuery",
    "DirectUpload",
    "DirectUploads",
    "Enhancer",
    "Enhancers",
    "Event",
    "Folders",
    "ImagePage",
    "ImageQuery",
    "ImageRepository",
    "Imaging",
    "Invitation",
    "ItemJob",
    "Job",
    "Jobs",
    "Lane",
    "Ledger",
    "Milestone",
    "MonotonicClock",
    "NewId",
    "ObjectStore",
    "Observer",
    "Origin",
    "Outcome",
    "Presets",
    "Queue",
    "RemoteFile",
    "RemoteFiles",
    "Resource",
    "Waiting",
]
