"""An area that was selected on an image is read by itself."""

from app.domain.images.attachments import ImageCrop
from app.paths import RESOURCES
from tests.end_to_end.conftest import OpenDesktop


def test_a_selected_area_is_cut_and_read(open_desktop: OpenDesktop) -> None:
    desktop = open_desktop()
    desktop.drop(RESOURCES / "samples" / "note.png")
    desktop.wait_for_images(1)
    (image,) = desktop.lorgnette.session.draft.attachments
    part = ImageCrop(
        digest=image.digest, name=image.name, left=0, top=0, right=image.width, bottom=image.height // 2, turns=0
    )
    desktop.window.viewer.part_read_clicked.emit(image, part)
    answer = desktop.wait_for_answer()
    assert answer.text
    assert [shown.part_of for shown in desktop.branch[0].attachments] == [part]
    assert desktop.lorgnette.session.draft.is_empty
