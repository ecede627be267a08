"""The real application, driven from another process: `python -m tests.support.driven_app FACTS --data FOLDER …`.

Commands come in on stdin, one JSON object a line: `do` names a method of `X11Input`, the rest are its arguments. Facts
go to the file FACTS, one JSON object a line, each by one write: what is there has happened, whatever happens next.
Before something is kept a `saving` says what, behind it a `saved`; so whoever kills this process knows what may be on
the disk and what must be. Imports nothing heavy at its top: spawned engine processes import this module again.
"""

import hashlib
import json
import os
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

TICK_MILLISECONDS = 10
"""Of the timer that sees whether the event loop turns."""


def main() -> int:
    """Run Lorgnette as its command line does, with eyes and hands."""
    from app import bootstrap, cli  # noqa: PLC0415 - not for the children

    facts = Facts(Path(sys.argv[1]))
    _tell_what_is_kept(facts)
    _tell_processes(facts)
    _tell_problems(facts)
    setattr(bootstrap, "Lorgnette", partial(_driven, facts))  # noqa: B010 - it is imported there, not exported
    return cli.main(sys.argv[2:])


class Facts:
    """A file of facts, to which any thread adds."""

    def __init__(self, path: Path) -> None:
        self._file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT)

    def tell(self, fact: str, **values: object) -> None:
        """Add one, with the moment of the system's monotonic clock."""
        line = json.dumps({"fact": fact, "at": time.monotonic(), **values})
        os.write(self._file, line.encode() + b"\n")


def _driven(facts: Facts, *arguments: Any) -> Any:  # noqa: ANN401 - Lorgnette's own
    """Lorgnette with hands, which move when it has begun."""
    from PySide6.QtCore import QSocketNotifier  # noqa: PLC0415

    from app.application import Lorgnette  # noqa: PLC0415

    class Driven(Lorgnette):
        def begin(self, *arguments: Any) -> None:  # noqa: ANN401
            super().begin(*arguments)
            self._x11 = X11Input(self, facts)
            self._notifier = QSocketNotifier(0, QSocketNotifier.Type.Read, self)
            self._notifier.activated.connect(self._x11.move)
            facts.tell("begun")

    return Driven(*arguments)


def _tell_what_is_kept(facts: Facts) -> None:
    from app.storage.batch.batch_folder import BatchFolder  # noqa: PLC0415
    from app.storage.chat.conversations import SqliteConversationStore  # noqa: PLC0415
    from app.storage.images.attachments import FileAttachmentStore  # noqa: PLC0415
    from app.storage.models.model_folders import ModelFolders  # noqa: PLC0415
    from app.storage.settings.settings_file import SettingsFile  # noqa: PLC0415

    def message(item: Any) -> tuple[str, str, Any]:  # noqa: ANN401
        return "message", item.id, [item.text, item.state, [image.digest for image in item.attachments]]

    def draft(chat: str, item: Any) -> tuple[str, str, Any]:  # noqa: ANN401
        return "draft", chat, [item.text, [image.digest for image in item.attachments]]

    def settings(item: Any) -> tuple[str, str, Any]:  # noqa: ANN401
        return "settings", "", [item.zoom, [preset.name for preset in item.presets]]

    def outputs(folder: Any, entry: Any) -> list[tuple[str, str, Any]]:  # noqa: ANN401
        paths = [folder.path / name for name in entry.outputs]
        return [("file", str(path), _digest(path)) for path in paths if path.exists()]

    _confirm(
        facts, SqliteConversationStore, "save_turn",
        lambda _, chat, messages: [draft(chat.id, chat.draft), *map(message, messages)],
    )  # fmt: skip
    _confirm(facts, SqliteConversationStore, "save_draft", lambda _, chat, item: [draft(chat, item)])
    _confirm(facts, SqliteConversationStore, "save_message", lambda _, item: [message(item)])
    _confirm(facts, FileAttachmentStore, "add", lambda _, __, digest: [("attachment", digest, digest)])
    _confirm(facts, SettingsFile, "save", lambda _, item: [settings(item)])
    _confirm(facts, BatchFolder, "write", lambda folder, entry, *_: outputs(folder, entry))
    _confirm(
        facts, ModelFolders, "complete",
        lambda folders, listing, file: [("model_file", f"{folders.root}|{listing.commit}|{file.name}", file.size)],
    )  # fmt: skip


