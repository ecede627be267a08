"""Every setting can be found, changed, and put back; the window is made from the typed settings."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QKeySequence
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractSpinBox,
    QCheckBox,
    QComboBox,
    QDoubleSpinBox,
    QKeySequenceEdit,
    QLabel,
    QLineEdit,
    QPushButton,
    QScrollArea,
    QSpinBox,
    QToolButton,
    QWidget,
)
from pytestqt.qtbot import QtBot

from app.domain.settings.generation_options import Sampling
from app.domain.settings.settings import Settings, ThemeChoice
from app.ui.settings.setting_row import SettingRow
from app.ui.settings.settings_window import SettingsWindow
from app.ui.shell.main_window import MainWindow
from app.ui.widgets.theme import Theme
from tests.support.on_screen import choose_file, click, seen, the


@pytest.fixture
def settings_window(window: MainWindow, qtbot: QtBot, theme: Theme) -> SettingsWindow:
    made = SettingsWindow(Settings(), window.key_actions, window)
    made.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose, on=False)
    qtbot.addWidget(made)
    made.show()
    return made


def row(window: SettingsWindow, name: str) -> SettingRow:
    (found,) = [row for row in window.rows if row.name == name]
    return found


def editor(window: SettingsWindow, name: str, kind: type[QWidget]) -> QWidget:
    (found,) = row(window, name).findChildren(kind)
    assert found.accessibleName() == name
    return found


def choose_dark(window: SettingsWindow) -> None:
    box = editor(window, "Appearance", QComboBox)
    assert isinstance(box, QComboBox)
    box.setCurrentIndex(box.findText("Dark"))
    box.activated.emit(box.currentIndex())


def write_folder(window: SettingsWindow) -> None:
    line = editor(window, "Weight cache folder", QLineEdit)
    assert isinstance(line, QLineEdit)
    line.setText("/fast")
    line.editingFinished.emit()


def check_exact(window: SettingsWindow) -> None:
    box = editor(window, "16-bit activations", QCheckBox)
    assert isinstance(box, QCheckBox)
    box.click()


def lengthen(window: SettingsWindow) -> None:
    box = editor(window, "Maximum answer length", QSpinBox)
    assert isinstance(box, QSpinBox)
    box.stepUp()


def cool(window: SettingsWindow) -> None:
    box = editor(window, "Temperature", QDoubleSpinBox)
    assert isinstance(box, QDoubleSpinBox)
    box.setValue(0.5)


DEFAULTS = Settings()


@pytest.mark.parametrize(
    ("name", "edit", "expected"),
    [
        ("Appearance", choose_dark, replace(DEFAULTS, theme=ThemeChoice.DARK)),
        (
            "Weight cache folder",
            write_folder,
            replace(DEFAULTS, loading=replace(DEFAULTS.loading, cache_folder="/fast")),
        ),
        (
            "16-bit activations",
            check_exact,
            replace(DEFAULTS, loading=replace(DEFAULTS.loading, exact_activations=False)),
        ),
        (
            "Maximum answer length",
            lengthen,
            replace(DEFAULTS, generation=replace(DEFAULTS.generation, max_new_tokens=2304)),
        ),
        (
            "Temperature",
            cool,
            replace(DEFAULTS, generation=replace(DEFAULTS.generation, sampling=Sampling(temperature=0.5))),
        ),
    ],
)
def test_a_setting_is_changed_and_reset(
    settings_window: SettingsWindow,
    qtbot: QtBot,
    name: str,
    edit: Callable[[SettingsWindow], None],
    expected: Settings,
) -> None:
    assert not row(settings_window, name).reset.isEnabled()
    with qtbot.waitSignal(settings_window.changed) as changed:
        edit(settings_window)
    assert changed.args == [expected]
    with qtbot.waitSignal(settings_window.changed) as changed:
        row(settings_window, name).reset.click()
    assert changed.args == [DEFAULTS]
    assert not row(settings_window, name).reset.isEnabled()


def test_what_is_changed_elsewhere_is_shown_and_reset_with_all(settings_window: SettingsWindow, qtbot: QtBot) -> None:
    there = replace(DEFAULTS, zoom=150, keys={"New chat": "Ctrl+T"}, model_folder="/model")
    with qtbot.assertNotEmitted(settings_window.changed):
        settings_window.set_settings(there)
    box = editor(settings_window, "Interface size", QSpinBox)
    assert isinstance(box, QSpinBox)
    assert box.value() == 150
    seen: list[Settings] = []
    settings_window.changed.connect(seen.append)
    settings_window.reset_all.click()
    assert seen[-1] == replace(DEFAULTS, model_folder="/model")


def test_resetting_all_is_undone_but_for_what_was_changed_since(settings_window: SettingsWindow, qtbot: QtBot) -> None:
    before = replace(DEFAULTS, zoom=150, keys={"New chat": "Ctrl+T"}, disk_cache=5)
    settings_window.set_settings(before)
    with qtbot.waitSignal(settings_window.changed) as changed:
        click(settings_window.reset_all)
    assert changed.args == [DEFAULTS]
    settings_window.set_settings(replace(DEFAULTS, model_folder="/model", offline=True))
    with qtbot.waitSignal(settings_window.changed) as changed:
        click(the(settings_window, QPushButton, "Undo"))
    assert changed.args == [replace(before, model_folder="/model", offline=True)]
    assert not settings_window.notices.current
    settings_window.set_settings(DEFAULTS)
    click(settings_window.reset_all)
    assert not settings_window.notices.current


def test_everything_that_can_be_reached_has_a_name(settings_window: SettingsWindow) -> None:
    kinds = (QAbstractButton, QLineEdit, QComboBox, QAbstractSpinBox)
    reached = [widget for kind in kinds for widget in settings_window.findChildren(kind)]
    unnamed = [
        widget
        for widget in reached
        if widget.focusPolicy() != Qt.FocusPolicy.NoFocus or isinstance(widget, QAbstractButton)
        if not widget.accessibleName() and not isinstance(widget.parent(), QAbstractSpinBox | QKeySequenceEdit)
    ]
    assert reached
    assert not unnamed


def test_search_leaves_what_has_the_words(settings_window: SettingsWindow, qtbot: QtBot) -> None:
    qtbot.keyClicks(settings_window.search, "model loaded")
    shown = [row.name for row in settings_window.rows if not row.isHidden()]
    assert "16-bit activations" in shown
    assert "Temperature" not in shown
    settings_window.search.setText("ctrl+n")
    assert [row.name for row in settings_window.rows if not row.isHidden()] == ["New chat"]
    titles = [label for label in settings_window.findChildren(QLabel) if label.property("role") == "title"]
    assert [title.text() for title in titles if not title.isHidden()] == ["Keyboard"]


@pytest.mark.parametrize("word", ["cache", "disk", "follow-up"])
def test_the_disk_cache_is_found_by_what_it_is_called(settings_window: SettingsWindow, word: str) -> None:
    settings_window.search.setText(word)
    found = [row.name for row in settings_window.rows if not row.isHidden()]
    assert {"Disk space for quick follow-up questions", "Space in use"} <= set(found)


def test_what_is_disabled_by_its_click_leaves_the_view_and_the_focus_in_its_row(
    settings_window: SettingsWindow, qtbot: QtBot
) -> None:
    settings_window.activateWindow()
    settings_window.disk_cache.show_used(1.5, is_encrypted=True)
    settings_window.set_settings(replace(DEFAULTS, disk_cache=5))
    area = the(settings_window, QScrollArea)
    inside, bar = area.widget(), area.verticalScrollBar()
    assert inside
    disk = row(settings_window, "Disk space for quick follow-up questions")
    for found, act in (
        (disk, disk.reset.click),
        (settings_window.disk_cache, lambda: settings_window.disk_cache.show_used(0, is_encrypted=True)),
    ):
        button = the(found, QPushButton, "Empty the cache") if found is not disk else disk.reset
        bar.setValue(found.mapTo(inside, QPoint(0, found.height())).y() - area.viewport().height())
        button.setFocus()
        qtbot.waitUntil(button.hasFocus)
        before = bar.value()
        act()
        assert not button.isEnabled()
        assert bar.value() == before
        assert settings_window.focusWidget() is found


def test_keys_are_changed_unless_they_belong_to_another(settings_window: SettingsWindow, qtbot: QtBot) -> None:
    keys = row(settings_window, "New chat").editor  # type: ignore[attr-defined]
    keys.setKeySequence(QKeySequence("Ctrl+K"))
    with qtbot.assertNotEmitted(settings_window.changed):
        keys.editingFinished.emit()
    assert (
        row(settings_window, "New chat").hint.text()
        == "Ctrl+K is already used by “Search chats”. Change that one first."
    )
    assert keys.keySequence().toString() == "Ctrl+N"
    keys.setKeySequence(QKeySequence("Ctrl+T"))
    with qtbot.waitSignal(settings_window.changed) as changed:
        keys.editingFinished.emit()
    assert changed.args == [replace(DEFAULTS, keys={"New chat": "Ctrl+T"})]
    assert row(settings_window, "New chat").hint.text() == ""


@pytest.mark.parametrize("name", ["Key for capturing text", "New chat"])
def test_esc_in_a_field_for_keys_ends_the_recording_alone(
    settings_window: SettingsWindow, qtbot: QtBot, name: str
) -> None:
    field = editor(settings_window, name, QKeySequenceEdit)
    assert isinstance(field, QKeySequenceEdit)
    before = field.keySequence()
    settings_window.activateWindow()
    field.setFocus()
    qtbot.waitUntil(field.hasFocus)
    with qtbot.assertNotEmitted(settings_window.changed):
        QTest.keyClick(field, Qt.Key.Key_Escape)
        QTest.keyClick(settings_window.focusWidget(), Qt.Key.Key_T, Qt.KeyboardModifier.ControlModifier)
    assert settings_window.isVisible()
    assert not field.hasFocus()
    assert field.keySequence() == before
    QTest.keyClick(settings_window.focusWidget(), Qt.Key.Key_Tab)
    qtbot.waitUntil(field.hasFocus)
    QTest.keyClick(field, Qt.Key.Key_Escape)
    with qtbot.waitSignal(settings_window.rejected):
        QTest.keyClick(settings_window.focusWidget(), Qt.Key.Key_Escape)


def capture_keys(window: SettingsWindow) -> QKeySequenceEdit:
    field = editor(window, "Key for capturing text", QKeySequenceEdit)
    assert isinstance(field, QKeySequenceEdit)
    return field


def test_the_key_for_capturing_text_is_the_one_that_is_pressed(settings_window: SettingsWindow, qtbot: QtBot) -> None:
    field = capture_keys(settings_window)
    keys = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.AltModifier
    with qtbot.waitSignal(settings_window.changed) as changed:
        QTest.keyClick(field, Qt.Key.Key_T, keys)
    assert changed.args == [replace(DEFAULTS, capture_key="Ctrl+Alt+T")]
    with qtbot.assertNotEmitted(settings_window.changed):
        QTest.keyClick(field, Qt.Key.Key_Escape)
    with qtbot.waitSignal(settings_window.changed) as changed:
        click(the(field, QToolButton))
    assert changed.args == [DEFAULTS]


@pytest.mark.parametrize("name", ["Key for capturing text", "New chat"])
def test_modifiers_alone_leave_a_key_as_it_was(settings_window: SettingsWindow, qtbot: QtBot, name: str) -> None:
    settings_window.set_settings(replace(DEFAULTS, capture_key="F9"))
    field = editor(settings_window, name, QKeySequenceEdit)
    assert isinstance(field, QKeySequenceEdit)
    before = field.keySequence()
    with qtbot.assertNotEmitted(settings_window.changed), qtbot.waitSignal(field.editingFinished):
        QTest.keyPress(field, Qt.Key.Key_Control)
        QTest.keyRelease(field, Qt.Key.Key_Control)
    assert not before.isEmpty()
    assert field.keySequence() == before


def test_a_key_of_an_action_is_cleared_at_once(settings_window: SettingsWindow, qtbot: QtBot) -> None:
    field = editor(settings_window, "New chat", QKeySequenceEdit)
    with qtbot.waitSignal(settings_window.changed) as changed:
        click(the(field, QToolButton))
    assert changed.args == [replace(DEFAULTS, keys={"New chat": ""})]


def test_a_section_is_gone_to_and_marked_while_scrolling(settings_window: SettingsWindow, qtbot: QtBot) -> None:
    sections = settings_window.sections
    area = the(settings_window, QScrollArea)
    names = [sections.item(row).text() for row in range(sections.count())]
    assert names == ["General", "Answers", "Sampling", "Model", "Downloads", "Keyboard"]

    def click_on(name: str) -> None:
        place = sections.visualItemRect(sections.item(names.index(name))).center()
        qtbot.mouseClick(sections.viewport(), Qt.MouseButton.LeftButton, pos=place)

    def top(name: str) -> int:
        (heading,) = (it for it in seen(settings_window, QLabel, name) if it.property("role") == "title")
        return heading.mapTo(area.viewport(), QPoint()).y()

    click_on("Model")
    assert abs(top("Model")) <= 2
    assert sections.currentItem().text() == "Model"
    area.verticalScrollBar().setValue(0)
    assert sections.currentItem().text() == "General"
    settings_window.search.setText("temperature")
    assert [name for row, name in enumerate(names) if not sections.item(row).isHidden()] == ["Sampling"]


def test_a_narrow_window_has_no_list_of_sections(settings_window: SettingsWindow, qtbot: QtBot) -> None:
    assert settings_window.sections.isVisible()
    settings_window.resize(500, 600)
    qtbot.waitUntil(lambda: not settings_window.sections.isVisible())
    settings_window.resize(900, 600)
    qtbot.waitUntil(settings_window.sections.isVisible)


def test_the_list_of_sections_stays_when_the_appearance_changes(
    settings_window: SettingsWindow, theme: Theme, qtbot: QtBot
) -> None:
    settings_window.resize(960, 600)
    for choice, zoom, is_shown in (
        (ThemeChoice.DARK, 100, True),
        (ThemeChoice.DARK, 140, True),
        (ThemeChoice.DARK, 200, False),
        (ThemeChoice.LIGHT, 100, True),
    ):
        theme.choose(choice, zoom)
        qtbot.waitUntil(lambda is_shown=is_shown: settings_window.sections.isVisible() == is_shown)  # type: ignore[misc]


@pytest.mark.parametrize("name", ["Weight cache folder", "Models folder"])
def test_a_folder_is_chosen(settings_window: SettingsWindow, qtbot: QtBot, tmp_path: Path, name: str) -> None:
    click(the(row(settings_window, name), QPushButton, f"Choose a folder for “{name}”"))
    with qtbot.waitSignal(settings_window.changed) as changed:
        choose_file(tmp_path)
    assert changed.args is not None
    settings = changed.args[0]
    assert str(tmp_path) in {settings.loading.cache_folder, settings.downloads.folder}
    line = editor(settings_window, name, QLineEdit)
    assert isinstance(line, QLineEdit)
    assert line.text() == str(tmp_path)


def resolution(automatic: bool, pixels: int) -> Settings:
    return replace(
        DEFAULTS, generation=replace(DEFAULTS.generation, automatic_resolution=automatic, pixel_budget=pixels)
    )


@pytest.mark.parametrize(
    ("before", "choice", "after"),
    [
        (DEFAULTS, "Low", resolution(False, 256 * 1024)),
        (DEFAULTS, "High", resolution(False, 4 * 1024 * 1024)),
        (resolution(False, 256 * 1024), "Automatic", DEFAULTS),
        (resolution(False, 4 * 1024 * 1024), "Automatic", resolution(True, 4 * 1024 * 1024)),
        (DEFAULTS, "Custom", resolution(False, 1024 * 1024)),
    ],
)
def test_the_resolution_is_a_level_or_automatic(
    settings_window: SettingsWindow, qtbot: QtBot, before: Settings, choice: str, after: Settings
) -> None:
    settings_window.set_settings(before)
    box = the(row(settings_window, "Image resolution"), QComboBox, "Image resolution")
    box.setCurrentIndex(box.findText(choice))
    with qtbot.waitSignal(settings_window.changed) as changed:
        box.activated.emit(box.currentIndex())
    assert changed.args == [after]


def test_the_number_of_pixels_stands_below_its_level(settings_window: SettingsWindow, qtbot: QtBot) -> None:
    found = row(settings_window, "Image resolution")
    box, pixels = the(found, QComboBox, "Image resolution"), the(found, QSpinBox, "Image resolution, in pixels")
    assert (box.currentText(), pixels.value(), found.reset.isEnabled()) == ("Automatic", 1024 * 1024, False)
    settings_window.set_settings(resolution(False, 256 * 1024))
    assert (box.currentText(), pixels.value()) == ("Low", 256 * 1024)
    with qtbot.waitSignal(settings_window.changed) as changed:
        pixels.stepUp()
    assert changed.args == [resolution(False, 512 * 1024)]
    assert box.currentText() == "Custom"
    with qtbot.waitSignal(settings_window.changed) as changed:
        found.reset.click()
    assert changed.args == [DEFAULTS]
