"""What the document window says of the page that is shown."""

from app.domain.documents.ocr_results import OcrResult
from app.ui.widgets import ui_text
from app.ui.widgets.i18n import sentences, tr
from app.ui.widgets.problem_text import page_notice


def status_of(ocr_result: OcrResult) -> str:
    """Return the notice, the reader and the number of uncertain and corrected lines."""
    said = [page_notice(ocr_result.page)]
    if ocr_result.model_name:
        said.append(tr("Read by {name}, which gives no positions.", name=ocr_result.model_name))
    if uncertain := ocr_result.uncertain_lines:
        said.append(tr("Uncertain lines to check: {count}", count=ui_text.number(uncertain)))
    if ocr_result.corrections:
        said.append(tr("Corrected lines: {count}", count=len(ocr_result.corrections)))
    return sentences(*said)
