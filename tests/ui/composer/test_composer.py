from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import QMimeData, Qt, QUrl
from PySide6.QtGui import QImage, QInputMethodEvent
from PySide6.QtWidgets import QApplication, QMenu, QPushButton
from pytestqt.qtbot import QtBot

from app.domain.chat.chat import Draft
from app.domain.documents.automatic_resolution import Resolution, ResolutionReason
from app.domain.ids import ImportId
from app.domain.settings.generation_options import GenerationOptions
from app.domain.settings.settings import ThemeChoice
from app.ui.composer.composer import Composer
from app.ui.composer.pixel_budget_menu import PixelBudgetMenu, budgets
from app.ui.widgets.message_edit import MAX_CHARACTERS
from app.ui.widgets.theme import Theme
from tests.support.chats import attachment
from tests.support.on_screen import chip, chips, click, the
from tests.ui.conftest import shown


@pytest.fixture
def composer(qtbot: QtBot, theme: Theme) -> Composer:
    made = Composer(lambda _: Path("no thumbnail"))
    made.resize(700, 200)
    shown(made, qtbot)
    made.focus()
    return made


def test_enter_sends_and_shift_enter_does_not(composer: Composer, qtbot: QtBot) -> None:
    qtbot.keyClicks(composer.edit, "one")
    qtbot.keyClick(composer.edit, Qt.Key.Key_Return, Qt.KeyboardModifier.ShiftModifier)
    qtbot.keyClicks(composer.edit, "two")
    with qtbot.waitSignal(composer.submitted) as submitted:
        qtbot.keyClick(composer.edit, Qt.Key.Key_Return)
    assert submitted.args == ["one\ntwo"]
    assert composer.edit.toPlainText() == "one\ntwo", "it is cleared when the question has been saved, not before"


def test_letters_of_an_input_method_arrive(composer: Composer, qtbot: QtBot) -> None:
    event = QInputMethodEvent("", [])
    event.setCommitString("日本é")
    with qtbot.waitSignal(composer.text_changed) as changed:
        QApplication.sendEvent(composer.edit, event)
    assert changed.args == ["日本é"]


def test_nothing_but_spaces_is_not_sent(composer: Composer, qtbot: QtBot) -> None:
    qtbot.keyClicks(composer.edit, "   ")
    with qtbot.assertNotEmitted(composer.submitted):
        qtbot.keyClick(composer.edit, Qt.Key.Key_Return)
    assert not composer.send.isEnabled()


def test_enter_without_text_asks_the_default_question_about_images(composer: Composer, qtbot: QtBot) -> None:
    one, two = attachment("one.png"), attachment("two.png", "cd" * 32)
    video = replace(attachment("clip.mp4"), media_type="video/mp4")
    composer.set_draft(Draft(text=" \n", attachments=(one,)))
    assert composer.send.isEnabled()
    for images, own, is_demo, question in (
        ((one,), "", False, "What is in this image?"),
        ((one, two), "", False, "What is in these images?"),
        ((video,), "", False, "What happens in this video?"),
        ((one,), "", True, "Read the text."),
        ((one,), " What does it cost? ", True, "What does it cost?"),
    ):
        composer.set_draft(Draft(attachments=images))
        composer.set_model("any", is_demo=is_demo)
        composer.set_default_question(own)
        assert question in composer.edit.placeholderText()
        with qtbot.waitSignal(composer.submitted) as submitted:
            qtbot.keyClick(composer.edit, Qt.Key.Key_Return)
        assert submitted.args == [question]
    composer.set_draft(Draft())
    with qtbot.assertNotEmitted(composer.submitted):
        qtbot.keyClick(composer.edit, Qt.Key.Key_Return)


def test_a_question_waits_for_the_image_that_is_being_opened(composer: Composer, qtbot: QtBot) -> None:
    qtbot.keyClicks(composer.edit, "What is this?")
    composer.add_import(ImportId("i1"), "scan.png")
    with qtbot.assertNotEmitted(composer.submitted):
        qtbot.keyClick(composer.edit, Qt.Key.Key_Return)
    composer.remove_import(ImportId("i1"))
    with qtbot.waitSignal(composer.submitted):
        qtbot.keyClick(composer.edit, Qt.Key.Key_Return)


