"""What a runtime made up for a test lacks: a KV cache and features that could be read."""

from app.engine.runtimes.port import Bytes, VisionFeatures


class UnreadCache:
    """A base of such a runtime, which is its own sequence and features."""

    cache_format = ""

    def to_bytes(self) -> Bytes:
        raise NotImplementedError

    def features_from(self, data: Bytes, visual_tokens: int) -> VisionFeatures:
        raise NotImplementedError

    def reserve(self, length: int) -> None:
        raise NotImplementedError

    def read(self, start: int, end: int) -> Bytes:
        raise NotImplementedError

    def restore(self, start: int, end: int, data: Bytes) -> None:
        raise NotImplementedError
