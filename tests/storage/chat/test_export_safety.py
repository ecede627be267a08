"""What a model, an image or a file name says is text in an export: nothing of it acts, loads, or leads elsewhere."""

import random
import re
from dataclasses import replace
from html.parser import HTMLParser

import pytest
from markdown_it import MarkdownIt

from app.domain.batch.batch import Entry, FieldCell, InputFile, ItemState, Output
from app.domain.batch.batch_formats import batch_document
from app.domain.chat.chat import Author, Message
from app.domain.documents.markdown_pages import page_as_markdown
from app.domain.documents.page_formats import PageFormat, formatted
from app.domain.documents.pages import OcrPage
from app.domain.documents.table_formats import as_markdown
from app.domain.documents.tables import Cell, Table
from app.domain.ids import Digest
from app.domain.images.codes import Code
from app.domain.images.geometry import Box, Point, TextLine
from app.domain.text.markdown import without_html
from app.storage.chat.chat_html import chat_html
from app.storage.chat.chat_markdown import chat_markdown
from app.storage.chat.inert_markdown import inert_markdown
from app.storage.chat.mathml import ATTRIBUTES, ELEMENTS, mathml
from tests.support.chats import answer, attachment, question

OURS = {
    "a": {"href", "title"},
    "article": {"class", "dir"},
    "code": {"class"},
    "img": {"alt", "src"},
    "meta": {"charset", "http-equiv", "content"},
    "ol": {"start"},
    "span": {"style"},
    "p": {"class"},
    "td": {"style"},
    "th": {"style"},
    **{
        name: set()
        for name in (
            *(
                "blockquote",
                "body",
                "br",
                "em",
                "h1",
                "h2",
                "h3",
                "h4",
                "h5",
                "h6",
                "head",
                "header",
                "hr",
                "html",
                "li",
            ),
            *("pre", "s", "strong", "style", "table", "tbody", "thead", "title", "tr", "ul"),
        )
    },
}
STYLE = re.compile(
    r"text-align:(left|right|center)|((color|background-color|border): [#\w ]+|font-(weight|style): \w+|; )+"
)
METAS = [
    {"charset": "utf-8"},
    {
        "http-equiv": "Content-Security-Policy",
        "content": "default-src 'none'; img-src data:; style-src 'unsafe-inline'; form-action 'none'; base-uri 'none'",
    },
    {"http-equiv": "x-dns-prefetch-control", "content": "off"},
]
EVIL = [
    '<meta http-equiv="refresh" content="0;url=http://127.0.0.1:9/leak">',
    '<meta/http-equiv="refresh"content="0;url=http://127.0.0.1:9/leak">',
    "<script>alert(1)</script>",
    "<script/src=//e>",
    "</script>",
    "<style>*{display:none}</style>",
    "<style/onload=x>",
    "</style>",
    "<form action=http://127.0.0.1:9><button>",
    "<base href=//e/>",
    "<link rel=stylesheet href=//e>",
    "<iframe srcdoc=x>",
    "<object data=//e>",
    "<embed src=//e>",
    "<svg onload=x>",
    "<a href=javascript:x>",
    "<a/href=//e>y</a>",
    "<img src=//e onerror=x>",
    "<video poster=//e>",
    "</mtext></math><h1>",
    "</mtext>",
    "<annotation-xml encoding=text/html>",
    "<maction href=//e>",
    "</title>",
    "</pre>",
    "</article></body></html>",
    "<!--",
    "-->",
    "<![CDATA[",
    "]]>",
    "<?xml x?>",
    "<!DOCTYPE x>",
    "<b>",
    "<br/>",
    "<div>\n",
    "&lt;img src=x&gt;",
    "&#60;b&#62;",
    "&#xe000;0&#xe001;",
    "&#xe000;99&#xe001;",
    "\ue0000\ue001",
    "&quot;onx=&quot;",
    '" onload="x',
    "' onload='x",
    "`",
    "``",
    "```",
    "~~~",
    "\n```html\n",
    '\n~~~ " onload=x\n',
    "\\",
    "\\\\",
    "\x00",
    "\ud800",
    "[x](javascript:alert(1))",
    "[x](//e)",
    "[x](file:///etc/passwd)",
    "[x](data:text/html,x)",
    '[x](http://e "$x$\\" onx=1")',
    "![x](http://e/i.png)",
    "![$x$](//e)",
    "![a][r]",
    "\n\n[r]: javascript:x\n\n",
    "\n\n[r]: http://e/r 't'\n\n",
    "<javascript:x>",
    '<http://e/?"x>',
    "<ms-msdt:/id>",
    "[x](smb://e/s)",
    "$x$",
    "| a | b |\n|:-:|--:|\n| ",
    " | ",
    "> ",
    "- ",
    "    ",
    "\n",
    "\n\n",
]
TEX = [
    r"\text{",
    r"\mbox{",
    r"\fbox{",
    r"\tag{",
    r"\href{",
    r"\style{",
    r"\class{",
    r"\color{",
    r"\operatorname{",
    r"\begin{",
    r"\hspace{",
]