def test_an_import_can_be_given_up(composer: Composer, qtbot: QtBot) -> None:
    composer.add_import(ImportId("i1"), "scan.png")
    with qtbot.waitSignal(composer.import_cancelled) as cancelled:
        click(the(composer, QPushButton, "Cancel adding scan.png"))
    assert cancelled.args == ["i1"]


def test_chips_have_the_width_of_the_zoom(composer: Composer, theme: Theme, qtbot: QtBot) -> None:
    composer.set_draft(Draft(attachments=(attachment("receipt.png"),)))
    receipt = chip(composer, "receipt.png")
    theme.choose(ThemeChoice.LIGHT, 200)
    qtbot.waitUntil(lambda: receipt.width() == 600)
    assert (receipt.picture.width(), receipt.picture.height()) == (80, 80)
    theme.choose(ThemeChoice.LIGHT, 100)
    qtbot.waitUntil(lambda: receipt.width() == 300)


def test_chips_read_show_and_remove_their_image(composer: Composer, qtbot: QtBot) -> None:
    image = attachment("receipt.png")
    composer.set_draft(Draft(attachments=(image,)))
    receipt = chip(composer, "receipt.png")
    for signal, button in (
        (composer.read_clicked, receipt.read),
        (composer.image_clicked, receipt.picture),
        (composer.image_removed, receipt.remove),
    ):
        with qtbot.waitSignal(signal) as emitted:
            click(button)
        assert emitted.args == [image]
    composer.set_draft(Draft())
    assert chips(composer) == []
    assert not composer.read.isEnabled()


def test_one_button_reads_all_images(composer: Composer, qtbot: QtBot) -> None:
    image, other = attachment("receipt.png"), attachment("other.png", "cd" * 32)
    video = replace(attachment("clip.mp4", "ef" * 32), media_type="video/mp4", seconds=3.0)
    for images, text in (((image,), "Read text"), ((image, video), "Read text"), ((image, video, other), "Read all")):
        composer.set_draft(Draft(attachments=images))
        assert composer.read.text() == text
        with qtbot.waitSignal(composer.read_all_clicked) as emitted:
            click(composer.read)
        assert emitted.args == [tuple(item for item in images if not item.is_video)]
        assert composer.edit.hasFocus()
    composer.set_draft(Draft(attachments=(video,)))
    assert not composer.read.isEnabled()


def test_while_an_answer_is_written_typing_goes_on_and_questions_are_queued(composer: Composer, qtbot: QtBot) -> None:
    composer.set_draft(Draft(attachments=(attachment(),)))
    composer.set_busy(True)
    assert (composer.stop.isVisible(), composer.send.text(), composer.read.isEnabled()) == (True, "Queue", False)
    qtbot.keyClicks(composer.edit, "next")
    with qtbot.waitSignal(composer.submitted) as submitted:
        qtbot.keyClick(composer.edit, Qt.Key.Key_Return)
    assert submitted.args == ["next"]
    with qtbot.waitSignal(composer.stop_clicked):
        composer.stop.click()
    composer.set_busy(False)
    assert (composer.stop.isVisible(), composer.send.text(), composer.send.isEnabled()) == (False, "Send", True)
    composer.set_draft(Draft())
    composer.set_busy(True)
    assert not composer.send.isVisible(), "there is nothing to be queued"


def test_a_draft_that_comes_back_unchanged_leaves_the_cursor(composer: Composer, qtbot: QtBot) -> None:
    qtbot.keyClicks(composer.edit, "abcd")
    cursor = composer.edit.textCursor()
    cursor.setPosition(2)
    composer.edit.setTextCursor(cursor)
    composer.set_draft(Draft(text="abcd", attachments=(attachment(),)))
    assert composer.edit.textCursor().position() == 2


def test_reading_leaves_the_focus_in_the_text(composer: Composer, qtbot: QtBot) -> None:
    composer.set_draft(Draft(attachments=(attachment(),)))
    composer.read.setFocus()
    composer.read.click()
    composer.set_busy(True)
    assert composer.edit.hasFocus()


