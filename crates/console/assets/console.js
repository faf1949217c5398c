// Makes pages nicer that work without it: local times, copied ids, rows that follow what happens, keys of the keyboard.
"use strict";

// Times in the reader's zone; the exact instant stays on hover.
const local = new Intl.DateTimeFormat(undefined, {
  year: "numeric", month: "2-digit", day: "2-digit", hour: "2-digit", minute: "2-digit", second: "2-digit", timeZoneName: "short",
});
function localTimes(within) {
  for (const time of within.querySelectorAll("time[datetime]")) {
    const at = new Date(time.dateTime);
    if (!Number.isNaN(at.getTime())) time.textContent = local.format(at);
  }
}

// Ids that can be copied.
function copyButtons(within) {
  for (const code of within.querySelectorAll("code[data-copy]")) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "copy";
    button.textContent = "Copy";
    button.setAttribute("aria-label", `Copy ${code.dataset.copyName || code.dataset.copy || code.textContent}`);
    button.addEventListener("click", async () => {
      try {
        await navigator.clipboard.writeText(code.dataset.copy || code.textContent);
        button.textContent = "Copied";
      } catch {
        getSelection().selectAllChildren(code);
        button.textContent = "Selected";
      }
    });
    code.after(" ", button);
  }
}

// The rows of a table, or the cards of the queue, as the server draws them now. They are changed where they are and never
// moved or removed; how many newer ones there are is said above, where there is room for it. What somebody is working in
// stays as it is: a card, or the cell of a row.
let drawn = Promise.resolve();
function isTouched(row) {
  if (row.contains(document.activeElement) || row.querySelector("details[open]")) return true;
  return [...row.querySelectorAll("input, textarea")].some((input) => input.type === "checkbox"
    ? input.checked !== input.defaultChecked
    : input.value !== input.defaultValue);
}
function redrawCells(row, now) {
  let changed = false;
  for (const [index, cell] of [...row.cells].entries()) {
    const fresh = now.cells[index];
    if (!fresh || fresh.innerHTML === cell.innerHTML || cell.contains(document.activeElement)) continue;
    cell.replaceChildren(...fresh.childNodes);
    changed = true;
  }
  return changed;
}
function redrawCard(row, now) {
  if (now.dataset.state === row.dataset.state || isTouched(row)) return false;
  row.replaceChildren(...now.childNodes);
  row.dataset.state = now.dataset.state;
  row.dataset.deadline = now.dataset.deadline;
  copyButtons(row);
  countDown();
  return true;
}
// What a card said of its time before it was gone.
const gone = new WeakMap();
// A card that the list no longer has; a page that is not the last may have lost it to the next one.
function markGone(page, row) {
  const last = [...page.querySelectorAll("[data-cards] [data-id]")].pop();
  const full = page.querySelector("[data-cards]")?.dataset.cards === "more";
  if (full && last && new Date(row.dataset.deadline) > new Date(last.dataset.deadline)) return;
  const place = row.querySelector(".deadline");
  if (!place || gone.has(row)) return;
  row.classList.add("gone");
  // In the place of the time that is left, so that no other card moves.
  gone.set(row, [...place.childNodes]);
  const said = document.createElement("strong");
  said.className = "meanwhile";
  said.setAttribute("role", "status");
  const link = document.createElement("a");
  link.href = `/console/executions/${row.dataset.id}`;
  link.textContent = "what happened";
  said.append("Resolved meanwhile, or not yours: ", link);
  place.replaceChildren(said);
}
function unmarkGone(row) {
  if (!gone.has(row)) return;
  row.classList.remove("gone");
  row.querySelector(".deadline").replaceChildren(...gone.get(row));
  gone.delete(row);
}
async function redraw(table) {
  const answer = await fetch(table.dataset.source || location.href, { headers: { accept: "text/html", "x-vidimus-background": "1" } });
  if (!answer.ok || answer.redirected) return;
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const region = page.querySelector("[data-live]");
  const fresh = new Map([...page.querySelectorAll("[data-live] [data-id]")].map((row) => [row.dataset.id, row]));
  localTimes(page);
  let newer = 0;
  const shown = new Set();
  for (const row of table.querySelectorAll("[data-id]")) {
    shown.add(row.dataset.id);
    const now = fresh.get(row.dataset.id);
    if (!now && region && table.dataset.cards) markGone(page, row);
    if (!now) continue;
    unmarkGone(row);
    if (row.cells ? redrawCells(row, now) : redrawCard(row, now)) {
      row.classList.add("changed");
      setTimeout(() => row.classList.remove("changed"), 1500);
    }
  }
  for (const id of fresh.keys()) if (!shown.has(id)) newer += 1;
  const banner = document.querySelector(".newer a");
  if (!banner || table.classList.contains("ended")) return;
  banner.hidden = newer === 0;
  if (newer > 0) {
    const said = newer >= 50 ? "50 or more newer: show" : `${newer} newer: show`;
    if (banner.textContent !== said) banner.textContent = said;
  }
}
function live() {
  const table = document.querySelector("[data-live]");
  if (!table) return;
  const stream = new EventSource(`/console/live?after=${table.dataset.live}`);
  let waiting = false;
  stream.addEventListener("message", () => {
    if (waiting) return;
    waiting = true;
    setTimeout(() => {
      waiting = false;
      drawn = drawn.then(() => redraw(table)).catch(() => {});
    }, 400);
  });
  stream.addEventListener("error", () => {
    if (stream.readyState === EventSource.CLOSED) ended(table);
  });
  addEventListener("pagehide", () => stream.close());
}
// The server ended the stream for good, as when the session is over: what is shown stands still, and says so.
function ended(table) {
  table.classList.add("ended");
  const banner = document.querySelector(".newer a");
  if (!banner) return;
  banner.href = location.href;
  banner.textContent = "No longer live: load again";
  banner.hidden = false;
}

// How much time is left, by this browser's clock from when the server said it.
const until = new WeakMap();
function countDown() {
  for (const left of document.querySelectorAll("[data-left]")) {
    if (!until.has(left)) until.set(left, Date.now() + Number(left.dataset.left) * 1000);
    const seconds = Math.floor((until.get(left) - Date.now()) / 1000);
    const [days, hours, minutes] = [Math.floor(seconds / 86400), Math.floor(seconds / 3600) % 24, Math.floor(seconds / 60) % 60];
    let said = `${days} d ${hours} h left`;
    if (days === 0) said = `${hours} h ${minutes} min left`;
    if (seconds < 3600) said = minutes < 5 ? `${minutes} min ${seconds % 60} s left` : `${minutes} min left`;
    if (seconds <= 0) said = "its time is over";
    if (left.textContent !== said) left.textContent = said;
    left.classList.toggle("urgent", seconds < 600);
  }
}

// The queue by the keyboard: keys move to cards and to their buttons, and never decide.
function queueKeys() {
  const help = document.getElementById("keys");
  if (!help) return;
  help.hidden = false;
  const on = document.getElementById("keys-on");
  on.checked = localStorage.getItem("keys") !== "off";
  on.addEventListener("change", () => localStorage.setItem("keys", on.checked ? "on" : "off"));
  addEventListener("keydown", (event) => {
    if (!on.checked || event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    if (event.target.closest("input:not([type=checkbox]), textarea, select, [contenteditable]")) return;
    const cards = [...document.querySelectorAll(".queue [data-id]")];
    const here = document.activeElement.closest(".queue [data-id]");
    const index = cards.indexOf(here);
    let to = null;
    if (event.key === "j") to = cards[Math.min(index + 1, cards.length - 1)];
    else if (event.key === "k") to = cards[Math.max(index - 1, 0)];
    else if (["a", "d", "x"].includes(event.key)) to = here?.querySelector(`button[data-key=${event.key}]`);
    else if (event.key === "?") {
      help.open = !help.open;
      to = help.querySelector("summary");
    }
    if (!to) return;
    event.preventDefault();
    to.focus();
    to.scrollIntoView({ block: cards.includes(to) ? "start" : "nearest" });
  });
}

// A page that is not ready yet is asked for again.
function again() {
  const wait = document.querySelector("[data-again]");
  if (wait) setTimeout(() => location.reload(), Number(wait.dataset.again));
}

localTimes(document);
again();
copyButtons(document);
live();
countDown();
setInterval(countDown, 1000);
queueKeys();
