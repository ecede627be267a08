"""The settings window, generated from the typed settings and the main window's actions."""

from collections.abc import Callable, Sequence
from dataclasses import fields, replace
from typing import get_type_hints

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QDialog, QFrame, QHBoxLayout, QLineEdit, QScrollArea, QVBoxLayout, QWidget

from app.domain.settings.settings import Settings
from app.domain.shown_setting import SettingKind, setting_of
from app.ui.settings.disk_cache_row import DiskCacheRow
from app.ui.settings.resolution_row import ResolutionRow
from app.ui.settings.section_list import SectionList
from app.ui.settings.setting_row import SettingRow, name_clear_buttons
from app.ui.settings.setting_rows import FieldRow, KeyRow, group_of
from app.ui.widgets.buttons import Role, button
from app.ui.widgets.i18n import mark, tr
from app.ui.widgets.labels import label
from app.ui.widgets.notice import Action, Notice, Severity
from app.ui.widgets.notices import Notices
from app.ui.widgets.screen_fit import ScreenFit
from app.ui.widgets.window_keys import add_close_key, add_search_keys

GENERAL, KEYBOARD = mark("General"), mark("Keyboard")
WIDTH, HEIGHT = 840, 660
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
            self._add_row(tr(KEYBOARD), KeyRow(action, self._owner_of, inside))
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
        self.sections = SectionList(self._headings, area, self)
        body = QHBoxLayout()
        body.setSpacing(12)
        body.addWidget(self.sections)
        body.addWidget(area, 1)
        self.notices = Notices(self)
        self._reset: Notice | None = None
        self.notices.bar.lay_out(column, body)
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
            group = group_of(types[field.name])
            if setting and group:
                self._add_fields(group, (*path, field.name), tr(setting.label))
            elif setting and setting.kind is SettingKind.RESOLUTION:
                self._add_row(heading, ResolutionRow(setting, self))
            elif setting and field.name not in self._useless:
                row = FieldRow(setting, (*path, field.name), self)
                self._add_row(heading, row)
                if field.name == _DISK_CACHE:
                    self.disk_cache.search_text += f" {row.search_text}"
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
        owners = (row.name for row in self.rows if isinstance(row, KeyRow) and row.keys_in(self._settings) == keys)
        return next(owners, "")

    @Slot(object)
    def _on_row_changed(self, change: Callable[[Settings], Settings]) -> None:
        self._apply(change(self._settings))

    def _apply(self, settings: Settings) -> None:
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
        self.sections.show_found()

    @Slot()
    def _on_reset_all(self) -> None:
        before = after = self._settings
        for row in self.rows:
            after = row.default_change(after)
        reset = [field.name for field in fields(Settings) if getattr(before, field.name) != getattr(after, field.name)]
        self._apply(after)
        if reset:
            undo = Action(tr("Undo"), self._restore, (before, tuple(reset)), is_undo=True)
            text = tr("The settings were reset to their defaults.")
            self._dismiss_reset()
            self._reset = self.notices.show_notice(Notice(Severity.SUCCESS, text, actions=(undo,)))

    def _restore(self, before: Settings, names: Sequence[str]) -> None:
        """Give the settings `names` the values that they had; others may have changed since."""
        self._dismiss_reset()
        self._apply(replace(self._settings, **{name: getattr(before, name) for name in names}))

    def _dismiss_reset(self) -> None:
        """Remove the notice of an earlier reset."""
        if self._reset:
            self.notices.dismiss(self._reset)
            self._reset = None
