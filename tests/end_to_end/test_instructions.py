"""Instructions for a chat, kept with it, and ignored by the demo model, which they would confuse."""

from pathlib import Path

from app.domain.models.engine_status import EngineState
from tests.end_to_end.conftest import OpenDesktop
from tests.support.printed_text import print_text


def test_the_demo_model_reads_as_ever_and_the_instructions_are_kept(open_desktop: OpenDesktop, tmp_path: Path) -> None:
    print_text(tmp_path / "note.png", "Tanu 5093", "Rika 27")
    desktop = open_desktop()
    lorgnette = desktop.lorgnette
    desktop.wait(lambda: lorgnette.model.status.state is EngineState.READY)
    lorgnette.library.set_instructions(lorgnette.session.conversation, "Be brief.")
    desktop.drop(tmp_path / "note.png")
    desktop.wait_for_images(1)
    desktop.type_and_send("Read the text.")
    assert desktop.wait_for_answer().text == "Tanu 5093\nRika 27"
    desktop.close()
    again = open_desktop()
    again.wait(lambda: again.lorgnette.session.conversation.instructions == "Be brief.")
    again.wait(again.window.header.instructions.isVisible)