class Elements(HTMLParser):
    """All elements of a page, and its text."""

    def __init__(self, page: bytes) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str]]] = []
        self.text = ""
        self.others: list[str] = []
        self.feed(page.decode())
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, {name: value or "" for name, value in attrs}))
        assert len(attrs) == len(self.found[-1][1])

    def handle_data(self, data: str) -> None:
        self.text += data

    def handle_comment(self, data: str) -> None:
        self.others.append(data)

    def handle_pi(self, data: str) -> None:
        self.others.append(data)

    def unknown_decl(self, data: str) -> None:
        self.others.append(data)


def assert_harmless(page: bytes) -> Elements:
    elements = Elements(page)
    for tag, attributes in elements.found:
        if tag in ELEMENTS:
            assert attributes.keys() <= ATTRIBUTES | {"xmlns"}
            continue
        assert attributes.keys() <= OURS[tag], (tag, attributes)
        assert re.match(r"https?://|mailto:", attributes.get("href", "http://"), re.IGNORECASE)
        assert attributes.get("src", "data:image/").startswith("data:image/")
        assert STYLE.fullmatch(attributes.get("style", "; ")), attributes
    assert [attributes for tag, attributes in elements.found if tag == "meta"] == METAS
    assert [tag for tag, _ in elements.found].count("style") == 1
    assert [tag for tag, _ in elements.found].count("body") == 1
    assert not elements.others
    return elements


def hostile(rng: random.Random) -> str:
    """A text of parts that mean something to a browser, to Markdown or to TeX."""
    parts = []
    for _ in range(rng.randint(1, 9)):
        part = rng.choice(EVIL) if rng.random() < 0.7 else rng.choice(["a < b", "x", " word ", "&amp;", "é"])
        if rng.random() < 0.4:
            part = f"{rng.choice(['$', '$$'])}{rng.choice(TEX)}{part}}}{rng.choice(['', '{x}', '{y}+1'])}"
            part += "$" if part[1] != "$" else "$$"
        parts.append(part)
    return rng.choice(["", " ", "\n"]).join(parts)


def hostile_branch(rng: random.Random) -> list[Message]:
    image = replace(
        attachment(hostile(rng), "ab" * 32), media_type=rng.choice(["image/png", 'x" onerror="y', "text/html"])
    )
    read = replace(answer(hostile(rng), "a2"), author=Author.READER, page=OcrPage(9, 9, (), "x"))
    return [
        replace(question(hostile(rng)), attachments=(image,)),
        replace(answer(hostile(rng)), model_name=hostile(rng)),
        read,
    ]


@pytest.mark.parametrize("seed", range(8))
def test_a_web_page_has_only_elements_that_cannot_act(seed: int) -> None:
    rng = random.Random(seed)
    for _ in range(40):
        assert_harmless(chat_html(hostile(rng), hostile_branch(rng), {Digest("ab" * 32): b"x"}))


