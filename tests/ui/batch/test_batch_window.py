"""The batch's window: what is chosen, what is shown, what can be done when."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest
from PySide6.QtCore import QByteArray, QMimeData, Qt, QUrl
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel, QSpinBox
from pytestqt.qtbot import QtBot

from app.domain.batch.batch import (
    BatchOptions,
    BatchProgress,
    BatchState,
    Entry,
    FieldCell,
    FoundFiles,
    InputFile,
    ItemState,
    LeftOut,
    Output,
)
from app.domain.documents.clean_up import CleanUp
from app.domain.documents.fields import Field
from app.domain.documents.reader_choice import ReaderChoice
from app.domain.errors import BatchError, Problem, ProblemKind
from app.domain.images.geometry import Box
from app.domain.proofs.evidence import Evidence
from app.ui.batch.batch_list import STATE, BatchList
from app.ui.batch.batch_window import BatchWindow
from app.ui.shell.main_window import MainWindow
from app.ui.widgets.mime_images import MAX_FOR_A_CHAT
from app.ui.widgets.notice_box import NoticeBox
from app.ui.widgets.theme import Theme
from tests.services.conftest import INFO
from tests.support.drops import answers_to_a_move, drop, files
from tests.support.on_screen import click, seen, the
from tests.ui.conftest import shown

LEFT = Qt.MouseButton.LeftButton
BROKEN = Problem(ProblemKind.IMAGE, "It is broken.", todo="Mend it.")


@dataclass
class Items:
    sources: tuple[InputFile, ...]
    states: list[ItemState]
    problems: dict[int, Problem] = field(default_factory=dict)
    left_out: LeftOut = LeftOut()
    renamed: dict[int, tuple[tuple[str, str], ...]] = field(default_factory=dict)


def items(count: int) -> Items:
    sources = tuple(InputFile(f"/s/{number}.png", f"{number}.png", 1, 1) for number in range(count))
    return Items(sources, [ItemState.WAITING] * count)


@pytest.fixture
def batch(qtbot: QtBot, theme: Theme) -> BatchWindow:
    return shown(BatchWindow(), qtbot)


def test_a_picture_dropped_from_a_browser_is_refused_in_words(batch: BatchWindow) -> None:
    mime = QMimeData()
    mime.setUrls([QUrl("https://example.com/a.png")])
    mime.setData("image/png", QByteArray(b"bytes"))
    assert drop(batch, mime)
    assert any("web address" in box.notice.sentence for box in seen(batch, NoticeBox))


def test_it_starts_when_there_is_something_to_do_and_a_place_for_it(batch: BatchWindow, qtbot: QtBot) -> None:
    assert not batch.main.isEnabled()
    with qtbot.waitSignal(batch.files_dropped) as dropped:
        drop(batch, files([Path("/scans"), Path("/a.png")]))
    assert dropped.args == [(Path("/scans"), Path("/a.png"))]
    batch.add_sources([Path("/scans"), Path("/a.png"), Path("/scans")])
    assert batch.form.sources == (Path("/scans"), Path("/a.png"))
    assert not batch.main.isEnabled()
    batch.set_target(Path("/out"))
    with qtbot.waitSignal(batch.start_clicked):
        batch.main.click()
    batch.form.clear.click()
    assert not batch.main.isEnabled()


def test_what_is_chosen_is_what_is_done(batch: BatchWindow) -> None:
    options = BatchOptions(
        outputs=(Output.MARKDOWN, Output.WORD, Output.ALTO, Output.SPREADSHEET),
        reader=ReaderChoice.BUILT_IN,
        fields=(Field("date"), Field("total", "with tax")),
        model="/m",
        clean_up=CleanUp(joins_lines=True, ignored=(Box(0, 0, 1, 0.08), Box(0, 0.95, 1, 1)), is_main_text=True),
    )
    batch.form.show_options(options)
    assert batch.form.options("/m") == options
    assert [box.value() for box in batch.form.ignored.boxes.values()] == [8, 5, 0, 0]
    with pytest.raises(BatchError):
        batch.form.options("")
    batch.form.boxes[Output.SPREADSHEET].click()
    with pytest.raises(BatchError):
        batch.form.options("/m")


def test_margins_are_number_fields_and_other_areas_are_kept(batch: BatchWindow, qtbot: QtBot) -> None:
    form, corner, exact = batch.form, Box(0.6, 0, 1, 0.12), Box(0, 0, 1, 0.0825)
    form.show_options(BatchOptions(clean_up=CleanUp(ignored=(exact, corner, Box(0, 0, 1, 0.9)))))
    bottom = the(form, QSpinBox, "Ignored margin: Bottom")
    with qtbot.waitSignal(form.changed):
        bottom.setValue(5)
    assert form.options("").clean_up.ignored == (exact, Box(0, 0.95, 1, 1), corner, Box(0, 0, 1, 0.9))
    assert seen(form, QLabel, "Areas: 60 0 100 12, top 90")
    the(form, QSpinBox, "Ignored margin: Top").setValue(0)
    form.ignored.clear.click()
    assert form.options("").clean_up.ignored == (Box(0, 0.95, 1, 1),)
    assert not form.ignored.clear.isVisible()


def test_where_a_server_answers_it_says_so_and_asks_how_many_at_once(batch: BatchWindow) -> None:
    form = batch.form
    assert not form.parallel.isVisible()
    form.set_model(replace(INFO, server="gpu-box:8000", leaves_machine=True))
    assert form.parallel.isVisible()
    assert seen(form, QLabel, "Questions and images are sent to gpu-box:8000.")
    form.show_options(BatchOptions(reader=ReaderChoice.BUILT_IN))
    assert not form.parallel.isVisible()  # Nobody asks it.
    form.fields.setText("date")
    assert form.parallel.isVisible()
    form.set_model(INFO)
    assert not form.parallel.isVisible()


def test_what_was_left_out_is_told_with_its_reasons(batch: BatchWindow) -> None:
    batch.set_state(BatchState.RUNNING)
    batch.show_run(replace(items(1), left_out=LeftOut(others=3, links=1, specials=2, folders=1)))
    assert batch.left_out.isVisible()
    assert batch.left_out.text() == (
        "Left out: other files: 3 · links that lead nowhere: 1 · pipes or devices: 2 · folders that cannot be read: 1"
    )
    batch.show_run(items(1))
    assert not batch.left_out.isVisible()


def test_states_and_problems_are_told_row_by_row(batch: BatchWindow) -> None:
    run = items(1000)
    batch.show_run(run)
    run.states[1], run.problems[1] = ItemState.FAILED, BROKEN
    run.states[0] = run.states[3] = ItemState.DONE
    run.renamed[3] = (("3.png.txt", "2 3.png.txt"),)
    batch.list.items.emit_changed(1)
    rows = [batch.list.items.index(row) for row in range(4)]
    assert batch.list.items.rowCount() == 1000
    assert [row.data() for row in rows] == ["0.png", "1.png", "2.png", "3.png"]
    assert [row.data(STATE) for row in rows] == ["Done", BROKEN.sentence, "Waiting", "Done: “2 3.png.txt”"]
    assert not batch.list.grab().isNull()


def test_it_can_be_paused_gone_on_with_and_stopped(batch: BatchWindow, qtbot: QtBot) -> None:
    batch.add_sources([Path("/scans")])
    batch.set_target(Path("/out"))
    batch.set_state(BatchState.RUNNING)
    batch.set_progress(BatchProgress(1000, earlier=100, done=238, failed=2, seconds=120))
    assert batch.status_label.text() == "340 of 1,000 · 2 failed · 100 already done · about 6 min left"
    assert not batch.form.isEnabled()
    with qtbot.waitSignal(batch.pause_clicked):
        batch.main.click()
    batch.set_state(BatchState.PAUSED)
    assert batch.status_label.text().endswith("paused")
    with qtbot.waitSignal(batch.resume_clicked):
        batch.main.click()
    with qtbot.waitSignal(batch.stop_clicked):
        batch.stop.click()
    batch.set_state(BatchState.IDLE)
    assert (batch.form.isEnabled(), batch.stop.isVisible(), batch.status_label.text()) == (True, False, "")


def test_what_was_not_done_can_be_tried_again_at_the_end(batch: BatchWindow, qtbot: QtBot) -> None:
    run = items(2)
    batch.show_run(run)
    batch.set_state(BatchState.DONE)
    assert not batch.retry.isVisible()
    run.problems[1] = BROKEN
    batch.set_progress(BatchProgress(2, done=1, failed=1, seconds=1))
    with qtbot.waitSignal(batch.retry_clicked):
        batch.retry.click()


def test_a_problem_is_shown_until_it_is_dismissed(batch: BatchWindow) -> None:
    batch.show_problem(BROKEN)
    click(the(batch, NoticeBox).close_button)
    assert not seen(batch, NoticeBox)


def test_a_folder_and_many_files_are_no_question(window: MainWindow, qtbot: QtBot, tmp_path: Path) -> None:
    many = [Path(f"/{number}.png") for number in range(MAX_FOR_A_CHAT + 1)]
    for files_dropped, wanted in (
        ([tmp_path], window.many_dropped),
        (many, window.many_dropped),
        (many[1:], window.files_dropped),
    ):
        with qtbot.waitSignal(wanted) as dropped:
            drop(window, files(files_dropped))
        assert dropped.args == [tuple(files_dropped)]


def test_the_menu_and_a_key_lead_to_it(window: MainWindow, qtbot: QtBot) -> None:
    action = next(action for action in window.key_actions if action.objectName() == "Many images at once")
    for lead in (action.trigger, window.menu_button.batch_triggered.emit):
        with qtbot.waitSignal(window.batch_triggered):
            lead()


def test_a_form_that_is_higher_than_the_window_scrolls(batch: BatchWindow) -> None:
    """As with large text: no box is cut off."""
    batch.resize(batch.minimumWidth(), 300)
    QApplication.processEvents()
    for box in (*batch.form.boxes.values(), batch.form.main_text):
        row = box.parentWidget()
        assert row
        assert row.rect().contains(box.geometry()), box.text()


def test_names_begin_where_lines_begin(theme: Theme, qtbot: QtBot, mirror: Callable[[], None]) -> None:
    """At the left, or at the right where the language is mirrored."""
    rows = BatchList()
    rows.items.set_run(items(1))
    shown(rows, qtbot).resize(400, 100)
    assert inked(rows)[0] < 20
    mirror()
    assert inked(rows)[-1] > rows.viewport().width() - 20


def inked(rows: BatchList) -> list[int]:
    """The columns of the first row's pixels in which something is drawn."""
    image = rows.viewport().grab(rows.visualRect(rows.items.index(0))).toImage()
    return [x for x in range(image.width()) if len({image.pixel(x, y) for y in range(image.height())}) > 1]


