"""A command whose decoder tries what code would that a hostile file brought in: `python -m … [--unconfined] ocr …`.

Takes the attempts as JSON from ATTEMPTS_NAMED: [what, on what]; prints what came of each, and how many threads ran when
the command was confined.
"""

import json
import os
import sys
from functools import partial
from typing import Never
from unittest.mock import patch

from app import cli
from app.commands import confined, page_readers, quantize
from app.engine.process.allowances import Allowance
from app.engine.process.confinement import confine
from tests.support.taken_over_backend import ATTEMPTS, outcome

ATTEMPTS_NAMED = "TAKEN_OVER_ATTEMPTS"
UNCONFINED = "--unconfined"
_threads: list[int] = []


class _Model:
    """In place of the modules and of the model that decode an image; imports nothing that starts threads."""

    def __init__(self, _opening: object = None) -> None:
        self.ModelAnswers = _Model

    def ask(self, *_: object) -> Never:
        _try_all()

    def benchmark(self, *_: object) -> Never:
        _try_all()

    def compare(self, *_: object) -> Never:
        _try_all()

    def describe(self, *_: object) -> Never:
        _try_all()


def _try_all(*_: object) -> Never:
    named = json.loads(os.environ[ATTEMPTS_NAMED])
    said = [outcome(partial(ATTEMPTS[what], target)) for what, target in named]
    sys.stdout.write(json.dumps([_threads, said]))
    sys.stdout.flush()
    os._exit(0)


def _confine(allowance: Allowance, **_: bool) -> None:
    _threads.append(len(os.listdir("/proc/self/task")))  # noqa: PTH208 - names are enough
    confine(allowance)


def _leave(_: Allowance, **__: bool) -> None:
    pass


def main() -> None:
    """Run the command."""
    arguments = sys.argv[1:]
    is_confined = UNCONFINED not in arguments
    modules = dict.fromkeys(("app.commands.model_answers", "app.engine.benchmark", "app.engine.doctor"), _Model())
    patch.object(confined, "apply_sandbox", _confine if is_confined else _leave).start()
    patch.object(page_readers.BuiltInReader, "read", _try_all).start()
    patch.object(quantize, "quantize", _try_all).start()
    patch.dict(sys.modules, modules).start()
    sys.exit(cli.main([argument for argument in arguments if argument != UNCONFINED]))


if __name__ == "__main__":
    main()
