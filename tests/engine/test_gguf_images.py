"""Images through the vision part of GGUF models, in each runtime: what Hugging Face's vision tower makes of them."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from app.domain.chat.chat import Role, SeenImage, Turn
from app.domain.settings.load_options import LoadOptions
from app.engine.checkpoints.open_checkpoint import open_checkpoint
from app.engine.generation.image_patches import load_patches
from app.engine.generation.prompt import build_prompt
from app.engine.generation.tokenizer import ChatTokenizer
from app.engine.runtimes import shortlist_head
from app.engine.runtimes.torch import output_head
from tests.engine.test_variants import WHOLE_VOCABULARY, cosine
from tests.support.gguf_files import GgufVariant, make_gguf
from tests.support.reference import Reference
from tests.support.runtimes import RUNTIMES
from tests.support.tiny_checkpoint import make_untaught_checkpoint

MAX_PIXELS = 80 * 1024
VISION_TYPES = ("F16", "BF16", "Q8_0", "Q4_1")


@pytest.fixture(scope="module", params=VISION_TYPES)
def folder(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    parent = tmp_path_factory.mktemp("gguf")
    return make_gguf(
        make_untaught_checkpoint(parent / "plain"), parent / "model", GgufVariant("Q8_0", vision=request.param)
    )


@pytest.mark.parametrize("runtime", RUNTIMES)
def test_images_are_seen_as_by_hugging_face(
    folder: Path, runtime: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shortlist_head, "CANDIDATES", WHOLE_VOCABULARY)
    monkeypatch.setattr(output_head, "CANDIDATES", WHOLE_VOCABULARY)
    coarse = Image.fromarray(np.random.default_rng(11).integers(0, 256, (9, 9, 3), np.uint8))
    picture = coarse.resize((330, 260), Image.Resampling.BICUBIC)
    picture.save(tmp_path / "picture.png")
    turn = Turn(role=Role.USER, text="What?", images=(SeenImage(str(tmp_path / "picture.png")),))
    opened, options = open_checkpoint(folder), LoadOptions(exact_activations=True)
    patches = load_patches(tmp_path / "picture.png", opened.config.vision, opened.preprocessor, MAX_PIXELS)
    prompt = build_prompt([turn], [patches.grid_thw], ChatTokenizer(opened), opened.config)
    engine = RUNTIMES[runtime](options).open(opened, options, lambda _: None, lambda: None)
    features = [engine.encode_image(patches, lambda _: None, lambda: None)]
    sequence = engine.open_sequence()
    ours = sequence.prefill(prompt.token_ids, prompt.positions, features, lambda _: None, lambda: None)
    reference = Reference(folder / "twin")
    pixels = reference.pixels([picture], MAX_PIXELS)
    assert cosine(ours, reference.answer(prompt.token_ids, pixels, 1).logits[0]) >= 0.9995
