"""Untrusted multi-line text made safe to show in the window: invisible control characters are escaped."""

import re

from app.domain.text.visible_text import visible

_UNSEEN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ufff9-\ufffb\ud800-\udfff]")
"""Control characters (ECMA-48), bidirectional embeddings, overrides and isolates (UAX 9), interlinear annotation marks,
and lone surrogates. The directional marks of Arabic and Hebrew affect only adjacent text and stay, as do the joiners of
Persian and of emoji."""


def visible_lines(text: str) -> str:
    r"""Escape invisible characters as `\x1b`, `\u202e`; keep tabs, line breaks and characters that scripts need."""
    return _UNSEEN.sub(lambda found: visible(found[0]), text.replace("\r\n", "\n"))
