"""Codes the large pictures of a PDF anew that are stored losslessly, where that makes them much smaller."""

from collections.abc import Iterator

from pikepdf import Array, Name, Object, Pdf, PdfError, Stream
from PIL import Image

from app.domain.ports import CancelCheck
from app.engine.imaging.coded_pictures import CodedPicture, fax_coded, is_black_and_white, jpeg_coded

MIN_PIXELS, MAX_PIXELS = 250_000, 100_000_000
"""Pixels of a picture that is coded anew: a smaller one saves little, a larger one takes more memory than there is."""

MAX_SIZE = 0.7
"""Maximum size of a JPEG as a fraction of the data that it replaces, which are lossless."""

_LOSSLESS = {"/FlateDecode", "/LZWDecode", "/RunLengthDecode", "/ASCII85Decode", "/ASCIIHexDecode"}
_MODES = {1: "L", 3: "RGB"}


def make_pictures_smaller(pdf: Pdf, check: CancelCheck) -> None:
    """Code the pictures of a document anew; masks and pictures in indexed or printing colours stay as they are."""
    masks = set(_masks(pdf))
    for item in pdf.objects:
        if isinstance(item, Stream) and item.get("/Subtype") == Name.Image and item.objgen not in masks:
            check()
            try:
                coded = _coded(item)
            except (PdfError, ValueError, TypeError, OSError, MemoryError):
                continue  # It is damaged: readers show what they can of it.
            max_size = 1.0 if coded and coded.bits == 1 else MAX_SIZE
            if coded and len(coded.data) < max_size * len(item.read_raw_bytes()):
                _replace(item, coded)


def _masks(pdf: Pdf) -> Iterator[tuple[int, int]]:
    for item in pdf.objects:
        if isinstance(item, Stream):
            yield from (mask.objgen for key in ("/SMask", "/Mask") if isinstance(mask := item.get(key), Stream))


def _coded(item: Stream) -> CodedPicture | None:
    """Return a picture's new data; None if it is to stay."""
    width, height, bits = (int(item.get(key, 0)) for key in ("/Width", "/Height", "/BitsPerComponent"))
    filters = item.get("/Filter")
    names = {str(name) for name in filters} if isinstance(filters, Array) else {str(filters)} if filters else set()
    is_plain = (
        item.get("/ImageMask") is None and item.get("/Decode") is None and not isinstance(item.get("/Mask"), Array)
    )
    channels = _channels(item.get("/ColorSpace"))
    if not MIN_PIXELS <= width * height <= MAX_PIXELS or not names <= _LOSSLESS or not is_plain or channels is None:
        return None
    data = item.read_bytes()
    if bits == 1 and channels == 1:
        return fax_coded(Image.frombytes("1", (width, height), data))
    if bits != 8:
        return None
    image = Image.frombytes(_MODES[channels], (width, height), data)
    if is_black_and_white(image):
        return fax_coded(image.convert("1", dither=Image.Dither.NONE))
    return jpeg_coded(image)


def _channels(space: Object | None) -> int | None:
    """Return the number of channels of a grey or RGB colour space (ISO 32000-2, 8.6); None for others."""
    if space in (Name.DeviceGray, Name.CalGray):
        return 1
    if space in (Name.DeviceRGB, Name.CalRGB):
        return 3
    if isinstance(space, Array) and len(space) == 2 and space[0] == Name.ICCBased and isinstance(space[1], Stream):
        channels = int(space[1].get("/N", 0))
        return channels if channels in _MODES else None
    if isinstance(space, Array) and len(space) == 2 and space[0] in (Name.CalGray, Name.CalRGB):
        return 1 if space[0] == Name.CalGray else 3
    return None


def _replace(item: Stream, coded: CodedPicture) -> None:
    item.write(coded.data, filter=Name(coded.coding))
    if coded.parameters:
        item.DecodeParms = Object.parse(f"<<{coded.parameters}>>".encode())
    if coded.bits == 1 and int(item.BitsPerComponent) != 1:
        item.ColorSpace = Name.DeviceGray
    item.BitsPerComponent = coded.bits
