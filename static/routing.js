// Checks a routing number in the browser only: the field has no name and belongs to no form, nothing is sent, nothing
// is kept. The rule is importers/domain/routing_number.py's; prefixes and sentences come with the page.
"use strict";

{
  const box = document.querySelector("[data-routing]");
  const field = box.querySelector("input");
  const verdict = box.querySelector("[role=status]");
  const prefixes = (name) => box.dataset[name].split(",").map(Number);
  const [bank, electronic] = [prefixes("bank"), prefixes("electronic")];

  const wrong = (typed) => {
    if ([...typed].length > 100) return "tooLong";
    const plain = typed
      .replace(/\p{Cf}/gu, "")
      .normalize("NFKC")
      .replace(/[\u2010-\u2014\u2212\uff0d]/g, "-")
      .replace(/[\s\x1c-\x1f\x85]/g, "");
    if (/[^\x00-\x7f]/.test(plain)) return "notPlain";
    if (!/^[0-9]{9}$/.test(plain)) return "format";
    const sum = [...plain].reduce((total, digit, place) => total + digit * [3, 7, 1][place % 3], 0);
    if (sum % 10) return "checksum";
    const prefix = Number(plain.slice(0, 2));
    if (electronic.includes(prefix)) return "warning";
    return bank.includes(prefix) ? "right" : "prefix";
  };
  const check = () => {
    const found = wrong(field.value);
    verdict.textContent = box.dataset[found];
    verdict.dataset.found = found;
  };

  box.querySelector("[data-plain]").hidden = true;
  box.querySelector("div").hidden = false;
  box.querySelector("button").addEventListener("click", check);
  field.addEventListener("keydown", (event) => { if (event.key === "Enter") check(); });
  field.addEventListener("input", () => { verdict.textContent = ""; });
  addEventListener("pagehide", () => { field.value = verdict.textContent = ""; });
}
