"""What the demo model is taught: images whose labels are true, and a fast forward pass that is Hugging Face's."""

import json
import random
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import load_file
from tokenizers import Tokenizer

from app.paths import DEMO_MODEL
from tests.support.tiny_model import quiet
from training.demo_model.architecture import BOX_HEAD, BOX_MIDDLE, BOX_STEP, BOX_TAIL, make_model, make_tokenizer
from training.demo_model.batched import cut, make_fast, read, see
from training.demo_model.conversations import NO_TEXT, REFUSAL, box_answer, conversation
from training.demo_model.heads import Heads, answer_targets
from training.demo_model.lessons import Batch, Lessons, Stage, rate_at, stage_at
from training.demo_model.places import (
    CHARACTERS,
    FIRST_CHARACTER,
    NOWHERE,
    glyph_places,
    looked_at,
    number_places,
    places,
)
from training.demo_model.released import start_from
from training.demo_model.rounding import RoundingLinear, rounded
from training.demo_model.text_images import FONT_FOLDER, FONTS, TextImage, random_word, render

pytestmark = pytest.mark.skipif(
    not all((FONT_FOLDER / font).exists() for font in FONTS), reason="packaging/check.sh installs the fonts"
)


def images(count: int, variety: float = 1.0) -> list[TextImage]:
    rng = random.Random(5)
    return [render(rng, 320, 128, variety=variety) for _ in range(count)]


def test_all_ink_lies_in_the_boxes_and_every_box_holds_ink() -> None:
    for image in images(40):
        ground = np.median(image.pixels.reshape(-1, 3), axis=0)
        foreground = np.abs(image.pixels.astype(int) - ground).max(axis=2) > 60
        inside = np.zeros_like(foreground)
        for word in image.words:
            left, top, right, bottom = word.box
            place = np.s_[max(0, int(top) - 1) : int(bottom) + 2, max(0, int(left) - 1) : int(right) + 2]
            assert foreground[place].any(), word
            inside[place] = True
        assert not (foreground & ~inside).any()


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
                assert abs(item["bbox_2d"][0] - word.box[0] / 320 * 1000) <= BOX_STEP / 2
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


def test_a_box_is_a_token_for_every_number_and_two_around_it() -> None:
    tokenizer = make_tokenizer()
    answer = box_answer('5"', (12, 20, 48, 40), 200, 100)
    tokens = tokenizer.encode(answer).tokens
    assert tokens == [BOX_HEAD, "60, ", "200, ", "240, ", f"400{BOX_MIDDLE}", "5", "\\", '"', BOX_TAIL]
    assert tokenizer.decode(tokenizer.encode(answer).ids) == answer
    assert json.loads(answer.removeprefix("```json\n").removesuffix("\n```"))[0] == {
        "bbox_2d": [60, 200, 240, 400],
        "label": '5"',
    }


def test_a_boxs_numbers_are_blurred_and_no_other_token_is() -> None:
    tokenizer = make_tokenizer()
    targets = answer_targets(tokenizer)
    assert torch.allclose(targets.sum(1), torch.ones(len(targets)))
    letter = tokenizer.token_to_id("a")
    assert targets[letter, letter] == 1
    first = targets[tokenizer.token_to_id("400, ")]
    near, far, other = (first[tokenizer.token_to_id(token)] for token in ("404, ", "480, ", f"404{BOX_MIDDLE}"))
    assert first.argmax() == tokenizer.token_to_id("400, ")
    assert near > 0.5 * first.max()
    assert far < 1e-6
    assert other == 0


def test_a_boxs_numbers_are_read_off_the_words_ends() -> None:
    tokenizer = make_tokenizer()
    # An image of 4 x 2 visual tokens; the word lies in the lower row, from the second to the fourth.
    answer = box_answer("word", (40, 34, 120, 60), 128, 64)
    blank = TextImage(np.zeros((64, 128, 3), np.uint8), (), (), ())
    looks = looked_at(answer, tokenizer.encode(answer).ids, number_places(tokenizer), blank, (2, 4))
    assert [token for token, _ in looks] == [-100, 5, 5, 7, 7, *[-100] * 5]


