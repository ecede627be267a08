"""Totals of receipts and invoices: rows with a name such as "Total (incl. GST)" and an amount at their end."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from app.domain.documents.amounts import Amount, amounts_in, is_amount_alone
from app.domain.images.geometry import Box, TextLine

_TOTAL = re.compile(
    r"t[o0]ta[li1]|\btotaa?l|gesamt|\bsumme\b|endbetrag|zu zahlen|\bimporte\b|\bsuma\b|\brazem\b|итого|всего"
    r"|合計|合计|总计|總計|总额|總額|小計|小计",
    re.IGNORECASE,
)
_PARTIAL = re.compile(
    r"\bs[uo]b|zwischen|小計|小计|excl|before|\bnetto?\b(?! to)|w/o|without|ex\.? ?(tax|gst|vat)", re.IGNORECASE
)
_OTHER = re.compile(
    r"(?<!after )(?<!less )(?<!nach )(?<!après )(?:saving|saved|discount|\bdisc\b|voucher|coupon|rabatt"
    r"|ersparnis|gespart|\bremise|économi|descuento|ahorr|sconto|risparmi|desconto|korting|bespar"
    r"|скидк|割引|値引|折扣|优惠|優惠|节省|節省)"
    r"|loyalty|\brewards?\b|\bbonus|points?\b|earned|redeem|\btreue|punkte|fidélité|\bpuntos\b|\bpunti\b|\bpontos\b"
    r"|\bpunten\b|балл|бонус|ポイント|积分|積分"
    r"|qty|quantit|\bitems?\b|\bpcs\b|pieces|\bunits?\b|\bcount\b|number of|\bno\.? of\b|\bweight\b|\bkg\b|\bvolume\b"
    r"|litres|\bmiles\b|\bhours\b|\bhrs\b|\bnights\b|\bguests\b|\bpax\b|artikel|anzahl|stück|menge\b|gewicht"
    r"|\barticles?\b|nombre de|\bpoids\b|artículo|cantidad|articoli|quantità|artigos|quantidade"
    r"|\baantal|количеств|点数|點數|件数|件數|数量|數量"
    r"|change|rounding|includes|in total|tender"
    r"|^\W*(total\W*)?(gst|sst|vat|tax|mwst|ust|iva|tva)(?! incl)\b(?!.*(incl|invoice))",
    re.IGNORECASE,
)
"""What a total is of if it is none of amounts that are due: of savings, of points, of counts and measures."""

_TAX = re.compile(r"\b(gst|sst|vat|tax|mwst|ust|iva|tva)\b", re.IGNORECASE)
_ROUNDING = re.compile(r"round", re.IGNORECASE)
_PAID, _CHANGE = re.compile(r"\bcash|tender|paid|\bpay", re.IGNORECASE), re.compile(r"change", re.IGNORECASE)
_NOT_IN_NAME = re.compile(r"[\d:：]")
_NAME_END = re.compile(r"[\s:：=.,\-–—_*]+$")

MAX_TAX_SHARE = 0.3
"""Maximum fraction of a page's highest amount that a tax is; a "total included GST" of less is the tax itself."""

ROUNDED_WITHIN = 3
"""Number of rows below a rounding within which the rounded total is printed without a name."""


@dataclass(frozen=True, slots=True)
class Total:
    """A named amount: the numbers of its row and of its line in it, and the boxes of its name and of its amount."""

    row: int
    line: int
    name: str
    value: str
    hundredths: int
    boxes: tuple[Box, ...]
    is_final: bool


def has_total(name: str) -> bool:
    """Return whether a name speaks of a total."""
    return bool(_TOTAL.search(name))


def totals_in(rows: Sequence[Sequence[TextLine]]) -> list[Total]:
    """Return the totals of a page in reading order; nothing if none of them can be what was paid or is due."""
    has_cents = any(amounts_in(line.text) for row in rows for line in row)
    named = [total for number in range(len(rows)) for total in _totals_of(rows, number, has_integers=not has_cents)]
    highest = max(
        (abs(amount.hundredths) for row in rows for line in row for amount in amounts_in(line.text)), default=0
    )
    named = [total for total in named if not _is_tax(total, highest)]
    named = [replace(total, is_final=total.is_final or _is_paid(total, rows)) for total in named]
    if not any(total.is_final for total in named):
        return []
    rounded = [found for total in named if total.is_final and (found := _rounded(total, rows))]
    return sorted({*named, *rounded}, key=lambda total: (total.row, total.line))


