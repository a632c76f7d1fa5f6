import re
import time
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from importers.domain.errors import RuleViolation
from importers.domain.free_text import looks_like_bank_details, looks_like_ssn, refuse_bank_details, refuse_links

HARMLESS = """
+45 9928 7817
+4599287817
+45 99 28 78 17
+45 (0) 99 28 78 17
+48 601234567
+351 212345678
+1 (866) 530-4172
(317) 298-1200
1 (317) 298-1200
call (317) 298-1200 ext 1178
routing-number errors: (317) 298-1200 ext 1178
866-530-4172
866.530.4172
866 530 4172
1-866-530-4172
1 866 530 4172
18665304172
3172981200
ACE Support 866-530-4172, ace.support@cbp.dhs.gov
99287817
9928 7817
99 28 78 17
020 7946 0958
0045 9928 7817
+45 9928 7817 / +45 9928 7818
866-530-4172 866-530-4173
2026-11-03
2026-11-03 to 2026-11-10
2026-11-03–2026-11-10
2026-11-03T12:00:00
03.11.2026
3-11-2026
11/03/2026
20261103
in 2024/2025 and 2025/2026
316-2509314-6
B76-0324527-8
31625093146
B7603245278
A0000000017
entries 316-2509314-6, 316-0000504-0
12-3456789
12-345678900
12-3456789AB
994601-12345
IR 12-345678900 and 994601-12345
account of 12-345678900
the broker's number is 12-3456789.
9903.01.28
8471.30.0100
8471.30.01.00
99030128
8471300100
HTS 9903012800
5000 Odense C
DK-9000 Aalborg
46241-1234
New York, NY 10001-2345
Karetmagervej 12, 5000 Odense C
$1,234,567.89
$ 121000248
USD 1234567
1234567 USD
1.234.567,89 kr.
12 345 678,90
DKK 123 456 789
123 456 789,00 kr
1234567890.12
duty 1234.5
CVR 12345678
DK12345678
Reg. no. 12345678
SE556012345601
MSCU1234567
MAEU123456789
EGLV142600123456
1Z999AA10123456784
protest 2704-26-100123
AWB 123-12345678
DUNS 123456789
DUNS no. 123456789
https://portal.example/importers/550e8400-e29b-41d4-a716-446655440000/
CSMS 68315804, CSMS # 68340863
CBP Dec. 25-18, 91 FR 21, 19 CFR 24.36(a)
rows 12 14 16
Form 7501, box 28
ACE account created 2026-11-03
the bank account is shown, refund 12345.67
account manager 99287817
account for 4 people
konto 4711
the account ends in 6789
ES26 entry 316-2509314-6
Jens Anton Rahbek
GMB.ACHREFUNDSUPPORT@CBP.DHS.GOV
Accepted on the phone +45 9928 7817 on 2026-11-03: entry 316-2509314-6, HTS 9903.01.28, duty $1,234.56, IR 12-345678900.
0440 0116243
mette.holm1985@nordlys.example
13800138000@prairie.example
info@nordlys.example, +45 9928 7817
VAT DE121000248
VAT GB121000248
NL004495445B01
MAEU121000248
AB112345678
konto 12345
account no. 4711
121.000.24
rows 1,2,3,4,5,6,7,8
2026/11/03
10.20.30.40
version 1.2.3.4
+298 123456
+299 12 34 56
the account 12 people use
The account does not open, call 22334455
Our account manager is Mette Holm, 99287817
The Trade Account Owner is Mette, 22 33 44 55
Kontoen virker ikke, ring 22 33 44 55
Kontoen virker ikke. Mit nummer er 22334455
ACE account: Mette Holm, 22334455
ACE-kontoen: Mette Holm, 22334455
the account for invoice 12345678
account of Nordlys ApS, CVR 12345678
account of DK12345678
kontoen til ordre 12345678
the account shows error code 404
the account was opened on 20261103
account holder Karetmagervej 12, 5000 Odense C
according to acc. to order 12345678
Reg. nr. 3409
reg. 3409, tlf. 99287817
order 123456-7890
order 4111-22
ordre 991390-1234
4111.1111
101
202
303
""".strip().splitlines()

BANK = """
021000021
routing 021000021
ABA: 322271627
ABA322271627
my number is 026009593.
0210 0002 1
021-000-021
021 - 000 - 021
０２１０００021
٠٢١٠٠٠٠٢١
+45 9928 7817 021000021
021000021 / 12345
DK5000400440116243
DK50 0040 0440 1162 43
dk50 0040 0440 1162 43 please call
(IBAN DK50-0040-0440-1162-43)
DK50 0040 0440 1162 44
GB29NWBK60161331926819
GB29 NWBK 6016 1331 9268 19
GB28NWBK60161331926819
DE89370400440532013000
NO9386011117947
MT84MALT011000012345MTLCAST001S
NO 1234.56.78901
konto 0440116243
kontonr. 1234567
Kontonummer: 1234567
bankkonto 12345678
reg.nr. 5036 konto 1234567
5036 1234567890
5036-1234567890
account 1234567890
Account number: 12345678
account number is 123456
account no. 1234-567-890
accountnumber 12345678
bank account (123456)
my bank account number is 12345678901
acct #123456
acct123456789012
a/c 12345678
sort code 123456
1234567890123
12345678901234567
1234 5678 9012 3456
1234-5678-9012-3456
1234  5678  9012
23456789012
2345 6789012
ring 99287817, account is 00012345678
021.000.021
021,000,021
021_000_021
021/000/021
call 45.021.000.021 now
A021000021
021000021A
ROUTING021000021X
+021000021
+121000248
account no. 98765
Account number: 98.765
kontonr. 98765
account 98_765_4
021000021@prairie.example
mette021000021@prairie.example
mette.021000021@prairie.example
mette+021000021@prairie.example
021.000.021@prairie.example
mette@021000021.example
123456789012@prairie.example
DK5000400440116243@prairie.example
DE021000021
AB021000021
021\u200b000021
Vores kontonummer i Danske Bank er 12345678, reg. 3409
Our account number at Danske Bank is 12345678
Konto hos Nordea 1234567890
Vores konto i Jyske Bank er 1234567
The refund account with Chase is 12 345 678
ACE account number 12345678
Reg.nr 3409, 12345678
reg. 3409 og 12345678
Registreringsnummer 3409 / 12345678
Kontonr (DK): 1234567890
acc 12345678
acc: 12345678
kto 12345678
kto. 12345678
DK50.0040.0440.1162.43
4111.1111.1111.1111
4111/1111/1111/1111
""".strip().splitlines()
BANK += [
    "Reg. 3409\n12345678",
    "Kontonummer i Danske Bank:\n12345678",
    "Account number\nat Danske Bank\n12345678",
    "IBAN:\nDK50 0040\n0440 1162 43",
    "021\n000\n021",
    "021\r\n000\r\n021",
]

