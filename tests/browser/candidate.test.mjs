// A candidate policy set over past calls: what it would change, before it is put into force.
import assert from "node:assert/strict";
import { test } from "node:test";
import { MODES, World, audit, fits, follow, posted, texts } from "./world.mjs";
import { POLICY } from "./server.mjs";
import { join } from "node:path";

const AT = "/console/governance/policy/candidate";
const ASKS = `@require("approval")\n@expires("2h")\n@reason("goes to somebody outside")`;
const STOPS = `@reason("<b>nothing</b> goes outside")`;
let mail;
const world = World.forTests({}, async (server) => {
  await server.governed();
  mail = await server.propose();
  for (let index = 0; index < 3; index += 1) await server.propose({ function: "notes.read", arguments: { index } });
  // Of another tenant, which is nobody's business here.
  await server.api("stranger", "PUT", "/v1/functions/mail.send", { access: "Enabled" });
  await server.propose({ requester: { kind: "user", id: "eve" } }, "stranger");
});

const rules = (page) => page.getByLabel(/^Its rules \(rules\.cedar\)/);

// Sends the form, and answers the status.
async function tried(page) {
  const [response] = await Promise.all([
    page.waitForResponse((response) => response.request().method() === "POST"),
    page.getByRole("button", { name: "Try it" }).click(),
  ]);
  await page.waitForLoadState();
  return response.status();
}

// Edits the set in force so that mails are blocked that had to be approved.
async function stricter(page) {
  const text = await rules(page).inputValue();
  assert.ok(text.includes(ASKS));
  await rules(page).fill(text.replace(ASKS, STOPS));
}

// The cells of rows.
const rows = (page, selector) =>
  page.locator(selector).evaluateAll((found) => found.map((row) => [...row.cells].map((cell) => cell.textContent.trim())));

test("the set in force is edited, and the call that it would block is there with its link", async () => {
  const page = await world.visit("admin", "/console/governance/policy");
  await follow(page, page.getByRole("link", { name: "Try a candidate" }));
  assert.equal(await rules(page).inputValue(), POLICY["rules.cedar"]);
  await stricter(page);
  assert.equal(await tried(page), 200);
  const report = page.locator("#report");
  assert.match(await report.innerText(), /4 calls were decided again: 1 would change\.\s*1 call would be blocked and had not been\./);
  assert.deepEqual(await rows(page, "table.matrix tr"), [
    ["On record", "allowed", "blocked"],
    ["allowed", "3", "0"],
    ["asks for an approval", "0", "1"],
  ]);
  assert.deepEqual(await rows(page, "tr[data-rule]"), [["goes-outside", "asks for an approval of 1 call", "blocks 1 call"]]);
  const changed = page.locator("tr[data-id]");
  assert.equal(await changed.count(), 1);
  assert.match((await changed.innerText()).replace(/\s+/g, " "), /mail\.send.* of mail-bot .*asks for an approval.*blocked.*<b>nothing<\/b> goes outside/);
  // What was typed stays, so that it can be changed and tried again; nothing is in force that was not.
  assert.ok((await rules(page).inputValue()).includes(STOPS));
  const policy = await world.server.api("admin", "GET", "/v1/policy");
  assert.deepEqual((await world.server.api("admin", "GET", `/v1/policy/sets/${policy.policy_set}`)).files, POLICY);
  await follow(page, changed.getByRole("link"));
  assert.equal(new URL(page.url()).pathname, `/console/executions/${mail.execution_id}`);
});

test("the same set changes nothing, and a rule more is counted", async () => {
  const page = await world.visit("auditor", AT);
  assert.equal(await tried(page), 200);
  assert.match(await page.locator("#report").innerText(), /This is the set in force\.[\s\S]*4 calls were decided again: none would change\./);
  assert.equal(await page.locator("tr[data-id]").count(), 0);
  await page.getByLabel("Name of the file").last().fill("more.cedar");
  await page.locator("textarea").last().fill(`@id("no-notes")\n@reason("no notes")\nforbid (principal, action, resource == Function::"notes.read");`);
  assert.equal(await tried(page), 200);
  assert.match(await page.locator("#report").innerText(), /3 calls would be blocked/);
  assert.deepEqual(await rows(page, "tr[data-rule]"), [["no-notes", "matches no call", "blocks 3 calls"]]);
  assert.deepEqual(await page.locator("legend").allInnerTexts(), ["rules.cedar", "more.cedar", "Another file, if it takes one"]);
});