def _totals_of(rows: Sequence[Sequence[TextLine]], number: int, *, has_integers: bool) -> list[Total]:
    row, found = rows[number], []
    for index, line in enumerate(row):
        match = _TOTAL.search(line.text)
        if match is None or _OTHER.search(_whole_name(row, index)):
            continue
        own = [amount for amount in amounts_in(line.text, has_integers=has_integers) if amount.start >= match.end()]
        name, amount, place = line.text, own[-1] if own else None, line
        if own:
            name = line.text[: own[0].start]
        else:
            amount, place = _beside(row, index, rows[number + 1 : number + 2], has_integers=has_integers)
        name = _NAME_END.sub("", _without_currency(name)).strip()
        if amount is not None and _TOTAL.search(name):
            is_final = not _PARTIAL.search(name)
            value = place.text[amount.start : amount.end].strip()
            boxes = (line.box,) if own else (line.box, place.box)
            found.append(Total(number, index, name, value, amount.hundredths, boxes, is_final))
    return found


def _whole_name(row: Sequence[TextLine], index: int) -> str:
    """Return a line with those beside it that go on its name: "LOYALTY", "TOTAL" and "SAVINGS" may be read apart."""
    before = [line.text for line in row[max(0, index - 1) : index] if _is_part_of_name(line.text)]
    after = [line.text for line in row[index + 1 : index + 2] if _is_part_of_name(line.text)]
    return " ".join([*before, row[index].text, *after])


def _is_part_of_name(text: str) -> bool:
    return not _NOT_IN_NAME.search(text)


def _beside(
    row: Sequence[TextLine], index: int, below: Sequence[Sequence[TextLine]], *, has_integers: bool
) -> tuple[Amount | None, TextLine]:
    """Return the only amount to the right of a name, or the one that stands alone in the row below, and its line."""
    found = []
    for line in row[index + 1 :]:
        if has_total(line.text):
            break
        found += [(amount, line) for amount in amounts_in(line.text, has_integers=has_integers)]
    if not found and index == 0 and all(is_amount_alone(line.text) for line in row[1:]):
        under = [line for other in below if len(other) == 1 and is_amount_alone(other[0].text) for line in other]
        found = [(amount, line) for line in under for amount in amounts_in(line.text, has_integers=has_integers)]
    return found[-1] if len({amount.hundredths for amount, _ in found}) == 1 else (None, row[index])


def _without_currency(name: str) -> str:
    return re.sub(r"[\s:=.(]*\b(RM|MYR|EUR|USD|GBP|CHF|SGD|RMB|CNY|JPY|Rp|IDR)\b[)\s:=.]*$|[\s€$£¥￥₩₹]+$", "", name)


def _is_tax(total: Total, highest: int) -> bool:
    return bool(_TAX.search(total.name)) and abs(total.hundredths) < MAX_TAX_SHARE * highest


def _is_paid(total: Total, rows: Sequence[Sequence[TextLine]]) -> bool:
    """Return whether an amount is what was paid less the change: then a subtotal is the total."""
    paid, change = (_last_amount(rows, total.row, label) for label in (_PAID, _CHANGE))
    return paid is not None and paid - (change or 0) == total.hundredths


def _last_amount(rows: Sequence[Sequence[TextLine]], after: int, label: re.Pattern[str]) -> int | None:
    """Return the amount of the first row below `after` with such a label."""
    for row in rows[after + 1 :]:
        text = "  ".join(line.text for line in row)
        if (match := label.search(text)) and (found := amounts_in(text[match.end() :])):
            return abs(found[-1].hundredths)
    return None


def _rounded(total: Total, rows: Sequence[Sequence[TextLine]]) -> Total | None:
    """Return the total after rounding if it is printed below it under another name than a total's."""
    change = 0
    for number, row in enumerate(rows[total.row + 1 : total.row + 2 + ROUNDED_WITHIN], total.row + 1):
        line = row[-1]
        found = amounts_in(line.text)
        if not found or has_total(row[0].text):
            continue
        if change and found[-1].hundredths == total.hundredths + change:
            value = line.text[found[-1].start : found[-1].end].strip()
            return Total(number, len(row) - 1, total.name, value, found[-1].hundredths, (line.box,), is_final=True)
        if _ROUNDING.search(row[0].text):
            change = found[-1].hundredths
    return None
