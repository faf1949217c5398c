// The table while things happen: rows change where they are, and nothing moves under the pointer.
import assert from "node:assert/strict";
import { test } from "node:test";
import { calls } from "./data.mjs";
import { World, ids, signIn } from "./world.mjs";

const TABLE = "/console/executions";
const world = World.forTests({ recorded: calls(120) }, (server) => server.governed());

// Where every row is on the screen.
const places = (page) => page.locator("[data-id]").evaluateAll((rows) =>
  Object.fromEntries(rows.map((row) => [row.dataset.id, Math.round(row.getBoundingClientRect().top)])));

const shows = (page, id, text) => page.waitForFunction(([id, text]) =>
  document.querySelector(`[data-id="${id}"]`).textContent.includes(text), [id, text]);

test("a call that is decided elsewhere changes in its row, and no row moves", async () => {
  const { server } = world;
  const id = (await server.propose()).execution_id;
  const denied = (await server.propose()).execution_id;
  const page = await world.visit("ana", TABLE);
  const order = await ids(page);
  const before = await places(page);
  await page.locator(`[data-id="${id}"]`).evaluate((row) => { row.marked = true; });
  await server.command("ben", id, "approve");
  await shows(page, id, "Approved");
  await server.complete(id);
  await shows(page, id, "Success");
  await server.command("ben", denied, "deny", { reason: "not to somebody outside" });
  await shows(page, denied, "Rejected");
  assert.deepEqual(await ids(page), order);
  assert.deepEqual(await places(page), before);
  assert.equal(await page.locator(`[data-id="${id}"]`).evaluate((row) => row.marked), true, "it is the same row");
  // What is put in later is as what was there from the start: its times too.
  const time = await page.locator(`[data-id="${denied}"] time`).textContent();
  assert.ok(!time.includes(" UTC") || time.includes("/"), time);
});

test("new calls move no row: they are counted above, and shown when asked for", async () => {
  const { server } = world;
  const page = await world.visit("ana", TABLE);
  const order = await ids(page);
  const before = await places(page);
  assert.equal(await page.locator(".newer a").isVisible(), false);
  const first = (await server.propose()).execution_id;
  await page.getByText("1 newer: show").waitFor();
  const second = (await server.propose()).execution_id;
  await page.getByText("2 newer: show").waitFor();
  assert.deepEqual(await ids(page), order);
  assert.deepEqual(await places(page), before, "not by what is said above either");
  await page.getByText("2 newer: show").click();
  await page.waitForFunction((id) => document.querySelector("[data-id]")?.dataset.id === id, second);
  assert.deepEqual((await ids(page)).slice(0, 3), [second, first, order[0]]);
});

test("the banner counts what the filters let through, and nothing else", async () => {
  const { server } = world;
  const mine = `watched-${crypto.randomUUID()}`;
  await server.propose({ conversation: mine });
  const page = await world.visit("ana", `${TABLE}?${new URLSearchParams({ conversation: mine })}`);
  await server.propose({ conversation: "another" });
  await server.propose({ conversation: mine });
  await page.getByText("1 newer: show").waitFor();
  await server.propose({ conversation: mine });
  await page.getByText("2 newer: show").waitFor();
  await page.getByText("2 newer: show").click();
  await page.waitForFunction(() => document.querySelectorAll("[data-id]").length === 3);
});

test("a table that is empty shows that the first call came", async () => {
  const { server } = world;
  const mine = `first-${crypto.randomUUID()}`;
  const page = await world.visit("ana", `${TABLE}?${new URLSearchParams({ conversation: mine })}`);
  assert.match(await page.locator(".empty").textContent(), /No tool execution matches/);
  await server.propose({ conversation: mine });
  await page.getByText("1 newer: show").click();
  await page.waitForFunction(() => document.querySelectorAll("[data-id]").length === 1);
});

test("who has the focus in a row keeps it", async () => {
  const { server } = world;
  const id = (await server.propose()).execution_id;
  const page = await world.visit("ana", TABLE);
  await page.locator(`[data-id="${id}"] .action`).focus();
  const other = (await server.propose()).execution_id;
  await page.getByText(/newer: show/).waitFor();
  await server.command("ben", id, "approve");
  await shows(page, id, "Approved");
  assert.ok(await page.locator(`[data-id="${id}"] .action`).evaluate((link) => link === document.activeElement));
  assert.ok(other);
});

test("an older page stands still", async () => {
  const { server } = world;
  const page = await world.visit("ana", TABLE);
  await page.getByRole("link", { name: "Older" }).click();
  await page.waitForURL((url) => url.searchParams.has("cursor"));
  const requests = [];
  page.on("request", (request) => requests.push(request.url()));
  const fresh = await world.visit("ana", TABLE);
  await server.propose();
  await fresh.getByText("1 newer: show").waitFor();
  assert.deepEqual(requests.filter((url) => !url.includes("/assets/")), []);
});

test("a table that is live no longer says so, and leads on", async () => {
  const { server } = world;
  const made = await server.api("admin", "POST", "/v1/keys",
    { roles: ["approver"], actor: { kind: "user", id: "passing" }, label: "for an hour" });
  const page = await world.page();
  await page.goto("/console/sign-in");
  await signIn(page, made.secret);
  await page.waitForURL((url) => url.pathname === TABLE);
  const order = await ids(page);
  await server.api("admin", "DELETE", `/v1/keys/${made.id}`);
  await page.getByText("No longer live: load again").click();
  await page.waitForURL("**/console/sign-in**");
  assert.ok(order.length > 0);
});

test("the stream is the visitor's tenant's alone", async () => {
  const { server } = world;
  const stranger = await world.visit("stranger", TABLE);
  await server.propose();
  const conversation = "of another tenant";
  await server.propose({ conversation }, "stranger");
  const seen = await stranger.evaluate((last) => new Promise((resolve) => {
    const source = new EventSource("/console/live?after=0");
    const seen = [];
    source.addEventListener("message", (event) => {
      seen.push(JSON.parse(event.data));
      if (!seen.at(-1).type.endsWith(last)) return;
      source.close();
      resolve(seen);
    });
  }), "_BLOCKED");
  assert.deepEqual(seen.map((one) => one.threadId), [conversation, conversation]);
});
