// A conversation: what the user said, beside what the agent then wanted.
import assert from "node:assert/strict";
import { test } from "node:test";
import { World, texts } from "./world.mjs";

const world = World.forTests({}, (server) => server.governed());
const HOSTILE = "<img src=x onerror=alert(1)>\u202e\nand a second line";

const say = (conversation, text) =>
  world.server.api("agent", "POST", `/v1/conversations/${encodeURIComponent(conversation)}/messages`, { agent: "mail-bot", text });

const address = (conversation, more = {}) =>
  `/console/conversations?${new URLSearchParams({ agent: "mail-bot", conversation, ...more })}`;

// A conversation in which something is said, asked for, and said again.
async function talk() {
  // Every character that means something in one part of an address or the other.
  const conversation = `talk 1+2/?#%20 ${crypto.randomUUID()}`;
  await say(conversation, "send Kim the offer");
  const call = await world.server.propose({ conversation });
  const second = await say(conversation, HOSTILE);
  return { conversation, id: call.execution_id, before: second.position - 1 };
}

test("what was said and what was called come one after the other", async () => {
  const { conversation, id } = await talk();
  const page = await world.visit("ana", address(conversation));
  assert.equal(await page.locator("h1").textContent(), conversation);
  const turns = page.locator("ol.talk > li");
  assert.equal(await turns.count(), 3);
  assert.deepEqual(await page.locator("ol.talk blockquote").allTextContents(), ["send Kim the offer", "<img src=x onerror=alert(1)>\\u{202e}\nand a second line"]);
  assert.equal(await turns.nth(1).locator("a").getAttribute("href"), `/console/executions/${id}`);
  assert.deepEqual(await turns.nth(1).locator(".status").allTextContents(), ["PendingApproval", "Pending"]);
  await page.getByRole("link", { name: "Its calls in this conversation" }).click();
  await page.waitForURL((url) => url.pathname === "/console/executions" && url.searchParams.get("conversation") === conversation);
});

test("a reviewer sees on the card what the user said last, and what others said of the call", async () => {
  const { conversation, id } = await talk();
  await world.server.command("ben", id, "comments", { text: "is this the right Kim?" });
  await world.server.command("ben", id, "comments", { text: "I asked: she is" });
  const page = await world.visit("ana", `/console/approvals?execution=${id}`);
  const card = page.locator(`[id="${id}"]`);
  assert.deepEqual(await card.locator("blockquote").allTextContents(), ["send Kim the offer", "<img src=x onerror=alert(1)>\\u{202e}\nand a second line"]);
  assert.match(await card.textContent(), /ben said last: I asked: she is/);
  await card.getByRole("link", { name: conversation, exact: true }).click();
  await page.waitForURL((url) => url.pathname === "/console/conversations");
  assert.equal(await page.locator("ol.talk > li").count(), 3);
});

test("as it was: nothing that was said later, and every link leads to the same past", async () => {
  const { conversation, id, before } = await talk();
  const page = await world.visit("ana", address(conversation, { as_of: String(before) }));
  assert.deepEqual(await texts(page, "ol.talk blockquote"), ["send Kim the offer"]);
  const links = await page.locator("main a:not([href*='conversations'])").evaluateAll((found) => found.map((link) => link.getAttribute("href")));
  assert.ok(links.some((link) => link.startsWith(`/console/executions/${id}?as_of=${before}`)), String(links));
  await page.goto(`/console/executions/${id}?as_of=${before}`);
  const facts = await page.locator("section[aria-labelledby=call] a").evaluateAll((found) => found.map((link) => link.getAttribute("href")));
  assert.ok(facts.length >= 3 && facts.every((link) => link.includes(`as_of=${before}`)), String(facts));
});

test("a conversation that nobody knows, and a name that is none, say so", async () => {
  const page = await world.visit("ana", address("nobody-knows-it"));
  assert.match(await page.locator(".empty").textContent(), /Nothing is on record of this conversation/);
  await page.goto("/console/conversations");
  assert.match(await page.locator("main").textContent(), /has an `agent` and a `conversation`.*conversation_not_named/s);
  const { conversation } = await talk();
  const mira = await world.visit("mira", address(conversation));
  assert.match(await mira.locator("main").textContent(), /What the user said is shown to reviewers and auditors/);
  assert.equal(await mira.locator("ol.talk > li").count(), 1);
  const stranger = await world.visit("stranger", address(conversation));
  assert.match(await stranger.locator(".empty").textContent(), /Nothing is on record/);
});

test("a conversation by axe, on a phone, in the dark", async () => {
  const { conversation, id } = await talk();
  await world.looked("ana", address(conversation), "conversation");
  await world.looked("ana", `/console/approvals?execution=${id}`, "card-with-words");
});