SSN = """
123-45-6789
SSN 123-45-6789
SSN123-45-6789
my ssn is 987-65-4321.
123 45 6789
123–45–6789
１２３-45-6789
123456789
ssn:123456789
SSN123456789
Social Security number 123456789
call +45 9928 7817 or 123-45-6789
number 123456789, thanks
123.45.6789
123/45/6789
123_45_6789
123,45,6789
123-45-6789@prairie.example
123.45.6789@prairie.example
123456789@prairie.example
SSN: 123 456 789
SSN is 123 - 45 - 6789
123 - 45 - 6789
SSN er 123.456.789
""".strip().splitlines()
SSN += ["SSN\n123-45\n6789", "SSN:\r\n123 45 6789"]


def refusal(rule: Callable[[str], None], text: str) -> str:
    """The code with which the text is refused; "" when it passes."""
    try:
        rule(text)
    except RuleViolation as refused:
        return refused.code
    return ""


def test_harmless_text_passes() -> None:
    texts = [*HARMLESS, "", "99287817\n99287818", " \n"]
    assert [text for text in texts if refusal(refuse_bank_details, text)] == []
    assert [text for text in texts if looks_like_bank_details(text) or looks_like_ssn(text)] == []


def test_bank_details_are_refused() -> None:
    assert [text for text in BANK if refusal(refuse_bank_details, text) != "bank_details"] == []
    assert [text for text in BANK if not looks_like_bank_details(text)] == []


def test_a_whole_ssn_is_refused() -> None:
    assert [text for text in SSN if refusal(refuse_bank_details, text) != "ssn"] == []
    assert [text for text in SSN if not looks_like_ssn(text)] == []


@pytest.mark.parametrize("text", ["000-12-3456", "12-345-6789", "ends in 6789", "•••-••-6789", "1234-45-6789"])
def test_what_can_be_no_ssn_is_not_called_one(text: str) -> None:
    assert not looks_like_ssn(text)


def test_it_is_found_inside_a_longer_note_and_not_repeated_in_the_message() -> None:
    for text in [*BANK, *SSN]:
        with pytest.raises(RuleViolation) as refused:
            refuse_bank_details(f"Spoke with the officer; she wrote:\n{text}\nCall back on Monday.")
        assert "out" in refused.value.message
        assert not re.search(r"\d", refused.value.message)


def test_harmless_text_passes_inside_a_longer_note() -> None:
    refuse_bank_details("Spoke with the officer; she wrote:\n" + "\n".join(HARMLESS) + "\nCall back on Monday.")


@pytest.mark.parametrize(
    "unit",
    [
        "1",
        "1 ",
        "12-",
        "AB12 ",
        "AB12CD34EF56GH78",
        "+1",
        "1.000",
        "1,000 ",
        "USD 1 000",
        "account no is ",
        "-",
        "1.",
        "12_",
        "a.",
        "A123456789",
        "account ",
        "account a 1 ",
        "account\n",
        "reg. 3409 ",
        "reg nr ",
        "SSN is ",
        "SSN 1-",
        "CPR nr ",
        "010190 ",
        "123\n",
        "123 - ",
        "1234.",
        "DK50.",
        "DK50\n",
        "account " + "\n" * 60,
    ],
)
def test_long_text_takes_no_long_time(unit: str) -> None:
    text = unit * (5_000 // len(unit))
    start = time.process_time()
    looks_like_bank_details(text)
    looks_like_ssn(text)
    refuse_links(text)
    assert time.process_time() - start < 1


def test_far_too_long_text_is_refused_before_anybody_looks_at_it() -> None:
    text = "a" + "\u0301\u0316" * 50_000
    start = time.process_time()
    for rule in (refuse_bank_details, refuse_links):
        with pytest.raises(RuleViolation) as refused:
            rule(text)
        assert refused.value.code == "too_long"
    assert time.process_time() - start < 0.5


@given(st.integers(0, 10**8 - 1), st.sampled_from(["", "DK", "+45 ", "CVR ", "tlf. "]))
def test_eight_digits_are_never_refused(number: int, before: str) -> None:
    refuse_bank_details(f"{before}{number:08}")


@given(st.integers(10**11, 10**17 - 1), st.sampled_from(["{}", "no {}.", "({})"]))
def test_twelve_to_seventeen_digits_always_are(number: int, around: str) -> None:
    assert looks_like_bank_details(around.format(number))
    grouped = " ".join(re.findall("..?.?.?", str(number)))
    assert looks_like_bank_details(around.format(grouped))