def test_the_result_of_the_chosen_image_stands_beside_the_list(batch: BatchWindow, qtbot: QtBot) -> None:
    run = items(3)
    batch.show_run(run)
    for state in (BatchState.SCANNING, BatchState.RUNNING):
        batch.set_state(state)
    pane = batch.result_pane
    with qtbot.waitSignal(batch.result_wanted) as wanted:
        batch.list.choose(1)
    assert wanted.args == [1]
    assert pane.isVisible()
    assert (pane.text.toPlainText(), pane.copy.isEnabled(), pane.repeat.isEnabled()) == ("", False, False)
    run.states[1] = ItemState.DONE
    with qtbot.waitSignal(batch.result_wanted):
        batch.show_changed(1)
    found = (FieldCell("total", "12", "12", Evidence(0, Box(0, 0, 1, 1))), FieldCell("vendor", "ACME", ""))
    pane.show_entry(Entry(source=run.sources[1], options="", state=ItemState.DONE, text="TOTAL 12", cells=found))
    assert pane.text.toPlainText() == "total: 12\nvendor: ACME (not found on the image)\n\nTOTAL 12"
    QApplication.processEvents()  # It is laid out.
    click(pane.copy)
    assert QApplication.clipboard().text() == pane.text.toPlainText()
    with qtbot.waitSignal(batch.repeat_clicked) as repeated:
        click(pane.repeat)
    assert repeated.args == [1]
    with qtbot.waitSignal(batch.document_wanted) as opened:
        place = batch.list.visualRect(batch.list.items.index(2)).center()
        QTest.mouseClick(batch.list.viewport(), LEFT, pos=place)
        QTest.mouseDClick(batch.list.viewport(), LEFT, pos=place)
    assert opened.args == [2]


