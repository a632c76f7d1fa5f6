// Only conveniences: every page works without this file.
"use strict";

for (const copy of document.querySelectorAll("[data-copy]")) {
  const button = document.createElement("button");
  button.type = "button";
  button.textContent = copy.dataset.copy;
  button.setAttribute("aria-label", `${copy.dataset.copy}: ${copy.dataset.name}`);
  const said = document.createElement("span");
  said.setAttribute("role", "status");
  said.className = "quiet small";
  button.addEventListener("click", async () => {
    const text = copy.querySelector("code, pre");
    try {
      await navigator.clipboard.writeText(text.textContent);
      said.textContent = copy.dataset.copied;
    } catch {
      getSelection().selectAllChildren(text);
      said.textContent = copy.dataset.failed;
    }
    setTimeout(() => { said.textContent = ""; }, 4000);
  });
  if (navigator.clipboard) copy.append(button, said);
}

// What helps with the chosen topic opens by itself.
for (const known of document.querySelectorAll(".choice + .known")) {
  const fields = known.closest("fieldset");
  const choice = known.previousElementSibling.querySelector("input");
  fields.addEventListener("change", () => { known.open = choice.checked; });
}

// A link to what is folded opens it.
for (const link of document.querySelectorAll('a[href^="#"]')) {
  const fold = document.getElementById(link.hash.slice(1));
  if (fold instanceof HTMLDetailsElement) link.addEventListener("click", () => { fold.open = true; });
}

for (const print of document.querySelectorAll("[data-print]")) {
  print.hidden = false;
  print.querySelector("button").addEventListener("click", () => window.print());
}

// A second press while the first is on its way sends nothing (the server would not mind either).
for (const form of document.querySelectorAll("form[method=post]")) {
  form.addEventListener("submit", (event) => {
    if (form.dataset.sent) event.preventDefault();
    form.dataset.sent = "yes";
  });
}
// Back to a page that the browser kept: what was sent from it is saved by now, so it is fetched anew.
addEventListener("pageshow", (event) => {
  if (event.persisted && document.querySelector("form[data-sent]")) location.reload();
  for (const form of document.forms) delete form.dataset.sent;
});
