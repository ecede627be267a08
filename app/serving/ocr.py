"""`POST /ocr`: the text of an image or a document, read by the built-in OCR, in the form that the client asks for."""

import json
from dataclasses import dataclass
from pathlib import PurePath

from starlette.datastructures import UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.requests import Request
from starlette.responses import Response

from app.domain.documents.page_fields import page_fields
from app.domain.documents.page_formats import PageFormat, around, formatted
from app.domain.documents.page_ranges import PageRangeError, chosen_pages, parsed_ranges
from app.domain.documents.pages import OcrPage
from app.domain.text.visible_text import encoded
from app.engine.process.messages import ImageProbed, PagesFound, ProbeImage, ReadText, TextRead, WritePdf
from app.serving.api_errors import ApiError
from app.serving.bodies import HOLDING
from app.serving.limits import Limits
from app.serving.served_process import ServedProcess, last_event
from app.serving.uploads import Uploads, uploads

PDF = "pdf"
MEDIA_TYPES = {
    PageFormat.TEXT.value: "text/plain",
    PageFormat.JSON.value: "application/json",
    PageFormat.MARKDOWN.value: "text/markdown",
    PageFormat.CSV.value: "text/csv",
    PageFormat.TSV.value: "text/tab-separated-values",
    PageFormat.HTML.value: "text/html",
    PageFormat.HOCR.value: "text/vnd.hocr+html",
    PageFormat.ALTO.value: "application/alto+xml",
    PDF: "application/pdf",
}
"""Media types of the forms, by the names that `format` in the query has; the first one is the default."""
MAX_NAME = 200
_ANY = {"", "*/*", "text/*"}
_THUMBNAIL = 16


@dataclass(frozen=True, slots=True)
class Sent:
    """A file that a client has sent."""

    name: str
    content: bytes


class Ocr:
    """The endpoint; `images` checks files and writes PDFs, `reader` reads pages."""

    def __init__(self, images: ServedProcess, reader: ServedProcess, limits: Limits) -> None:
        self._images = images
        self._reader = reader
        self._limits = limits

    async def __call__(self, request: Request) -> Response:
        """Answer a request. Raises ApiError."""
        form = form_for(request.query_params.get("format", ""), request.headers.get("accept", ""))
        ranges = _ranges(request.query_params.get("pages", ""))
        if form == PDF and ranges:
            raise ApiError(400, "A searchable PDF has all pages: it does not go with “pages”.", param="pages")
        sent = await sent_file(request, self._limits)
        with uploads(request.scope[HOLDING]) as files:
            path = str(files.add(sent.content))
            probed = await last_event(self._images, ProbeImage(path, _THUMBNAIL))
            if not isinstance(probed, ImageProbed | PagesFound) or (
                isinstance(probed, ImageProbed) and probed.media_type.startswith("video/")
            ):
                raise ApiError(400, "The file is neither an image nor a PDF.", code="invalid_image")
            numbers = chosen_pages(ranges, probed.pages if isinstance(probed, PagesFound) else 1)
            if not 0 < len(numbers) <= self._limits.pages:
                message = f"A request reads 1 to {self._limits.pages} pages, not {len(numbers)}: choose with “pages”."
                raise ApiError(400, message, param="pages")
            pages = [(number, await self._read(path, number)) for number in numbers]
            if form == PDF:
                return Response(await self._searchable(path, pages, files), media_type=MEDIA_TYPES[PDF])
        return Response(serialised(sent.name, pages, PageFormat(form)), media_type=MEDIA_TYPES[form])

    async def _read(self, path: str, number: int) -> OcrPage:
        read = await last_event(self._reader, ReadText(path, number))
        if not isinstance(read, TextRead):
            raise TypeError(f"{type(read).__name__} is no answer to ReadText")
        return read.page

    async def _searchable(self, path: str, pages: list[tuple[int, OcrPage]], files: Uploads) -> bytes:
        target = files.new()
        await last_event(self._images, WritePdf(path, tuple(page for _, page in pages), str(target)))
        return files.read(target)


def form_for(name: str, accept: str) -> str:
    """Return the form that the query names, or the Accept header prefers. Raises ApiError if there is none such."""
    if name:
        if name not in MEDIA_TYPES:
            raise ApiError(400, f"format is one of {', '.join(MEDIA_TYPES)}.", param="format")
        return name
    for media_type in _preferred(accept):
        if media_type in _ANY:
            return next(iter(MEDIA_TYPES))
        for form, own in MEDIA_TYPES.items():
            if own == media_type:
                return form
    raise ApiError(406, f"Accept must have one of {', '.join(MEDIA_TYPES.values())}.", code="not_acceptable")


def serialised(name: str, pages: list[tuple[int, OcrPage]], form: PageFormat) -> bytes:
    """Return pages, with their numbers from 0, of the file called `name`; as JSON they are one object."""
    if form is PageFormat.JSON:
        found = [{"page": number + 1, **page_fields(page)} for number, page in pages]
        return encoded(json.dumps({"file": name, "pages": found}, ensure_ascii=False))
    head, tail = around(form)
    texts = [formatted(page, _title(name, number, len(pages), form), form, number) for number, page in pages]
    return encoded(head + "".join(texts) + tail)


def _title(name: str, number: int, count: int, form: PageFormat) -> str:
    """Return the heading of a page among `count`, none for a page alone; other forms have the file's name there."""
    if form not in {PageFormat.MARKDOWN, PageFormat.HTML}:
        return name
    return f"Page {number + 1}" if count > 1 else ""


async def sent_file(request: Request, limits: Limits) -> Sent:
    """Return the first file of a form, or the body itself, whatever type it says that it has. Raises ApiError."""
    if not request.headers.get("content-type", "").lower().startswith("multipart/form-data"):
        return _not_empty(Sent("document", await request.body()))
    parser = MultiPartParser(request.headers, request.stream(), max_files=1, max_fields=20)
    parser.spool_max_size = limits.body_bytes + 1  # Nothing that is sent is written to a disk.
    try:
        form = await parser.parse()
    except MultiPartException as error:
        raise ApiError(400, f"The form cannot be read: {error.message}", code="invalid_form") from error
    try:
        for _, part in form.multi_items():
            if isinstance(part, UploadFile):
                return _not_empty(Sent(PurePath(part.filename or "document").name[:MAX_NAME], await part.read()))
    finally:
        await form.close()
    raise ApiError(400, "The form has no file.", param="file", code="invalid_form")


def _not_empty(sent: Sent) -> Sent:
    if not sent.content:
        raise ApiError(400, "The file is empty.", param="file", code="invalid_image")
    return sent


def _ranges(text: str) -> tuple[range, ...]:
    try:
        return parsed_ranges(text) if text else ()
    except PageRangeError as error:
        raise ApiError(400, str(error), param="pages") from error


def _preferred(accept: str) -> list[str]:
    """Return the media types of an Accept header, the preferred ones first (RFC 9110, 12.5.1)."""
    weighted = []
    for entry in accept.split(","):
        media_type, *parameters = (part.strip().lower() for part in entry.split(";"))
        weights = [part[2:] for part in parameters if part.startswith("q=")]
        try:
            weight = float(weights[0]) if weights else 1.0
        except ValueError:
            weight = 0.0
        if weight > 0:
            weighted.append((-weight, media_type))
    return [media_type for _, media_type in sorted(weighted, key=lambda pair: pair[0])]
