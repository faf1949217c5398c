// Tool Executions: the table, over recorded calls.
import assert from "node:assert/strict";
import { test } from "node:test";
import { AGENTS, NEEDLE, calls } from "./data.mjs";
import { World, audit, fits, follow, ids, signIn, texts } from "./world.mjs";

const TABLE = "/console/executions";
const AMOUNT = Number(process.env.VIDIMUS_BROWSER_CALLS ?? 60_000);
const recorded = calls(AMOUNT);
const world = World.forTests({ recorded }, (server) => server.governed());

const column = (page, label) => texts(page, `td[data-label="${label}"]`);

// Every id that the API lists, oldest last.
async function everyId() {
  const found = [];
  for (let cursor = null; ;) {
    const query = new URLSearchParams({ limit: 1000, ...(cursor && { cursor }) });
    const page = await world.server.api("auditor", "GET", `/v1/executions?${query}`);
    found.push(...page.items.map((item) => item.execution_id));
    cursor = page.next;
    if (!cursor) return found;
  }
}

test("the columns, the statuses and the approval statuses are the specification's, to the letter", async () => {
  const page = await world.visit("ana", TABLE);
  assert.deepEqual(await texts(page, "thead th"), ["Agent", "Conversation", "Action", "Status", "Resolved at", "Resolved by"]);
  const cells = await page.locator("tbody tr").first().locator("td").evaluateAll((found) => found.map((one) => one.dataset.label));
  assert.deepEqual(cells, ["Agent", "Conversation", "Action", "Status", "Resolved at", "Resolved by"]);
  const options = async (label) => (await texts(page, `select[name=${label}] option`)).sort();
  assert.deepEqual(await options("status"), ["Any", "Failed", "Pending", "PendingApproval", "Success"]);
  assert.deepEqual(await options("approval_status"), ["Any", "Approval not required", "Approved", "Pending", "Rejected"]);
  assert.equal(await page.locator("tbody tr").count(), 50);
  for (const status of new Set(await texts(page, "td[data-label=Status] .status"))) {
    assert.ok(["Success", "Failed"].includes(status), status);
  }
});

test("each status is shown as what it is", async () => {
  const { server } = world;
  const conversation = `statuses-${crypto.randomUUID()}`;
  const propose = async (more) => (await server.propose({ conversation, ...more })).execution_id;
  const waits = await propose({});
  const approved = await propose({});
  await server.command("ana", approved, "approve", { comment: "fine" });
  const denied = await propose({});
  await server.command("ben", denied, "deny", { reason: "not to them" });
  const done = await propose({ function: "notes.read" });
  await server.complete(done);
  const failed = await propose({ function: "notes.read", arguments: { id: 2 } });
  await server.command("agent", failed, "start");
  await server.command("agent", failed, "fail", { error: { message: "no such note" } });
  const blocked = await propose({ function: "files.delete" });

  const page = await world.visit("ana", `${TABLE}?${new URLSearchParams({ conversation })}`);
  const row = (id) => page.locator(`[data-id="${id}"]`);
  const cell = async (id, label) => (await row(id).locator(`td[data-label="${label}"]`).innerText()).split("\n")[0].trim();
  const shown = {};
  const names = { waits, approved, denied, done, failed, blocked };
  for (const [name, id] of Object.entries(names)) shown[name] = [await cell(id, "Status"), await cell(id, "Resolved by")];
  assert.deepEqual(shown, {
    waits: ["PendingApproval Pending", "nobody"],
    approved: ["Pending Approved", "ana"],
    denied: ["Failed Rejected", "ben"],
    done: ["Success", "nobody"],
    failed: ["Failed", "nobody"],
    blocked: ["Failed", "nobody"],
  });
  assert.equal(await cell(waits, "Resolved at"), "not yet");
  assert.match(await row(denied).innerText(), /not to them/);
  assert.match(await row(blocked).innerText(), /nothing is deleted by an agent/);
});

test("search finds exactly what has the word", async () => {
  const page = await world.visit("ana", TABLE);
  await page.getByRole("searchbox", { name: "Search" }).fill(NEEDLE.word);
  await page.getByRole("button", { name: "Show" }).click();
  await page.waitForURL((url) => url.searchParams.get("search") === NEEDLE.word);
  const expected = Math.ceil(AMOUNT / NEEDLE.every);
  const first = await ids(page);
  assert.equal(first.length, Math.min(expected, 50));
  for (const summary of await texts(page, "td[data-label=Action]")) assert.ok(summary.includes(NEEDLE.word), summary);
  const found = [...first];
  while (await page.getByRole("link", { name: "Older" }).count()) {
    await follow(page, page.getByRole("link", { name: "Older" }));
    found.push(...await ids(page));
    if (found.length > expected) break;
  }
  assert.equal(new Set(found).size, expected);
});

