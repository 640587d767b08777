"""Many photos at once: taking a batch in, handing out its lines, doing one, and what users see."""

from pixellab.domain.use_cases.batches.accept import AcceptBatch, AcceptedBatch, NewBatch
from pixellab.domain.use_cases.batches.do_item import DoItem
from pixellab.domain.use_cases.batches.feed import Feed
from pixellab.domain.use_cases.batches.manifest import SourceRules, lines_of_keys, read_manifest
from pixellab.domain.use_cases.batches.oversee import Oversee
from pixellab.domain.use_cases.batches.sources import Sources
from pixellab.domain.use_cases.batches.take_in import TakeIn

__all__ = [
    "AcceptBatch",
    "AcceptedBatch",
    "DoItem",
    "Feed",
    "NewBatch",
    "Oversee",
    "SourceRules",
    "Sources",
    "TakeIn",
    "lines_of_keys",
    "read_manifest",
]
