"""A chat on paper: what is in it, and that nothing else is loaded."""

import re
from pathlib import Path

from PySide6.QtCore import QBuffer, QIODevice, Qt
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QApplication

from app.ui.chat_pdf import chat_pdf


def png(colour: Qt.GlobalColor, width: int, height: int) -> bytes:
    image = QImage(width, height, QImage.Format.Format_RGB32)
    image.fill(colour)
    buffer = QBuffer()
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    image.save(buffer, "PNG")  # type: ignore[call-overload]
    return bytes(buffer.data().data())


def image_sizes(pdf: bytes) -> set[tuple[int, int]]:
    return {
        (int(width), int(height))
        for width, height in re.findall(rb"/Subtype /Image\s+/Width (\d+)\s+/Height (\d+)", pdf)
    }


def test_a_long_chat_has_pages_and_its_own_images(qapp: QApplication, tmp_path: Path) -> None:
    foreign = tmp_path / "private.png"
    foreign.write_bytes(png(Qt.GlobalColor.red, 77, 33))
    text = f"# Chat\n\n![n](<image:abc>)\n\n![f]({foreign}) ![g]({foreign.as_uri()})\n\n" + "many words " * 3000
    pdf = chat_pdf(text, {"abc": png(Qt.GlobalColor.blue, 1500, 900)})
    assert pdf.startswith(b"%PDF")
    assert len(re.findall(rb"/Type /Page\b", pdf)) > 2
    sizes = image_sizes(pdf)
    assert (1500, 900) in sizes
    assert (77, 33) not in sizes


def test_formulas_are_drawn(qapp: QApplication) -> None:
    with_formula, without = chat_pdf("It is $\\frac{a}{b}$.", {}), chat_pdf("It is $5.", {})
    assert len(image_sizes(with_formula)) > len(image_sizes(without))
