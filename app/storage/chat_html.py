"""One branch of a chat as a web page that has everything in it and loads nothing."""

import base64
import html
import re
from collections.abc import Mapping, Sequence

from latex2mathml.converter import convert
from markdown_it import MarkdownIt
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import get_lexer_by_name
from pygments.util import ClassNotFound

from app.domain.attachments import Attachment
from app.domain.chat import Message, Role
from app.domain.markdown import MARK_END, MARK_START, Formula, with_marks
from app.storage.chat_markdown import author, moment

_STYLE = """
body { font: 16px/1.5 system-ui, sans-serif; max-width: 46em; margin: 2em auto; padding: 0 1em; color: #1e1d1a; }
article { margin: 1.5em 0; } article.user { background: #edece7; border-radius: 12px; padding: .5em 1em; }
header { color: #6b6962; font-size: 13px; } img { max-width: 100%; border-radius: 6px; }
pre { background: #f6f5f2; border: 1px solid #e1dfd9; border-radius: 8px; padding: .75em; overflow: auto; }
table { border-collapse: collapse; } th, td { border: 1px solid #e1dfd9; padding: .3em .6em; }
.plain { white-space: pre-wrap; }
"""
_PAGE = """<!DOCTYPE html>
<html><head><meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; img-src data:; style-src 'unsafe-inline'">
<title>{title}</title><style>{style}</style></head>
<body><h1>{title}</h1>
{articles}
</body></html>
"""


def chat_html(title: str, branch: Sequence[Message], images: Mapping[str, bytes]) -> bytes:
    """The branch from its first message on, with its images' bytes by digest; formulas are MathML.

    A policy in its head keeps browsers from loading what a model may have named.
    """
    articles = "\n".join(_article(message, images) for message in branch)
    page = _PAGE.format(title=html.escape(title), style=_STYLE, articles=articles)
    return page.encode("utf-8", "replace")


def _article(message: Message, images: Mapping[str, bytes]) -> str:
    pictures = "".join(f"<p>{_picture(image, images[image.digest])}</p>" for image in message.attachments)
    if message.role is Role.USER or message.page is not None:
        text = f'<p class="plain">{html.escape(message.text)}</p>'
    else:
        text = _rendered(message.text)
    head = f"<header>{html.escape(author(message))}, {moment(message)}</header>"
    return f'<article class="{message.role}" dir="auto">{head}{pictures}{text}</article>'


def _picture(image: Attachment, content: bytes) -> str:
    source = f"data:{html.escape(image.media_type)};base64,{base64.b64encode(content).decode()}"
    return f'<img alt="{html.escape(image.name)}" src="{source}">'


def _rendered(text: str) -> str:
    marked, formulas = with_marks(text)
    page = str(_markdown.render(marked))
    return re.sub(f"{MARK_START}(\\d+){MARK_END}", lambda mark: _formula(formulas[int(mark[1])]), page)


def _formula(formula: Formula) -> str:
    try:
        return str(convert(formula.tex, display="block" if formula.is_display else "inline"))
    except Exception:  # noqa: BLE001 - whatever a model wrote is still shown
        return html.escape(formula.source)


def _highlighted(code: str, language: str, _attributes: str) -> str:
    try:
        lexer = get_lexer_by_name(language)
    except ClassNotFound:
        return ""  # As it is.
    return str(highlight(code, lexer, HtmlFormatter(nowrap=True, noclasses=True, style="xcode")))


_markdown = MarkdownIt("commonmark", {"html": False, "breaks": True, "highlight": _highlighted})
_markdown.enable(["table", "strikethrough"])
