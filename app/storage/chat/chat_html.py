"""One branch of a chat as a self-contained web page that loads nothing.

A chat contributes text only: elements and attributes come from markdown-it, Pygments, `mathml` and this module.
"""

import base64
import html
import re
from collections.abc import Mapping, Sequence
from typing import Any, cast

from markdown_it import MarkdownIt
from markdown_it.rules_core import StateCore
from markdown_it.token import Token
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import get_lexer_by_name

from app.domain.chat.chat import Message, Role
from app.domain.ids import Digest
from app.domain.images.attachments import Attachment
from app.domain.text.links import is_safe_link
from app.domain.text.markdown import MARK_END, MARK_START, Formula, mark_spans, with_marks
from app.storage.chat.chat_markdown import author, labels_of, moment
from app.storage.chat.mathml import mathml

_STYLE = """
body { font: 16px/1.5 system-ui, sans-serif; max-width: 46em; margin: 2em auto; padding: 0 1em; color: #1e1d1a; }
article { margin: 1.5em 0; } article.user { background: #edece7; border-radius: 12px; padding: .5em 1em; }
header { color: #6b6962; font-size: 13px; } img { max-width: 100%; border-radius: 6px; }
pre { background: #f6f5f2; border: 1px solid #e1dfd9; border-radius: 8px; padding: .75em; overflow: auto; }
table { border-collapse: collapse; } th, td { border: 1px solid #e1dfd9; padding: .3em .6em; }
.plain { white-space: pre-wrap; }
"""
_POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'; form-action 'none'; base-uri 'none'"
"""The page's policy (Content Security Policy 3, section 6); default-src does not cover the last two directives."""
_PAGE = """<!DOCTYPE html>
<html><head><meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{policy}">
<meta http-equiv="x-dns-prefetch-control" content="off">
<title>{title}</title><style>{style}</style></head>
<body><h1>{title}</h1>
{articles}
</body></html>
"""

_IMAGE_TYPE = re.compile(r"image/[a-z0-9.+-]+", re.ASCII | re.IGNORECASE)
MAX_COLOURED = 20_000
"""Maximum length of highlighted code in characters; highlighting more takes too long."""


def chat_html(title: str, branch: Sequence[Message], images: Mapping[Digest, bytes], instructions: str = "") -> bytes:
    """Render the branch from its first message on; `images` has the images' bytes by digest. Formulas become MathML.

    A policy in the head keeps browsers from loading anything, and from resolving the hosts of links before a click.
    """
    articles = "\n".join([*_instructions(instructions), *(_article(message, images) for message in branch)])
    page = _PAGE.format(policy=_POLICY, title=html.escape(title), style=_STYLE, articles=articles)
    return page.encode("utf-8", "replace")


def _instructions(text: str) -> list[str]:
    """Return the article of a chat's instructions, if it has any."""
    body = f'<article dir="auto"><header>Instructions</header><p class="plain">{html.escape(text)}</p></article>'
    return [body] if text else []


def _article(message: Message, images: Mapping[Digest, bytes]) -> str:
    pictures = "".join(f"<p>{_picture(image, images[image.digest])}</p>" for image in message.attachments)
    if message.role is Role.USER or message.page is not None:
        text = f'<p class="plain">{html.escape(message.text)}</p>'
    else:
        text = _rendered(message.text)
        if labels := labels_of(message):
            text = f"<p>{html.escape(labels)}</p><details><summary>Data</summary>{text}</details>"
    head = f"<header>{html.escape(author(message))}, {moment(message)}</header>"
    return f'<article class="{message.role}" dir="auto">{head}{pictures}{text}</article>'


def _picture(image: Attachment, content: bytes) -> str:
    media_type = image.media_type if _IMAGE_TYPE.fullmatch(image.media_type) else "image/*"
    return f'<img alt="{html.escape(image.name)}" src="data:{media_type};base64,{base64.b64encode(content).decode()}">'


def _rendered(text: str) -> str:
    marked, formulas = with_marks(text)
    page = str(_markdown.render(marked, {"formulas": formulas}))

    def source(mark: re.Match[str]) -> str:
        number = int(mark[1])
        return html.escape(formulas[number].source) if number < len(formulas) else mark[0]

    # In code and in attributes a formula stays as written.
    return re.sub(f"{MARK_START}(\\d{{1,9}}){MARK_END}", source, page)


def _split_formulas(state: StateCore) -> None:
    """Make a token of each mark in running text."""
    for block in state.tokens:
        if block.children:
            block.children = [part for token in block.children for part in _parts(token, state.env["formulas"])]


def _parts(token: Token, formulas: Sequence[Formula]) -> list[Token]:
    if token.type != "text":
        return [token]
    parts, done = [], 0
    for start, end, number in mark_spans(token.content):
        parts.append(Token("text", "", 0, content=token.content[done:start], level=token.level))
        parts.append(Token("formula", "", 0, meta={"formula": formulas[number]}, level=token.level))
        done = end
    return [*parts, Token("text", "", 0, content=token.content[done:], level=token.level)] if parts else [token]


def _formula(_renderer: object, tokens: Sequence[Token], index: int, _options: object, _env: object) -> str:
    formula = cast("Formula", tokens[index].meta["formula"])
    try:
        return mathml(formula.tex, is_display=formula.is_display)
    except Exception:  # noqa: BLE001 - whatever a model wrote is still shown
        return f"<code>{html.escape(formula.source)}</code>"


def _highlighted(code: str, language: str, _attributes: str) -> str:
    if len(code) > MAX_COLOURED:
        return ""  # As it is.
    try:
        lexer = get_lexer_by_name(language)
        return str(highlight(code, lexer, HtmlFormatter(nowrap=True, noclasses=True, style="xcode")))
    except Exception:  # noqa: BLE001 - an unknown language, or a lexer that fails on what a model wrote
        return ""


def _made_markdown() -> MarkdownIt:
    markdown = MarkdownIt("commonmark", {"html": False, "breaks": True, "highlight": _highlighted})
    # An image in a model's text would be loaded from elsewhere: it becomes a link with a "!" before it.
    markdown.enable(["table", "strikethrough"]).disable("image")
    # Before references like &#xe000; are joined with the text around them, so that they never become formulas.
    markdown.core.ruler.before("text_join", "formulas", _split_formulas)
    markdown.add_render_rule("formula", _formula)
    checked: Any = markdown
    checked.validateLink = is_safe_link
    return markdown


_markdown = _made_markdown()
