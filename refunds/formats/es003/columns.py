"""Which columns are read, and under which headings. All others are left alone."""

from enum import StrEnum

from refunds.formats.headed import Column


class Field(StrEnum):
    """Named as the columns of an entry where there is one."""

    NUMBER = "number"
    IMPORTER = "importer"
    ENTRY_DATE = "entry_date"
    HTS = "hts"
    DUTY = "duty"
    ENTRY_TYPE = "entry_type"
    IMPORTER_NAME = "importer_name"
    FILER_NAME = "filer_name"
    PORT = "port"
    SUMMARY_DATE = "summary_date"
    LINE = "line"
    ORDINAL = "ordinal"
    LIQUIDATION_DATE = "liquidation_date"
    LIQUIDATION_STATUS = "liquidation_status"
    RECONCILIATION = "reconciliation"
    CONTROL_STATUS = "control_status"
    CORRECTION = "correction"
    PROTEST_NUMBER = "protest_number"
    PROTEST_STATUS = "protest_status"
    LIQUIDATED_DUTY = "liquidated_duty"


def _optional(field: Field, heading: str, *also: str) -> Column:
    return Column(field, heading, also, required=False)


COLUMNS = (
    Column(Field.NUMBER, "Entry Summary Number", (
        "Entry Summary No", "Entry Summary Nbr", "Entry Number", "Entry No", "Entry Nbr")),
    Column(Field.IMPORTER, "Importer Number", (
        "Importer No", "Importer Nbr", "Importer of Record Number", "Importer of Record No", "IOR Number",
        "IR Number")),
    Column(Field.ENTRY_DATE, "Entry Date", ("Date of Entry",)),
    Column(Field.HTS, "HTS Number - Full", (
        "HTS Number", "HTS No", "HTSUS Number", "HTS Code", "HTS Full", "HTS", "Tariff Number")),
    # Not "Line Duty Amount": that is the sum of the whole entry line.
    Column(Field.DUTY, "Line Tariff Duty Amount", ("Line Tariff Duty", "Tariff Duty Amount", "Line Tariff Duty Amt")),
    _optional(Field.ENTRY_TYPE, "Entry Type Code", "Entry Type", "Type Code"),
    _optional(Field.IMPORTER_NAME, "Importer Name", "Importer of Record Name"),
    _optional(Field.FILER_NAME, "Filer Name", "Entry Filer Name"),
    _optional(Field.PORT, "Port of Entry Code", "Port of Entry", "Entry Port Code", "Port Code"),
    _optional(Field.SUMMARY_DATE, "Entry Summary Date", "Summary Date"),
    _optional(Field.LINE, "Entry Summary Line Number", "Entry Summary Line No", "Entry Line Number", "Line Number"),
    _optional(Field.ORDINAL, "Tariff Ordinal Number", "Tariff Ordinal No", "Tariff Ordinal", "Ordinal Number"),
    _optional(Field.LIQUIDATION_DATE, "Liquidation Date", "Entry Liquidation Date", "Date of Liquidation"),
    _optional(Field.LIQUIDATION_STATUS, "Liquidation Status", "Liquidation Status Code"),
    _optional(Field.RECONCILIATION, "Reconciliation Indicator", "Recon Indicator", "Reconciliation Flag"),
    _optional(Field.CONTROL_STATUS, "Control Status", "Control Status Code", "Entry Summary Control Status"),
    _optional(Field.CORRECTION, "Post Summary Correction Indicator", "PSC Indicator", "Post Summary Correction"),
    _optional(Field.PROTEST_NUMBER, "Protest Number", "Protest No"),
    _optional(Field.PROTEST_STATUS, "Protest Status", "Protest Status Code"),
    _optional(Field.LIQUIDATED_DUTY, "Total Liquidated Duty Amount", "Total Liquidated Duty", "Liquidated Duty Amount"),
)  # fmt: skip
