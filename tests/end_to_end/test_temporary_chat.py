"""A temporary chat leaves nothing in the data folder, whatever is done in it, unless it is kept."""

from pathlib import Path

import pytest
from PIL import Image
from PySide6.QtWidgets import QMessageBox, QPushButton

from app.domain.images.attachments import ImageCrop
from app.paths import Paths
from app.services.images.image_importer import MAX_PAGES
from app.storage.stores import SqliteStores
from tests.end_to_end.conftest import Desktop, OpenDesktop
from tests.support.printed_text import print_text

CANARY = "Fulvetta"
WINDOW = 48
"""Length in bytes of the samples of an image that are looked for."""


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    """An image with the canary on it, in its name, and above noise, so that its bytes are like no others."""
    path = tmp_path / f"{CANARY}.png"
    print_text(path, f"{CANARY} 5093", size=(600, 200))
    with Image.open(path) as printed:
        whole = Image.new("RGB", (600, 300), "white")
        whole.paste(printed, (0, 0))
    whole.paste(Image.effect_noise((600, 60), 60).convert("RGB"), (0, 240))
    whole.save(path)
    return path


def traces(folder: Path, photo: Path) -> list[str]:
    """What in the files below a folder is of the chat: their names, and what of it is in them."""
    content = photo.read_bytes()
    samples = [content[start : start + WINDOW] for start in range(0, len(content) - WINDOW, len(content) // 40)]
    wanted = (CANARY.encode(), CANARY.encode("utf-16-le"), *samples)
    files = [path for path in folder.rglob("*") if path.is_file()]
    names = [str(path) for path in files if CANARY in path.name or "attachments" in path.parts]
    return [*names, *(str(path) for path in files if any(what in path.read_bytes() for what in wanted))]


def begin(desktop: Desktop) -> None:
    desktop.window.temporary_triggered.emit()
    desktop.wait(lambda: desktop.lorgnette.session.conversation.is_temporary)


def converse(desktop: Desktop, photo: Path) -> None:
    """Drop, crop, paste and read images, ask, ask again, and begin the next question."""
    session, importer = desktop.lorgnette.session, desktop.lorgnette.importer
    desktop.drop(photo)
    desktop.wait_for_images(1)
    image = session.draft.attachments[0]
    session.read_text(image)
    assert CANARY in desktop.wait_for_answer().text
    desktop.type_and_send(f"Who is {CANARY}?")
    desktop.wait(lambda: len(desktop.branch) == 4 and not session.is_busy)
    importer.import_crop(
        image,
        ImageCrop(digest=image.digest, name=image.name, left=0, top=0, right=300, bottom=200),
        session.conversation_id,
    )
    desktop.wait_for_images(1)
    importer.import_data(photo.read_bytes() + b" ", f"{CANARY}2.png", session.conversation_id)
    desktop.wait_for_images(2)
    desktop.type_and_send(f"And here, {CANARY}?")
    desktop.wait(lambda: len(desktop.branch) == 6 and not session.is_busy)
    desktop.window.chat_view.image_clicked.emit(image)
    desktop.wait(lambda: not desktop.window.viewer.canvas.picture().isNull())
    session.set_draft_text(f"unfinished {CANARY}")
    session.save_draft()


def settle(desktop: Desktop) -> None:
    """Wait until the store's thread has done what it was given."""
    done: list[object] = []
    desktop.lorgnette.stores.run(lambda _: None, done.append)
    desktop.wait(lambda: bool(done))


def press(desktop: Desktop, label: str) -> None:
    """Press a button of the question that is asked."""
    (box,) = [each for each in desktop.window.findChildren(QMessageBox) if each.isVisible()]
    (chosen,) = [each for each in box.findChildren(QPushButton) if each.text() == label]
    chosen.click()


def test_nothing_of_a_temporary_chat_is_ever_in_a_file(open_desktop: OpenDesktop, paths: Paths, photo: Path) -> None:
    desktop = open_desktop()
    begin(desktop)
    converse(desktop, photo)
    settle(desktop)
    assert traces(paths.data, photo) == []  # So it would be after a kill.
    desktop.window.sidebar.new_chat.click()
    press(desktop, "Discard")
    desktop.wait(lambda: not desktop.lorgnette.session.conversation.is_temporary)
    assert desktop.branch == ()
    assert desktop.window.composer.edit.toPlainText() == ""
    desktop.close()
    assert traces(paths.data, photo) == []


def test_a_kept_chat_is_saved_whole(open_desktop: OpenDesktop, paths: Paths, photo: Path) -> None:
    desktop = open_desktop()
    begin(desktop)
    converse(desktop, photo)
    chat, branch = desktop.lorgnette.session.conversation_id, desktop.branch
    desktop.window.header.keep.click()
    desktop.wait(lambda: not desktop.lorgnette.session.conversation.is_temporary)
    assert desktop.branch == branch
    desktop.close()

    stores = SqliteStores.open(paths.database)
    (saved,) = stores.chats.conversations()
    assert (saved.id, saved.draft.text) == (chat, f"unfinished {CANARY}")
    assert tuple(stores.chats.messages(chat)) == branch
    stores.close()
    digests = {image.digest for message in branch for image in message.attachments}
    stored = {path.name for path in paths.attachments.rglob("*")}
    assert len(digests) == 3
    assert traces(paths.data, photo)
    assert digests <= stored
    assert {f"{digest}.png" for digest in digests} <= stored


def test_closing_asks_only_if_there_is_something_to_lose(open_desktop: OpenDesktop, paths: Paths, photo: Path) -> None:
    desktop = open_desktop()
    begin(desktop)
    desktop.window.header.keep.click()  # There is nothing to keep.
    desktop.wait(lambda: not desktop.lorgnette.session.conversation.is_temporary)
    assert desktop.window.sidebar.list.model().rowCount() == 0
    begin(desktop)
    assert desktop.window.close()
    desktop.window.show()
    begin(desktop)
    desktop.drop(photo)
    desktop.wait_for_images(1)
    assert not desktop.window.close()
    press(desktop, "Cancel")
    assert desktop.window.isVisible()
    assert desktop.lorgnette.session.conversation.is_temporary
    assert len(desktop.lorgnette.session.draft.attachments) == 1
    assert not desktop.window.close()
    press(desktop, "Discard")
    desktop.wait(lambda: not desktop.window.isVisible())
    desktop.close()
    assert traces(paths.data, photo) == []


def test_a_long_document_is_not_offered_to_the_window_that_saves_what_it_reads(
    open_desktop: OpenDesktop, tmp_path: Path
) -> None:
    document = tmp_path / "long.pdf"
    page = Image.new("RGB", (60, 80), "white")
    page.save(document, save_all=True, append_images=[page] * MAX_PAGES)
    desktop = open_desktop()
    for is_temporary, offers in ((False, ["Open as document"]), (True, [])):
        if is_temporary:
            begin(desktop)
        desktop.drop(document)
        desktop.wait(lambda: bool(desktop.window.notices.current))
        (notice,) = desktop.window.notices.current
        assert [action.label for action in notice.actions] == offers
        assert ("temporary chat" in notice.sentence) is is_temporary
        desktop.lorgnette.importer.cancel_all(desktop.lorgnette.session.conversation_id)
        desktop.window.notices.clear()