def _confirm(facts: Facts, cls: type[Any], name: str, kept_by: Callable[..., list[tuple[str, str, Any]]]) -> None:
    """Have a method tell what it is about to keep, and again when it has returned."""
    original = getattr(cls, name)

    def told(*arguments: Any, **named: Any) -> Any:  # noqa: ANN401
        for kind, key, value in kept_by(*arguments):
            facts.tell("saving", kind=kind, key=key, value=value)
        result = original(*arguments, **named)
        for kind, key, value in kept_by(*arguments):
            facts.tell("saved", kind=kind, key=key, value=value)
        return result

    setattr(cls, name, told)


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _tell_processes(facts: Facts) -> None:
    """Every child by the kind of engine that it is."""
    from multiprocessing.context import SpawnProcess  # noqa: PLC0415
    from multiprocessing.process import BaseProcess  # noqa: PLC0415

    original = SpawnProcess.start

    def start(self: BaseProcess) -> None:
        original(self)
        facts.tell("engine", kind=self.name.removeprefix("lorgnette-"), pid=self.pid)

    SpawnProcess.start = start  # type: ignore[method-assign]


def _tell_problems(facts: Facts) -> None:
    """Every sentence that the window shows as a problem, or before there is one; nobody is there to press OK."""
    from PySide6.QtWidgets import QMessageBox  # noqa: PLC0415

    from app.ui.widgets.notice import Severity  # noqa: PLC0415
    from app.ui.widgets.notice_box import NoticeBox  # noqa: PLC0415

    original = NoticeBox.__init__

    def show(self: NoticeBox, notice: Any, *arguments: Any, **named: Any) -> None:  # noqa: ANN401
        original(self, notice, *arguments, **named)
        if notice.severity in {Severity.WARNING, Severity.ERROR}:
            facts.tell("problem", severity=notice.severity, sentence=notice.sentence)

    NoticeBox.__init__ = show  # type: ignore[method-assign]
    warn: Any = lambda _, __, sentence: facts.tell("problem", severity="error", sentence=sentence)  # noqa: E731
    QMessageBox.warning = warn  # type: ignore[method-assign]