def test_a_preview_is_no_result(batch: BatchWindow, qtbot: QtBot) -> None:
    """Its rows belong to no run, even if another run has ended before."""
    batch.show_run(items(2))
    batch.set_state(BatchState.DONE)
    batch.list.setCurrentIndex(batch.list.items.index(0))
    assert batch.result_pane.isVisible()
    with qtbot.assertNotEmitted(batch.result_wanted):
        batch.show_preview(FoundFiles(items(1200).sources, LeftOut(others=1)))
        batch.list.setCurrentIndex(batch.list.items.index(1))
    assert not batch.result_pane.isVisible()
    assert batch.status_label.text() == "1,200 images"
    assert batch.left_out.isVisible()


def test_watching_can_only_be_stopped(batch: BatchWindow) -> None:
    batch.add_sources([Path("/scans")])
    batch.set_target(Path("/out"))
    batch.set_state(BatchState.WATCHING)
    batch.set_progress(BatchProgress(2, done=2))
    assert batch.status_label.text() == "2 of 2 · watching for new files"
    assert (batch.main.isEnabled(), batch.stop.isVisible(), batch.form.isEnabled()) == (False, True, False)


def test_a_default_folder_goes_with_its_sources_and_a_chosen_one_stays(batch: BatchWindow) -> None:
    for is_default, left in ((True, None), (False, Path("/out"))):
        batch.add_sources([Path("/scans")])
        batch.set_target(Path("/out"), is_default=is_default)
        click(batch.form.clear)
        assert batch.form.target == left


