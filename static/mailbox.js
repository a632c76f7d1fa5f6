// Asks about a mailbox that several people read while its address is typed; without this file the form asks when it is
// saved. The list is importers/domain/mail_address.py's and comes with the page.
"use strict";

{
  const shared = new Set(document.querySelector("script[data-mailboxes]").dataset.mailboxes.split(" "));
  const email = document.getElementById("id_email");
  const question = document.getElementById("id_reads_it").closest(".field");
  email.addEventListener("input", () => {
    const [local, domain] = email.value.trim().toLowerCase().split("@");
    question.hidden = domain === undefined || !shared.has(local);
  });
}
