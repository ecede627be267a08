"""Capture of the screen: stills of all screens, an overlay on each to select an area, or the desktop's own tool.

On Wayland no window may read the screen; there the portal asks the user (`app.ui.images.screenshot_portal`).
"""

from dataclasses import dataclass
from enum import Enum, auto

from PySide6.QtCore import QObject, QRect, QTimer, Signal, Slot
from PySide6.QtGui import QCursor, QGuiApplication, QPixmap, QScreen, QWindow
from PySide6.QtWidgets import QWidget

from app.domain.error_texts import image_texts
from app.domain.errors import Problem
from app.domain.launch_request import CaptureTarget
from app.ui.images.active_window import active_window
from app.ui.images.capture_overlay import CaptureOverlay
from app.ui.images.screenshot_portal import ScreenshotPortal
from app.ui.widgets.i18n import mark, tr
from app.ui.widgets.mime_images import encoded_png

HIDING_MILLISECONDS = 250
"""Time in milliseconds that a desktop may need to hide a window."""
NAME = mark("Screen region")
_NAMES = {CaptureTarget.AREA: NAME, CaptureTarget.WINDOW: mark("Window"), CaptureTarget.SCREEN: mark("Screen")}


@dataclass(frozen=True, slots=True)
class _Place:
    screen: str
    area: QRect


class CaptureUse(Enum):
    """What a captured area is for."""

    QUESTION = auto()
    """The window is hidden during the capture, and comes to the front after it."""
    TEXT = auto()
    """The window stays as it is, wherever it is."""
    TEXT_FROM_WINDOW = auto()
    """The window, from which the capture was started, is hidden during it."""


class ScreenCapture(QObject):
    """`captured(bytes, name)` carries a PNG, `failed` a Problem.

    What was captured for its text is carried by `text_captured(bytes, name)`, and the Problem by `text_failed`;
    `text_cancelled` if the user cancels.
    """

    captured = Signal(bytes, str)
    failed = Signal(Problem)
    text_captured = Signal(bytes, str)
    text_failed = Signal(Problem)
    text_cancelled = Signal()

    def __init__(self, window: QWidget, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._window = window
        self._overlays: list[CaptureOverlay] = []
        self._stills: dict[str, QPixmap] = {}
        self._last: _Place | None = None
        self._is_repeating = False
        self._use = CaptureUse.QUESTION
        self._target = CaptureTarget.AREA
        self._has_had_focus = False
        """Whether an overlay has had the keyboard."""
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self._on_hidden)
        application = QGuiApplication.instance()
        if isinstance(application, QGuiApplication):
            application.focusWindowChanged.connect(self._on_focus_window_changed)
        self._portal = ScreenshotPortal(self)
        self._portal.captured.connect(self._on_captured)
        self._portal.cancelled.connect(self._on_cancelled)
        self._portal.failed.connect(self._on_impossible)

    @Slot()
    def start(self) -> None:
        """Let the user select an area of the screen."""
        self._begin(CaptureUse.QUESTION)

    @Slot(CaptureTarget, int)
    def start_mode(self, target: CaptureTarget, delay: int) -> None:
        """Capture `target` after `delay` seconds."""
        self._begin(CaptureUse.QUESTION, target, delay)

    def start_for_text(
        self, use: CaptureUse = CaptureUse.TEXT, target: CaptureTarget = CaptureTarget.AREA, delay: int = 0
    ) -> bool:
        """Capture `target`, whose text is wanted, after `delay` seconds; return False if another is being captured."""
        return self._begin(use, target, delay)

    @Slot()
    def repeat(self) -> None:
        """Capture the same area again; the first time, let the user select it."""
        self._begin(CaptureUse.QUESTION, is_repeating=self._last is not None)

    @property
    def is_busy(self) -> bool:
        """Whether an area is being captured."""
        return self._timer.isActive() or bool(self._overlays)

    def _begin(
        self,
        use: CaptureUse,
        target: CaptureTarget = CaptureTarget.AREA,
        delay: int = 0,
        *,
        is_repeating: bool = False,
    ) -> bool:
        if self.is_busy:
            return False
        self._use, self._target, self._is_repeating = use, target, is_repeating
        if self._hides_window:
            self._window.hide()
        self._timer.start(max(1000 * delay, HIDING_MILLISECONDS if self._hides_window else 0))
        return True

    @property
    def _hides_window(self) -> bool:
        return self._use is not CaptureUse.TEXT

    @Slot()
    def _on_hidden(self) -> None:
        if QGuiApplication.platformName().startswith("wayland"):
            self._portal.ask()
            return
        screens = QGuiApplication.screens()
        self._stills = {screen.name(): screen.grabWindow(0) for screen in screens}
        if any(still.isNull() for still in self._stills.values()):
            self._on_impossible()
        elif whole := self._whole_target():
            self._on_captured(encoded_png(whole.toImage()))
        elif self._is_repeating and self._last and self._last.screen in self._stills:
            self._take(self._last)
        else:
            for screen in screens:
                self._cover(screen)

    def _whole_target(self) -> QPixmap | None:
        """Return the active window, or the screen with the mouse; None if the user selects, or no window is active."""
        screen = QGuiApplication.screenAt(QCursor.pos()) or QGuiApplication.primaryScreen()
        match self._target:
            case CaptureTarget.SCREEN:
                return self._stills[screen.name()]
            case CaptureTarget.WINDOW if window := active_window():
                still = screen.grabWindow(window)
                return None if still.isNull() else still
            case _:
                return None

    def _cover(self, screen: QScreen) -> None:
        overlay = CaptureOverlay(screen, self._stills[screen.name()])
        overlay.chosen.connect(self._on_chosen)
        overlay.cancelled.connect(self._on_cancelled)
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
        self._on_captured(encoded_png(image))

    @Slot(bytes)
    def _on_captured(self, content: bytes) -> None:
        self._end()
        captured = self.captured if self._use is CaptureUse.QUESTION else self.text_captured
        captured.emit(content, f"{tr(_NAMES[self._target])}.png")

    @Slot()
    def _on_impossible(self) -> None:
        self._end()
        failed = self.failed if self._use is CaptureUse.QUESTION else self.text_failed
        failed.emit(image_texts.CAPTURE_REFUSED.problem())

    @Slot(QWindow)
    def _on_focus_window_changed(self, focused: QWindow | None) -> None:
        """Cancel if another window has come forward, as for images of a second start: the keys are no overlay's."""
        if focused is None or not self._overlays:
            return
        if any(overlay.windowHandle() is focused for overlay in self._overlays):
            self._has_had_focus = True
        elif self._has_had_focus:
            self._on_cancelled()

    @Slot()
    def _on_cancelled(self) -> None:
        self._end()
        if self._use is not CaptureUse.QUESTION:
            self.text_cancelled.emit()

    def _end(self) -> None:
        for overlay in self._overlays:
            overlay.close()
        self._overlays = []
        self._has_had_focus = False
        self._stills = {}
        if not self._hides_window:
            return
        self._window.show()
        self._window.raise_()
        self._window.activateWindow()
