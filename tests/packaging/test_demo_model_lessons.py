"""What the demo model is taught: images whose labels are true, and a fast forward pass that is Hugging Face's."""

import json
import random
from typing import Any

import numpy as np
import pytest
import torch
from architecture import BOX_HEAD, BOX_MIDDLE, BOX_TAIL, make_model, make_tokenizer
from batched import cut, make_fast, read, see
from conversations import NO_TEXT, REFUSAL, box_answer, conversation
from rounding import RoundingLinear, rounded
from text_images import FONT_FOLDER, FONTS, TextImage, render
from train import CHARACTERS, FIRST_CHARACTER, Lessons, Stage, places, rate_at, stage_at

from tests.support.tiny_model import quiet

pytestmark = pytest.mark.skipif(
    not all((FONT_FOLDER / font).exists() for font in FONTS), reason="packaging/check.sh installs the fonts"
)


def images(count: int, variety: float = 1.0) -> list[TextImage]:
    rng = random.Random(5)
    return [render(rng, 320, 128, variety=variety) for _ in range(count)]


def test_all_ink_lies_in_the_boxes_and_every_box_holds_ink() -> None:
    for image in images(40):
        ground = np.median(image.pixels.reshape(-1, 3), axis=0)
        ink = np.abs(image.pixels.astype(int) - ground).max(axis=2) > 60
        inside = np.zeros_like(ink)
        for word in image.words:
            left, top, right, bottom = word.box
            place = np.s_[max(0, int(top) - 1) : int(bottom) + 2, max(0, int(left) - 1) : int(right) + 2]
            assert ink[place].any(), word
            inside[place] = True
        assert not (ink & ~inside).any()


def test_glyphs_spell_the_lines() -> None:
    for image in images(20):
        spelled = "".join(glyph.text for glyph in image.glyphs)
        assert spelled == "".join(image.lines)
        assert all(0 <= glyph.x <= 320 and 0 <= glyph.y <= 128 for glyph in image.glyphs)


def test_visual_tokens_are_told_their_characters_and_where_words_begin_and_end() -> None:
    tokenizer = make_tokenizer()
    stage = Stage(part=None, variety=1.0, reads=False)
    batch = Lessons(tokenizer).batch(2, 0, stage)
    images_again = Lessons(tokenizer).batch(2, 0, stage)
    assert torch.equal(batch.slots, images_again.slots)
    rng = random.Random(9)
    image = render(rng, 320, 128)
    slots, edges = places(image, (4, 10))
    spelled = sorted(chr(FIRST_CHARACTER + number) for number in slots.flatten().tolist() if number != CHARACTERS - 1)
    assert spelled == sorted("".join(image.lines))
    lefts, _, rights, _ = (edges[:, side][~edges[:, side].isnan()] for side in range(4))
    wide = {round(word.box[0] / 320, 4) for word in image.words}
    assert {round(left, 4) for left in lefts.tolist()} <= wide
    assert len(lefts) > 0
    assert len(rights) > 0
    assert (edges[:, 1] < edges[:, 3])[~edges[:, 1].isnan()].all()


def test_without_variety_all_look_alike_and_with_it_they_do_not() -> None:
    assert {tuple(image.pixels[-1, -1]) for image in images(10, variety=0.0)} == {(255, 255, 255)}
    assert len({tuple(image.pixels[-1, -1]) for image in images(10)}) > 5


def test_answers_are_true_of_the_image() -> None:
    rng = random.Random(6)
    kinds = set()
    for image in images(60):
        texts = [word.text for word in image.words]
        for question, answer in conversation(rng, image, 3):
            if answer == "\n".join(image.lines):
                kinds.add("read")
            elif answer.startswith(BOX_HEAD):
                kinds.add("where")
                (item,) = json.loads(answer.removeprefix("```json\n").removesuffix("\n```"))
                (word,) = (word for word in image.words if word.text.rstrip(".,:;!?") == item["label"].rstrip(".,:;!?"))
                assert abs(item["bbox_2d"][0] - word.box[0] / 320 * 1000) <= 0.5
                assert item["label"] in question
            elif answer == REFUSAL:
                kinds.add("other")
            elif answer.split(" ")[0].isdigit():
                kinds.add("count")
                assert int(answer.split(" ")[0]) == len(image.lines)
            else:
                kinds.add("absent")
                assert question.removeprefix("Where is ").removesuffix("?") not in texts
    assert kinds == {"read", "where", "other", "count", "absent"}


