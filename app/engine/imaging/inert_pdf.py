"""Removes a PDF's active content: scripts, programs and addresses that it would run or open by itself or on a click.

The names are those of ISO 32000-2: actions (12.6), their triggers (12.6.3), and other locations of scripts. The visible
content, links to web pages and within the document, form fields and attached files are preserved.
"""

from collections.abc import Iterator

from pikepdf import Array, Dictionary, Name, Object, Pdf, Stream

from app.domain.ports import CancelCheck
from app.domain.text.links import is_safe_link

_ACTIONS = frozenset(
    f"/{name}"
    for name in (
        *(
            "GoTo",
            "GoToR",
            "GoToE",
            "GoToDp",
            "Launch",
            "Thread",
            "URI",
            "Sound",
            "Movie",
            "Hide",
            "Named",
            "SubmitForm",
        ),
        *(
            "ResetForm",
            "ImportData",
            "JavaScript",
            "SetOCGState",
            "Rendition",
            "Trans",
            "GoTo3DView",
            "RichMediaExecute",
        ),
    )
)
_HARMLESS = frozenset({"/GoTo", "/Hide", "/ResetForm", "/SetOCGState"})
_PAGE_TURNS = frozenset({"/FirstPage", "/LastPage", "/NextPage", "/PrevPage"})
_SCRIPT_KEYS = {"/OnInstantiate": Stream, "/RichMediaSettings": Dictionary, "/RichMediaContent": Dictionary}
"""Keys of 3D and rich media annotations, which contain scripts of their own; their pictures are preserved."""
_CHECKED_EVERY = 1000


def drop_actions(pdf: Pdf, check: CancelCheck) -> None:
    """Remove all actions but harmless ones from `pdf`, whatever triggers them. `check` raises Cancelled."""
    _drop_from_catalog(pdf)
    for number, container in enumerate(_containers(pdf)):
        if number % _CHECKED_EVERY == 0:
            check()
        if isinstance(container, Array):
            for index in reversed(range(len(container))):
                if _acts(container[index]):
                    del container[index]
            continue
        for key, value in list(container.items()):
            is_script = key in _SCRIPT_KEYS and isinstance(value, _SCRIPT_KEYS[key])
            if is_script or _acts(value) or (key == "/AA" and _has_actions(value)):
                del container[key]


def _drop_from_catalog(pdf: Pdf) -> None:
    root = pdf.Root
    opening = root.get("/OpenAction")
    if isinstance(opening, Dictionary):
        del root.OpenAction
        if opening.get("/S") == Name.GoTo and "/D" in opening:
            root.OpenAction = opening.D  # The page that it opens at, without any action after it.
    for holder, keys in (
        (root, ("/AA", "/Requirements")),
        (root.get("/Names"), ("/JavaScript", "/AlternatePresentations")),
        (root.get("/AcroForm"), ("/XFA",)),
    ):
        for key in keys:
            if isinstance(holder, Dictionary) and key in holder:
                del holder[key]


def _containers(pdf: Pdf) -> Iterator[Object]:
    """Yield all dictionaries, including those of streams, and arrays. Indirect objects are yielded once."""
    for item in pdf.objects:
        waiting = [item]
        while waiting:
            container = waiting.pop()
            if not isinstance(container, (Array, Dictionary, Stream)):
                continue
            yield container
            parts = container if isinstance(container, Array) else [value for _, value in container.items()]
            waiting += [part for part in parts if isinstance(part, (Array, Dictionary)) and not part.is_indirect]


def _has_actions(value: object) -> bool:
    """Return whether `value` is a dictionary of triggers, and not a font or image that is named AA."""
    return isinstance(value, Dictionary) and any(_is_action(part) for _, part in value.items())


def _is_action(value: object) -> bool:
    return isinstance(value, Dictionary) and str(value.get("/S", "")) in _ACTIONS


def _acts(value: object) -> bool:
    if not isinstance(value, Dictionary) or not _is_action(value):
        return False
    kind = str(value.S)
    if kind == "/URI":
        return not is_safe_link(str(value.get("/URI", "")))
    if kind == "/Named":
        return str(value.get("/N", "")) not in _PAGE_TURNS
    return kind not in _HARMLESS
