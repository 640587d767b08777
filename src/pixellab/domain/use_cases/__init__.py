"""What PixelLab does, step by step, in terms of its ports.

The order of steps is a promise: the record first, then the objects, then completion. So whatever
kills a process, every object has a row that names its key, and ``Reconcile`` finds that row.
"""

from pixellab.domain.images import MAX_ATTEMPTS
from pixellab.domain.ports import Outcome
from pixellab.domain.use_cases.asking.budget import Budget, Caps
from pixellab.domain.use_cases.asking.fallback import waits
from pixellab.domain.use_cases.do_job import DoJob
from pixellab.domain.use_cases.dry_run import DryRun, WouldAsk
from pixellab.domain.use_cases.earlier_results import Remade, Replay, Revert
from pixellab.domain.use_cases.enhance import Enhance, Result
from pixellab.domain.use_cases.enhance_again import EnhanceAgain
from pixellab.domain.use_cases.keeping.known_presets import KnownPresets
from pixellab.domain.use_cases.keeping.reservations import HAND_OVER, LEASE, silent
from pixellab.domain.use_cases.process import Process
from pixellab.domain.use_cases.read import (
    FindImage,
    GetEnhancement,
    GetHistory,
    GetImage,
    GetProgress,
    GetStatistics,
    Links,
    ListImages,
)
from pixellab.domain.use_cases.reconcile import DeleteImage, Reconcile, Reconciled
from pixellab.domain.use_cases.retry_parked import RetryParked
from pixellab.domain.use_cases.thumbnails import MakeThumbnails
from pixellab.domain.use_cases.uploading.direct_upload import (
    CompleteUpload,
    ForgetUploads,
    InviteUpload,
)
from pixellab.domain.use_cases.uploading.fingerprint import owned_key
from pixellab.domain.use_cases.uploading.upload import (
    Accept,
    Accepted,
    Upload,
    refuse_webhook,
)
from pixellab.domain.use_cases.uploading.upload_at_once import UploadAndEnhance
from pixellab.domain.use_cases.uploading.upload_later import Room, UploadLater

__all__ = [
    "HAND_OVER",
    "LEASE",
    "MAX_ATTEMPTS",
    "Accept",
    "Accepted",
    "Budget",
    "Caps",
    "CompleteUpload",
    "DeleteImage",
    "DoJob",
    "DryRun",
    "Enhance",
    "EnhanceAgain",
    "FindImage",
    "ForgetUploads",
    "GetEnhancement",
    "GetHistory",
    "GetImage",
    "GetProgress",
    "GetStatistics",
    "InviteUpload",
    "KnownPresets",
    "Links",
    "ListImages",
    "MakeThumbnails",
    "Outcome",
    "Process",
    "Reconcile",
    "Reconciled",
    "Remade",
    "Replay",
    "Result",
    "RetryParked",
    "Revert",
    "Room",
    "Upload",
    "UploadAndEnhance",
    "UploadLater",
    "WouldAsk",
    "owned_key",
    "refuse_webhook",
    "silent",
    "waits",
]
