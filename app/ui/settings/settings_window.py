"""The settings window, generated from the typed settings and the main window's actions."""

from collections.abc import Callable, Sequence
from dataclasses import fields, is_dataclass, replace
from typing import Any, get_args, get_type_hints

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import (
    QDialog,
    QFrame,
    QHBoxLayout,
    QLineEdit,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from app.domain.settings.settings import Settings
from app.domain.shown_setting import ShownSetting, setting_of
from app.ui.settings.disk_cache_row import DiskCacheRow
from app.ui.settings.keys_edit import KeysEdit
from app.ui.settings.setting_editors import make_editor
from app.ui.settings.setting_row import SettingRow, name_clear_buttons
from app.ui.widgets.buttons import Role, button
from app.ui.widgets.i18n import mark, tr
from app.ui.widgets.labels import label
from app.ui.widgets.screen_fit import ScreenFit
from app.ui.widgets.window_keys import add_close_key, add_search_keys

GENERAL, KEYBOARD = mark("General"), mark("Keyboard")
WIDTH, HEIGHT = 680, 660
_DISK_CACHE = "disk_cache"
"""Name of the field whose row is followed by what it takes."""


class SettingsWindow(QDialog):
    """Every change applies immediately: `changed(Settings)`. Esc closes. Fields named in `useless` are not shown."""

    changed = Signal(Settings)

    def __init__(
        self,
        settings: Settings,
        actions: Sequence[QAction],
        parent: QWidget | None = None,
        *,
        useless: frozenset[str] = frozenset(),
    ) -> None:
        super().__init__(parent)
        self.setWindowTitle(tr("Settings"))
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        ScreenFit(self, WIDTH, HEIGHT)
        add_close_key(self)
        self._settings = settings
        self._useless = useless
        self.search = QLineEdit(self)
        self.search.setPlaceholderText(tr("Search settings"))
        self.search.setAccessibleName(tr("Search settings"))
        self.search.setClearButtonEnabled(True)
        name_clear_buttons(self.search, tr("Clear the search"))
        add_search_keys(self, self.search)
        self.search.textChanged.connect(self._on_search_changed)
        self.reset_all = button(
            tr("Reset all"), Role.PLAIN, tr("Reset all settings in this window to their defaults"), self
        )
        self.reset_all.clicked.connect(self._on_reset_all)
        inside = QWidget()
        inside.setObjectName("settings")
        self._column = QVBoxLayout(inside)
        self._column.setSpacing(4)
        self._headings: dict[str, QWidget] = {}
        self.rows: list[SettingRow] = []
        self.disk_cache = DiskCacheRow(self)
        self._add_fields(Settings, (), tr(GENERAL))
        for action in actions:
            self._add_row(tr(KEYBOARD), _KeyRow(action, self._owner_of, inside))
        self._column.addStretch(1)
        area = QScrollArea(self)
        area.setWidgetResizable(True)
        area.setFrameShape(QFrame.Shape.NoFrame)
        area.setWidget(inside)
        top = QHBoxLayout()
        top.addWidget(self.search, 1)
        top.addWidget(self.reset_all)
        column = QVBoxLayout(self)
        column.setContentsMargins(20, 20, 20, 20)
        column.setSpacing(12)
        column.addLayout(top)
        column.addWidget(area, 1)
        self.set_settings(settings)

    @Slot(Settings)
    def set_settings(self, settings: Settings) -> None:
        """Show the settings, which may have been changed elsewhere."""
        self._settings = settings
        for row in self.rows:
            row.show_settings(settings)

    def _add_fields(self, cls: type, path: tuple[str, ...], heading: str) -> None:
        types = get_type_hints(cls)
        for field in fields(cls):
            setting = setting_of(field)
            group = _group(types[field.name])
            if setting and group:
                self._add_fields(group, (*path, field.name), tr(setting.label))
            elif setting and field.name not in self._useless:
                self._add_row(heading, _FieldRow(setting, (*path, field.name), self))
                if field.name == _DISK_CACHE:
                    self._add_row(heading, self.disk_cache)

    def _add_row(self, heading: str, row: SettingRow) -> None:
        if heading not in self._headings:
            self._headings[heading] = label(heading, "title", parent=self)
            self._headings[heading].setContentsMargins(0, 16, 0, 4)
            self._column.addWidget(self._headings[heading])
        row.heading = heading
        row.changed.connect(self._on_row_changed)
        self._column.addWidget(row)
        self.rows.append(row)

    def _owner_of(self, keys: str) -> str:
        """Return the name of the action that has these keys; empty if there is none."""
        owners = (row.name for row in self.rows if isinstance(row, _KeyRow) and row.keys_in(self._settings) == keys)
        return next(owners, "")

    @Slot(object)
    def _on_row_changed(self, change: Callable[[Settings], Settings]) -> None:
        settings = change(self._settings)
        if settings != self._settings:
            self.set_settings(settings)
            self.changed.emit(settings)

    @Slot(str)
    def _on_search_changed(self, text: str) -> None:
        query = text.casefold().split()
        for row in self.rows:
            row.setVisible(all(word in f"{row.heading} {row.search_text}".casefold() for word in query))
        for name, heading in self._headings.items():
            heading.setVisible(any(row.heading == name and not row.isHidden() for row in self.rows))

    @Slot()
    def _on_reset_all(self) -> None:
        for row in self.rows:
            row.reset.click()


class _FieldRow(SettingRow):
    def __init__(self, setting: ShownSetting, path: tuple[str, ...], parent: QWidget) -> None:
        super().__init__(tr(setting.label), tr(setting.help) if setting.help else "", parent)
        self._path = path
        self._default = _value(Settings(), path)
        self.editor = make_editor(setting, self._default)
        self.editor.edited.connect(self._on_edited)
        self.lay_out(self.editor.widget)

    def show_settings(self, settings: Settings) -> None:
        value = _value(settings, self._path)
        self.reset.setEnabled(value != self._default)
        self.editor.show_value(value)

    def default_change(self, settings: Settings) -> Settings:
        changed: Settings = _with_value(settings, self._path, self._default)
        return changed

    @Slot()
    def _on_edited(self) -> None:
        value = self.editor.value()
        self.changed.emit(lambda settings: _with_value(settings, self._path, value))


class _KeyRow(SettingRow):
    def __init__(self, action: QAction, owner_of: Callable[[str], str], parent: QWidget) -> None:
        super().__init__(action.text(), "", parent)
        self._key = action.objectName()
        self._first = QKeySequence(action.data()).toString()
        self._settings = Settings()
        self._owner_of = owner_of
        self.editor = KeysEdit(self)
        self.lay_out(self.editor)
        self.editor.edited.connect(self._on_edited)

    def keys_in(self, settings: Settings) -> str:
        """Return the action's keys; empty if it has none."""
        return settings.keys.get(self._key, self._first)

    def show_settings(self, settings: Settings) -> None:
        self._settings = settings
        keys = self.keys_in(settings)
        self.search_text = f"{self.name} {keys}"
        self.reset.setEnabled(self._key in settings.keys)
        self.editor.show_keys(keys)

    def default_change(self, settings: Settings) -> Settings:
        return replace(settings, keys={name: keys for name, keys in settings.keys.items() if name != self._key})

    @Slot()
    def _on_edited(self) -> None:
        keys = self.editor.keys
        owner = self._owner_of(keys) if keys else ""
        is_taken = owner not in {"", self.name}
        shown = QKeySequence(keys).toString(QKeySequence.SequenceFormat.NativeText)
        taken = tr("{keys} is already used by “{owner}”. Change that one first.", keys=shown, owner=owner)
        self.hint.setText(taken if is_taken else "")
        self.hint.setVisible(is_taken)
        if is_taken:
            self.editor.show_keys(self.keys_in(self._settings))
        elif keys == self._first:
            self.changed.emit(self.default_change)
        else:
            self.changed.emit(lambda settings: replace(settings, keys={**settings.keys, self._key: keys}))


def _group(annotation: Any) -> type | None:  # noqa: ANN401 - a type, or a union of types
    """Return the settings dataclass that a field holds, or may hold."""
    return next((part for part in (annotation, *get_args(annotation)) if is_dataclass(part)), None)  # type: ignore[return-value]


def _owner(settings: Any, name: str) -> Any:  # noqa: ANN401 - a settings dataclass
    """Return the group `name` of `settings`; its defaults if it is None."""
    group = getattr(settings, name)
    if group is None:
        cls = _group(get_type_hints(type(settings))[name])
        return cls() if cls else None
    return group


def _value(settings: Any, path: tuple[str, ...]) -> Any:  # noqa: ANN401 - whatever type the field has
    for name in path[:-1]:
        settings = _owner(settings, name)
    return getattr(settings, path[-1])


def _with_value(settings: Any, path: tuple[str, ...], value: object) -> Any:  # noqa: ANN401 - the same dataclass
    if len(path) == 1:
        return replace(settings, **{path[0]: value})
    changed = _with_value(_owner(settings, path[0]), path[1:], value)
    default = getattr(type(settings)(), path[0])
    is_default = default is None and changed == _owner(type(settings)(), path[0])
    return replace(settings, **{path[0]: None if is_default else changed})
