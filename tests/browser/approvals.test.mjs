// The approval queue: what waits for people, and what they decide.
import assert from "node:assert/strict";
import { test } from "node:test";
import { World, posted, signIn, texts } from "./world.mjs";

const QUEUE = "/console/approvals";
const world = World.forTests({}, (server) => server.governed());

const card = (page, id) => page.locator(`.queue [data-id="${id}"]`);
const words = (page, id) => card(page, id).getByLabel(/^Comment, /);
const stage = async (id) => (await world.server.api("auditor", "GET", `/v1/executions/${id}`)).stage;
const shown = async (id) => world.server.api("auditor", "GET", `/v1/executions/${id}`);

// A call that waits, in a conversation of its own.
async function waiting(given = {}) {
  const conversation = `queue-${crypto.randomUUID()}`;
  const made = await world.server.propose({ conversation, ...given });
  return { id: made.execution_id, digest: made.arguments_digest, address: `${QUEUE}?${new URLSearchParams({ show: "all", conversation })}`, conversation };
}

// Presses a button of a card's form, and waits for the page that answers it; answers its status.
async function decide(page, id, name) {
  const [response] = await Promise.all([
    page.waitForResponse((response) => response.request().method() === "POST" && response.request().isNavigationRequest()),
    card(page, id).getByRole("button", { name, exact: true }).click(),
  ]);
  await page.waitForLoadState();
  return response.status();
}

test("a card has what is needed to decide", async () => {
  const { id, digest, address } = await waiting({
    function: "bank.transfer", arguments: { to: "DE02", amount: 1200, note: "x\u202ey" }, context: { invoice: "A-7" },
  });
  const page = await world.visit("ana", address);
  // What it takes to decide is on the first screen, with the buttons.
  const approve = await card(page, id).getByRole("button", { name: "Approve", exact: true }).boundingBox();
  assert.ok(approve.y + approve.height <= 1000, `the buttons are ${approve.y} pixels down`);
  await card(page, id).getByText("All there is of this call").click();
  const text = await card(page, id).innerText();
  for (const part of ["mail-bot", "mira", digest, id, "money leaves the house: two people look at it", "money-leaves", "A-7"]) {
    assert.ok(text.includes(part), part);
  }
  const args = await card(page, id).locator("pre[aria-label^=Arguments]").textContent();
  assert.ok(args.includes("\\u202e") && !args.includes("\u202e"), args);
  assert.deepEqual(JSON.parse(args), { to: "DE02", amount: 1200, note: "x\u202ey" });
  assert.match(text, /left/);
});

test("what waits for me, by its deadline", async () => {
  const late = await waiting({ function: "bank.transfer" });
  const soon = await waiting();
  const page = await world.visit("ben", `${QUEUE}?show=mine`);
  const order = await page.locator(".queue [data-id]").evaluateAll((cards) => cards.map((one) => [one.dataset.id, one.dataset.deadline]));
  const ids = order.map(([id]) => id);
  assert.ok(ids.includes(soon.id) && ids.includes(late.id));
  const deadlines = order.map(([, deadline]) => Date.parse(deadline));
  assert.deepEqual(deadlines, [...deadlines].sort((a, b) => a - b));
});

test("approve, with a comment", async () => {
  const { id, address } = await waiting();
  const page = await world.visit("ana", address);
  await words(page, id).fill("it is the right Kim");
  assert.equal(await decide(page, id, "Approve"), 303);
  assert.equal(await card(page, id).count(), 0);
  assert.match(await page.getByRole("status").filter({ hasText: "approved" }).first().innerText(), /ana/);
  const after = await shown(id);
  assert.deepEqual([after.stage, after.resolved_by.id, after.resolution.comment], ["permitted", "ana", "it is the right Kim"]);
  // Reloaded, nothing is done twice.
  assert.equal((await page.reload()).status(), 200);
});

test("deny takes a reason and abort takes feedback; without them the card says so and keeps what was typed", async () => {
  const denied = await waiting();
  const page = await world.visit("ben", denied.address);
  const status = await decide(page, denied.id, "Deny");
  assert.ok(status >= 400 && status < 500, `${status}`);
  assert.match(await card(page, denied.id).getByRole("alert").innerText(), /Not done/);
  assert.equal(await stage(denied.id), "awaiting_approval");
  await words(page, denied.id).fill("not to them");
  assert.equal(await decide(page, denied.id, "Deny"), 303);
  const after = await shown(denied.id);
  assert.deepEqual([after.approval_status, after.resolution.comment], ["Rejected", "not to them"]);

  const aborted = await waiting();
  await page.goto(aborted.address);
  await words(page, aborted.id).fill("ask Kim first");
  assert.equal(await decide(page, aborted.id, "Abort with feedback"), 303);
  assert.deepEqual([(await shown(aborted.id)).resolution.verdict, (await shown(aborted.id)).resolution.comment], ["aborted", "ask Kim first"]);
});

