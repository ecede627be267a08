"""A chat that any version exported is imported. `exports` has them as those versions wrote them, by their format."""

from pathlib import Path

import pytest

from app.domain.chat.chat import Author, Draft, MessageState
from app.domain.chat.exported_chat import FORMAT
from app.domain.errors import ProblemKind
from app.domain.images.geometry import Box
from app.storage.chat.import_chat import read_chat

EXPORTS = sorted(Path(__file__).with_name("exports").iterdir())


def test_every_format_has_an_export() -> None:
    assert FORMAT in {path.stem for path in EXPORTS}


@pytest.mark.parametrize("path", EXPORTS, ids=lambda path: path.stem)
def test_an_export_of_any_version_is_imported(path: Path) -> None:
    chat = read_chat(path)
    asked, answered, read, also_asked, failed, streamed = chat.messages
    assert chat.conversation.title == "Receipt of a walnut cake"
    assert (chat.conversation.leaf_id, chat.conversation.is_pinned) == (streamed.id, True)
    assert chat.conversation.draft == Draft(text="and then?")
    parents = [asked, asked, answered, also_asked, also_asked]
    assert [message.parent_id for message in chat.messages] == [None, *(parent.id for parent in parents)]
    (image,) = asked.attachments
    assert chat.images == {image.digest: b"\x89PNG pixels"}
    assert image.part_of
    assert (image.frames, image.seconds, image.part_of.bottom, image.pixel_budget) == (2, 2.5, 4, 65536)
    assert (answered.text, answered.author, answered.model_name) == ("The total is 9.00.", Author.MODEL, "tiny")
    assert answered.stats
    assert (answered.stats.new_tokens, answered.stats.total_seconds) == (7, 1.5)
    assert [(span.end, span.probability) for span in answered.doubts] == [(4, 0.5)]
    assert read.page
    assert [(line.text, line.box) for line in read.page.lines] == [("Total 9.00", Box(1.0, 2.0, 3.0, 4.0))]
    assert (failed.state, failed.problem and failed.problem.kind) == (MessageState.FAILED, ProblemKind.ENGINE)
    assert (streamed.state, streamed.text) == (MessageState.INTERRUPTED, "It is 14 March")
