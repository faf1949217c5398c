// That an execution is in the log: what the page says, what it hands out, and that the command it shows says the same.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { MODES, World, audit, fits } from "./world.mjs";

const world = World.forTests({}, (server) => server.governed());
const address = (id) => `/console/executions/${id}`;
const section = (page) => page.locator("section[aria-labelledby=proof]");

// The command as it is shown, run where the file is.
function run(command) {
  const words = command.match(/'[^']*'|\S+/g).map((word) => word.replaceAll("'", ""));
  assert.equal(words.shift(), "vidimus");
  return spawnSync(process.env.VIDIMUS_BROWSER_BINARY, words, { cwd: world.server.folder, encoding: "utf8" });
}

async function finished() {
  const { execution_id: id } = await world.server.propose();
  await world.server.command("ana", id, "approve");
  await world.server.complete(id);
  return id;
}

test("an execution is proved, and the download is verified without the server", async () => {
  const id = await finished();
  const page = await world.visit("ana", address(id));
  const proof = section(page);
  assert.equal(await proof.locator(".status").textContent(), "Verified");
  assert.equal(await proof.locator("details").getAttribute("open"), null, "collapsed");
  await proof.locator("summary").click();

  const events = (await world.server.api("auditor", "GET", `/v1/executions/${id}/events`)).items;
  const leaves = await proof.locator("ol code").evaluateAll((codes) => codes.map((code) => code.dataset.copy));
  assert.deepEqual(leaves, events.map((event) => event.leaf_hash));
  const said = await proof.locator("ol .who-did").allTextContents();
  for (const [index, event] of events.entries()) {
    assert.match(said[index], new RegExp(`^leaf ${event.position - 1}, [1-9][0-9]* hashes to the root$`));
  }
  const downloading = page.waitForEvent("download");
  await proof.getByRole("link", { name: "Download the proof (JSON)" }).click();
  const download = await downloading;
  assert.equal(download.suggestedFilename(), `vidimus-proof-${id}.json`);
  const text = readFileSync(await download.path(), "utf8");
  writeFileSync(join(world.server.folder, download.suggestedFilename()), text);
  const file = JSON.parse(text);
  assert.deepEqual(file.events.map((event) => event.leaf_hash), leaves);
  const note = await proof.locator("pre[aria-label='Signed checkpoint']").textContent();
  assert.equal(note.trim(), file.checkpoint.note.trim());

  const command = await proof.locator("code[data-copy^='vidimus proof verify']").getAttribute("data-copy");
  const verified = run(command);
  assert.deepEqual([verified.status, verified.stderr], [0, ""]);
  assert.match(verified.stdout, new RegExp(`all these ${events.length} events are in the log`));
  file.events[0].leaf_hash = file.events[1].leaf_hash;
  writeFileSync(join(world.server.folder, download.suggestedFilename()), JSON.stringify(file));
  const changed = run(command);
  assert.equal(changed.status, 4);
  assert.match(changed.stderr, /^error\[proof_not_in_tree\]/);
});

test("the past says that the log is proved as it is now", async () => {
  const id = await finished();
  const { position } = await world.server.api("auditor", "GET", `/v1/executions/${id}`);
  const page = await world.visit("auditor", `${address(id)}?as_of=${position}`);
  assert.match(await section(page).textContent(), /The log is proved as it is now/);
  assert.equal(await section(page).locator(".status").count(), 0);
});

test("nobody gets another tenant's proof", async () => {
  const id = await finished();
  const page = await world.visit("stranger", `${address(id)}/proof.json`);
  assert.equal(page.status, 404);
  assert.match(await page.locator("main").textContent(), /execution_not_found/);
});

test("the health page has the signed checkpoint, its key and the command", async () => {
  const page = await world.visit("ana", "/console/governance/health");
  const shown = page.locator("section[aria-labelledby=checkpoint]");
  const note = await shown.locator("code[data-copy-name='the checkpoint']").getAttribute("data-copy");
  assert.equal((await shown.locator("pre").textContent()).trim(), note.trim());
  const [origin, size] = note.split("\n");
  const { position } = await (await fetch(`${world.server.url}/readyz`)).json();
  assert.ok(Number(size) > 0 && Number(size) <= position, `${size} of ${position}`);
  const key = (await (await fetch(`${world.server.url}/v1/checkpoint/key`)).text()).trim();
  assert.ok(key.startsWith(`${origin}+`), key);
  await shown.locator("summary").click();
  await shown.getByText(key, { exact: true }).waitFor();
  writeFileSync(join(world.server.folder, "checkpoint.txt"), note);
  const verified = run(await shown.locator("code[data-copy^='vidimus proof verify']").getAttribute("data-copy"));
  assert.deepEqual([verified.status, verified.stderr], [0, ""]);
  assert.match(verified.stdout, /the signature is good/);
});

test("the proof by axe, on a phone, in the dark", async () => {
  const id = await finished();
  for (const [mode, options] of Object.entries(MODES)) {
    for (const [where, part] of [[address(id), "proof"], ["/console/governance/health", "checkpoint"]]) {
      const page = await world.visit("ana", where, options);
      await page.locator(`section[aria-labelledby=${part}] summary`).click();
      await audit(page, `${part} (${mode})`);
      await fits(page, `${part} (${mode})`);
      await page.context().close();
    }
  }
});
