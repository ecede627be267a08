"""The link targets that are allowed in the files that Lorgnette writes."""

_BEGINNINGS = ("http://", "https://", "mailto:")


def is_safe_link(address: str) -> bool:
    """Return whether `address` is a web page or a mailbox, not a script, program, file or network share."""
    return address.lower().startswith(_BEGINNINGS)