def test_a_texts_characters_are_read_off_where_they_lie() -> None:
    tokenizer = make_tokenizer()
    image = render(random.Random(4), 320, 128)
    answer = "\n".join(image.lines)
    tokens = [*tokenizer.encode(answer).ids, 2]
    looks = looked_at(answer, tokens, number_places(tokenizer), image, (4, 10))
    slots, _ = places(image, (4, 10))
    for character, (token, slot) in zip(answer, looks[:-1], strict=True):
        assert character == "\n" if token < 0 else chr(FIRST_CHARACTER + int(slots[token, slot])) == character
    assert looks[-1] == NOWHERE
    assert sum(token >= 0 for token, _ in looks) == len(glyph_places(image, (4, 10))) == len("".join(image.lines))


def test_looking_where_the_answer_is_costs_nothing() -> None:
    heads = Heads(4, make_tokenizer())
    for layer in (heads.looks_for, heads.looks_like, heads.number_in_it):
        torch.nn.init.zeros_(layer.bias)
        torch.nn.init.zeros_(layer.weight)
        layer.weight.data[:4, :4] = 100 * torch.eye(4)
    looks = torch.full((1, 8, 2), -100)
    looks[0, 6], looks[0, 7] = torch.tensor([1, 1]), torch.tensor([0, -100])
    tokens, hidden = torch.zeros(1, 8, dtype=torch.long), torch.zeros(1, 8, 4)
    hidden[0, 2, 0], hidden[0, 3, 1] = 1, 1  # The two visual tokens.
    hidden[0, 5, 1], hidden[0, 6, 0] = 1, 1  # Before the labels that are read off them.
    none = torch.zeros(0)
    pixels = torch.zeros(1, 32, 64, 3, dtype=torch.uint8)
    batch = Batch(pixels, tokens, tokens, looks, none, none, visual_start=2, grid=(1, 2))
    loss, pointed = heads.pointing_loss(hidden, batch)
    assert pointed == 1
    assert loss < 1e-3


def test_no_word_leaves_open_which_letters_it_has() -> None:
    """In some fonts I looks like l, O like 0, and C like c: only what stands beside them tells."""
    for seed in range(3000):
        word = random_word(random.Random(seed))
        letters = "".join(letter for letter in word if letter.isalpha())
        has_digits = any(letter.isdigit() for letter in word)
        if set(letters) & set("IO"):
            assert not has_digits, word
            assert letters.isupper(), word
            assert len(letters) > 1, word
        assert not ("l" in letters and has_digits), word
        assert has_digits or set(letters.lower()) - set("cosvwxz"), word


def test_training_goes_on_from_the_released_model() -> None:
    tokenizer = make_tokenizer()
    with quiet():
        model: Any = make_model(tokenizer)
    start_from(DEMO_MODEL, model, tokenizer)
    released = load_file(DEMO_MODEL / "model.safetensors")
    layer = model.model.language_model.layers[0].mlp.down_proj.weight
    assert torch.equal(rounded(layer.detach()), layer)
    kept = model.model.visual.merger.linear_fc1.weight
    assert torch.equal(kept, released["model.visual.merger.linear_fc1.weight"].float())
    letters = [tokenizer.token_to_id(letter) for letter in "abc"]
    known = Tokenizer.from_file(str(DEMO_MODEL / "tokenizer.json"))
    expected = released["model.language_model.embed_tokens.weight"][[known.token_to_id(letter) for letter in "abc"]]
    assert torch.equal(model.lm_head.weight[letters], expected.float())


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
        made, _ = read(model.model.language_model, tokens, batch.visual_start, embeddings, levels, batch.grid)
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
