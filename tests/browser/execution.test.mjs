// One execution: what was asked for, what was decided and why, what happened.
import assert from "node:assert/strict";
import { test } from "node:test";
import { World, fits, texts } from "./world.mjs";

const world = World.forTests({}, (server) => server.governed());
const address = (id) => `/console/executions/${id}`;

// The facts of a page, by their names.
const facts = (page) => page.locator("dl.facts dt").evaluateAll((names) => Object.fromEntries(names.map((name) => {
  const value = name.nextElementSibling.cloneNode(true);
  for (const button of value.querySelectorAll("button")) button.remove();
  return [name.textContent.trim(), value.textContent.trim()];
})));

test("a call that went through people: everything is there, in order", async () => {
  const { server } = world;
  const given = { to: "kim@example.com", text: "the offer", amount: { value: 4900, currency: "EUR" }, "é": [1, null, true] };
  const { execution_id: id, arguments_digest: digest } = await server.propose({ arguments: given, context: { ticket: "T-17" } });
  await server.command("ana", id, "comments", { text: "is this the right Kim?" });
  await server.command("ana", id, "approve", { comment: "it is", arguments_digest: digest });
  await server.complete(id, { sent: true, final_record: "mail/881" });
  const page = await world.visit("auditor", address(id));
  assert.equal(await page.locator("h1").textContent(), "send (mail)");
  assert.deepEqual(JSON.parse(await page.locator("pre[aria-label^=Arguments]").textContent()), given);
  assert.deepEqual(JSON.parse(await page.locator("pre[aria-label=Result]").textContent()), { sent: true, final_record: "mail/881" });
  assert.deepEqual(JSON.parse(await page.locator("pre[aria-label=Context]").textContent()), { ticket: "T-17" });
  assert.deepEqual((await texts(page, "main .status")).slice(0, 2), ["Success", "Approved"]);
  const said = await facts(page);
  const expected = {
    "Approval required": "Yes", "Approval status": "Approved", Agent: "mail-bot", Conversation: "talk-live", Function: "mail.send",
    "On behalf of": "mira", "Proposed by": "runtime (service)", "Resolved by": "ana", Verdict: "approved", "Said with it": "it is",
    "Execution id": id, "Arguments digest": digest, "Final record": "mail/881",
  };
  for (const [name, value] of Object.entries(expected)) assert.equal(said[name], value, name);
  assert.match(await page.locator("main").textContent(), /goes to somebody outside/);
  assert.match(await page.locator("main").textContent(), /goes-outside/);
  assert.match(await page.locator("#comments ~ ol").textContent(), /is this the right Kim\?/);

  // The timeline is the log: its events, at their positions, in order.
  const events = (await server.api("auditor", "GET", `/v1/executions/${id}/events`)).items;
  const timeline = page.locator("section[aria-labelledby=timeline] ol > li");
  assert.equal(await timeline.count(), events.length);
  assert.deepEqual(await timeline.locator("a").allTextContents(), events.map((event) => String(event.position)));
  assert.deepEqual(await timeline.locator("> strong").allTextContents(), events.map((event) => event.type.replaceAll("_", " ")));
  for (const [index, event] of events.entries()) {
    const time = timeline.nth(index).locator("time");
    assert.equal(await time.getAttribute("datetime"), event.recorded_at);
    assert.equal(await timeline.nth(index).locator("code").getAttribute("data-copy"), event.leaf_hash);
  }
});

test("what is missing is said to be missing", async () => {
  const { execution_id: id } = await world.server.propose();
  const page = await world.visit("ana", address(id));
  assert.match(await page.locator("section[aria-labelledby=result]").textContent(), /No result is on record\./);
  assert.deepEqual((await texts(page, "main .status")).slice(0, 2), ["PendingApproval", "Pending"]);
  assert.match(await page.locator("main").textContent(), /have to approve it/);
  assert.equal(await page.locator("section[aria-labelledby=context]").count(), 0);
});

