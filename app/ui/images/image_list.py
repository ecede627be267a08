"""The model of the image library: images under the headings of days and months."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import groupby

from PySide6.QtCore import QAbstractListModel, QModelIndex, QPersistentModelIndex, Qt
from PySide6.QtWidgets import QWidget

from app.domain.chat.chat_images import ChatImage
from app.domain.text.visible_text import visible
from app.ui.widgets import ui_text
from app.ui.widgets.i18n import joined, locale, tr
from app.ui.widgets.labels import tooltip

Index = QModelIndex | QPersistentModelIndex
IMAGE = Qt.ItemDataRole.UserRole
"""Role of the ChatImage."""


@dataclass(frozen=True, slots=True)
class ImageGroup:
    """A heading, and the number of images below it."""

    heading: str
    count: int


class ImageList(QAbstractListModel):
    """Images, the one used last first; `groups` are those of the same heading, in order."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.images: tuple[ChatImage, ...] = ()
        self.groups: tuple[ImageGroup, ...] = ()

    def set_images(self, images: tuple[ChatImage, ...], now: datetime) -> None:
        """Show these images; `now` is in the time zone in which they are dated."""
        self.beginResetModel()
        self.images = images
        self.groups = _groups(images, now)
        self.endResetModel()

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 - Qt's own signature
        """Return the number of images."""
        return 0 if parent.isValid() else len(self.images)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        """Return the image, its name, and its name with its details."""
        if not index.isValid():
            return None
        item = self.images[index.row()]
        if role == IMAGE:
            return item
        name = visible(item.image.name)
        used = ui_text.moment(item.used, datetime.now(UTC).astimezone())
        match role:
            case Qt.ItemDataRole.DisplayRole:
                return name
            case Qt.ItemDataRole.ToolTipRole:
                return tooltip(joined("\n", (name, ui_text.image_details(item.image), used)))
            case Qt.ItemDataRole.AccessibleTextRole:
                return joined(tr(", "), (name, used))
            case _:
                return None


def _groups(images: Sequence[ChatImage], now: datetime) -> tuple[ImageGroup, ...]:
    """Return runs of images with the same heading."""
    days = (item.used.astimezone(now.tzinfo).date() for item in images)
    runs = groupby(_heading(day, now.date()) for day in days)
    return tuple(ImageGroup(heading, sum(1 for _ in run)) for heading, run in runs)


def _heading(day: date, today: date) -> str:
    """Return the days that a chat has as its heading, too, and months for what is older."""
    if day > today - timedelta(days=7):
        return ui_text.day_group(day, today)
    return tr("{month} {year}", month=locale().standaloneMonthName(day.month), year=day.year)
