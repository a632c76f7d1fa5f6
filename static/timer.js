// Ten minutes for CBP's code, from when the importer says so. Told aloud three times: at the start, at two minutes
// left, at the end. What is kept, until the tab is closed, is when the time is up and what has been told.
"use strict";

{
  const MINUTE = 60_000;
  const box = document.querySelector("[data-timer]");
  const part = (name) => box.querySelector(`[data-${name}]`);
  const [shown, said, start, stop] = ["shown", "said", "start", "stop"].map(part);
  const first = start.textContent;
  const key = `code-until ${location.pathname}`;
  let state = null; // {until, told}
  let tick = 0;

  const keep = () => {
    try {
      if (state) sessionStorage.setItem(key, JSON.stringify(state));
      else sessionStorage.removeItem(key);
    } catch { /* without storage it lasts until the page is left */ }
  };
  const restore = () => {
    try {
      const kept = JSON.parse(sessionStorage.getItem(key));
      return kept && Date.now() - kept.until < 60 * MINUTE ? kept : null;
    } catch { return null; }
  };
  const tell = (what, words) => {
    if (state.told.includes(what)) return;
    state.told.push(what);
    said.textContent = words;
    keep();
  };
  const time = (at) => new Intl.DateTimeFormat(document.documentElement.lang, { hour: "2-digit", minute: "2-digit", hourCycle: "h23" }).format(at);

  const draw = () => {
    const left = state ? state.until - Date.now() : 0;
    shown.hidden = stop.hidden = !state;
    start.textContent = state ? start.dataset.again : first;
    if (!state) return;
    if (left <= 0) {
      clearInterval(tick);
      stop.hidden = true;
      shown.textContent = box.dataset.over;
      tell("over", box.dataset.over);
      return;
    }
    const minutes = Math.ceil(left / MINUTE);
    const words = (minutes > 1 ? box.dataset.left : box.dataset.one).replace("{n}", minutes).replace("{time}", time(state.until));
    if (shown.textContent !== words) shown.textContent = words;
    if (left <= 2 * MINUTE) tell("two", box.dataset.saidTwo);
  };
  const run = () => {
    clearInterval(tick);
    tick = setInterval(draw, 1000);
    draw();
  };

  start.addEventListener("click", () => {
    state = { until: Date.now() + 10 * MINUTE, told: [] };
    tell("start", box.dataset.saidStart);
    run();
  });
  stop.addEventListener("click", () => {
    clearInterval(tick);
    state = null;
    said.textContent = "";
    keep();
    draw();
    start.focus();
  });
  part("buttons").hidden = false;
  state = restore();
  if (state) run();
}
