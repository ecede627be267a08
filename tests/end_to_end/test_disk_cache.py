"""What was computed for a chat is on disk after a restart, and in no file once the chat is deleted."""

from pathlib import Path

from app.domain.models.engine_status import EngineState
from app.paths import DEMO_MODEL, Paths
from tests.end_to_end.conftest import Desktop, OpenDesktop
from tests.support.printed_text import print_text


def ready(desktop: Desktop) -> None:
    desktop.wait(lambda: desktop.lorgnette.model.status.state is EngineState.READY)
    desktop.open_model(DEMO_MODEL)


def kept(paths: Paths) -> list[Path]:
    return [path for path in paths.disk_cache.rglob("*") if path.is_file()]


def test_a_chat_goes_on_after_a_restart_and_leaves_nothing_when_it_is_deleted(
    open_desktop: OpenDesktop, paths: Paths, tmp_path: Path
) -> None:
    print_text(tmp_path / "one.png", "Tanu 5093")
    first = open_desktop()
    ready(first)
    first.drop(tmp_path / "one.png")
    first.wait_for_images(1)
    first.type_and_send("Read the text.")
    first.wait_for_answer()
    chat = first.lorgnette.session.conversation_id
    first.wait(lambda: len(kept(paths)) == 2)
    assert {path.parent.name for path in kept(paths)} == {chat}
    first.close()

    second = open_desktop()
    ready(second)
    second.wait(lambda: chat in second.lorgnette.library)
    second.lorgnette.session.open(chat)
    second.wait(lambda: len(second.branch) == 2)
    second.type_and_send("How many lines are there?")
    second.wait(lambda: len(second.branch) == 4 and not second.lorgnette.session.is_busy)
    stats = second.branch[-1].stats
    assert stats
    assert stats.reused_tokens > stats.visual_tokens
    second.lorgnette.library.delete(chat)
    second.wait(lambda: list(paths.disk_cache.iterdir()) == [])


def test_nothing_is_kept_of_a_temporary_chat(open_desktop: OpenDesktop, paths: Paths, tmp_path: Path) -> None:
    print_text(tmp_path / "one.png", "Tanu 5093")
    desktop = open_desktop()
    ready(desktop)
    desktop.window.temporary_triggered.emit()
    desktop.wait(lambda: desktop.lorgnette.session.conversation.is_temporary)
    desktop.drop(tmp_path / "one.png")
    desktop.wait_for_images(1)
    desktop.type_and_send("Read the text.")
    desktop.wait_for_answer()
    desktop.close()
    assert list(paths.disk_cache.iterdir()) == []
