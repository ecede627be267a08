"""Iterates in a worker thread while this thread polls for Stop."""

import contextlib
import queue
import threading
from collections.abc import Callable, Iterator

from app.domain.ports import CancelCheck
from app.network.cancel_token import CancelToken

POLL_SECONDS = 0.05
"""Interval in seconds at which Stop is polled."""
MAX_WAITING = 16
"""Maximum number of queued chunks; with a full queue the worker waits, and with it the server."""
_JOIN_SECONDS = 1.0
"""Seconds to wait for a cancelled thread, which needs a tenth of that."""
_Item = bytes | BaseException | None


def iterate_in_thread(work: Callable[[CancelToken], Iterator[bytes]], check: CancelCheck) -> Iterator[bytes]:
    """Yield what `work` yields in a worker thread, and an empty chunk whenever there is none for POLL_SECONDS.

    Raises whatever `work` raises, and whatever `check` raises, which is called continually; then the thread's
    `CancelToken` is set.
    """
    cancel_token = CancelToken()
    items: queue.Queue[_Item] = queue.Queue(MAX_WAITING)
    thread = threading.Thread(target=_work, args=(work, cancel_token, items), name="remote", daemon=True)
    thread.start()
    try:
        while True:
            check()
            try:
                item = items.get(timeout=POLL_SECONDS)
            except queue.Empty:
                item = b""
            if item is None:
                return
            if isinstance(item, BaseException):
                raise item
            yield item
    finally:
        cancel_token.set()
        thread.join(_JOIN_SECONDS)


def _work(
    work: Callable[[CancelToken], Iterator[bytes]], cancel_token: CancelToken, items: "queue.Queue[_Item]"
) -> None:
    """Queue each chunk, then None, or instead of None the error of any kind that ended the work."""
    try:
        for chunk in work(cancel_token):
            _put(chunk, cancel_token, items)
            cancel_token.check()
        last: _Item = None
    except BaseException as error:  # noqa: BLE001 - any error must reach the waiting thread, which else would wait for ever
        last = error
    _put(last, cancel_token, items)


def _put(item: _Item, cancel_token: CancelToken, items: "queue.Queue[_Item]") -> None:
    """Put an item, waiting while the queue is full; once `cancel_token` is set nothing reads the queue any more."""
    while not cancel_token.is_set:
        with contextlib.suppress(queue.Full):
            items.put(item, timeout=POLL_SECONDS)
            return
