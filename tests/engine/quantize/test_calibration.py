"""Which samples are made of the user's files."""

from pathlib import Path

import pytest
from PIL import Image, ImageDraw, ImageFont

from app.domain.errors import ImageError, QuantizeError
from app.engine.checkpoints.open_checkpoint import Checkpoint, open_checkpoint
from app.engine.generation.tokenizer import ChatTokenizer
from app.engine.quantize.calibration import Calibration, make_calibration
from app.engine.quantize.recipe import Recipe
from tests.engine.conftest import TinyCheckpoint
from tests.engine.quantize.conftest import ignore, recipe
from tests.support.tiny_checkpoint import Layout


@pytest.fixture
def base(tiny_checkpoint: TinyCheckpoint) -> Checkpoint:
    return open_checkpoint(tiny_checkpoint(Layout.PLAIN))


def calibrate(base: Checkpoint, given: Recipe, texts: list[Path], images: list[Path] | None = None) -> Calibration:
    return make_calibration(base, given, texts, images or [], ignore)


def text_of(base: Checkpoint, calibration: Calibration) -> str:
    return ChatTokenizer(base).decode([token for window in calibration.windows for token in window])


def test_windows_are_equally_long_and_spread_over_all_texts(base: Checkpoint, tmp_path: Path) -> None:
    for number in range(40):
        (tmp_path / f"{number:02}.txt").write_text(f"page {number:02} " * 20, encoding="utf-8")
    made = calibrate(base, recipe(1, samples=8), [tmp_path])
    assert [len(window) for window in made.windows] == [64] * 8
    text = text_of(base, made)
    assert "page 00" in text
    assert "page 34" in text


def test_batches_are_full_once_there_is_more_than_one(base: Checkpoint, tmp_path: Path, lessons: Path) -> None:
    assert calibrate(base, recipe(1, samples=5), [lessons]).samples == 5
    assert calibrate(base, recipe(1, samples=15), [lessons]).samples == 8


def test_a_short_text_is_one_short_window_and_a_shorter_one_is_refused(base: Checkpoint, tmp_path: Path) -> None:
    path = tmp_path / "note.txt"
    path.write_text("on the sign " * 40, encoding="utf-8")
    made = calibrate(base, Recipe(seqlen=512), [path])
    assert made.samples == 1
    assert text_of(base, made).strip() == path.read_text(encoding="utf-8").strip()
    path.write_text("sign", encoding="utf-8")
    with pytest.raises(QuantizeError, match="too few"):
        calibrate(base, Recipe(seqlen=512), [path])


def test_json_gives_its_strings(base: Checkpoint, tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text('{"title": "A station hall at noon", "n": [1, {"x": "clock 1234567890"}]}')
    (tmp_path / "b.jsonl").write_text('{"text": "The chart has three bars"}\n\n{"text": "a walnut cake, 1234567890"}\n')
    text = text_of(base, calibrate(base, Recipe(seqlen=4096), [tmp_path]))
    assert "A station hall at noon\nclock 1234567890" in text
    assert "three bars\na walnut cake" in text
    assert "title" not in text


def test_bad_files_are_skipped_in_folders_and_refused_by_name(base: Checkpoint, tmp_path: Path, lessons: Path) -> None:
    bad = tmp_path / "bad.txt"
    bad.write_bytes(b"\xff\xfe\x00\x81")
    (tmp_path / "broken.json").write_text("{", encoding="utf-8")
    assert calibrate(base, recipe(1), [tmp_path]).skipped == 2
    with pytest.raises(QuantizeError, match="cannot be read as text"):
        calibrate(base, recipe(1), [lessons, bad])
    with pytest.raises(ImageError):
        calibrate(base, recipe(1), [], [bad])
    with pytest.raises(QuantizeError, match="no file or folder"):
        calibrate(base, recipe(1), [tmp_path / "nowhere"])
    (tmp_path / "empty").mkdir()
    with pytest.raises(QuantizeError, match="No text or images"):
        calibrate(base, recipe(0), [tmp_path / "empty"])


def test_an_image_gives_what_the_tower_sees_and_what_the_reader_reads(base: Checkpoint, tmp_path: Path) -> None:
    image = Image.new("RGB", (640, 160), "white")
    ImageDraw.Draw(image).text((20, 50), "STATION CLOCK", "black", ImageFont.load_default(60))
    image.save(tmp_path / "sign.png")
    (tmp_path / "broken.png").write_bytes(b"\x89PNG\r\n")
    made = calibrate(base, Recipe(iters=1, seqlen=512), [], [tmp_path])
    (sample,) = made.images
    assert made.skipped == 1
    visual = sample.token_ids.count(base.config.image_token)
    assert 50 <= visual <= 256
    assert "STATION CLOCK" in ChatTokenizer(base).decode(sample.token_ids)
    assert made.tokens == made.longest == len(sample.token_ids) <= 512
