"""Reusable questions."""

from dataclasses import dataclass

MARK_START, MARK_END = "«", "»"


@dataclass(frozen=True, slots=True)
class Preset:
    """A question with a short name. Text between « and » in it is a placeholder."""

    name: str
    prompt: str

    @property
    def text(self) -> str:
        """The question without the placeholder marks."""
        return self.prompt.replace(MARK_START, "").replace(MARK_END, "")

    @property
    def changeable(self) -> tuple[int, int]:
        """The [start, end) of the first placeholder in `text`; the text's end twice if there is none."""
        start, end = self.prompt.find(MARK_START), self.prompt.find(MARK_END)
        return (start, end - 1) if 0 <= start < end else (len(self.text), len(self.text))


FIND = Preset("Find", "Locate every «object» in the image, report bbox coordinates in JSON format.")
BUILT_IN = (
    Preset("Read", "Read the text."),
    Preset("Describe", "Describe this image in detail."),
    Preset("Translate", "Translate all the text in the image into «English»."),
    Preset("Table", "Write the table in the image as a Markdown table, with every row and column."),
    Preset("Fields", "Extract from this document as JSON: «date, sender, total, currency»."),
    Preset("Chart", "Turn this chart into a table: one row for each point, with its series, label and value."),
    FIND,
    Preset("Explain", "Explain this screenshot: which application it is, what it shows, what can be done next."),
    Preset("Alt text", "Write alt text for this image, for somebody who cannot see it: one or two sentences."),
    Preset("Markdown", "qwenvl markdown"),
    Preset("HTML", "qwenvl html"),
)
"""Built-in presets. The last two are prompts that Qwen3-VL was trained to answer with a whole document."""


def asks_for_boxes(question: str) -> bool:
    """Return whether a question is that of the preset "Find", whatever is to be found."""
    before, after = FIND.prompt.split(MARK_START)[0], FIND.prompt.split(MARK_END)[1]
    text = question.strip()
    return text.startswith(before) and text.endswith(after) and len(text) > len(before) + len(after)


def matching(presets: tuple[Preset, ...], typed: str) -> tuple[Preset, ...]:
    """Return the presets whose name begins with `typed`, then those that contain it."""
    wanted = typed.casefold()
    names = {preset: preset.name.casefold() for preset in presets}
    first = [preset for preset in presets if names[preset].startswith(wanted)]
    return (*first, *(preset for preset in presets if wanted in names[preset] and preset not in first))
