"""What stands in for the recogniser where lines are only read, not found."""

from PIL import Image

from app.engine.reader.recognise import OcrLine, Quad
from app.engine.reader.tiles import TextMap


class NotAsked:
    """Fails when it is asked for anything; a test overrides what may be asked."""

    def find(self, image: Image.Image) -> list[Quad]:
        raise AssertionError

    def map_tile(self, tile: Image.Image) -> TextMap:
        raise AssertionError

    def boxes(self, text_map: TextMap, size: tuple[int, int]) -> list[Quad]:
        raise AssertionError

    def read(self, image: Image.Image, quad: Quad) -> OcrLine:
        raise AssertionError
