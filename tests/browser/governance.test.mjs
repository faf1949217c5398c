// Governance and the audit log: what may be called, what stops it, who did what.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { World, posted, signIn, texts } from "./world.mjs";

const AT = "/console/governance";
const world = World.forTests({}, async (server) => {
  await server.governed();
  for (let index = 0; index < 70; index += 1) await server.propose({ arguments: { index, text: `line\n"quoted", =1+1 ${index}` } });
});

const row = (page, id) => page.locator(`tr[id="${id}"]`);

// Opens what a row offers, fills in why, and presses its button.
async function change(page, of, button, reason) {
  await of.locator("summary").last().click();
  await of.getByLabel(/^Reason/).fill(reason);
  const [response] = await Promise.all([
    page.waitForResponse((response) => response.request().method() === "POST"),
    of.getByRole("button", { name: button }).click(),
  ]);
  await page.waitForLoadState();
  return response.status();
}

test("the access of a function is set, and holds at once", async () => {
  const { server } = world;
  const page = await world.visit("admin", `${AT}/functions`);
  const of = row(page, "notes.read");
  assert.equal(await of.locator(".status").textContent(), "Enabled");
  await of.locator("summary").last().click();
  await of.getByLabel("Access").selectOption("EnabledWithConfirmation");
  await of.getByLabel(/^Reason/).fill("<b>looked odd</b>");
  await Promise.all([page.waitForURL((url) => url.searchParams.has("done")), of.getByRole("button", { name: "Set the access" }).click()]);
  assert.equal(await row(page, "notes.read").locator(".status").textContent(), "EnabledWithConfirmation");
  assert.match(await page.getByRole("status").first().innerText(), /access is set/);
  assert.equal((await server.propose({ function: "notes.read" })).stage, "awaiting_approval");

  // It is on the audit log, with who and why.
  await page.goto("/console/audit");
  const first = page.locator("tbody tr").filter({ hasText: "notes.read" }).filter({ hasText: "ada" }).first();
  assert.match(await first.innerText(), /<b>looked odd<\/b>|EnabledWithConfirmation/);
  await server.api("admin", "PUT", "/v1/functions/notes.read", { access: "Enabled", reason: "back" });
});

test("who may not change anything is offered nothing, and refused", async () => {
  const page = await world.visit("ana", `${AT}/functions`);
  assert.equal(await page.getByRole("button", { name: "Set the access" }).count(), 0);
  assert.equal(await page.locator("select[name=access]").count(), 0);
  const csrf = await page.locator("form.who input[name=csrf]").inputValue();
  const tried = [
    [`${AT}/functions/notes.read`, { access: "Disabled" }], [`${AT}/freezes`, { kind: "tenant", reason: "x" }],
    [`${AT}/keys/${world.server.keys.admin}/revoke`, {}],
  ];
  for (const [address, fields] of tried) assert.equal(await posted(page, address, { csrf, ...fields }), 403, address);
  world.faults = world.faults.filter((fault) => !fault.includes("status of 403"));
  const keys = await page.goto(`${AT}/keys`);
  assert.equal(keys.status(), 403);
  assert.equal(await page.getByRole("alert").locator("code").first().textContent(), "missing_role");
  assert.ok(!(await texts(page, "nav a")).includes("Keys"));
});

test("frozen by a form, thawed by a form, and the agent is held between", async () => {
  const { server } = world;
  const page = await world.visit("admin", `${AT}/freezes`);
  assert.match(await page.locator(".empty").innerText(), /Nothing is frozen/);
  await page.getByLabel("What").selectOption("agent");
  await page.getByLabel("Name of the agent or function").fill("mail-bot");
  await page.getByLabel(/^Reason: who/).fill("looks odd");
  await Promise.all([page.waitForURL((url) => url.searchParams.has("done")), page.getByRole("button", { name: "Freeze" }).click()]);
  assert.match(await page.locator("tbody tr").innerText(), /agent mail-bot[\s\S]*looks odd/);
  const held = await server.propose({ function: "notes.read", arguments: { frozen: true } });
  assert.match(held.deciding.code, /frozen/);
  assert.equal(await change(page, page.locator("tbody tr"), "End the freeze", "was fine"), 303);
  assert.match(await page.locator(".empty").innerText(), /Nothing is frozen/);
  assert.equal((await server.propose({ function: "notes.read", arguments: { frozen: false } })).stage, "permitted");
});