test("what is wrong is said at the form with its line and column, and the text stays", async () => {
  const page = await world.visit("admin", AT);
  const broken = `${POLICY["rules.cedar"]}@id("odd")\nforbid (principal, action, resource)\nwhen { resource.colour == "<red>" };\n`;
  await rules(page).fill(broken);
  assert.equal(await tried(page), 409);
  assert.equal(await page.getByRole("alert").locator("code").textContent(), "policy_invalid");
  const line = broken.split("\n").findIndex((text) => text.includes("colour")) + 1;
  const link = page.getByRole("link", { name: new RegExp(`^rules\\.cedar, line ${line}, column \\d+$`) });
  assert.equal(await link.count(), 1);
  assert.equal(await rules(page).inputValue(), broken);
  assert.equal(await rules(page).getAttribute("aria-invalid"), "true");
  const said = page.locator(`#${await rules(page).getAttribute("aria-describedby")}`);
  assert.match(await said.innerText(), new RegExp(`Line ${line}, column \\d+:[\\s\\S]*when \\{ resource\\.colour == "<red>" \\};`));
  await link.click();
  assert.ok(await rules(page).evaluate((field) => field === document.activeElement || field.matches(":target")));
  await audit(page, "a candidate with faults");
  // Days are asked for by the browser; whoever sends others is told.
  await rules(page).fill(POLICY["rules.cedar"]);
  await page.getByLabel(/^Over how many/).evaluate((field) => { field.type = "text"; field.value = "31"; });
  assert.equal(await tried(page), 422);
  assert.match(await page.getByRole("alert").innerText(), /`31` is no number of days[\s\S]*invalid_days/);
});

test("who may not look at everything is not offered it, and refused", async () => {
  const page = await world.visit("ana", "/console/governance/policy");
  assert.equal(await page.getByRole("link", { name: "Try a candidate" }).count(), 0);
  const csrf = await page.locator("form.who input[name=csrf]").inputValue();
  assert.equal(await posted(page, AT, { csrf, name: "rules.cedar", text: "", days: "7" }), 403);
  assert.equal(await posted(page, AT, { csrf: "x", name: "rules.cedar", text: "", days: "7" }), 403);
  world.faults = world.faults.filter((fault) => !fault.includes("status of 403"));
  const response = await page.goto(AT);
  assert.equal(response.status(), 403);
  assert.equal(await page.getByRole("alert").locator("code").first().textContent(), "missing_role");
  // Another tenant's own call alone.
  const theirs = await world.visit("stranger", AT);
  assert.equal(await rules(theirs).inputValue(), "");
  assert.equal(await tried(theirs), 200);
  assert.match(await theirs.locator("#report").innerText(), /1 call was decided again: 1 would change/);
});

test("it works without JavaScript, in every light and on a phone", async () => {
  await world.looked("admin", AT, "candidate");
  const plain = await world.visit("admin", AT, { javaScriptEnabled: false });
  await stricter(plain);
  assert.equal(await tried(plain), 200);
  assert.deepEqual(await texts(plain, "#report strong"), ["4 calls were decided again: 1 would change."]);
  for (const [mode, options] of Object.entries(MODES)) {
    const page = await world.visit("admin", AT, options);
    await stricter(page);
    assert.equal(await tried(page), 200);
    await page.screenshot({ path: join(process.env.VIDIMUS_BROWSER_SCREENSHOTS, `candidate-report-${mode}.png`), fullPage: true });
    await audit(page, `a candidate's report (${mode})`);
    await fits(page, `a candidate's report (${mode})`);
    await page.context().close();
  }
});
