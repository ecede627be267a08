"""A folder is dropped, and worked off by the real processes, across a restart."""

from pathlib import Path

from PIL import Image

from app.domain.batch.batch import BatchState
from app.domain.documents.reader_choice import ReaderChoice
from app.domain.models.remote_servers import RemoteModel
from app.paths import RESOURCES
from app.storage.batch.batch_journal import NAME
from tests.end_to_end.conftest import OpenDesktop
from tests.support.chat_server import chat_server, end, piece

LINES = "Gate B14\nBoarding 09:35\nLuggage: 23 kg\n"


def test_a_dropped_folder_is_read_and_gone_on_with_after_a_restart(open_desktop: OpenDesktop, tmp_path: Path) -> None:
    scans = tmp_path / "scans"
    scans.mkdir()
    for number in range(3):
        Image.open(RESOURCES / "samples" / "note.png").save(scans / f"{number}.png")
    (scans / "broken.png").write_bytes((RESOURCES / "samples" / "note.png").read_bytes()[:60])
    desktop = open_desktop()
    desktop.drop(scans)
    batch, queue = desktop.batch_window, desktop.lorgnette.batch
    assert batch.isVisible()
    out = tmp_path / "scans read"
    assert batch.form.target == out
    queue.item_changed.connect(lambda index: desktop.close() if index == 0 else None)
    batch.main.click()
    desktop.wait(lambda: not desktop.is_open)
    assert (out / NAME).is_file()

    again = open_desktop()
    batch, queue = again.batch_window, again.lorgnette.batch
    again.wait(lambda: batch.form.target == out)
    batch.main.click()
    again.wait(lambda: queue.state is BatchState.DONE)
    assert [(out / f"{number}.png.txt").read_text() for number in range(3)] == [LINES] * 3
    assert queue.run
    assert ["is damaged" in problem.sentence for problem in queue.run.problems.values()] == [True]
    assert again.lorgnette.preferences.settings.batch_folder == ""


def test_a_server_is_asked_about_several_images_at_once(open_desktop: OpenDesktop, tmp_path: Path) -> None:
    scans = tmp_path / "scans"
    scans.mkdir()
    for number in range(4):
        Image.open(RESOURCES / "samples" / "note.png").save(scans / f"{number}.png")
    desktop = open_desktop()
    batch, queue = desktop.batch_window, desktop.lorgnette.batch
    with chat_server() as server:
        server.answer = [piece("The server says so."), end()]
        server.hold.clear()
        desktop.lorgnette.server_link.connect_to(RemoteModel(server.address, "qwen3-vl"), "")
        desktop.wait(lambda: desktop.lorgnette.model.title == f"qwen3-vl at {server.address}")
        desktop.drop(scans)
        batch.form.reader.setCurrentIndex(batch.form.reader.findData(ReaderChoice.MODEL))
        batch.form.parallel.setValue(3)
        batch.main.click()
        desktop.wait(lambda: len(server.requests) == 3)
        server.hold.set()
        desktop.wait(lambda: queue.state is BatchState.DONE)
    texts = [path.read_text() for path in (tmp_path / "scans read").glob("*.txt")]
    assert texts == ["The server says so.\n"] * 4
    assert desktop.lorgnette.preferences.settings.batch_at_once == 3
