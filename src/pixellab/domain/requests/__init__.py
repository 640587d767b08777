"""What users ask for: modes, tasks, and who is to do them.

``asked`` has the requests, ``tasks`` what is to be done with a photo, field by field; ``modes``,
``framing`` and ``written_values`` are what these fields hold.
"""

from pixellab.domain.requests.asked import (
    MAX_ADDRESS,
    MAX_BATCH_NAME,
    MAX_SKU_LENGTH,
    MAX_WEBHOOK,
    BatchRequest,
    ByAddress,
    EnhanceRequest,
    Rehearsal,
    UploadRequest,
)
from pixellab.domain.requests.modes import Mode
from pixellab.domain.requests.tasks import Task

__all__ = [
    "MAX_ADDRESS",
    "MAX_BATCH_NAME",
    "MAX_SKU_LENGTH",
    "MAX_WEBHOOK",
    "BatchRequest",
    "ByAddress",
    "EnhanceRequest",
    "Mode",
    "Rehearsal",
    "Task",
    "UploadRequest",
]
