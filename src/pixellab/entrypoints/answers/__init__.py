"""The JSON that users get: the same from HTTP, from the command line's ``--json`` and in OpenAPI.

This is where the contract's two meanings of ``enhancement_mode`` meet: in JSON it is the mode, and
``backend`` is the backend.
"""

from pixellab.entrypoints.answers.accepted import AcceptedAnswer
from pixellab.entrypoints.answers.batches import (
    BatchAnswer,
    BatchItemAnswer,
    BatchItemListAnswer,
    BatchListAnswer,
    BatchRetryAnswer,
    read_number,
    results_csv,
)
from pixellab.entrypoints.answers.capabilities import CapabilitiesAnswer
from pixellab.entrypoints.answers.enhanced import EnhancedAnswer, FileAnswer, UploadAnswer
from pixellab.entrypoints.answers.history import EnhancementAnswer, HistoryAnswer
from pixellab.entrypoints.answers.how_far import ProgressAnswer, ReachedStepAnswer
from pixellab.entrypoints.answers.images import ImageAnswer, ImageListAnswer
from pixellab.entrypoints.answers.invited import InvitedUploadAnswer
from pixellab.entrypoints.answers.operating.maintenance import ReconcileAnswer, ThumbnailsAnswer
from pixellab.entrypoints.answers.operating.queue import QueueAnswer, RetriedAnswer
from pixellab.entrypoints.answers.operating.totals import StatisticsAnswer
from pixellab.entrypoints.answers.operating.webhooks import (
    DeliveryAnswer,
    DeliveryListAnswer,
    WebhookImageAnswer,
)
from pixellab.entrypoints.answers.parts.answer import Answer, dump
from pixellab.entrypoints.answers.parts.calls import (
    BackendCallAnswer,
    CostAnswer,
    FidelityAnswer,
    UsageAnswer,
)
from pixellab.entrypoints.answers.parts.cursors import read_cursor, write_cursor
from pixellab.entrypoints.answers.parts.steps_and_rules import QualityAnswer, RuleAnswer, StepAnswer
from pixellab.entrypoints.answers.presets import PresetAnswer, PresetListAnswer
from pixellab.entrypoints.answers.remade import ReplayAnswer
from pixellab.entrypoints.answers.would_ask import DryRunAnswer, WouldAskAnswer

__all__ = [
    "AcceptedAnswer",
    "Answer",
    "BackendCallAnswer",
    "BatchAnswer",
    "BatchItemAnswer",
    "BatchItemListAnswer",
    "BatchListAnswer",
    "BatchRetryAnswer",
    "CapabilitiesAnswer",
    "CostAnswer",
    "DeliveryAnswer",
    "DeliveryListAnswer",
    "DryRunAnswer",
    "EnhancedAnswer",
    "EnhancementAnswer",
    "FidelityAnswer",
    "FileAnswer",
    "HistoryAnswer",
    "ImageAnswer",
    "ImageListAnswer",
    "InvitedUploadAnswer",
    "PresetAnswer",
    "PresetListAnswer",
    "ProgressAnswer",
    "QualityAnswer",
    "QueueAnswer",
    "ReachedStepAnswer",
    "ReconcileAnswer",
    "ReplayAnswer",
    "RetriedAnswer",
    "RuleAnswer",
    "StatisticsAnswer",
    "StepAnswer",
    "ThumbnailsAnswer",
    "UploadAnswer",
    "UsageAnswer",
    "WebhookImageAnswer",
    "WouldAskAnswer",
    "dump",
    "read_cursor",
    "read_number",
    "results_csv",
    "write_cursor",
]
