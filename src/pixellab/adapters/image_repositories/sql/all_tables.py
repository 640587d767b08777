"""All tables of the schema: those of images, and those that other adapters keep beside them."""

from pixellab.adapters.batches.tables import batch_costs, batch_items, batches
from pixellab.adapters.database.columns import metadata
from pixellab.adapters.direct_uploads.tables import direct_uploads
from pixellab.adapters.image_repositories.sql.tables import (
    day_costs,
    day_tallies,
    enhancement_history,
    image_counts,
    image_words,
    product_images,
)
from pixellab.adapters.ledger.tables import spending
from pixellab.adapters.presets.tables import presets
from pixellab.adapters.webhooks.tables import webhook_deliveries, webhook_stops

ALL_TABLES = (
    *(product_images, enhancement_history, image_counts, image_words, day_tallies, day_costs),
    *(batches, batch_items, batch_costs),
    *(direct_uploads, presets, spending, webhook_deliveries, webhook_stops),
)
__all__ = ["ALL_TABLES", "metadata"]
