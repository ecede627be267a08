"""Names of files that are empty, as of a shell's variable that is not set: refused for what they are."""

from collections.abc import Sequence

import pytest

from app import bootstrap
from app.cli import main


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (["ocr", ""], "FILE"),
        (["ocr", "a.png", "-o", ""], "-o/--out"),
        (["ocr", "a.png", "--model", ""], "--model"),
        (["ocr", "a.png", "--password-file", ""], "--password-file"),
        (["ask", "", "What is it?"], "IMAGE"),
        (["ask", "a.png", "What is it?", "--model="], "--model"),
        (["batch", "", "-o", "out"], "SOURCE"),
        (["batch", "scans", "-o", ""], "-o/--out"),
        (["bench", ""], "MODEL"),
        (["doctor", ""], "MODEL"),
        (["bench", "--json", ""], "--json"),
        (["diagnostics", "--data", ""], "--data"),
        (["quantize", "base", ""], "OUT"),
        (["quantize", "base", "out", "--texts", ""], "--texts"),
        ([""], "images"),
        (["--data", ""], "--data"),
        (["--model="], "--model"),
    ],
)
def test_an_empty_name_is_refused(
    arguments: Sequence[str], named: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bootstrap, "run_application", lambda *_, **__: 0)
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    assert ended.value.code == 2
    assert f"error: argument {named}: its name is empty; name a file or a folder\n" in capsys.readouterr().err