test("a comment leaves it waiting", async () => {
  const { id, address } = await waiting();
  const page = await world.visit("ana", address);
  await words(page, id).fill("who is Kim?");
  assert.equal(await decide(page, id, "Comment only"), 303);
  assert.equal(await stage(id), "awaiting_approval");
  assert.match(await card(page, id).innerText(), /ana said last: .?who is Kim\?/);
  await page.goto(`/console/executions/${id}`);
  assert.match(await page.locator("#comments ~ ol").innerText(), /who is Kim\?.*ana/s);
});

test("a card that was resolved meanwhile is refused with what happened", async () => {
  const { id, address } = await waiting();
  // Without a script the page learns nothing by itself.
  const page = await world.visit("ana", address, { javaScriptEnabled: false });
  await world.server.command("ben", id, "deny", { reason: "I was first" });
  await words(page, id).fill("fine by me");
  assert.equal(await decide(page, id, "Approve"), 409);
  const gone = page.locator(`[id="${id}"]`);
  const said = await gone.getByRole("alert").innerText();
  assert.match(said, /Not done/);
  assert.match(said, /already_denied/);
  assert.match(said, /denied by ben/);
  assert.match(said, /I was first/);
  assert.match(await gone.innerText(), /fine by me/);
  assert.equal((await shown(id)).resolution.verdict, "denied");
});

test("a card that is resolved while it is open is marked, and moves no other", async () => {
  const conversation = `open-${crypto.randomUUID()}`;
  const first = (await world.server.propose({ conversation })).execution_id;
  const second = (await world.server.propose({ conversation })).execution_id;
  const page = await world.visit("ana", `${QUEUE}?${new URLSearchParams({ show: "all", conversation })}`);
  const top = () => card(page, second).evaluate((one) => Math.round(one.getBoundingClientRect().top + scrollY));
  await words(page, second).fill("half a sen");
  const before = await top();
  await world.server.command("ben", first, "approve");
  await card(page, first).getByText(/meanwhile/).waitFor();
  await world.server.propose({ conversation });
  await page.getByText("1 newer: show").waitFor();
  assert.equal(await words(page, second).inputValue(), "half a sen");
  assert.equal(await top(), before);
});

test("two reviewers at once: each counts once, and both are needed", async () => {
  const { id, address } = await waiting({ function: "bank.transfer", arguments: { amount: 90 } });
  const [ana, ben] = [await world.visit("ana", address), await world.visit("ben", address)];
  const answers = await Promise.all([decide(ana, id, "Approve"), decide(ben, id, "Approve")]);
  assert.deepEqual(answers, [303, 303]);
  const after = await shown(id);
  assert.equal(after.stage, "permitted");
  assert.deepEqual(after.approval.votes.map((vote) => vote.by.id).sort(), ["ana", "ben"]);

  const other = await waiting({ function: "bank.transfer", arguments: { amount: 91 } });
  await ana.goto(other.address);
  await decide(ana, other.id, "Approve");
  assert.equal(await stage(other.id), "awaiting_approval");
  assert.equal(await card(ana, other.id).getByRole("button", { name: "Approve", exact: true }).count(), 0, "not twice");
  assert.match(await card(ana, other.id).innerText(), /Approved by ana/);
});

test("two reviewers at once on one vote: one decides, the other is told", async () => {
  const { id, address } = await waiting();
  const options = { javaScriptEnabled: false };
  const [ana, ben] = [await world.visit("ana", address, options), await world.visit("ben", address, options)];
  await words(ben, id).fill("no");
  const answers = await Promise.all([decide(ana, id, "Approve"), decide(ben, id, "Deny")]);
  assert.deepEqual(answers.sort(), [303, 409]);
  const { verdict } = (await shown(id)).resolution;
  const told = verdict === "approved" ? ben : ana;
  assert.match(await told.locator(`[id="${id}"]`).getByRole("alert").innerText(), new RegExp(`${verdict} by`));
});

test("several at once: all, or none", async () => {
  const conversation = `several-${crypto.randomUUID()}`;
  const ids = [];
  for (let index = 0; index < 3; index += 1) ids.push((await world.server.propose({ conversation, arguments: { index } })).execution_id);
  const address = `${QUEUE}?${new URLSearchParams({ show: "all", conversation })}`;
  const page = await world.visit("ana", address, { javaScriptEnabled: false });
  const send = async (name) => {
    const [response] = await Promise.all([
      page.waitForResponse((response) => response.request().method() === "POST"),
      page.getByRole("button", { name, exact: true }).click(),
    ]);
    await page.waitForLoadState();
    return response.status();
  };
  for (const id of ids) await card(page, id).getByRole("checkbox").check();
  // One is decided elsewhere before they are sent: none is.
  await world.server.command("ben", ids[1], "deny", { reason: "not this one" });
  assert.equal(await send("Approve the chosen"), 409);
  assert.match(await page.getByRole("alert").first().innerText(), /Nothing was decided, for none of the 3.*denied by ben/s);
  assert.deepEqual(await Promise.all([ids[0], ids[2]].map(stage)), ["awaiting_approval", "awaiting_approval"]);
  // What was chosen still is; the others are decided.
  assert.deepEqual(await page.locator("input[name=pick]:checked").evaluateAll((found) => found.map((one) => one.value).sort()), [ids[0], ids[2]].sort());
  assert.equal(await send("Approve the chosen"), 303);
  assert.deepEqual(await Promise.all([ids[0], ids[2]].map(stage)), ["permitted", "permitted"]);
});