def test_it_grows_with_its_text_up_to_a_limit(composer: Composer, qtbot: QtBot) -> None:
    heights = []
    for lines in (1, 3, 8, 30):
        composer.edit.setPlainText("\n".join("x" * lines))
        heights.append(composer.edit.sizeHint().height())
    assert heights[0] < heights[1] < heights[2] == heights[3]
    composer.edit.setPlainText("one line")
    qtbot.waitUntil(lambda: not composer.edit.verticalScrollBar().isVisible())


def test_pasting_images_is_passed_on_and_words_are_typed(composer: Composer, qtbot: QtBot) -> None:
    words, files = QMimeData(), QMimeData()
    words.setText("<b>words</b>\nmore")
    words.setHtml("<b>words</b>")
    files.setUrls([QUrl.fromLocalFile("/home/me/a.png")])
    composer.edit.insertFromMimeData(words)
    assert composer.edit.toPlainText() == "<b>words</b>\nmore"
    with qtbot.waitSignal(composer.mime_pasted) as pasted:
        composer.edit.insertFromMimeData(files)
    assert pasted.args is not None
    assert pasted.args[0].urls()[0].toLocalFile() == "/home/me/a.png"
    assert composer.edit.canInsertFromMimeData(files)


def test_cells_of_a_spreadsheet_are_typed_though_a_picture_of_them_is_there(composer: Composer, qtbot: QtBot) -> None:
    mime = QMimeData()
    mime.setText("Name\tAmount\n")
    mime.setHtml("<table><tr><td>Name</td><td>Amount</td></tr></table>")
    mime.setImageData(QImage(20, 10, QImage.Format.Format_RGB32))
    with qtbot.assertNotEmitted(composer.mime_pasted):
        composer.edit.insertFromMimeData(mime)
    assert composer.edit.toPlainText() == "Name\tAmount\n"


def test_html_without_a_plain_text_is_typed_as_text(composer: Composer) -> None:
    mime = QMimeData()
    mime.setHtml("<p>All is <b>well</b>.</p>")
    assert composer.edit.canInsertFromMimeData(mime)
    composer.edit.insertFromMimeData(mime)
    assert composer.edit.toPlainText() == "All is well."


def test_what_an_image_costs_is_shown_where_it_is_decided(composer: Composer) -> None:
    composer.set_options(GenerationOptions(pixel_budget=512 * 512))
    composer.set_draft(Draft(attachments=(replace(attachment(), width=4000, height=3000),)))
    receipt = chip(composer, "receipt.png")
    assert receipt.details.text() == "4,000 × 3,000"
    assert receipt.budget.text() == "234 tokens"
    assert "sees this image at 576 × 416 pixels" in receipt.details.toolTip()
    composer.set_visual_token_seconds(0.05)
    assert receipt.budget.text() == "234 tokens · 12 s"
    assert "takes about 12 s" in receipt.budget.toolTip()


def test_how_closely_the_model_looks_is_chosen_for_one_image(composer: Composer, qtbot: QtBot) -> None:
    large, small = replace(attachment(), width=4000, height=3000), attachment("b.png", "cd" * 32)
    composer.set_draft(Draft(attachments=(large, small)))
    receipt = chip(composer, "receipt.png")
    receipt.budget.click()
    (menu,) = receipt.findChildren(PixelBudgetMenu)
    with qtbot.waitSignal(composer.budget_chosen) as chosen:
        qtbot.keyClick(menu.slider, Qt.Key.Key_End)
    assert chosen.args is not None
    image, pixels = chosen.args
    assert image == large
    assert pixels >= 4000 * 3000
    assert "11,750 tokens" in menu.sentence.text()
    composer.set_draft(Draft(attachments=(replace(large, pixel_budget=pixels), small)))
    assert receipt.budget.text() == "11,750 tokens"
    with qtbot.waitSignal(composer.budget_chosen) as chosen:
        menu.usual.click()
    assert chosen.args == [replace(large, pixel_budget=pixels), None]


