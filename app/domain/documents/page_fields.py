"""A page as exported JSON has it."""

from dataclasses import asdict, replace

from app.domain.documents.labelled_values import labelled_values
from app.domain.documents.page_blocks import page_blocks
from app.domain.documents.pages import OcrPage


def page_fields(page: OcrPage) -> dict[str, object]:
    """Return the fields of a page, and as `values` its labelled values, each with `name`, `value` and `box`.

    The box is the value's, or that of the line in which both stand.
    """
    fields = asdict(replace(page, blocks=page_blocks(page)))
    del fields["notice_problem"]
    pairs = labelled_values(page)
    fields["values"] = [{"name": pair.name, "value": pair.value, "box": asdict(pair.boxes[-1])} for pair in pairs]
    return fields
