"""CBP's code for the ACE account is refused in what importers write to us; other codes and numbers pass."""

import time
from contextlib import suppress

import pytest

from importers.domain.errors import RuleViolation
from importers.domain.free_text import refuse_codes

CODES = """
Koden fra CBP er 482913
my code is 482 913
My code is 482-913
code: 482913
Code 482913
the code from CBP is 482913.
CBP's code 482913 is not accepted
The code (482913) does not work
The code I got is 48291357
The code expired: 482913
codes: 482913, 553201
security code = 482913
verification code 482 913
one-time code: 4829
code is *482913*
482 913 is my code
I typed 482913 as the code
koden er 4829
Koden er: 48291
koden er 48 29 13
koden: “482913”
Min kode: 482913
Sikkerhedskoden er 482913
engangskoden 482 913 virker ikke
CBP-koden 482913
Koden virker ikke: 482913
Vi fik koden. Den er 482913.
Koden, jeg fik, er 482913
KODEN FRA CBP ER ４８２９１３
482913 er koden fra CBP
pin 123456
PIN: 4829
pinkode 482913
otp 483920
passcode 482913
Passcode is 482 913
verification number 482913
the security number is 482913
the number CBP mailed: 123456
the number from CBP is 482913
The digits that CBP sent: 482913
tallet fra CBP: 482913
Nummeret fra CBP er 482 913
Tallet, CBP sendte, er ikke rigtigt. Koden er 482913
482913
""".strip().splitlines()

HARMLESS = """
No code arrives
The code came at 14:05 and ran out at 14.15
code came on 2026-11-24
error code 404
ACE shows error code 482913
ZIP code 10001
our zip code is 10001-2345
Postcode 8000 Aarhus C
area code 317
country code is 0045
HTS code 99030125
the code 99030125 stands on line 3
tariff code 847130
tracking code 482913
filer code 9AB
What does code 9903 mean
What is code 99030125
The tariff code is 9902
case number from CBP 482913
The CSMS number from CBP: 68315804
protest number CBP gave us 482913
importer number CBP assigned 261304-00123
Sagsnummeret fra CBP: 482913
Mange tal fra CBP, 482913 i alt
we pin 3 of 6 papers
No code came. Call me on 22 33 44 55
The code does not come, call +45 99 28 78 17
the code of entry 316-2509314-6 is missing
importer number 12-3456789 and no code
Importer number 261304-00123, the code does not come
The code costs $4,500 or 4500 USD
a duty of 482,913.50
Code from 2026
We did it in 2027, code not accepted
code is 5106
case number 482913, the code does not come
our customer number is 482913
ACE Support 866-530-4172 did not know the code
step 4: the code
Koden kom ikke
Koden udløb efter 10 minutter
Koden kom kl. 10.26 den 21.04.2027
Koden udløber kl. 1026
Fejlkode 404
Fejlkoden er 482913
Vores postnummer er 8000
postkoden er 8000 Aarhus
koden fra 2027
Koden kom ikke. Ring til mig på 22334455
Koden kom ikke, ring 22 33 44 55
Jeg har ikke fået koden, mit nummer er +45 22334455
Sag 482913: Koden kommer ikke
CVR 12345678, koden kommer ikke
Vi venter på koden til 5106-formularen
Kode 3 af 6
""".strip().splitlines()


@pytest.mark.parametrize("text", [*CODES, "Koden kom:\n482913", "Hello,\nthe code is\n482 913"])
def test_a_code_of_cbp_is_refused_with_what_to_do(text: str) -> None:
    with pytest.raises(RuleViolation, match="CBP's own form") as refused:
        refuse_codes(text)
    assert refused.value.code == "code"


@pytest.mark.parametrize("text", [*HARMLESS, ""])
def test_other_codes_and_numbers_pass(text: str) -> None:
    refuse_codes(text)


@pytest.mark.parametrize(
    "piece",
    [
        "code ",
        "koden er ",
        "482 913 ",
        "is ",
        "kode-",
        "1",
        "(",
        "code is 4",
        " ",
        "pin ",
        "number CBP ",
        "security number ",
        "tallet fra ",
    ],
)
def test_no_text_takes_long(piece: str) -> None:
    text = "code " + piece * (1990 // len(piece))
    began = time.perf_counter()
    with suppress(RuleViolation):
        refuse_codes(text)
    assert time.perf_counter() - began < 0.5