test("a form that lacks something says so where it is, and keeps what was typed", async () => {
  const page = await world.visit("admin", `${AT}/freezes`);
  await page.getByLabel("What").selectOption("function");
  await page.getByLabel("Name of the agent or function").fill("no such name");
  await page.getByLabel(/^Reason: who/).fill("because");
  const [response] = await Promise.all([
    page.waitForResponse((response) => response.request().method() === "POST"),
    page.getByRole("button", { name: "Freeze" }).click(),
  ]);
  assert.ok(response.status() >= 400 && response.status() < 500);
  await page.getByRole("alert").waitFor();
  assert.equal(await page.getByLabel("Name of the agent or function").inputValue(), "no such name");
  assert.equal(await page.getByLabel(/^Reason: who/).inputValue(), "because");
});

test("a key is revoked, and opens nothing any more", async () => {
  const { server } = world;
  const made = await server.api("admin", "POST", "/v1/keys", { roles: ["auditor"], actor: { kind: "user", id: "leaver" }, label: "an old laptop" });
  const theirs = await world.page();
  await theirs.goto("/console/sign-in");
  await signIn(theirs, made.secret);
  const page = await world.visit("admin", `${AT}/keys`);
  assert.ok(!(await page.content()).includes(made.secret));
  assert.match(await row(page, made.id).innerText(), /leaver[\s\S]*an old laptop/);
  assert.equal(await change(page, row(page, made.id), "Revoke the key", "left"), 303);
  assert.match(await row(page, made.id).innerText(), /by ada/);
  await theirs.goto("/console/executions");
  assert.equal(new URL(theirs.url()).pathname, "/console/sign-in");
});

test("the audit log: newest first, one event in full, and its filters", async () => {
  const page = await world.visit("auditor", "/console/audit");
  const positions = (await texts(page, "td[data-label=Position]")).map(Number);
  assert.ok(positions.length > 20);
  assert.deepEqual(positions, [...positions].sort((a, b) => b - a));
  await page.locator("td[data-label=Actor] a", { hasText: "ada" }).first().click();
  await page.waitForURL((url) => url.searchParams.size > 0);
  assert.deepEqual([...new Set(await texts(page, "td[data-label=Actor]"))], ["ada"]);
  await page.goto(`/console/audit?at=${positions[0]}`);
  assert.match(await page.locator("main").innerText(), new RegExp(`\\b${positions[0]}\\b`));
  // Without the role there is a page that says which one.
  const other = await world.visit("ana", "/console/audit");
  assert.equal(other.status, 403);
});

async function download(page, name) {
  const [file] = await Promise.all([page.waitForEvent("download"), page.getByRole("link", { name }).click()]);
  return { name: file.suggestedFilename(), text: readFileSync(await file.path(), "utf8") };
}

