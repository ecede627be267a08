"""How late the window's event loop runs while a model answers: `python -m benchmarks.bench_streaming_lag MODEL IMAGE`.

The real application with its real engine processes asks about IMAGE. A random checkpoint of full
size says nothing, and says it as fast as a trained one.
"""

import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from PySide6.QtWidgets import QApplication

from app.application import Lorgnette
from app.domain.launch_request import LaunchRequest
from app.domain.models.engine_status import EngineState
from app.domain.settings.generation_options import Sampling
from app.paths import Paths
from benchmarks.lag import Watch

TOKENS = 160
RANDOM = Sampling(temperature=2.0, top_p=1.0, top_k=0, presence_penalty=0.0)
PATIENCE_SECONDS = 400.0


def run_until(application: QApplication, condition: Callable[[], bool]) -> None:
    """Run the event loop until the condition holds."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not condition():
        application.processEvents()
        time.sleep(0.0005)
        if time.monotonic() > deadline:
            sys.exit("it took too long")


def main() -> None:
    """Open, ask, watch."""
    model, image = sys.argv[1:3]
    application = QApplication(["lorgnette"])
    with tempfile.TemporaryDirectory() as folder:
        lorgnette = Lorgnette(Paths.under(Path(folder)), application)
        settings = lorgnette.preferences.settings
        # At random, or a checkpoint of random weights would repeat itself and be stopped.
        options = replace(settings.generation, max_new_tokens=TOKENS, sampling=RANDOM)
        lorgnette.preferences.update(replace(settings, generation=options))
        lorgnette.window.show()
        began = time.perf_counter()
        lorgnette.begin(LaunchRequest(images=(image,)), model)
        run_until(application, lambda: lorgnette.model.status.state in {EngineState.READY, EngineState.FAILED})
        print(lorgnette.model.status.problem or f"open after {time.perf_counter() - began:.0f} s")
        session = lorgnette.session
        run_until(application, lambda: bool(session.draft.attachments))
        watch = Watch()
        session.send("Describe this image in detail.")
        run_until(application, lambda: bool(session.branch) and (bool(session.branch[-1].text) or not session.is_busy))
        print(session.branch[-1].problem or "it answers")
        watch.report("until the first word")
        run_until(application, lambda: not session.is_busy)
        watch.report("while it streamed")
        print(f"{session.branch[-1].stats}, {session.branch[-1].state}")
        lorgnette.shut_down()


if __name__ == "__main__":
    main()
