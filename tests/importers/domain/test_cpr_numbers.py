"""Danish CPR numbers are refused in free text; what only has their length passes."""

import pytest

from importers.domain.errors import RuleViolation
from importers.domain.free_text import refuse_bank_details

CPR = """
010190-1234
CPR 010190-1234
CPR-nummer: 0101901234
cpr. nr. 010190 1234
Mit CPR-nr. er 311299 - 1234
personnummer 0101901234
""".strip().splitlines()


def test_a_danish_cpr_number_is_refused_by_its_name() -> None:
    for text in CPR:
        with pytest.raises(RuleViolation, match="CPR") as refused:
            refuse_bank_details(f"Hello,\n{text}\nMette")
        assert refused.value.code == "ssn"


@pytest.mark.parametrize("text", ["order 991390-1234", "importer number 010190-12345", "CPR", "0101901234"])
def test_what_is_no_cpr_number_passes(text: str) -> None:
    refuse_bank_details(text)
