"""Another program's window with a text, which prints what it then contains to a file: `… FILE TEXT`."""

import sys
from pathlib import Path

from PySide6.QtWidgets import QApplication, QPlainTextEdit

TITLE = "Another program"

if __name__ == "__main__":
    application = QApplication(sys.argv[:1])
    target = Path(sys.argv[1])
    edit = QPlainTextEdit(sys.argv[2])
    edit.setStyleSheet("background: white; color: black; font-size: 28px")
    edit.setWindowTitle(TITLE)
    edit.setGeometry(60, 60, 600, 200)
    edit.textChanged.connect(lambda: target.write_text(edit.toPlainText(), encoding="utf-8"))
    edit.show()
    application.exec()