@pytest.mark.parametrize(
    ("resolution", "reason"),
    [
        (Resolution(512 * 512, ResolutionReason.PRINT, 16.4), "The smallest print is then 16 pixels high."),
        (Resolution(512 * 512, ResolutionReason.SMALL_PRINT, 9.2), "The smallest print is only 9 pixels high."),
        (Resolution(512 * 512, ResolutionReason.PHOTO), "No text was found on it."),
    ],
)
def test_an_automatic_resolution_is_shown_with_its_reason(
    composer: Composer, qtbot: QtBot, resolution: Resolution, reason: str
) -> None:
    large, other = replace(attachment(), width=4000, height=3000), attachment("b.png", "cd" * 32)
    composer.set_draft(Draft(attachments=(large, other)))
    composer.set_capacity(10_000)
    composer.set_resolutions({large.digest: resolution})
    receipt = chip(composer, "receipt.png")
    assert receipt.budget.text() == "234 tokens"
    assert reason in receipt.budget.toolTip()
    assert "print" not in chip(composer, "b.png").budget.toolTip()
    receipt.budget.click()
    (menu,) = receipt.findChildren(PixelBudgetMenu)
    assert reason in menu.sentence.text()
    assert menu.usual.text() == "Automatic"
    assert not menu.usual.isEnabled()
    qtbot.keyClick(menu.slider, Qt.Key.Key_End)
    assert menu.usual.isEnabled()
    assert reason not in menu.sentence.text()
    composer.set_resolutions({})
    assert "print" not in receipt.budget.toolTip()


def test_an_open_menu_follows_a_resolution_that_is_chosen_meanwhile(composer: Composer, qtbot: QtBot) -> None:
    large = replace(attachment(), width=4000, height=3000)
    composer.set_draft(Draft(attachments=(large,)))
    receipt = chip(composer, "receipt.png")
    receipt.budget.click()
    (menu,) = receipt.findChildren(PixelBudgetMenu)
    composer.set_resolutions({large.digest: Resolution(512 * 512, ResolutionReason.PRINT, 16.4)})
    assert "234 tokens" in menu.sentence.text()
    assert "The smallest print is then 16 pixels high." in menu.sentence.text()
    with qtbot.waitSignal(composer.budget_chosen) as chosen:
        qtbot.keyClick(menu.slider, Qt.Key.Key_Right)
    assert chosen.args == [large, budgets(large)[budgets(large).index(512 * 512) + 1]]
    composer.set_draft(Draft(attachments=(replace(large, pixel_budget=chosen.args[1]),)))
    composer.set_resolutions({})
    assert "336 tokens" in menu.sentence.text()
    assert menu.usual.isEnabled()


def test_the_menu_is_as_high_as_its_sentence(composer: Composer, qtbot: QtBot) -> None:
    large = replace(attachment(), width=4000, height=3000)
    composer.set_draft(Draft(attachments=(large,)))
    composer.set_visual_token_seconds(0.01)
    receipt = chip(composer, "receipt.png")
    receipt.budget.click()
    (menu,) = receipt.findChildren(PixelBudgetMenu)
    sentence = menu.sentence
    for resolutions in ({}, {large.digest: Resolution(512 * 512, ResolutionReason.SMALL_PRINT, 9.2)}):
        composer.set_resolutions(resolutions)
        qtbot.waitUntil(lambda: sentence.height() >= sentence.heightForWidth(sentence.width()))
        qtbot.waitUntil(lambda: menu.rect().contains(menu.usual.mapTo(menu, menu.usual.rect().bottomRight())))


def test_budgets_go_from_the_least_to_all_pixels() -> None:
    assert budgets(replace(attachment(), width=200, height=100)) == (65_536,)
    found = budgets(replace(attachment(), width=4000, height=3000))
    assert found[0] == 65_536
    assert found[-2] < 4000 * 3000 <= found[-1]


def test_a_quotation_stands_above_the_cursor(composer: Composer, qtbot: QtBot) -> None:
    composer.quote("two\n\nlines")
    qtbot.keyClicks(composer.edit, "Why?")
    assert composer.edit.toPlainText() == "> two\n>\n> lines\n\nWhy?"
    composer.quote("more")
    assert composer.edit.toPlainText().endswith("Why?\n> more\n\n")