test("a call that asked nobody, one that was blocked, one that failed", async () => {
  const { server } = world;
  const free = (await server.propose({ function: "notes.read" })).execution_id;
  let page = await world.visit("ana", address(free));
  let said = await facts(page);
  assert.deepEqual([said["Approval required"], said["Approval status"]], ["No", "Approval not required"]);
  const blocked = (await server.propose({ function: "files.delete" })).execution_id;
  page = await world.visit("ana", address(blocked));
  said = await facts(page);
  assert.deepEqual([said.Outcome, said["Reason code"], said.Missing, said["Next owner"]],
    ["blocked", "policy_forbids", "a person who deletes it", "records team"]);
  assert.equal((await texts(page, "main .status"))[0], "Failed");
  const failed = (await server.propose({ function: "notes.read", arguments: { id: 4 } })).execution_id;
  await server.command("agent", failed, "start");
  await server.command("agent", failed, "fail", { error: { message: "no such note" } });
  page = await world.visit("ana", address(failed));
  assert.match(await page.locator("pre[aria-label=Error]").textContent(), /no such note/);
  assert.equal(await page.locator("section[aria-labelledby=result] .none").count(), 0);
});

test("ids are copied by a button that says so", async () => {
  const { execution_id: id } = await world.server.propose();
  const page = await world.visit("ana", address(id), { permissions: ["clipboard-read", "clipboard-write"] });
  const button = page.getByRole("button", { name: `Copy ${id}` });
  await button.focus();
  await page.keyboard.press("Enter");
  await button.getByText("Copied").waitFor();
  assert.equal(await page.evaluate(() => navigator.clipboard.readText()), id);
});

test("what would turn the reader's eye is shown as what it is", async () => {
  // A text that is written from right to left makes `fdp.exe` out of `exe.pdf`; what is approved is what is read.
  const name = "invoice\u202efdp.exe\u200b\u2066";
  const { execution_id: id } = await world.server.propose({ arguments: { name } });
  const page = await world.visit("ana", address(id));
  const shown = await page.locator("pre[aria-label^=Arguments]").textContent();
  assert.ok(!/[\u200b\u202e\u2066]/.test(shown), "no control character as such");
  assert.ok(shown.includes("\\u202e") && shown.includes("\\u200b") && shown.includes("\\u2066"), shown);
  assert.deepEqual(JSON.parse(shown), { name });
});

test("facts lead to the calls that share them", async () => {
  const { execution_id: id } = await world.server.propose({ agent: "a & b/ü", conversation: "c?d=e" });
  const page = await world.visit("ana", address(id));
  await page.getByRole("link", { name: "c?d=e" }).click();
  await page.waitForURL("**/console/conversations?**");
  assert.equal(await page.locator("h1").textContent(), "c?d=e");
  await page.getByRole("link", { name: "Its calls in this conversation" }).click();
  await page.waitForURL("**/console/executions?**");
  assert.deepEqual(await texts(page, "td[data-label=Conversation]"), ["c?d=e"]);
});

test("the detail by axe, on a phone, in the dark", async () => {
  const { server } = world;
  const { execution_id: id } = await server.propose({
    arguments: { unbroken: "x".repeat(3000), nested: { list: Array.from({ length: 40 }, (_, index) => ({ index })) } },
    context: { [`key-${"y".repeat(300)}`]: "z" },
  });
  await server.command("ana", id, "comments", { text: `see ${"w".repeat(500)}` });
  await world.looked("ana", address(id), "execution-waits");
  await server.command("ana", id, "approve");
  await server.complete(id, { unbroken: "r".repeat(3000) });
  await world.looked("auditor", address(id), "execution-done");
  const { execution_id: blocked } = await server.propose({ function: "files.delete" });
  await world.looked("auditor", address(blocked), "execution-blocked");
  const page = await world.visit("ana", address(id), { viewport: { width: 320, height: 640 } });
  await fits(page, "the detail at 320 pixels");
});
