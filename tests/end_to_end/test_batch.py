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
    queue.item_changed.connect(lambda _index: desktop.close() if queue.run and queue.run.states[0].is_over else None)
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


def test_a_watched_folder_is_gone_on_with_after_a_restart_and_corrections_are_written(
    open_desktop: OpenDesktop, tmp_path: Path
) -> None:
    scans, out = tmp_path / "scans", tmp_path / "scans read"
    scans.mkdir()
    note = Image.open(RESOURCES / "samples" / "note.png")
    note.save(scans / "0.png")
    desktop = open_desktop()
    desktop.drop(scans)
    batch, queue = desktop.batch_window, desktop.lorgnette.batch
    desktop.wait(lambda: batch.status_label.text() == "1 image")
    batch.form.watches.click()
    batch.main.click()
    desktop.wait(lambda: (out / "0.png.txt").is_file() and queue.state is BatchState.WATCHING)
    desktop.close()
    note.save(scans / "1.png")

    again = open_desktop()
    batch, queue = again.batch_window, again.lorgnette.batch
    again.wait(lambda: (out / "1.png.txt").is_file() and queue.state is BatchState.WATCHING)
    batch.show()
    batch.list.setCurrentIndex(batch.list.items.index(1))
    again.wait(lambda: batch.result_pane.text.toPlainText() == LINES.strip())
    again.wait(lambda: not batch.result_pane.canvas.picture().isNull())
    batch.result_pane.open.click()
    document = again.lorgnette.document
    again.wait(lambda: document.ocr_result(0) is not None)
    document.correct(0, 0, "Gate B15")
    again.wait(lambda: (out / "1.png.txt").read_text() == LINES.replace("B14", "B15"))
    again.wait(lambda: batch.result_pane.text.toPlainText() == LINES.replace("B14", "B15").strip())
    assert (out / "0.png.txt").read_text() == LINES
    batch.stop.click()
    assert again.lorgnette.preferences.settings.batch_watches is False


def test_a_correction_to_a_finished_batch_leaves_the_preview_of_another_one_alone(
    open_desktop: OpenDesktop, tmp_path: Path
) -> None:
    first, second = tmp_path / "first", tmp_path / "second"
    note = Image.open(RESOURCES / "samples" / "note.png")
    for folder, count in ((first, 1), (second, 3)):
        folder.mkdir()
        for number in range(count):
            note.save(folder / f"{folder.name} {number}.png")
    desktop = open_desktop()
    batch, queue = desktop.batch_window, desktop.lorgnette.batch
    desktop.drop(first)
    desktop.wait(lambda: batch.status_label.text() == "1 image")
    batch.main.click()
    desktop.wait(lambda: queue.state is BatchState.DONE)
    batch.form.clear.click()
    desktop.drop(second)
    desktop.wait(lambda: batch.status_label.text() == "3 images")
    shown: list[tuple[BatchState, int]] = []
    queue.state_changed.connect(lambda state: shown.append((state, batch.list.items.rowCount())))
    queue.repeat_file(first / "first 0.png")
    desktop.wait(lambda: queue.state is BatchState.DONE and bool(shown))
    assert shown[0] == (BatchState.RUNNING, 1)
    desktop.wait(lambda: batch.status_label.text() == "3 images")
    assert batch.list.items.rowCount() == 3
    assert batch.main.isEnabled()