test("filters are links that can be shared: by agent, by conversation, and away again", async () => {
  const page = await world.visit("ana", TABLE);
  const agents = await column(page, "Agent");
  const agent = agents.find((name) => /[ &/]|[^\x00-\x7f]/.test(name));
  assert.ok(AGENTS.includes(agent), agent);
  await page.locator("td[data-label=Agent] a").filter({ hasText: agent }).first().click();
  await page.waitForURL((url) => url.searchParams.get("agent") === agent);
  assert.deepEqual([...new Set(await column(page, "Agent"))], [agent]);
  const [conversation] = await column(page, "Conversation");
  await page.locator("td[data-label=Conversation] a").first().click();
  await page.waitForURL((url) => url.searchParams.get("conversation") === conversation);
  const expected = recorded.filter((line) => line.model === agent && line.conversation === conversation).length;
  assert.equal((await ids(page)).length, expected);
  assert.deepEqual(await texts(page, ".chips a"),
    [`Agent: ${agent} ×`, `Conversation: ${conversation} ×`, "Remove all"]);

  // The address is all that somebody else needs.
  const shared = await world.visit("auditor", page.url());
  assert.deepEqual(await ids(shared), await ids(page));

  await page.getByRole("link", { name: `Remove the filter Conversation: ${conversation}` }).click();
  await page.waitForURL((url) => !url.searchParams.has("conversation"));
  assert.deepEqual(await texts(page, ".chips a"), [`Agent: ${agent} ×`, "Remove all"]);
  await page.getByRole("link", { name: "Remove all" }).click();
  await page.waitForURL(world.server.url + TABLE);
  assert.equal(await page.locator(".chips").count(), 0);
});

test("filters by form add to those in force, also to those that have no field", async () => {
  const [{ policy_set: set }] = (await world.server.api("ana", "GET", "/v1/executions?function=notes.read&limit=1")).items;
  assert.ok(set);
  const page = await world.visit("ana", `${TABLE}?${new URLSearchParams({ policy_set: set, limit: 1 })}`);
  await page.getByLabel("Status", { exact: true }).selectOption("Success");
  await page.getByText("More filters").click();
  await page.getByLabel("Function").fill("notes.read");
  await page.getByRole("button", { name: "Show" }).click();
  await page.waitForURL((url) => url.searchParams.get("status") === "Success");
  assert.deepEqual((await texts(page, ".chips a")).slice(0, -1).sort(),
 ["Function: notes.read ×", `Policy set: ${set} ×`, "Status: Success ×"]);
  assert.deepEqual([...new Set(await texts(page, "td[data-label=Status] .status:not(.approval)"))], ["Success"]);
  assert.deepEqual([...new Set(await texts(page, ".action"))], ["read notes"]);
  assert.equal((await ids(page)).length, 1, "as many as were asked for");
});

test("a filter that is no good is said at the form, which keeps it", async () => {
  for (const [query, value] of [["from=yesterday", "yesterday"], ["search=%00", null], ["stage=nowhere", "nowhere"], ["cursor=x", null]]) {
    const page = await world.visit("ana", `${TABLE}?${query}`);
    assert.ok(page.status >= 400 && page.status < 500, `${query}: ${page.status}`);
    assert.match(await page.getByRole("alert").locator("code").textContent(), /invalid/, query);
    if (value) assert.equal(await page.locator(`input[name=${query.split("=")[0]}]`).inputValue(), value);
    // Nothing was looked for, so nothing is said of what there is.
    assert.equal(await page.locator(".empty").count(), 0, query);
  }
});

test("walked from page to page, every call is seen once, whatever is proposed meanwhile", async () => {
  const before = await everyId();
  const limit = Math.min(1000, Math.max(50, Math.ceil(before.length / 40)));
  const page = await world.visit("ana", `${TABLE}?limit=${limit}`);
  const seen = [];
  const proposed = [];
  for (;;) {
    seen.push(...await ids(page));
    proposed.push((await world.server.propose({ function: "notes.read" })).execution_id);
    const older = page.getByRole("link", { name: "Older" });
    if (await older.count() === 0) break;
    await follow(page, older);
    assert.ok(seen.length <= before.length, "there is an end");
  }
  assert.equal(await page.getByText("No older ones").count(), 1);
  assert.equal(seen.length, new Set(seen).size, "none twice");
  assert.deepEqual(seen, before, "none missing, in order");
  assert.ok(proposed.every((id) => !seen.includes(id)));
  await page.getByRole("link", { name: "Newest" }).click();
  await page.waitForURL((url) => !url.searchParams.has("cursor"));
  assert.equal((await ids(page))[0], proposed.at(-1));
});

