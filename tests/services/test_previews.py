from collections.abc import Iterator

from pytestqt.qtbot import QtBot

from app.domain.errors import Problem, ProblemKind
from app.domain.generation import FinishReason
from app.engine.process.backend import BackendKind
from app.engine.process.messages import Done, Event, Failed, ImageProbed, ProbeImage, Request
from app.services.engine import Engine
from app.services.previews import PREVIEW_SIZE, Previews
from tests.support.chats import attachment
from tests.support.fake_engine import FakeEngines
from tests.support.memory_store import MemoryFiles


def previews(request: Request) -> Iterator[Event]:
    if isinstance(request, ProbeImage):
        if "bad" in request.path:
            yield Failed(request.request_id, Problem(ProblemKind.IMAGE, "It is gone."))
        else:
            picture = request.path.encode()
            yield ImageProbed(request.request_id, "d", "image/png", 1, 1, 1, 1, picture)
            yield Done(request.request_id, FinishReason.COMPLETE)


def test_the_newest_request_is_answered(qtbot: QtBot) -> None:
    fakes = FakeEngines(images=previews)
    engine = Engine(BackendKind.IMAGES, fakes)
    maker = Previews(engine, MemoryFiles())
    ready: list[tuple[object, bytes]] = []
    maker.ready.connect(lambda image, png: ready.append((image, png)))
    one, two = attachment("1", "one"), attachment("2", "two")

    maker.request(one)
    maker.request(two)
    qtbot.waitUntil(lambda: len(ready) == 1)
    with qtbot.waitSignal(maker.failed) as failed:
        maker.request(attachment("3", "bad"))

    assert ready == [(two, b"/store/two")]
    assert failed.args is not None
    assert failed.args[0].what == "It is gone."
    sizes = {
        request.thumbnail_size for request in fakes.requests(BackendKind.IMAGES) if isinstance(request, ProbeImage)
    }
    assert sizes == {PREVIEW_SIZE}
    engine.shut_down()
