"""What every ImageRepository promises."""

from __future__ import annotations

from pixellab.domain.ports import ImageQuery, ImageRepository
from pixellab.testing.assert_findings import assert_works
from pixellab.testing.contracts.repository_contract.adding import Adding
from pixellab.testing.contracts.repository_contract.claiming import Claiming
from pixellab.testing.contracts.repository_contract.counting import Counting
from pixellab.testing.contracts.repository_contract.deleting import Deleting
from pixellab.testing.contracts.repository_contract.finding import FindingImages
from pixellab.testing.contracts.repository_contract.finishing import Finishing
from pixellab.testing.contracts.repository_contract.listing import Listing
from pixellab.testing.contracts.repository_contract.queueing import Queueing
from pixellab.testing.contracts.repository_contract.thumbnails import WithThumbnails
from pixellab.testing.records import make_enhancement, make_image


class ImageRepositoryContract(
    Adding,
    Claiming,
    Finishing,
    Listing,
    Queueing,
    FindingImages,
    Counting,
    WithThumbnails,
    Deleting,
):
    """Needs the fixture ``repository``: an empty one."""

    def test_diagnoses_itself_and_changes_nothing(self, repository: ImageRepository) -> None:
        image = make_image(1)
        repository.add(image, make_enhancement(image))
        assert_works(repository.diagnose())
        assert repository.page(ImageQuery()).images == (image,)

    def test_passes_its_own_check(self, repository: ImageRepository) -> None:
        repository.check()
        repository.check_writing()

    def test_closing_can_be_repeated(self, repository: ImageRepository) -> None:
        repository.close()
        repository.close()
