import pytest

from importers.domain.sheets.neutral import neutral


@pytest.mark.parametrize(
    "text",
    [
        "=1+1",
        "+1 555",
        "-cmd|' /C calc'!A0",
        "@SUM(A1)",
        "\t=1",
        "\r=1",
        " =1",
        "\n=1",
        "＝1",
        "＠x",
        "-1-2",
        "-1",
        "+45 12",
    ],
)
def test_what_begins_like_a_formula_is_made_text(text: str) -> None:
    assert neutral(text) == "'" + text


@pytest.mark.parametrize("text", ["", "Nordlys", "12-3456789", "0.5", "a=1", "x@y.example", "'=1", "1,234"])
def test_all_else_stays_as_it_is(text: str) -> None:
    assert neutral(text) == text
