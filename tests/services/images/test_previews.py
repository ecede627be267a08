from collections.abc import Iterator

from pytestqt.qtbot import QtBot

from app.domain.errors import Problem, ProblemKind
from app.domain.ids import Digest
from app.domain.models.answer_stats import FinishReason
from app.engine.process.backend_kinds import BackendKind
from app.engine.process.messages import Done, Event, Failed, ImageProbed, ProbeImage, Request
from app.engine.process.watchdog import MAX_TICKS
from app.services.engines.engine import Engine
from app.services.engines.images_engine import ImagesEngine
from app.services.images.previews import PREVIEW_SIZE, Previews
from tests.support.chats import attachment
from tests.support.fake_engine import FakeEngines, pass_ticks
from tests.support.memory_files import MemoryFiles


def previews(request: Request) -> Iterator[Event]:
    if isinstance(request, ProbeImage):
        if "bad" in request.path:
            yield Failed(Problem(ProblemKind.IMAGE, "It is gone."))
        else:
            picture = request.path.encode()
            yield ImageProbed(Digest("d"), "image/png", 1, 1, 1, 1, picture)
            yield Done(FinishReason.COMPLETE)


def test_a_picture_that_hangs_is_told_and_the_next_one_is_made(qtbot: QtBot) -> None:
    def hangs(request: Request) -> Iterator[Event]:
        is_slow = isinstance(request, ProbeImage) and "slow" in request.path
        return iter(()) if is_slow else previews(request)

    engine = Engine(BackendKind.IMAGES, FakeEngines(images=hangs))
    maker = Previews(ImagesEngine(engine), MemoryFiles())
    maker.request(attachment("1", "slow"))
    with qtbot.waitSignal(maker.failed) as failed:
        pass_ticks(engine, MAX_TICKS[ProbeImage] + 1)
    assert failed.args is not None
    assert "did not answer" in failed.args[0].what
    with qtbot.waitSignal(maker.ready):
        maker.request(attachment("2", "two"))
    engine.shut_down()


def test_the_newest_request_is_answered(qtbot: QtBot) -> None:
    fakes = FakeEngines(images=previews)
    engine = Engine(BackendKind.IMAGES, fakes)
    maker = Previews(ImagesEngine(engine), MemoryFiles())
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
