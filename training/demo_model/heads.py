"""What is learned, as losses: the answers, and what heads that are thrown away should say.

The heads teach the vision tower thousands of labelled places an image, and the text decoder where to look, where an
answer alone sits on a plateau for hours.
"""

import math

import torch
from tokenizers import Tokenizer
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from training.demo_model.architecture import BOX_NUMBERS
from training.demo_model.lessons import Batch
from training.demo_model.places import CHARACTERS, NOWHERE, SLOTS

EDGE_BINS, EDGE_BLUR = 100, 1.2
"""Hundredths of the image's side, and the standard deviation of the blurred answer."""
POINTING_WIDTH, POINTING_LAYER = 64, 2
"""The layers behind POINTING_LAYER can read off what it found."""
NUMBER_BLUR = 1.5
"""The same for a box's numbers, in steps of them."""
NEAR = 0.1
"""A number counts as right where its part of the blurred answer is at least so much of the truth's."""


class Heads(nn.Module):
    """What a visual token holds: its characters and where their words are; and which one an answer is read off."""

    def __init__(self, width: int, tokenizer: Tokenizer) -> None:
        super().__init__()
        self._targets = answer_targets(tokenizer)
        self.slots = nn.Linear(width, SLOTS * CHARACTERS)
        self.edges = nn.Linear(width, 4 * EDGE_BINS)
        # Until the heads have learned something, they tell the vision tower nothing.
        nn.init.zeros_(self.slots.weight)
        nn.init.zeros_(self.edges.weight)
        self.looks_for, self.looks_like = (nn.Linear(width, POINTING_WIDTH) for _ in range(2))
        self.number_in_it = nn.Linear(width, SLOTS)

    def seeing_losses(self, embeddings: Tensor, batch: Batch) -> tuple[Tensor, Tensor, Tensor]:
        """The losses of the characters and of the edges, and the part of the characters that are right."""
        slots = self.slots(embeddings).float().view(-1, CHARACTERS)
        wanted = batch.slots.flatten()
        # Most slots are empty: they count for less, so that what is there is learned first.
        weights = torch.ones(CHARACTERS)
        weights[-1] = 0.2
        slot_loss = cross_entropy(slots, wanted, weights)
        filled = wanted != CHARACTERS - 1
        right = (slots.argmax(-1) == wanted)[filled].float().mean() if filled.any() else torch.tensor(1.0)
        known = ~batch.edges.isnan()
        if not known.any():
            return slot_loss, self.edges(embeddings).float().sum() * 0, right
        edges = self.edges(embeddings).float().unflatten(-1, (4, EDGE_BINS))[known]
        distance = torch.arange(EDGE_BINS) + 0.5 - batch.edges[known][:, None] * EDGE_BINS
        return slot_loss, cross_entropy(edges, blurred(distance, EDGE_BLUR)), right

    def answer_loss(self, logits: nn.Module, hidden: Tensor, labels: Tensor) -> tuple[Tensor, float]:
        """Mean loss of an answer's token, and the part of the conversations without a wrong one.

        `hidden` [B, T, D] are last hidden states, which `logits` turns into one number for each token.
        """
        learned = labels[:, 1:] != -100
        said = logits(hidden[:, :-1][learned]).float()
        wanted = self._targets[labels[:, 1:][learned]]
        wrong = wanted.gather(1, said.argmax(-1, keepdim=True))[:, 0] < NEAR * wanted.amax(-1)
        spoiled = set(learned.nonzero()[:, 0][wrong].tolist())
        return cross_entropy(said, wanted), 1 - len(spoiled) / len(labels)

    def pointing_loss(self, hidden: Tensor, batch: Batch) -> tuple[Tensor, Tensor]:
        """The loss of looking elsewhere than where an answer is to be read off, and the part that looks there.

        `hidden` [B, T, D] is what layer POINTING_LAYER of the text decoder gave: before a character or a box's number
        it should tell the visual token, and which of the characters in it.
        """
        looks = batch.looks[:, 1:]
        known = looks[:, :, 0] >= 0
        if not known.any():
            # All heads must have a gradient, or the workers would send each other different ones.
            used = (self.looks_for, self.looks_like, self.number_in_it)
            return sum((head(hidden).sum() for head in used), torch.tensor(0.0)) * 0, torch.tensor(1.0)
        visual = hidden[:, batch.visual_start : batch.visual_start + batch.grid[0] * batch.grid[1]]
        scores = self.looks_for(hidden[:, :-1]) @ self.looks_like(visual).transpose(1, 2) / math.sqrt(POINTING_WIDTH)
        scores, tokens = scores[known].float(), looks[:, :, 0][known]
        numbers = self.number_in_it(hidden[:, :-1][known]).float()
        loss = cross_entropy(scores, tokens)
        if (looks[:, :, 1] >= 0).any():
            loss = loss + cross_entropy(numbers, looks[:, :, 1][known], ignore_index=NOWHERE[1])
        else:
            loss = loss + numbers.sum() * 0
        return loss, (scores.argmax(-1) == tokens).float().mean()


def blurred(distance: Tensor, deviation: float) -> Tensor:
    """What a choice among neighbours should be, given each one's distance from the truth: a bell of sum 1."""
    return torch.softmax(-((distance / deviation) ** 2) / 2, dim=-1)


def answer_targets(tokenizer: Tokenizer) -> Tensor:
    """[vocabulary, vocabulary]: what the model should predict where each token is the right one.

    That token, and around a box's number a little of its neighbours.
    """
    targets = torch.eye(tokenizer.get_vocab_size())
    for numbers in BOX_NUMBERS:
        ids = torch.tensor([tokenizer.token_to_id(number) for number in numbers])
        places = torch.arange(len(ids))
        targets[ids[:, None], ids] = blurred((places - places[:, None]).float(), NUMBER_BLUR)
    return targets
