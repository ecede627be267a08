"""Syntax highlighting of code with Pygments."""

from collections.abc import Sequence
from functools import cache, lru_cache

from pygments.lexers import get_all_lexers, get_lexer_by_name
from pygments.styles import get_style_by_name
from pygments.token import Token

LIGHT, DARK = "xcode", "github-dark"
"""Styles of Pygments in which every colour has a contrast of at least 4.5 to 1 with the frame's background."""
COMMON = (
    *("bash", "c", "cpp", "csharp", "css", "diff", "go", "html", "ini", "java", "javascript", "json", "kotlin"),
    *("markdown", "php", "python", "ruby", "rust", "sql", "swift", "toml", "typescript", "xml", "yaml"),
)
"""Common languages of code in answers, by the names that models use."""

Span = tuple[int, int, str]
"""Start, end and colour of a part of code."""


def load_common_languages() -> None:
    """Preload Pygments for COMMON, since the first code in a language takes up to 0.1 s. May run on any thread."""
    for language in COMMON:
        for style in (LIGHT, DARK):
            colour_spans("a: 1\n", language, style)


@lru_cache(64)
def colour_spans(code: str, language: str, style: str) -> Sequence[Span]:
    """Return start, end and `#rrggbb` of all parts with a colour; empty if the language is unknown."""
    if language not in _known_languages():
        return ()
    colours = get_style_by_name(style)
    spans = []
    try:
        for start, kind, text in get_lexer_by_name(language).get_tokens_unprocessed(code):
            while not colours.styles_token(kind):  # Some kinds are defined by a lexer.
                kind = kind.parent or Token  # noqa: PLW2901
            if name := colours.style_for_token(kind)["color"]:
                spans.append((start, start + len(text), f"#{name}"))
    except Exception:  # noqa: BLE001 - a lexer that fails on what a model wrote
        return ()
    return tuple(spans)


@cache
def _known_languages() -> frozenset[str]:
    """Return the languages of Pygments itself: for any other, it would search all installed packages."""
    return frozenset(alias for _, aliases, _, _ in get_all_lexers(plugins=False) for alias in aliases)
