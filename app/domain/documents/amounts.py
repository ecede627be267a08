"""Amounts of money as receipts and invoices print them: "RM 1,234.50", "12,50 €", "¥1,200"."""

import re
from dataclasses import dataclass

_CURRENCY = (
    r"(?:(?<![^\W\d_])(?:RM|RH|MYR|EUR|USD|GBP|CHF|SGD|AUD|CAD|HKD|NZD|CNY|RMB|JPY|KRW|INR|IDR|Rp|Rs|THB|PHP|VND|TRY|TL"
    r"|PLN|zł|CZK|Kč|SEK|NOK|DKK|kr|HUF|Ft|RUB|Fr)(?![^\W\d_])|[€$£¥￥₩₹₺฿₽₫元円])"
)
_AMOUNT = re.compile(
    r"(?<![\d.,/:-])(?P<sign>[-−–]?)(?P<whole>\d{1,3}(?:(?P<mark>[.,'’])\d{3}(?:(?P=mark)\d{3})*)(?!\d)|\d*)"
    r"(?P<cents>(?!(?P=mark))[.,]\d{2})?(?![\d%]|[.,/:-]\d)"
)
_MARKED = re.compile(rf"{_CURRENCY}\.?\s?$")
_MARK_AFTER = re.compile(rf"\s?{_CURRENCY}")
_MARK_ALONE = re.compile(rf"^[\W\d_]*{_CURRENCY}?[\W\d_]*$")


@dataclass(frozen=True, slots=True)
class Amount:
    """An amount in a text, at [start, end), in hundredths; `start` is before its currency if one is in front of it."""

    hundredths: int
    start: int
    end: int


def amounts_in(text: str, *, has_integers: bool = False) -> list[Amount]:
    """Return the amounts of a text: numbers with two decimals, or with a currency; `has_integers`: any number."""
    found = []
    for match in _AMOUNT.finditer(text):
        whole, cents = re.sub(r"\D", "", match["whole"]), match["cents"]
        if not whole and not cents:
            continue
        mark = _MARKED.search(text, 0, match.start())
        is_marked = mark is not None or (match.end() < len(text) and bool(_MARK_AFTER.match(text, match.end())))
        if not (cents or is_marked or len(whole) < len(match["whole"]) or has_integers):
            continue
        number = int(whole or "0") * 100 + int(cents[1:] if cents else 0)
        start = mark.start() if mark else match.start()
        found.append(Amount(-number if match["sign"] else number, start, match.end()))
    return found


def is_amount_alone(text: str) -> bool:
    """Return whether a text has nothing but digits, signs and a currency."""
    return bool(_MARK_ALONE.match(text))
