"""Text as other people's programs save it."""

from __future__ import annotations

import codecs

from cifar_core.errors import SpecError

_MARKED = {codecs.BOM_UTF8: "utf-8-sig", codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}


def decoded(content: bytes) -> str:
    """Text in UTF-8, or in UTF-16 with the mark that Windows' PowerShell puts before what it redirects into a file.

    Raises:
        SpecError: it is neither.
    """
    encoding = next((name for mark, name in _MARKED.items() if content.startswith(mark)), "utf-8")
    try:
        return content.decode(encoding)
    except UnicodeDecodeError:
        raise SpecError("It is no text in UTF-8.") from None