test("whoever asked for it confirms it, and nobody else is offered to", async () => {
  const { id, address } = await waiting({ function: "draft.save" });
  assert.equal(await stage(id), "awaiting_confirmation");
  const other = await world.visit("ana", address);
  assert.equal(await card(other, id).getByRole("button", { name: "Confirm", exact: true }).count(), 0);
  const key = await world.server.api("admin", "POST", "/v1/keys",
    { roles: ["approver"], actor: { kind: "user", id: "mira" }, label: "mira's browser" });
  const page = await world.page();
  await page.goto("/console/sign-in");
  await signIn(page, key.secret);
  await page.goto(address);
  assert.equal(await card(page, id).getByRole("button", { name: "Approve", exact: true }).count(), 0);
  assert.equal(await decide(page, id, "Confirm"), 303);
  assert.equal(await stage(id), "permitted");

  // She is not offered to approve what she asked for, and sent by hand it is refused.
  const hers = await waiting();
  await page.goto(hers.address);
  assert.equal(await card(page, hers.id).getByRole("button", { name: "Approve", exact: true }).count(), 0);
  const csrf = await page.locator("form.who input[name=csrf]").inputValue();
  assert.equal(await posted(page, `${QUEUE}/${hers.id}`, { csrf, verdict: "approve", digest: hers.digest }), 403);
  world.faults = world.faults.filter((fault) => !fault.includes("status of 403"));
  assert.equal(await stage(hers.id), "awaiting_approval");
});

test("by keyboard alone", async () => {
  const { id, address } = await waiting();
  const page = await world.visit("ana", address);
  await page.locator("main").focus();
  await page.keyboard.press("j");
  assert.equal(await page.evaluate(() => document.activeElement.dataset.id), id);
  await page.keyboard.press("a");
  assert.equal(await page.evaluate(() => document.activeElement.textContent), "Approve");
  assert.equal(await stage(id), "awaiting_approval", "keys lead to a button, and press none");
  await Promise.all([page.waitForURL((url) => url.searchParams.has("done")), page.keyboard.press("Enter")]);
  assert.equal(await stage(id), "permitted");

  // The same without the keys of the page.
  const other = await waiting();
  await page.goto(other.address);
  let steps = 0;
  while (!(await page.evaluate(() => document.activeElement.matches("button[value=deny]") && !document.activeElement.closest("#several")))) {
    await page.keyboard.press("Tab");
    if (await page.evaluate(() => document.activeElement.name === "words" && !document.activeElement.value)) {
      await page.keyboard.type("and a dash j k a d x ?");
    }
    steps += 1;
    assert.ok(steps < 60, "the buttons can be reached");
  }
  await Promise.all([page.waitForURL((url) => url.searchParams.has("done")), page.keyboard.press("Enter")]);
  assert.equal((await shown(other.id)).resolution.comment, "and a dash j k a d x ?");
});

test("without JavaScript, and for those who may not decide", async () => {
  const { id, address } = await waiting();
  const page = await world.visit("auditor", address, { javaScriptEnabled: false });
  assert.equal(await card(page, id).getByRole("button", { name: "Approve", exact: true }).count(), 0);
  const mine = await world.visit("ana", address, { javaScriptEnabled: false });
  assert.equal(await decide(mine, id, "Approve"), 303);
  assert.equal(await stage(id), "permitted");
});

test("another tenant's queue has none of it", async () => {
  const { id } = await waiting();
  const page = await world.visit("stranger", `${QUEUE}?show=all`);
  assert.ok(!(await page.content()).includes(id));
  const csrf = await page.locator("form.who input[name=csrf]").inputValue();
  assert.equal(await posted(page, `${QUEUE}/${id}`, { csrf, verdict: "approve" }), 404);
  world.faults = world.faults.filter((fault) => !fault.includes("status of 404"));
  assert.equal(await stage(id), "awaiting_approval");
});

test("the queue by axe, on a phone, in the dark", async () => {
  const conversation = `looked-${crypto.randomUUID()}`;
  const filtered = `${QUEUE}?${new URLSearchParams({ show: "all", conversation })}`;
  await world.looked("ana", filtered, "approvals-none");
  await world.server.propose({ conversation, arguments: { unbroken: "x".repeat(2000) }, context: { why: "y".repeat(300) } });
  await world.server.propose({ conversation, function: "bank.transfer" });
  await world.looked("ana", filtered, "approvals");
  await world.looked("admin", filtered, "approvals-admin");
  assert.ok((await texts(await world.visit("ana", filtered), ".queue h2")).length === 2);
});
