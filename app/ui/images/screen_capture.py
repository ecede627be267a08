"""Capture of an area of the screen: stills of all screens, an overlay on each, or the desktop's own tool.

On Wayland no window may read the screen; there the portal asks the user (`app.ui.images.screenshot_portal`).
"""

from dataclasses import dataclass

from PySide6.QtCore import QObject, QRect, QTimer, Signal, Slot
from PySide6.QtGui import QGuiApplication, QPixmap, QScreen
from PySide6.QtWidgets import QWidget

from app.domain.error_texts import image_texts
from app.domain.errors import Problem
from app.ui.images.capture_overlay import CaptureOverlay
from app.ui.images.screenshot_portal import ScreenshotPortal
from app.ui.widgets.i18n import mark, tr
from app.ui.widgets.mime_images import encoded_png

HIDING_MILLISECONDS = 250
"""Time in milliseconds that a desktop may need to hide a window."""
NAME = mark("Screen region")


@dataclass(frozen=True, slots=True)
class _Place:
    screen: str
    area: QRect


class ScreenCapture(QObject):
    """`captured(bytes, name)` carries a PNG, `failed` a Problem. The window is hidden during the capture."""

    captured = Signal(bytes, str)
    failed = Signal(Problem)

    def __init__(self, window: QWidget, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._window = window
        self._overlays: list[CaptureOverlay] = []
        self._stills: dict[str, QPixmap] = {}
        self._last: _Place | None = None
        self._is_repeating = False
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(HIDING_MILLISECONDS)
        self._timer.timeout.connect(self._on_hidden)
        self._portal = ScreenshotPortal(self)
        self._portal.captured.connect(self._on_portal_captured)
        self._portal.cancelled.connect(self._end)
        self._portal.failed.connect(self._on_impossible)

    @Slot()
    def start(self) -> None:
        """Let the user select an area of the screen."""
        self._begin(is_repeating=False)

    @Slot()
    def repeat(self) -> None:
        """Capture the same area again; the first time, let the user select it."""
        self._begin(is_repeating=self._last is not None)

    def _begin(self, *, is_repeating: bool) -> None:
        if self._timer.isActive() or self._overlays:
            return
        self._is_repeating = is_repeating
        self._window.hide()
        self._timer.start()

    @Slot()
    def _on_hidden(self) -> None:
        if QGuiApplication.platformName().startswith("wayland"):
            self._portal.ask()
            return
        screens = QGuiApplication.screens()
        self._stills = {screen.name(): screen.grabWindow(0) for screen in screens}
        if any(still.isNull() for still in self._stills.values()):
            self._on_impossible()
        elif self._is_repeating and self._last and self._last.screen in self._stills:
            self._take(self._last)
        else:
            for screen in screens:
                self._cover(screen)

    def _cover(self, screen: QScreen) -> None:
        overlay = CaptureOverlay(screen, self._stills[screen.name()])
        overlay.chosen.connect(self._on_chosen)
        overlay.cancelled.connect(self._end)
        self._overlays.append(overlay)
        overlay.cover()

    @Slot(QRect)
    def _on_chosen(self, area: QRect) -> None:
        overlay = self.sender()
        if isinstance(overlay, CaptureOverlay):
            self._last = _Place(overlay.screen().name(), area)
            self._take(self._last)

    def _take(self, place: _Place) -> None:
        still = self._stills[place.screen]
        ratio = still.devicePixelRatio()
        area = place.area
        pixels = QRect(
            round(area.x() * ratio), round(area.y() * ratio), round(area.width() * ratio), round(area.height() * ratio)
        )
        image = still.copy(pixels).toImage()
        self._end()
        self.captured.emit(encoded_png(image), f"{tr(NAME)}.png")

    @Slot(bytes)
    def _on_portal_captured(self, content: bytes) -> None:
        self._end()
        self.captured.emit(content, f"{tr(NAME)}.png")

    @Slot()
    def _on_impossible(self) -> None:
        self._end()
        self.failed.emit(image_texts.CAPTURE_REFUSED.problem())

    @Slot()
    def _end(self) -> None:
        for overlay in self._overlays:
            overlay.close()
        self._overlays = []
        self._stills = {}
        self._window.show()
        self._window.raise_()
        self._window.activateWindow()