def test_the_options_make_room_for_the_results(batch: BatchWindow) -> None:
    batch.set_state(BatchState.SCANNING)
    assert not batch.form.isVisible()
    click(batch.options)
    assert batch.form.isVisible()
    click(batch.options)
    batch.set_state(BatchState.DONE)
    assert not batch.form.isVisible()
    batch.show_preview(FoundFiles(items(1).sources))
    assert batch.form.isVisible()
    batch.set_state(BatchState.SCANNING)
    batch.set_state(BatchState.IDLE)
    assert batch.form.isVisible()


def test_an_image_that_was_chosen_before_the_start_shows_its_result(batch: BatchWindow, qtbot: QtBot) -> None:
    batch.show_preview(FoundFiles(items(2).sources))
    batch.list.choose(0)
    assert not batch.result_pane.isVisible()
    with qtbot.waitSignal(batch.result_wanted) as wanted:
        batch.show_run(items(2))
        batch.set_state(BatchState.RUNNING)
    assert wanted.args == [0]
    assert batch.result_pane.isVisible()


def test_what_is_dropped_without_a_path_is_told_beside_the_files(batch: BatchWindow, qtbot: QtBot) -> None:
    mime = files([Path("/a.png")])
    mime.setUrls([*mime.urls(), QUrl("https://example.org/b.png")])
    with qtbot.waitSignal(batch.files_dropped) as dropped:
        assert drop(batch, mime)
    assert dropped.args == [(Path("/a.png"),)]
    assert "left out: 1" in the(batch, NoticeBox).notice.sentence


def test_files_are_dropped_as_copies_so_that_none_is_deleted_where_it_came_from(
    batch: BatchWindow, window: MainWindow
) -> None:
    for target in (batch, window):
        assert answers_to_a_move(target, files([Path("/a.png")])) == [Qt.DropAction.CopyAction] * 2
