"""Limits of what is read of a server, with a clock of the test's own."""

import io
import socket
from collections.abc import Callable, Iterator

import pytest

from app.network.limited_stream import MAX_HEAD_BYTES, MIN_SPEED, SPEED_SECONDS, LimitedStream, TooLong, TooSlow


class Source(io.RawIOBase):
    """Gives `count` bytes each time, which takes so many `seconds`."""

    def __init__(self) -> None:
        self.now = 0.0
        self.count, self.seconds = 1, 1.0

    def readinto(self, buffer: object) -> int:
        assert isinstance(buffer, memoryview)
        self.now += self.seconds
        count = min(self.count, len(buffer))
        buffer[:count] = bytes(count)
        return count


@pytest.fixture
def stream() -> Iterator[tuple[Source, LimitedStream, Callable[[], float | None]]]:
    """A source, what is read of it, and the timeout at the moment."""
    source, (near, far) = Source(), socket.socketpair()
    near.settimeout(30.0)
    with near, far:
        yield source, LimitedStream(near, source, lambda: source.now), near.gettimeout


Stream = tuple[Source, LimitedStream, Callable[[], float | None]]


def test_a_head_has_so_many_bytes(stream: Stream) -> None:
    source, limited, _ = stream
    source.count, source.seconds = 8192, 0.0
    taken = [limited.readinto(bytearray(8192)) for _ in range(MAX_HEAD_BYTES // 8192)]
    assert taken == [8192] * len(taken)
    with pytest.raises(TooLong):
        limited.readinto(bytearray(8192))


def test_a_head_has_so_many_seconds(stream: Stream) -> None:
    _, limited, _ = stream
    for _ in range(60):
        limited.readinto(bytearray(10))
    with pytest.raises(TimeoutError):
        limited.readinto(bytearray(10))


def test_the_silence_is_no_longer_than_what_is_left_of_the_time(stream: Stream) -> None:
    source, limited, timeout = stream
    limited.allow(1000, seconds=40.0)
    limited.readinto(bytearray(10))
    assert timeout() == 30.0
    source.now = 35.0
    limited.readinto(bytearray(10))
    assert timeout() == 5.0


def test_a_speed_is_asked_for_where_it_is_wanted(stream: Stream) -> None:
    source, limited, _ = stream
    for wants_speed in (False, True):
        source.count, source.now = MIN_SPEED // 2, 0.0
        reads = 0
        try:
            while source.now < 10 * SPEED_SECONDS:
                limited.allow(10_000, wants_speed=wants_speed)
                limited.readinto(bytearray(10_000))
                reads += 1
        except TooSlow:
            assert wants_speed
        assert reads < SPEED_SECONDS + 1 if wants_speed else reads == 10 * SPEED_SECONDS


def test_time_that_its_reader_takes_is_not_the_servers(stream: Stream) -> None:
    source, limited, _ = stream
    source.count, source.seconds = 100, 0.01
    for _ in range(100):
        limited.allow(1000, wants_speed=True)
        limited.readinto(bytearray(1000))
        source.now += 3600.0  # A disk that takes an hour to write it.
