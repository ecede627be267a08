"""Tables of the places that cannot be drawn on an image: boxes in space, and times of a video."""

from collections.abc import Iterable, Sequence

from app.domain.text.grounding import Places, SpatialBox, TimedEvent
from app.ui.widgets.i18n import tr


def place_tables(places: Places) -> str:
    """Return Markdown: a table for each kind of place that the answer has; "" if it has none."""
    tables = []
    if places.boxes:
        head = (tr("Object"), tr("Center (m)"), tr("Size (m)"), tr("Rotation"))
        tables.append(_table(head, map(_box_row, places.boxes)))
    if places.events:
        tables.append(_table((tr("From"), tr("To"), tr("Event")), map(_event_row, places.events)))
    return "\n\n".join(tables)


def _box_row(box: SpatialBox) -> Sequence[str]:
    parts = (box.values[:3], box.values[3:6], box.values[6:])
    return (box.label, *(", ".join(f"{value:g}" for value in part) for part in parts))


def _event_row(event: TimedEvent) -> Sequence[str]:
    return event.begin, event.end, event.label


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [_row(head), _row(["---"] * len(head)), *map(_row, rows)]
    return "\n".join(lines)


def _row(cells: Sequence[str]) -> str:
    escaped = (" ".join(cell.split()).replace("|", r"\|") for cell in cells)
    return f"| {' | '.join(escaped)} |"
