"""Where the characters and words of an image lie among its visual tokens, and which of them an answer is read off."""

from collections import Counter
from collections.abc import Sequence

import torch
from tokenizers import Tokenizer
from torch import Tensor

from training.demo_model.architecture import BOX_NUMBERS, WINDOW
from training.demo_model.text_images import Glyph, TextImage

SLOTS = 10
"""The most characters of a visual token that are told."""
FIRST_CHARACTER, CHARACTERS = 32, 96  # printable ASCII, and one place more for "none"

Looks = tuple[int, int]
"""A visual token, and a character's number in it in reading order."""
NOWHERE: Looks = (-100, -100)


def places(image: TextImage, grid: tuple[int, int]) -> tuple[Tensor, Tensor]:
    """Slots [V, SLOTS] and edges [V, 4] of every visual token."""
    height, width, _ = image.pixels.shape
    slots = torch.full((grid[0] * grid[1], SLOTS), CHARACTERS - 1)
    edges = torch.full((grid[0] * grid[1], 4), float("nan"))
    inside: dict[int, list[Glyph]] = {}
    first: dict[int, int] = {}
    last: dict[int, int] = {}
    for glyph, (token, slot) in zip(image.glyphs, glyph_places(image, grid), strict=True):
        if token < 0:
            continue
        inside.setdefault(token, []).append(glyph)
        first.setdefault(glyph.word, token)
        if glyph.text != " ":
            last[glyph.word] = token
        if slot >= 0:
            slots[token, slot] = ord(glyph.text) - FIRST_CHARACTER
    for token, found in inside.items():
        line = image.words[Counter(glyph.word for glyph in found).most_common(1)[0][0]]
        edges[token, 1::2] = torch.tensor(line.box)[1::2] / height
        words = {glyph.word: image.words[glyph.word].box for glyph in found}
        begun = [box[0] for word, box in words.items() if first[word] == token]
        ended = [box[2] for word, box in words.items() if last.get(word) == token]
        if begun:
            edges[token, 0] = begun[0] / width
        if ended:
            edges[token, 2] = ended[-1] / width
    return slots, edges.clamp(0, 0.999)


def glyph_places(image: TextImage, grid: tuple[int, int]) -> list[Looks]:
    """Where each glyph's centre lies; no number behind the first SLOTS of a token."""
    found: list[Looks] = []
    inside: Counter[int] = Counter()
    for glyph in image.glyphs:
        row, column = int(glyph.y // WINDOW), int(glyph.x // WINDOW)
        if row >= grid[0] or column >= grid[1]:
            found.append(NOWHERE)
            continue
        token = row * grid[1] + column
        found.append((token, inside[token] if inside[token] < SLOTS else NOWHERE[1]))
        inside[token] += 1
    return found


def looked_at(
    answer: str, tokens: Sequence[int], numbers: Sequence[float], image: TextImage, grid: tuple[int, int]
) -> list[Looks]:
    """Where each token of an answer, its end among them, is read off.

    A character of the image's text lies where it lies. Of a box, the left and the top are to be seen where the word
    begins, the right and the bottom where it ends. `numbers` are `number_places`.
    """
    if image.lines and answer == "\n".join(image.lines) and len(tokens) == len(answer) + 1:
        glyphs = iter(glyph_places(image, grid))
        return [NOWHERE if character == "\n" else next(glyphs) for character in answer] + [NOWHERE]
    looks = [NOWHERE] * len(tokens)
    told = [place for place, token in enumerate(tokens) if numbers[token] == numbers[token]]
    if told:
        left, top, right, bottom = (numbers[tokens[place]] for place in told)
        high, wide = grid
        row = min(int((top + bottom) / 2 * high), high - 1)
        half_a_letter = (bottom - top) * high / 4
        for place, column in zip(
            told, 2 * [left * wide + half_a_letter] + 2 * [right * wide - half_a_letter], strict=True
        ):
            looks[place] = (row * wide + min(max(int(column), 0), wide - 1), NOWHERE[1])
    return looks


def number_places(tokenizer: Tokenizer) -> list[float]:
    """For a box's numbers what part of the image's side they say, NaN for the other tokens of the vocabulary."""
    known = tokenizer.get_vocab()
    found = [float("nan")] * len(known)
    for numbers in BOX_NUMBERS:
        for place, number in enumerate(numbers):
            found[known[number]] = place / len(numbers)
    return found
