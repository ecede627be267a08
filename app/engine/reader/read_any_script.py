"""Reads a page with the built-in OCR, or with Tesseract if only Tesseract knows the script."""

from dataclasses import replace

from PIL import Image

from app.domain.documents.pages import OcrPage, with_notice
from app.domain.error_texts import document_texts
from app.domain.ports import NO_PROGRESS, CancelCheck, ProgressCallback
from app.domain.text.scripts import UNREADABLE
from app.engine.reader.read_page import read_page
from app.engine.reader.rotation import LineReader
from app.engine.reader.tesseract import installed_languages, read_by_tesseract


def read_any_script(
    image: Image.Image, reader: LineReader, check: CancelCheck, progress: ProgressCallback = NO_PROGRESS
) -> OcrPage:
    """Read an upright RGB image; the page's notice says so if Tesseract read it."""
    page = read_page(image, reader, check, progress)
    script = next((script for script in UNREADABLE if script.name == page.script), None)
    if script is None:
        return page
    check()
    installed = installed_languages()
    languages = [language for language in script.languages if language in installed][:1]
    if not languages:
        return page
    lines = read_by_tesseract(image, [*languages, "eng"] if "eng" in installed else languages)
    if not lines:
        return page
    name = document_texts.SCRIPTS[script.name].problem()
    said = document_texts.READ_BY_TESSERACT.problem(script=name, language=languages[0])
    read = replace(page, lines=lines, text="\n".join(line.text for line in lines), rotation=0)
    return with_notice(read, said)
