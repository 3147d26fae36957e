"""Files of rows that a spreadsheet opens as text, whatever the text is."""

from __future__ import annotations

import csv
import io
import unicodedata
from collections.abc import Iterable, Sequence

# What a spreadsheet takes for the beginning of a formula; the wide forms are read as the narrow ones in some of them.
_FORMULA = "=+-@\uff1d\uff0b\uff0d\uff20\u2212\ufe62\ufe63\ufe66\ufe6b"
# Excel on Windows takes a file without this mark for the code page of the country.
_MARK = "\ufeff"


def plain(text: str) -> str:
    """The text as a cell that is never a formula.

    Line ends become ", ", other control signs go. Where what is left would begin a formula, also
    after spaces or signs that cannot be seen, an apostrophe stands before it.
    """
    joined = ", ".join(line.strip() for line in text.splitlines() if line.strip())
    kept = "".join(sign for sign in joined if unicodedata.category(sign) not in ("Cc", "Cs", "Co", "Cn"))
    begins = next((sign for sign in kept if unicodedata.category(sign)[0] not in "ZCM"), "")
    return f"'{kept}" if begins and begins in _FORMULA else kept


def csv_file(header: Sequence[str], rows: Iterable[Sequence[str]]) -> bytes:
    """A comma-separated file (RFC 4180) in UTF-8 with the mark that spreadsheets need to see that it is."""
    written = io.StringIO()
    writer = csv.writer(written, quoting=csv.QUOTE_ALL, lineterminator="\r\n")
    writer.writerow([plain(name) for name in header])
    writer.writerows([plain(cell) for cell in row] for row in rows)
    return (_MARK + written.getvalue()).encode()