def test_a_blank_image_has_no_text() -> None:
    blank = TextImage(np.zeros((64, 64, 3), np.uint8), (), (), ())
    answers = {answer for _, answer in conversation(random.Random(1), blank, 2)}
    assert NO_TEXT in answers or REFUSAL in answers or "0 lines" in answers


def test_a_box_is_three_tokens_and_its_numbers() -> None:
    tokenizer = make_tokenizer()
    answer = box_answer('5"', (10, 20, 50, 40), 200, 100)
    tokens = tokenizer.encode(answer).tokens
    assert [tokens[0], tokens[-1]] == [BOX_HEAD, BOX_TAIL]
    assert BOX_MIDDLE in tokens
    assert tokenizer.decode(tokenizer.encode(answer).ids) == answer
    assert json.loads(answer.removeprefix("```json\n").removesuffix("\n```"))[0] == {
        "bbox_2d": [50, 200, 250, 400],
        "label": '5"',
    }


def test_the_fast_forward_pass_is_hugging_faces() -> None:
    tokenizer = make_tokenizer()
    with torch.random.fork_rng(), quiet():
        torch.manual_seed(2)
        model: Any = make_model(tokenizer).eval()
    batch = Lessons(tokenizer).batch(3, 0, Stage(part=0.0, variety=1.0, reads=True))
    pixels, tokens = batch.pixels[:2], batch.tokens[:2]
    with torch.no_grad(), quiet():
        expected = model.model(
            input_ids=tokens,
            pixel_values=cut(pixels).flatten(0, 1),
            image_grid_thw=torch.tensor([[1, side * 2, other * 2] for side, other in [batch.grid] * 2]),
            mm_token_type_ids=torch.eq(tokens, tokenizer.get_vocab()["<|image_pad|>"]).int(),
        ).last_hidden_state
        make_fast(model)
        embeddings, levels, _ = see(model.model.visual, pixels)
        made = read(model.model.language_model, tokens, batch.visual_start, embeddings, levels, batch.grid)
    assert torch.allclose(made, expected, atol=1e-4)


def test_labels_are_the_answers_and_their_end() -> None:
    tokenizer = make_tokenizer()
    batch = Lessons(tokenizer).batch(4, 1, Stage(part=0.9, variety=1.0, reads=True))
    end = tokenizer.token_to_id("<|im_end|>")
    for tokens, labels in zip(batch.tokens, batch.labels, strict=True):
        learned = labels != -100
        assert (tokens[learned] == labels[learned]).all()
        assert labels[learned][-1] == end
        assert not (labels == tokenizer.token_to_id("<|image_pad|>")).any()


def test_the_schedule_sees_first_and_ends_at_rest() -> None:
    stages = [stage_at(step, 2000, 1500) for step in range(2000)]
    assert not any(stage.reads for stage in stages[:1500])
    assert sum(stage.reads for stage in stages[1500:]) > 300
    assert not stages[1500].rounds
    assert stages[1999].rounds
    assert rate_at(1999, 2000, 1500) < 0.05
    assert max(rate_at(step, 2000, 1500) for step in range(2000)) == 1.0


def test_weights_are_rounded_as_auto_round_rounds_them() -> None:
    from auto_round.data_type.int import quant_tensor_rtn_sym  # noqa: PLC0415

    with torch.random.fork_rng():
        torch.manual_seed(4)
        weight = torch.randn(32, 256)
    with quiet():
        expected, _, _ = quant_tensor_rtn_sym(weight.clone(), bits=4, group_size=128)
    assert torch.equal(rounded(weight), expected)
    layer = RoundingLinear(256, 32, bias=False)
    layer.weight.data.copy_(weight)
    layer.rounds = True
    inputs = torch.ones(1, 256)
    assert torch.allclose(layer(inputs), inputs @ expected.T)
    torch.autograd.backward(layer(inputs).sum())
    assert layer.weight.grad is not None
    assert (layer.weight.grad == 1).all()