def test_a_question_that_is_taken_can_be_undone(composer: Composer, qtbot: QtBot) -> None:
    qtbot.keyClicks(composer.edit, "mine")
    composer.take("theirs")
    assert composer.edit.toPlainText() == "theirs"
    composer.edit.undo()
    assert composer.edit.toPlainText() == "mine"


def test_up_asks_for_the_last_question_only_where_nothing_is_written(composer: Composer, qtbot: QtBot) -> None:
    with qtbot.waitSignal(composer.up_pressed):
        qtbot.keyClick(composer.edit, Qt.Key.Key_Up)
    qtbot.keyClicks(composer.edit, "x")
    with qtbot.assertNotEmitted(composer.up_pressed):
        qtbot.keyClick(composer.edit, Qt.Key.Key_Up)


def test_the_gauge_says_how_full_the_context_is(composer: Composer) -> None:
    assert not composer.gauge.isVisible()
    composer.set_used_tokens(500)
    assert not composer.gauge.isVisible()  # No model is open.
    composer.set_capacity(2000)
    assert composer.gauge.share_label.text() == "25\u202f%"
    composer.set_draft(Draft(attachments=(replace(attachment(), width=1024, height=1024),)))
    assert composer.gauge.share_label.text() == "76\u202f%"
    assert "the images below add 1,024" in composer.gauge.toolTip()
    composer.set_used_tokens(975)
    assert composer.gauge.share_label.text() == "99\u202f%", "1,999 tokens of 2,000"
    assert "Start a new chat" not in composer.gauge.bar.accessibleName()
    composer.set_used_tokens(1900)
    assert composer.gauge.share_label.text() == "100\u202f%"
    assert "Start a new chat" in composer.gauge.bar.accessibleName()
    assert composer.gauge.share_label.objectName() == "warning"
    composer.set_draft(Draft())
    composer.set_used_tokens(0)
    assert not composer.gauge.isVisible()


def test_a_film_says_what_the_model_sees_of_it_and_is_not_read(composer: Composer) -> None:
    video = replace(attachment("a.mp4"), media_type="video/mp4", width=640, height=480, seconds=75.0)
    composer.set_options(GenerationOptions(pixel_budget=512 * 512, clip_frames=8))
    composer.set_draft(Draft(attachments=(video,)))
    video_chip = chip(composer, "a.mp4")
    assert video_chip.details.text() == "640 × 480 · 1:15"
    assert "sees 8 frames at" in video_chip.budget.toolTip()
    assert video_chip.read.isHidden()
    assert not composer.read.isEnabled()
    composer.set_draft(Draft(attachments=(attachment("b.png", "cd" * 32), video)))
    assert composer.read.isEnabled()


def test_what_is_too_long_to_be_pasted_is_told(composer: Composer, qtbot: QtBot) -> None:
    mime = QMimeData()
    mime.setText("a" * (MAX_CHARACTERS - 1))
    with qtbot.assertNotEmitted(composer.text_cut):
        composer.edit.insertFromMimeData(mime)
    mime.setText("bcd")
    with qtbot.waitSignal(composer.text_cut) as cut:
        composer.edit.insertFromMimeData(mime)
    assert cut.args == [1, 2]
    assert composer.edit.toPlainText().endswith("ab")


def test_the_menu_of_a_chip_has_the_colours_of_menus(composer: Composer, qtbot: QtBot, theme: Theme) -> None:
    """A style sheet of the row would go on to the menus and tooltips of its chips, which are windows."""
    composer.set_draft(Draft(attachments=(replace(attachment(), width=4000, height=3000),)))
    receipt = chip(composer, "receipt.png")
    receipt.budget.click()
    (menu,) = receipt.findChildren(PixelBudgetMenu)
    other = shown(QMenu(), qtbot)
    other.addAction("An entry")
    ground = [it.grab().toImage().pixelColor(it.rect().center().x(), 4) for it in (menu, other)]
    assert ground[0].name() == ground[1].name() != "#000000"
    menu.close()
