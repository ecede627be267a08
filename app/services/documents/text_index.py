"""What was read on images, for the search: new OCR results, and those that earlier versions stored."""

from functools import partial

from PySide6.QtCore import QObject, Signal, Slot

from app.domain.documents.ocr_results import OcrResult
from app.domain.errors import Problem
from app.domain.ports import IGNORE, OcrResultStore
from app.services.engines.store_thread import StoreAccess

STEP = 20
"""Number of stored OCR results that are added at a time, between which other work of the store's thread is done."""


class TextIndex(QObject):
    """Adds OCR results to those that the search finds; `changed()` is emitted when it finds more."""

    changed = Signal()

    def __init__(self, pages: StoreAccess[OcrResultStore], parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._pages = pages
        self._is_running = False

    def add(self, ocr_result: OcrResult) -> None:
        """Save the OCR result of a chat's image, unless it has one."""
        key = ("found text", ocr_result.digest, str(ocr_result.number))
        self._pages.save(key, partial(_add, ocr_result))
        self._pages.run(IGNORE, self._on_added, IGNORE)  # In order: it has been saved by then.

    @Slot()
    def begin(self) -> None:
        """Index the results that earlier versions stored, a few at a time; a failure is retried at the next start."""
        if not self._is_running:
            self._is_running = True
            self._step()

    def _step(self) -> None:
        self._pages.run(lambda pages: pages.index_texts(STEP), self._on_indexed, self._on_failed)

    def _on_added(self, _: object) -> None:
        self.changed.emit()

    def _on_indexed(self, is_more: bool) -> None:  # noqa: FBT001 - as the store returns it
        self.changed.emit()
        if is_more:
            self._step()
        else:
            self._is_running = False

    def _on_failed(self, _: Problem) -> None:
        self._is_running = False


def _add(ocr_result: OcrResult, pages: OcrResultStore) -> None:
    pages.add_ocr_result(ocr_result)
