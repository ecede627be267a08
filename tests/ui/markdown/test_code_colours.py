import subprocess
import sys

import pytest
from pygments.lexers import get_all_lexers

from app.ui.markdown.code_colours import COMMON, DARK, LIGHT, colour_spans

FIRST_USE = """
import sys, threading
from app.ui.markdown.code_colours import COMMON, DARK, LIGHT, colour_spans, load_common_languages
loading = threading.Thread(target=load_common_languages)
loading.start()
loading.join()
before = set(sys.modules)
for language in COMMON:
    for style in (LIGHT, DARK):
        colour_spans("x = 1", language, style)
print(sorted(set(sys.modules) - before))
"""


def test_nothing_is_imported_for_the_first_code_in_a_common_language() -> None:
    said = subprocess.run([sys.executable, "-c", FIRST_USE], capture_output=True, text=True, check=True).stdout
    assert said == "[]\n"


def test_common_languages_are_known() -> None:
    assert set(COMMON) <= {alias for _, aliases, _, _ in get_all_lexers(plugins=False) for alias in aliases}


def test_kinds_of_a_lexers_own_have_the_colour_of_what_they_are_a_kind_of() -> None:
    assert colour_spans("name: 'a'\nport: 8080 # c\n", "yaml", LIGHT)


@pytest.mark.parametrize("language", [*COMMON, "docker", "latex", "lua", "matlab", "perl", "r", "no such thing", ""])
def test_whatever_calls_itself_code_is_survived(language: str) -> None:
    code = "x = 1\nname: [a, 'b']\n<b>\n{\"c\": 2} # d\n\x00\ud800 日本"
    for start, end, colour in colour_spans(code, language, DARK):
        assert 0 <= start <= end
        assert colour.startswith("#")
