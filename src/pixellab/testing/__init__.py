"""The ports' contracts as test classes.

Whoever writes an adapter subclasses the contract in a test module, gives it the one fixture that
makes the adapter, and runs pytest::

    class TestMyStore(ObjectStoreContract):
        @pytest.fixture
        def store(self, tmp_path):
            return MyStore(tmp_path)

Needs pytest, which PixelLab itself does not.
"""

import pytest

pytest.register_assert_rewrite("pixellab.testing.contracts", "pixellab.testing.assert_findings")

from pixellab.testing.contracts.batches import BatchesContract  # noqa: E402
from pixellab.testing.contracts.deliveries import DeliveriesContract  # noqa: E402
from pixellab.testing.contracts.direct_uploads import DirectUploadsContract  # noqa: E402
from pixellab.testing.contracts.enhancer import EnhancerContract  # noqa: E402
from pixellab.testing.contracts.image_repository import ImageRepositoryContract  # noqa: E402
from pixellab.testing.contracts.imaging import ImagingContract  # noqa: E402
from pixellab.testing.contracts.jobs import JobsContract  # noqa: E402
from pixellab.testing.contracts.ledger import LedgerContract  # noqa: E402
from pixellab.testing.contracts.object_store import ObjectStoreContract  # noqa: E402
from pixellab.testing.contracts.presets import PresetsContract  # noqa: E402

__all__ = [
    "BatchesContract",
    "DeliveriesContract",
    "DirectUploadsContract",
    "EnhancerContract",
    "ImageRepositoryContract",
    "ImagingContract",
    "JobsContract",
    "LedgerContract",
    "ObjectStoreContract",
    "PresetsContract",
]
