"""Tables to take away as CSV, as a spreadsheet opens them."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence

from django.http import StreamingHttpResponse


class _Echo:
    """A file that hands back what is written to it."""

    def write(self, text: str) -> str:
        return text


def safe(value: object) -> str:
    """A cell's text that a spreadsheet does not take for a formula."""
    plain = "" if value is None else str(value)
    return f"'{plain}" if plain[:1] in ("=", "+", "-", "@", "\t", "\r") else plain


def response(name: str, heading: Sequence[object], rows: Iterable[Sequence[object]]) -> StreamingHttpResponse:
    """Stream the rows under their heading as the file ``name``, however many they are."""
    writer = csv.writer(_Echo())

    def lines() -> Iterable[str]:
        # The mark by which spreadsheets know UTF-8.
        yield "\ufeff" + writer.writerow([safe(h) for h in heading])
        for row in rows:
            yield writer.writerow([safe(cell) for cell in row])

    answer = StreamingHttpResponse(lines(), content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer
