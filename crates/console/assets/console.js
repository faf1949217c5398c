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
    button.setAttribute("aria-label", `Copy ${code.dataset.copy || code.textContent}`);
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

// The rows of a table as the server draws them now. Cells are changed where they are and rows never moved, and where the
// focus is nothing is taken from under it; how many newer rows there are is said above, where there is room for it.
let drawn = Promise.resolve();
async function redraw(table) {
  const answer = await fetch(location.href, { headers: { accept: "text/html" } });
  if (!answer.ok || answer.redirected) return;
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const fresh = new Map([...page.querySelectorAll("[data-live] [data-id]")].map((row) => [row.dataset.id, row]));
  localTimes(page);
  let newer = 0;
  const shown = new Set();
  for (const row of table.querySelectorAll("[data-id]")) {
    shown.add(row.dataset.id);
    const cells = fresh.get(row.dataset.id)?.cells ?? [];
    for (const [index, cell] of [...row.cells].entries()) {
      const now = cells[index];
      if (!now || now.innerHTML === cell.innerHTML || cell.contains(document.activeElement)) continue;
      cell.replaceChildren(...now.childNodes);
      row.classList.add("changed");
      setTimeout(() => row.classList.remove("changed"), 1500);
    }
  }
  for (const id of fresh.keys()) if (!shown.has(id)) newer += 1;
  const banner = document.querySelector(".newer a");
  if (banner && newer > 0) {
    banner.hidden = false;
    banner.textContent = newer >= 50 ? "50 or more newer: show" : `${newer} newer: show`;
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
  addEventListener("pagehide", () => stream.close());
}

localTimes(document);
copyButtons(document);
live();