test("what agents wrote is text and nothing else", async () => {
  const hostile = recorded.filter((line) => line.arguments.text.includes("<script>"));
  assert.ok(hostile.length > 0);
  const page = await world.visit("ana", `${TABLE}?search=owned`);
  assert.equal((await ids(page)).length, Math.min(hostile.length, 50));
  assert.equal(await page.title(), "Tool Executions · Vidimus");
  assert.ok((await texts(page, "td[data-label=Action]"))[0].includes("<script>"));
  await page.locator(".action").first().click();
  await page.waitForURL("**/console/executions/*");
  assert.ok((await page.locator("pre").first().textContent()).includes("<script>document.title='owned'</script>"));
  assert.ok(!(await page.title()).includes("owned"));
});

test("times are the reader's, with the exact instant on hover", async () => {
  const [{ resolved_at: at, execution_id: id }] = (await world.server.api("ana", "GET", "/v1/executions?resolved_by=ben&limit=1")).items;
  const zones = { "Asia/Kathmandu": 345, "America/St_Johns": null, UTC: 0 };
  for (const [zone, minutes] of Object.entries(zones)) {
    const page = await world.visit("ana", `${TABLE}?resolved_by=ben`, { timezoneId: zone, locale: "en-GB" });
    const time = page.locator(`[data-id="${id}"] td[data-label="Resolved at"] time`);
    assert.equal(await time.getAttribute("title"), at);
    assert.equal(await time.getAttribute("datetime"), at);
    if (minutes !== null) {
      const local = new Date(new Date(at).getTime() + minutes * 60_000).toISOString();
      const [year, month, day] = local.slice(0, 10).split("-");
      const shown = await time.textContent();
      assert.ok(shown.includes(`${day}/${month}/${year}`) && shown.includes(local.slice(11, 19)), `${zone}: ${shown} for ${at}`);
    }
  }
});

test("by keyboard alone: past the tabs, to the first row, and into it", async () => {
  const page = await world.visit("ana", TABLE);
  const focused = () => page.evaluate(() => document.activeElement.closest("tr")?.dataset.id ?? document.activeElement.className);
  await page.keyboard.press("Tab");
  assert.equal(await focused(), "skip");
  const box = await page.locator(".skip").boundingBox();
  assert.ok(box.x >= 0, "it is seen while it has the focus");
  await page.keyboard.press("Enter");
  await page.waitForFunction(() => document.activeElement.id === "main");
  const [first] = await ids(page);
  let steps = 0;
  while (await focused() !== first) {
    await page.keyboard.press("Tab");
    steps += 1;
    assert.ok(steps < 20, "the first row is near");
    const outline = await page.evaluate(() => getComputedStyle(document.activeElement).outlineStyle);
    assert.equal(outline, "solid", `the focus is seen on ${await focused()}`);
  }
  while (!(await page.evaluate(() => document.activeElement.classList.contains("action")))) await page.keyboard.press("Tab");
  await page.keyboard.press("Enter");
  await page.waitForURL(`**/console/executions/${first}`);
});

test("without JavaScript: sign in, search, page, open", async () => {
  const page = await world.page({ javaScriptEnabled: false });
  await page.goto(TABLE);
  await signIn(page, world.server.secrets.ana);
  assert.equal(page.url(), world.server.url + TABLE);
  await page.getByRole("link", { name: "Older" }).click();
  await page.waitForURL((url) => url.searchParams.has("cursor"));
  assert.equal((await ids(page)).length, 50);
  await page.getByLabel("Search").fill(NEEDLE.word);
  await page.getByRole("button", { name: "Show" }).click();
  await page.waitForURL((url) => url.searchParams.get("search") === NEEDLE.word);
  const [first] = await ids(page);
  assert.match(await page.locator("td[data-label=Status] ~ td").first().textContent(), /UTC|not yet/);
  await page.locator(".action").first().click();
  await page.waitForURL(`**/console/executions/${first}`);
  assert.ok((await page.locator("pre").first().textContent()).includes(NEEDLE.word));
  await page.getByRole("button", { name: "Sign out" }).click();
  await page.waitForURL("**/console/sign-in");
});

test("the table by axe, on a phone, in the dark", async () => {
  await world.looked("ana", TABLE, "executions");
  await world.looked("ana", `${TABLE}?status=Failed&search=refund&agent=maple-2`, "executions-filtered");
  const page = await world.visit("ana", TABLE, { viewport: { width: 320, height: 640 } });
  await page.getByText("More filters").click();
  await fits(page, "the filters at 320 pixels");
  await audit(page, "the filters");
});