class X11Input:
    """What a user does, by the same signals that widgets emit, and what they see."""

    def __init__(self, lorgnette: Any, facts: Facts) -> None:  # noqa: ANN401
        from PySide6.QtCore import QTimer  # noqa: PLC0415

        self._app = lorgnette
        self._facts = facts
        self._unread = b""
        self._last, self._longest = time.monotonic(), 0.0
        self._worked, self._hardest = time.thread_time(), 0.0
        self._ticks = QTimer(lorgnette)
        self._ticks.timeout.connect(self.tick)
        self._ticks.start(TICK_MILLISECONDS)
        os.set_blocking(0, False)
        lorgnette.answers.answer_changed.connect(
            lambda answer: facts.tell(
                "painted", id=answer.id, length=len(answer.text), state=answer.state,
                problem=answer.problem.sentence if answer.problem else "",
            )
        )  # fmt: skip
        lorgnette.model.status_changed.connect(
            lambda status: facts.tell(
                "status", state=status.state, problem=status.problem.sentence if status.problem else "",
                folder=status.info.folder if status.info else "", server=status.info.server if status.info else "",
            )
        )  # fmt: skip
        importer = lorgnette.importer
        importer.finished.connect(lambda _, __, image: facts.tell("added", name=image.name))
        for end in ("started", "finished", "failed", "cancelled"):
            getattr(importer, end).connect(lambda number, *_, end=end: facts.tell("import", id=number, end=end))
        lorgnette.exporter.exported.connect(lambda target: facts.tell("exported", target=str(target)))
        lorgnette.downloads.finished.connect(lambda _, folder: facts.tell("downloaded", folder=folder))
        lorgnette.downloads.progressed.connect(lambda _, progress: facts.tell("progress", done=progress.done))
        lorgnette.batch.state_changed.connect(lambda state: facts.tell("batch", state=state))
        lorgnette.batch.item_changed.connect(lambda index: facts.tell("item", index=index))

    def move(self) -> None:
        """Do what has come."""
        try:
            self._unread += os.read(0, 1 << 24)
        except BlockingIOError:
            return
        *lines, self._unread = self._unread.split(b"\n")
        for line in lines:
            command = json.loads(line)
            number, name = command.pop("number"), command.pop("do")
            self._facts.tell("done", number=number, result=getattr(self, name)(**command))

    def ping(self) -> None:
        """The event loop turns."""

    def gap(self) -> float:
        """The longest time, in seconds, for which it did not, since this was last asked."""
        longest, self._longest = self._longest, 0.0
        return longest

    def toil(self) -> float:
        """The most work that it did at a stretch, in seconds of the processor: other programs do not count."""
        hardest, self._hardest = self._hardest, 0.0
        return hardest

    def tick(self) -> None:
        """Take the time."""
        now, worked = time.monotonic(), time.thread_time()
        self._longest = max(self._longest, now - self._last)
        self._hardest = max(self._hardest, worked - self._worked)
        self._last, self._worked = now, worked

    def look(self) -> dict[str, Any]:
        """What is on the screen."""
        session = self._app.session
        return {
            "chat": session.conversation_id,
            "busy": session.is_busy,
            "branch": [[item.role, item.state, len(item.text)] for item in session.branch],
            "text": session.branch[-1].text[:10_000] if session.branch else "",
            "draft": [session.draft.text, [image.name for image in session.draft.attachments]],
            "model": self._app.model.status.state,
            "restart": self._app.window.sidebar.status_line.restart.isVisible(),
            "notices": [notice.sentence for notice in self._app.window.notices.current],
            "batch": self._app.batch.state,
        }

    def drop(self, paths: list[str]) -> bool:
        """Drag files over the window, and let go."""
        from tests.support import drops  # noqa: PLC0415

        return drops.drop(self._app.window, drops.files([Path(path) for path in paths]))

    def take(self, paths: list[str]) -> None:
        """As `lorgnette FILE…` hands over; names that are no UTF-8 as well, in Python's surrogates."""
        from app.controllers.image_controller import ImageController  # noqa: PLC0415
        from app.domain.launch_request import LaunchRequest  # noqa: PLC0415

        (controller,) = self._app.findChildren(ImageController)
        controller.take(LaunchRequest(images=tuple(paths)))

    def write(self, text: str) -> None:
        """Type in place of what stands in the composer."""
        self._app.window.composer.edit.setPlainText(text)

    def send(self, text: str) -> None:
        """Type and press Send."""
        self.write(text)
        self._app.window.composer.send.click()

    def paste(self, kind: str, text: str = "", data: str = "") -> None:
        """Put something on the clipboard and press the keys."""
        from PySide6.QtCore import QMimeData  # noqa: PLC0415
        from PySide6.QtGui import QGuiApplication, QKeySequence  # noqa: PLC0415
        from PySide6.QtTest import QTest  # noqa: PLC0415

        mime = QMimeData()
        mime.setData(kind, bytes.fromhex(data) if data else text.encode("utf-8", "surrogatepass"))
        QGuiApplication.clipboard().setMimeData(mime)
        edit = self._app.window.composer.edit
        edit.setFocus()
        QTest.keySequence(edit, QKeySequence(QKeySequence.StandardKey.Paste))

    def read_text(self) -> None:
        """Press Read text."""
        self._app.window.composer.read.click()

    def stop(self) -> None:
        """Press Stop."""
        self._app.window.stop_triggered.emit()

    def new_chat(self) -> None:
        """Begin another chat."""
        self._app.window.sidebar.new_chat_clicked.emit()

    def open_model(self, folder: str) -> None:
        """Choose a folder."""
        self._app.window.model_picker.folder_chosen.emit(folder)

    def restart(self) -> None:
        """Press Restart."""
        self._app.window.sidebar.status_line.restart_clicked.emit()

    def connect(self, address: str) -> None:
        """Have a server answer."""
        from app.domain.models.remote_servers import RemoteModel  # noqa: PLC0415

        self._app.server_link.connect_to(RemoteModel(address, "qwen3-vl"), "")

    def set(self, **values: Any) -> None:  # noqa: ANN401
        """Change settings."""
        self._app.preferences.change(**values)

    def keep_preset(self, name: str) -> None:
        """Keep a question under a name."""
        from app.domain.chat.presets import Preset  # noqa: PLC0415

        self._app.window.composer.preset_saved.emit(Preset(name, f"{name}?"))

    def export(self, target: str) -> None:
        """Write the chat that is shown."""
        chat = self._app.library[self._app.session.conversation_id]
        self._app.exporter.export(chat, "", Path(target))

    def batch(self, folder: str) -> None:
        """Drop a folder, and press Start; goes on with what is there."""
        from app.ui.batch.batch_window import BatchWindow  # noqa: PLC0415

        (window,) = self._app.window.findChildren(BatchWindow)
        if Path(folder) not in window.form.sources:
            self.drop([folder])
        window.main.click()

    def clear_batch(self) -> None:
        """Take all folders out of the batch's window."""
        from app.ui.batch.batch_window import BatchWindow  # noqa: PLC0415

        (window,) = self._app.window.findChildren(BatchWindow)
        window.form.clear.click()

    def sources(self) -> int:
        """How many files and folders the batch's window has."""
        from app.ui.batch.batch_window import BatchWindow  # noqa: PLC0415

        (window,) = self._app.window.findChildren(BatchWindow)
        return len(window.form.sources)

    def download(self, endpoint: str, model: str) -> None:
        """Have a model come."""
        from app.domain.settings.settings import DownloadOptions  # noqa: PLC0415

        self.set(downloads=DownloadOptions(endpoint=endpoint))
        self._app.downloads.start(model)

    def open_chat(self, chat: str) -> None:
        """Choose a chat in the sidebar."""
        self._app.window.sidebar.conversation_chosen.emit(chat)

    def quit(self) -> None:
        """Press Ctrl+Q."""
        from PySide6.QtWidgets import QApplication  # noqa: PLC0415

        QApplication.quit()


if __name__ == "__main__":
    sys.exit(main())
