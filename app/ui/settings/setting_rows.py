"""The rows of the settings window: a field of the typed settings, or the keys of an action."""

from collections.abc import Callable
from dataclasses import is_dataclass, replace
from typing import Any, get_args, get_type_hints

from PySide6.QtCore import Slot
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QWidget

from app.domain.settings.settings import Settings
from app.domain.shown_setting import ShownSetting
from app.ui.settings.keys_edit import KeysEdit
from app.ui.settings.setting_editors import make_editor
from app.ui.settings.setting_row import SettingRow
from app.ui.widgets.i18n import tr


class FieldRow(SettingRow):
    """The row of a field, by its path from the whole settings."""

    def __init__(self, setting: ShownSetting, path: tuple[str, ...], parent: QWidget) -> None:
        super().__init__(tr(setting.label), tr(setting.help) if setting.help else "", parent)
        self._path = path
        self._default = _value(Settings(), path)
        self.editor = make_editor(setting, self._default)
        self.editor.edited.connect(self._on_edited)
        self.lay_out(self.editor.widget)

    def show_settings(self, settings: Settings) -> None:
        """Show the field's present value."""
        value = _value(settings, self._path)
        self._enable(self.reset, is_enabled=value != self._default)
        self.editor.show_value(value)

    def default_change(self, settings: Settings) -> Settings:
        """Return the settings with the field's default."""
        changed: Settings = _with_value(settings, self._path, self._default)
        return changed

    @Slot()
    def _on_edited(self) -> None:
        value = self.editor.value()
        self.changed.emit(lambda settings: _with_value(settings, self._path, value))


class KeyRow(SettingRow):
    """The row of an action's keys; `owner_of` returns the name of the action that has some."""

    def __init__(self, action: QAction, owner_of: Callable[[str], str], parent: QWidget) -> None:
        super().__init__(action.text(), "", parent)
        self._key = action.objectName()
        self._first = QKeySequence(action.data()).toString()
        self._settings = Settings()
        self._owner_of = owner_of
        self.editor = KeysEdit()
        self.lay_out(self.editor)
        self.editor.edited.connect(self._on_edited)

    def keys_in(self, settings: Settings) -> str:
        """Return the action's keys; empty if it has none."""
        return settings.keys.get(self._key, self._first)

    def show_settings(self, settings: Settings) -> None:
        """Show the action's present keys."""
        self._settings = settings
        keys = self.keys_in(settings)
        self.search_text = f"{self.name} {keys}"
        self._enable(self.reset, is_enabled=self._key in settings.keys)
        self.editor.show_keys(keys)

    def default_change(self, settings: Settings) -> Settings:
        """Return the settings with the action's own keys."""
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


def group_of(annotation: Any) -> type | None:  # noqa: ANN401 - a type, or a union of types
    """Return the settings dataclass that a field holds, or may hold."""
    return next((part for part in (annotation, *get_args(annotation)) if is_dataclass(part)), None)  # type: ignore[return-value]


def _owner(settings: Any, name: str) -> Any:  # noqa: ANN401 - a settings dataclass
    """Return the group `name` of `settings`; its defaults if it is None."""
    group = getattr(settings, name)
    if group is None:
        cls = group_of(get_type_hints(type(settings))[name])
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
