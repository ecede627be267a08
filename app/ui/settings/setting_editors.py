"""Editor widgets for each type that a setting can have."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, TypeVar

from PySide6.QtCore import Qt, SignalInstance
from PySide6.QtWidgets import QCheckBox, QComboBox, QLineEdit, QWidget

from app.domain.settings.settings import ThemeChoice, UiLanguage
from app.domain.shown_setting import SettingKind, ShownSetting
from app.ui.settings.folder_edit import FolderEdit
from app.ui.settings.keys_edit import KeysEdit
from app.ui.widgets import ui_text
from app.ui.widgets.i18n import locale, tr
from app.ui.widgets.spin_boxes import DecimalBox, IntegerBox

E = TypeVar("E", bound=StrEnum)


@dataclass(frozen=True, slots=True)
class SettingEditor:
    """A setting's editor; `edited` is emitted for changes by the user, not by `show_value`."""

    widget: QWidget
    edited: SignalInstance
    value: Callable[[], Any]
    show_value: Callable[[Any], None]


def make_editor(setting: ShownSetting, default: object) -> SettingEditor:
    """Return an editor for values of the type of `default`."""
    match default:
        case ThemeChoice():
            return _choices(ThemeChoice, ui_text.theme)
        case UiLanguage():
            return _choices(UiLanguage, ui_text.language)
        case bool():
            box = QCheckBox()
            return SettingEditor(box, box.clicked, box.isChecked, box.setChecked)
        case int():
            return _number(IntegerBox(), setting, int)
        case float():
            return _number(DecimalBox(), setting, float)
        case _:
            return _text(setting)


def _text(setting: ShownSetting) -> SettingEditor:
    if setting.kind is SettingKind.KEYS:
        field = KeysEdit()
        return SettingEditor(field, field.edited, lambda: field.keys, field.show_keys)
    if setting.kind is SettingKind.FOLDER:
        folder = FolderEdit(tr(setting.label))
        return SettingEditor(folder, folder.edited, lambda: folder.folder, folder.show_folder)
    line = QLineEdit()
    return SettingEditor(line, line.editingFinished, line.text, line.setText)


def _choices(kind: type[E], name: Callable[[E], str]) -> SettingEditor:
    box = QComboBox()
    for choice in kind:
        box.addItem(name(choice), choice)
    return SettingEditor(
        box,
        box.activated,
        lambda: kind(box.currentData()),
        lambda choice: box.setCurrentIndex(box.findData(choice)),
    )


def _number(box: Any, setting: ShownSetting, kind: type) -> SettingEditor:  # noqa: ANN401 - one of the two
    lowest, highest = setting.bounds or (0, 1)
    box.setRange(kind(lowest), kind(highest))
    box.setSingleStep(kind(setting.step))
    box.setSuffix(tr(setting.unit) if setting.unit else "")
    box.setLocale(locale())  # Its separators are those of the language, not the desktop's.
    box.setGroupSeparatorShown(True)
    box.setKeyboardTracking(False)
    box.setFocusPolicy(Qt.FocusPolicy.StrongFocus)  # The wheel scrolls the window, not the value.

    def show_value(value: float) -> None:
        blocked = box.blockSignals(True)
        box.setValue(value)
        box.blockSignals(blocked)

    return SettingEditor(box, box.valueChanged, box.value, show_value)
