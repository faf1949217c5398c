// The pictures: what was decided, by whom and how fast.
import assert from "node:assert/strict";
import { test } from "node:test";
import { calls } from "./data.mjs";
import { World } from "./world.mjs";

const world = World.forTests({ recorded: calls(300) }, async (server) => {
  await server.governed();
  for (let index = 0; index < 8; index += 1) {
    const { execution_id: id } = await server.propose({ arguments: { index } });
    await server.command("ana", id, index % 4 ? "approve" : "deny", index % 4 ? {} : { reason: "no" });
  }
  await server.propose({ function: "files.delete" });
  await server.propose({ function: "orders.create" });
  // What was approved is decided again and let through: it was asked for nonetheless, and not by this rule.
  const open = '@id("open")\npermit (principal, action, resource);\n';
  await server.api("admin", "PUT", "/v1/policy", { files: { "rules.cedar": open }, reason: "for the tests" });
});

test("the pictures say in words what they show", async () => {
  const page = await world.visit("auditor", "/console/insight", { javaScriptEnabled: false });
  assert.equal(page.status, 200);
  for (const picture of await page.locator("main svg:not([aria-hidden])").all()) {
    assert.equal(await picture.getAttribute("role"), "img");
    const name = await picture.evaluate((svg) => svg.getAttribute("aria-label") ?? svg.getAttribute("aria-labelledby") ?? "");
    assert.notEqual(name, "");
  }
  assert.match(await page.locator("main").innerText(), /ana/);
  // The rule that lets everything through matched each time, and asked nobody.
  const rules = page.locator("section[aria-labelledby=by-rule] table tbody tr");
  assert.deepEqual(await rules.locator("> :first-child").allTextContents(), ["goes-outside", "function_needs_approval"]);
  // Those that were decided again have matched another rule since.
  for (const [index, many] of [2, 1].entries()) {
    const calls = await world.visit("auditor", await rules.nth(index).locator("a").getAttribute("href"));
    assert.equal(await calls.locator("tbody tr[data-id]").count(), many);
  }
  assert.match(await rules.first().textContent(), /goes-outside\D*8\D*6\D*2/);
});

test("the pictures by axe, on a phone, in the dark", async () => {
  await world.looked("auditor", "/console/insight", "insight");
  await world.looked("stranger", "/console/insight", "insight-none");
});
