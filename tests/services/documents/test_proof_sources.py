"""What answers are compared with: pages of the store, pages that are read meanwhile, and corrections."""

from dataclasses import replace

import pytest
from pytestqt.qtbot import QtBot

from app.domain.documents.ocr_results import OcrResult
from app.domain.documents.pages import with_notice
from app.domain.error_texts import document_texts, storage_texts
from app.domain.errors import StorageError
from app.domain.images.attachments import Attachment
from app.domain.proofs.proofs import ProofSource, Verdict
from app.services.documents.proof_sources import ProofSources
from tests.services.conftest import BuildServices, Services
from tests.support.batch_backends import page_of
from tests.support.chats import attachment

IMAGE, OTHER = attachment(), attachment("other.png", "cd" * 32)
VIDEO = replace(attachment("clip.mp4", "ef" * 32), media_type="video/mp4", seconds=2.0)
PAGE = page_of("Total 12.40")


class Sources:
    """The service, and how often it has said that something changed."""

    def __init__(self, services: Services) -> None:
        self.services = services
        self.sources = ProofSources(services.store_thread.pages, services.image_texts, services.files)
        self.changes = 0
        self.sources.changed.connect(self.count)

    def count(self) -> None:
        self.changes += 1

    def store(self, image: Attachment, text: str) -> OcrResult:
        result = OcrResult(digest=image.digest, number=0, page=page_of(text))
        self.services.stores.pages.ocr_results[image.digest, 0] = result
        return result

    def known(self, qtbot: QtBot, *images: Attachment) -> ProofSource:
        """The source, once there is one."""
        qtbot.waitUntil(lambda: self.sources.source(images, "") is not None)
        source = self.sources.source(images, "")
        assert source
        return source


@pytest.fixture
def made(build_services: BuildServices) -> Sources:
    return Sources(build_services())


def verdicts(source: ProofSource, text: str) -> list[Verdict]:
    return [proof.verdict for proof in source.proofs(text)]


def test_stored_pages_are_looked_up_once(made: Sources, qtbot: QtBot) -> None:
    made.store(IMAGE, "Total 12.40")
    assert made.sources.source([IMAGE], "") is None
    source = made.known(qtbot, IMAGE)
    assert source.digests == (IMAGE.digest,)
    assert verdicts(source, "12.40 and 99.90") == [Verdict.FOUND, Verdict.MISSING]
    assert made.sources.source([IMAGE], "") is source
    assert made.changes == 1


def test_an_image_that_is_read_later_is_compared_with_then(made: Sources, qtbot: QtBot) -> None:
    made.store(OTHER, "Change 5.00")
    qtbot.waitUntil(lambda: made.sources.source([OTHER, IMAGE], "") is not None)
    partly = made.known(qtbot, OTHER, IMAGE)
    assert verdicts(partly, "5.00 and 12.40") == [Verdict.FOUND], "nothing is missing as long as an image is not read"
    made.services.image_texts.take(str(made.services.files.path(IMAGE)), PAGE)
    qtbot.waitUntil(lambda: made.known(qtbot, OTHER, IMAGE).is_whole)
    whole = made.known(qtbot, OTHER, IMAGE)
    assert whole.digests == (OTHER.digest, IMAGE.digest)
    assert verdicts(whole, "5.00 and 12.40 and 7.77") == [Verdict.FOUND, Verdict.FOUND, Verdict.MISSING]


def test_corrections_are_taken(made: Sources, qtbot: QtBot) -> None:
    stored = made.store(IMAGE, "Total 72.90")
    assert verdicts(made.known(qtbot, IMAGE), "12.40") != [Verdict.FOUND]
    made.sources.take_corrected(stored.with_correction(0, "Total 12.40"))
    assert verdicts(made.known(qtbot, IMAGE), "12.40") == [Verdict.FOUND]
    made.sources.take_corrected(replace(stored, number=3))
    made.sources.take_corrected(replace(stored, digest=OTHER.digest))
    assert made.changes == 2


def test_a_page_that_was_badly_read_refutes_nothing(made: Sources, qtbot: QtBot) -> None:
    result = made.store(IMAGE, "Total 12.40")
    doubted = replace(result, page=with_notice(result.page, document_texts.OCR_UNCERTAIN.problem()))
    made.services.stores.pages.ocr_results[IMAGE.digest, 0] = doubted
    assert verdicts(made.known(qtbot, IMAGE), "12.40 and 99.90") == [Verdict.FOUND]


def test_a_video_has_no_source(made: Sources) -> None:
    assert made.sources.source([VIDEO], "") is None


def test_a_store_that_fails_leaves_what_is_read_meanwhile(
    made: Sources, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise StorageError(storage_texts.DATABASE_DAMAGED)

    monkeypatch.setattr(made.services.stores.pages, "ocr_result", fail)
    assert made.sources.source([IMAGE], "") is None
    made.services.image_texts.take(str(made.services.files.path(IMAGE)), PAGE)
    assert verdicts(made.known(qtbot, IMAGE), "12.40") == [Verdict.FOUND]
