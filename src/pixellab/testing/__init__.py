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

pytest.register_assert_rewrite(
    "pixellab.testing.batches",
    "pixellab.testing.object_store",
    "pixellab.testing.image_repository",
    "pixellab.testing.repository_contract",
    "pixellab.testing.direct_uploads",
    "pixellab.testing.enhancer",
    "pixellab.testing.imaging",
    "pixellab.testing.jobs",
    "pixellab.testing.ledger",
    "pixellab.testing.presets",
    "pixellab.testing.deliveries",
    "pixellab.testing.assert_findings",
)

from pixellab.testing.batches import BatchesContract  # noqa: E402
from pixellab.testing.deliveries import DeliveriesContract  # noqa: E402
from pixellab.testing.direct_uploads import DirectUploadsContract  # noqa: E402
from pixellab.testing.enhancer import EnhancerContract  # noqa: E402
from pixellab.testing.image_repository import ImageRepositoryContract  # noqa: E402
from pixellab.testing.imaging import ImagingContract  # noqa: E402
from pixellab.testing.jobs import JobsContract  # noqa: E402
from pixellab.testing.ledger import LedgerContract  # noqa: E402
from pixellab.testing.object_store import ObjectStoreContract  # noqa: E402
from pixellab.testing.presets import PresetsContract  # noqa: E402

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
