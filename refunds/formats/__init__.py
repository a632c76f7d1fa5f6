"""The files that come in and go out, one module a format, all named in `FORMATS`."""

from collections.abc import Callable
from dataclasses import dataclass

from importers.domain.errors import gettext_noop as _
from refunds.formats import cape_csv, cape_result, client_pack, es003, rev613
from refunds.formats.headed import Column


@dataclass(frozen=True, slots=True)
class Format:
    """`read` takes the file and tells all its errors at once; `write` makes one. A format has either or both. One with
    `columns` is a report: it is known by its headings, and `read` takes its rows."""

    key: str
    title: str
    read: Callable[..., object] | None = None
    write: Callable[..., object] | None = None
    columns: tuple[Column, ...] = ()


FORMATS: dict[str, Format] = {
    format_.key: format_
    for format_ in (
        Format("cape_csv", _("CAPE upload file"), read=cape_csv.check, write=cape_csv.write),
        Format("es003", _("Entry Summary Line Tariff Details (ES-003)"), read=es003.read, columns=es003.COLUMNS),
        Format("cape_result", _("Results of a CAPE claim"), read=cape_result.read, columns=cape_result.COLUMNS),
        Format("rev613", _("ACH Rejected Refunds (REV-613)"), read=rev613.read, columns=rev613.COLUMNS),
        Format("client_pack", _("Entries and possible refund for the importer"), write=client_pack.write),
    )
}