@pytest.mark.parametrize("command", ["text", "mbox", "fbox", "tag", "href", "style", "operatorname", "color", "class"])
def test_no_formula_brings_elements_along(command: str) -> None:
    for evil in EVIL:
        for tex in (f"\\{command}{{{evil}}}", f"\\{command}{{{evil}}}{{{evil}}}"):
            assert_harmless(chat_html("", [answer(f"It is ${tex}$ EUR")], {}))


def test_what_stands_in_a_formula_is_shown_as_text() -> None:
    leak = '<meta/http-equiv="refresh"content="0;url=http://127.0.0.1:9/leak">'
    page = assert_harmless(chat_html("", [answer(f"The total is $\\text{{{leak}}}$ EUR")], {}))
    assert leak in page.text
    assert "math" in dict(page.found)


@pytest.mark.parametrize(
    ("tex", "shown"),
    [
        (r"\text{if a < b & c}", "<mtext>if\u00a0a\u00a0&lt;\u00a0b\u00a0&amp;\u00a0c</mtext>"),
        (r"a < b", "<mi>a</mi><mo>&lt;</mo><mi>b</mi>"),
        (r"\color{red}{x}", '<mstyle mathcolor="red"><mrow><mi>x</mi></mrow></mstyle>'),
        (r"\frac{1}{2}", "<mfrac><mrow><mn>1</mn></mrow><mrow><mn>2</mn></mrow></mfrac>"),
        (r"\begin{pmatrix}1&2\end{pmatrix}", "<mo>(</mo><mtable><mtr><mtd><mn>1</mn></mtd><mtd><mn>2</mn></mtd>"),
        (r"\href{javascript:x}{y}", "<mrow><mrow><mrow><mi>y</mi></mrow></mrow></mrow>"),
    ],
)
def test_formulas_are_still_formulas(tex: str, shown: str) -> None:
    assert shown in mathml(tex, is_display=False)


@pytest.mark.parametrize("tex", ["{" * 490 + "}" * 490, r"\sqrt" * 190 + "x", r"\left(" * 100, "x^{" * 300 + "}" * 300])
def test_a_formula_of_any_depth_is_shown(tex: str) -> None:
    assert_harmless(chat_html("", [answer(f"${tex}$")], {}))


def test_formulas_are_set_in_running_text_and_stay_as_written_in_code_and_titles() -> None:
    text = '**$x$** [$y$](http://e "$z$")\n\n    $v$\n\n![$w$](http://e/i.png) &#xe000;99&#xe001;'
    page = assert_harmless(chat_html("", [answer(text)], {}))
    assert [tag for tag, _ in page.found].count("math") == 3
    assert ("a", {"href": "http://e", "title": "$z$"}) in page.found
    assert ("a", {"href": "http://e/i.png"}) in page.found
    assert "$v$" in page.text


LIVE = MarkdownIt("commonmark", {"html": True, "maxNesting": 200}).enable(["table", "strikethrough"])
WITHOUT_TABLES = MarkdownIt("commonmark", {"html": True, "maxNesting": 200})


def kinds(markdown: MarkdownIt, text: str) -> list[str]:
    tokens = markdown.parse(text)
    return [token.type for token in tokens] + [child.type for token in tokens for child in token.children or ()]


@pytest.mark.parametrize("seed", range(8))
def test_markdown_has_no_html_and_no_images_but_ours(seed: int) -> None:
    rng = random.Random(seed)
    for _ in range(40):
        title, branch = hostile(rng), hostile_branch(rng)
        for target, images in (({}, 0), ({Digest("ab" * 32): "x images/a.png"}, 1)):
            for markdown in (LIVE, WITHOUT_TABLES):
                found = kinds(markdown, chat_markdown(title, branch, target))
                assert found.count("image") == images
                assert not {"html_block", "html_inline"} & set(found)


@pytest.mark.parametrize(
    "text",
    [
        "a < b, x<y, `<b>` and\n\n```html\n<img src=x>\n```\n\n- 1\n\n      ```\n      <i>\n      ```",
        "<https://example.org> and <a@b.c>",
        r"\<b> and \\ and $a<b$ and \![x](y)",
        "| a | b |\n|---|---|\n| 1 < 2 | `<td>` |",
        "~~~\n![x](http://e)\n~~~",
        r"\![x](y) and `![x](y)`",
    ],
)
def test_markdown_without_html_stays_as_it_is(text: str) -> None:
    assert inert_markdown(text) == text


@pytest.mark.parametrize(
    ("text", "inert"),
    [
        ("1<br>2 `<br>` <https://e.org>", r"1\<br>2 `<br>` <https://e.org>"),
        ("![x](http://e/leak?q=1)", r"\![x](http://e/leak?q=1)"),
        ("- ```\n  x\n  ```\n  <img src=x>", "- ```\n  x\n  ```\n  \\<img src=x>"),
        ("``` `x` <img src=x>", r"``` `x` \<img src=x>"),
        ("`a\\`<img>`", "`a\\`\\<img>`"),
        ("<!--\r\n\n```\n<b>\n-->\n<i>", "\\<!--\n\n```\n\\<b>\n-->\n\\<i>\n```"),
        ("![x][defined elsewhere]", r"\![x][defined elsewhere]"),
        ("a\n~~~~ python\nx = 1", "a\n~~~~ python\nx = 1\n~~~~"),
        (">" * 100 + "<img src=x>", ">" * 100 + "\\<img src=x>"),
    ],
)
def test_html_and_images_in_markdown_are_escaped(text: str, inert: str) -> None:
    assert inert_markdown(text) == inert
    assert not {"html_block", "html_inline", "image"} & set(kinds(LIVE, inert))


@pytest.mark.parametrize("seed", range(8))
def test_markdown_of_what_was_read_has_no_html_and_no_images(seed: int) -> None:
    rng = random.Random(seed)
    box = Box(0, 0, 9, 9)
    for _ in range(40):
        cells = tuple(Cell(number // 2, number % 2, hostile(rng), box) for number in range(4))
        lines = (TextLine.between(hostile(rng), (Point(0, 20), Point(9, 20), Point(9, 29), Point(0, 29)), 0.9),)
        page = OcrPage(
            9,
            99,
            lines,
            hostile(rng),
            codes=(Code("QR code", hostile(rng), box),),
            tables=(Table(2, 2, cells, box, True),),
        )
        plain = replace(page, tables=())
        source = InputFile("/a", f"{hostile(rng)}.png", 1, 1)
        fields = (FieldCell(hostile(rng), hostile(rng), hostile(rng)),)
        entry = Entry(source=source, options="x", state=ItemState.DONE, pages=1, cells=fields)
        for text in (
            formatted(page, hostile(rng), PageFormat.MARKDOWN),
            formatted(plain, hostile(rng), PageFormat.MARKDOWN),
            page_as_markdown(plain),
            as_markdown(page.tables[0]),
            batch_document(entry, [plain, page], Output.MARKDOWN),
        ):
            assert not {"html_block", "html_inline", "image"} & {*kinds(LIVE, text), *kinds(WITHOUT_TABLES, text)}


@pytest.mark.parametrize(
    ("text", "escaped"),
    [
        ("a < b <3 x<y", r"a < b <3 x\<y"),
        (r"\<b> \\<b> \\\<b>", r"\<b> \\\<b> \\\<b>"),
        ("Hi! [x] ![y]", r"Hi! [x] \![y]"),
    ],
)
def test_what_is_escaped_already_is_not_escaped_twice(text: str, escaped: str) -> None:
    assert without_html(text) == without_html(without_html(text)) == escaped