test("downloads have everything that the filter lets through, not a page of it", async () => {
  const { server } = world;
  const expected = [];
  for (let cursor = null; ;) {
    const page = await server.api("auditor", "GET", `/v1/audit?${new URLSearchParams({ limit: 1000, ...(cursor && { cursor }) })}`);
    expected.push(...page.items);
    cursor = page.next;
    if (!cursor) break;
  }
  const page = await world.visit("auditor", "/console/audit");
  const lines = await download(page, "Export JSON Lines");
  assert.match(lines.name, /\.jsonl$/);
  const entries = lines.text.trimEnd().split("\n").map((line) => JSON.parse(line));
  assert.deepEqual(entries.map((entry) => entry.position), expected.map((entry) => entry.position));
  const csv = await download(page, "Export CSV");
  assert.match(csv.name, /\.csv$/);
  assert.equal(records(csv.text).length, expected.length + 1);

  await page.goto("/console/executions?function=mail.send");
  const calls = await server.api("auditor", "GET", "/v1/executions?function=mail.send&limit=1000");
  assert.ok(calls.items.length > 50 && !calls.next);
  const table = records((await download(page, "Export CSV")).text);
  assert.deepEqual(new Set(table.map((fields) => fields.length)), new Set([table[0].length]), "every record has every field");
  assert.equal(table.length, calls.items.length + 1);
  // What a spreadsheet would take for a formula is none.
  for (const fields of table) for (const field of fields) assert.ok(!/^[=+@]/.test(field), field);
  const rows = (await download(page, "Export JSON Lines")).text.trimEnd().split("\n").map((line) => JSON.parse(line));
  assert.deepEqual(rows.map((one) => one.execution_id), calls.items.map((one) => one.execution_id));
});

// RFC 4180.
function records(text) {
  const found = [[""]];
  let quoted = false;
  for (let index = 0; index < text.length; index += 1) {
    const char = text[index];
    const record = found.at(-1);
    if (quoted) {
      if (char !== '"') record[record.length - 1] += char;
      else if (text[index + 1] === '"') { record[record.length - 1] += '"'; index += 1; } else quoted = false;
    } else if (char === '"') quoted = true;
    else if (char === ",") record.push("");
    else if (char === "\n") found.push([""]);
    else if (char !== "\r") record[record.length - 1] += char;
  }
  assert.ok(!quoted, "every quote is closed");
  return found.at(-1).length === 1 && found.at(-1)[0] === "" ? found.slice(0, -1) : found;
}

test("without JavaScript a function is disabled and a key revoked", async () => {
  const { server } = world;
  const options = { javaScriptEnabled: false };
  const page = await world.visit("admin", `${AT}/functions`, options);
  const of = row(page, "orders.create");
  await of.locator("summary").last().click();
  await of.getByLabel("Access").selectOption("Disabled");
  await Promise.all([page.waitForURL((url) => url.searchParams.has("done")), of.getByRole("button", { name: "Set the access" }).click()]);
  assert.equal((await server.api("ana", "GET", "/v1/functions/orders.create")).access, "Disabled");
});

test("another tenant's governance has nothing of this one", async () => {
  for (const part of ["functions", "policy", "grants", "freezes", "reviewers", "keys", "webhooks"]) {
    const page = await world.visit("stranger", `${AT}/${part}`);
    assert.equal(page.status, 200, part);
    const content = await page.content();
    for (const theirs of ["mail.send", "money-leaves", world.server.keys.ana, "ada"]) {
      assert.ok(!content.includes(theirs), `${theirs} on ${part}`);
    }
    await page.context().close();
  }
});

test("governance and the audit log by axe, on a phone, in the dark", async () => {
  const { server } = world;
  await server.api("admin", "POST", "/v1/freezes", { scope: { kind: "agent", agent: "odd-bot" }, reason: "r".repeat(300) });
  await server.api("admin", "PUT", "/v1/groups/finance", { members: [{ kind: "user", id: "ana" }] });
  await server.api("admin", "POST", "/v1/webhooks", { url: "https://hooks.example.com/x" });
  await server.api("admin", "POST", "/v1/grants", {
    scope: { agent: "mail-bot", function: "mail.send", conditions: [] }, reason: "known", expires_at: new Date(Date.now() + 3_600_000).toISOString(),
  });
  for (const part of ["functions", "policy", "grants", "freezes", "reviewers", "keys", "webhooks", "health"]) {
    await world.looked("admin", `${AT}/${part}`, `governance-${part}`);
  }
  await world.looked("auditor", `${AT}/functions`, "governance-functions-auditor");
  await world.looked("auditor", "/console/audit", "audit");
  await world.looked("auditor", "/console/audit?at=30", "audit-event");
}, { timeout: 400_000 });
