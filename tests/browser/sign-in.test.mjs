// Signing in and out, and what keeps others out.
import assert from "node:assert/strict";
import { test } from "node:test";
import { World, posted, signIn, texts } from "./world.mjs";

const TABLE = "/console/executions";
const held = {};
const world = World.forTests({}, async (server) => {
  await server.governed();
  held.id = (await server.propose()).execution_id;
});

test("without a session every page leads to the sign-in, and from there back", async () => {
  const page = await world.page();
  await page.goto(`${TABLE}?status=PendingApproval&search=two+words`);
  assert.equal(new URL(page.url()).pathname, "/console/sign-in");
  assert.equal(await page.getByLabel("API key").getAttribute("type"), "password");
  await signIn(page, world.server.secrets.ana);
  assert.equal(page.url(), `${world.server.url}${TABLE}?status=PendingApproval&search=two+words`);
  assert.deepEqual(await texts(page, ".who strong"), ["ana"]);
  assert.match(await page.locator(".who").textContent(), /at acme/);
});

test("the root leads to the table", async () => {
  const page = await world.visit("ana", "/");
  assert.equal(new URL(page.url()).pathname, TABLE);
  assert.equal(await page.title(), "Tool Executions · Vidimus");
});

test("a key that is none is refused with what is wrong and its code, and nobody is signed in", async () => {
  const { secrets } = world.server;
  const cases = [["nonsense", "key_invalid"], [`${secrets.ana.slice(0, -1)}!`, "key_invalid"], ["ключ", "key_malformed"]];
  for (const [key, code] of cases) {
    const page = await world.page();
    await page.goto(`/console/sign-in?back=${TABLE}?status=Failed`);
    await page.getByLabel("API key").fill(key);
    const [response] = await Promise.all([
      page.waitForResponse((response) => response.request().method() === "POST"),
      page.getByRole("button", { name: "Sign in" }).click(),
    ]);
    assert.equal(response.status(), 401, key);
    const alert = page.getByRole("alert");
    assert.equal(await alert.locator("code").textContent(), code);
    assert.match(await alert.textContent(), /key/);
    assert.deepEqual(await page.context().cookies(), []);
    // What was typed is not sent back, and the way back is not forgotten.
    assert.ok(!(await page.content()).includes(`"${key}"`));
    await signIn(page, secrets.ana);
    assert.equal(page.url(), `${world.server.url}${TABLE}?status=Failed`);
  }
});

test("the way back leads nowhere else", async () => {
  for (const back of ["https://example.org/", "//example.org/", "/v1/me", "/console/\\example.org"]) {
    const page = await world.page();
    await page.goto(`/console/sign-in?${new URLSearchParams({ back })}`);
    await signIn(page, world.server.secrets.ana);
    assert.equal(page.url(), world.server.url + TABLE, back);
  }
});

test("a key with spaces around it, as it is copied, is taken", async () => {
  const page = await world.page();
  await page.goto("/console/sign-in");
  await signIn(page, `  ${world.server.secrets.auditor} `);
  assert.deepEqual(await texts(page, ".who strong"), ["olga"]);
});

test("the cookie is kept from scripts and other sites, and says nothing", async () => {
  const page = await world.visit("ana", TABLE);
  const cookies = await page.context().cookies();
  assert.equal(cookies.length, 1);
  const [cookie] = cookies;
  assert.deepEqual([cookie.httpOnly, cookie.sameSite, cookie.path, cookie.expires], [true, "Strict", "/", -1]);
  assert.equal(await page.evaluate(() => document.cookie), "");
  assert.ok(!world.server.secrets.ana.includes(cookie.value) && !cookie.value.includes("vidimus"));
});

test("signed out, neither the page before nor the old cookie opens anything", async () => {
  const page = await world.page();
  await page.goto("/console/sign-in");
  await signIn(page, world.server.secrets.ben);
  const before = await page.context().cookies();
  await page.getByRole("button", { name: "Sign out" }).click();
  await page.waitForURL("**/console/sign-in");
  assert.deepEqual(await page.context().cookies(), []);
  await page.goBack();
  await page.waitForURL("**/console/sign-in**");
  await page.context().addCookies(before);
  await page.goto(TABLE);
  assert.equal(new URL(page.url()).pathname, "/console/sign-in");
});

test("a revoked key ends the session", async () => {
  const { server } = world;
  const made = await server.api("admin", "POST", "/v1/keys",
    { roles: ["auditor"], actor: { kind: "user", id: "gone" }, label: "to be revoked" });
  const page = await world.page();
  await page.goto("/console/sign-in");
  await signIn(page, made.secret);
  await server.api("admin", "DELETE", `/v1/keys/${made.id}`);
  await page.goto(TABLE);
  assert.equal(new URL(page.url()).pathname, "/console/sign-in");
});

test("every answer forbids what is not its own", async () => {
  const page = await world.page();
  for (const address of ["/console/sign-in", "/console/nowhere"]) {
    const policy = (await page.goto(address)).headers()["content-security-policy"];
    for (const part of ["default-src 'none'", "script-src 'self'", "style-src 'self'", "frame-ancestors 'none'", "base-uri 'none'"]) {
      assert.ok(policy.includes(part), `${address}: ${part} in ${policy}`);
    }
    assert.ok(!policy.includes("unsafe"), policy);
  }
  const response = await (await world.visit("ana", TABLE)).reload();
  const headers = response.headers();
  assert.deepEqual(
    ["x-content-type-options", "x-frame-options", "cache-control", "referrer-policy"].map((name) => headers[name]),
    ["nosniff", "DENY", "no-store", "same-origin"],
  );
});

test("a form that is not from a page of this session is refused", async () => {
  const page = await world.visit("ana", TABLE);
  const csrf = await page.locator("form.who input[name=csrf]").inputValue();
  const other = await (await world.visit("ben", TABLE)).locator("form.who input[name=csrf]").inputValue();
  assert.equal(await posted(page, "/console/sign-out", {}), 403);
  assert.equal(await posted(page, "/console/sign-out", { csrf: "" }), 403);
  assert.equal(await posted(page, "/console/sign-out", { csrf: other }), 403);
  world.faults = world.faults.filter((fault) => !fault.includes("status of 403"));
  await page.reload();
  assert.deepEqual(await texts(page, ".who strong"), ["ana"], "still signed in");

  // What the page of another site sends, cookie and token included; and by browsers that say only where from.
  const cookie = (await page.context().cookies()).map(({ name, value }) => `${name}=${value}`).join("; ");
  const forged = [{ "sec-fetch-site": "cross-site" }, { "sec-fetch-site": "same-site" }, { origin: "https://example.org" }, { origin: "null" }];
  for (const headers of forged) {
    for (const address of ["/console/sign-out", "/console/sign-in"]) {
      const answer = await fetch(world.server.url + address, {
        method: "POST", redirect: "manual", headers: { cookie, ...headers },
        body: new URLSearchParams({ csrf, key: world.server.secrets.stranger }),
      });
      assert.equal(answer.status, 403, `${address} ${JSON.stringify(headers)}`);
      assert.match(await answer.text(), /another_site/);
      assert.equal(answer.headers.get("set-cookie"), null);
    }
  }
  await page.reload();
  assert.deepEqual(await texts(page, ".who strong"), ["ana"], "still signed in");
});

test("another tenant sees nothing of this one", async () => {
  const page = await world.visit("stranger", TABLE);
  assert.match(await page.locator("main").textContent(), /No tool executions yet/);
  for (const address of [`/console/executions/${held.id}`, `/console/executions/${crypto.randomUUID()}`]) {
    const response = await page.goto(address);
    assert.equal(response.status(), 404);
    assert.equal(await page.getByRole("alert").locator("code").first().textContent(), "execution_not_found");
    assert.ok(!(await page.content()).includes("kim@example.com"));
  }
  await page.goto(`${TABLE}?search=kim`);
  assert.match(await page.locator("main").textContent(), /No tool execution matches/);
  const own = await world.visit("auditor", `/console/executions/${held.id}`);
  assert.equal(own.status, 200);
});

test("an address that is none is a page that says so", async () => {
  const page = await world.visit("ana", "/console/nowhere");
  assert.equal(page.status, 404);
  assert.equal(await page.getByRole("alert").locator("code").first().textContent(), "page_not_found");
  await page.goto("/console/executions/not-an-id");
  assert.match(await page.getByRole("alert").textContent(), /path_invalid|execution_not_found/);
});

test("signing in, refused pages and empty tables: by axe, on a phone, in the dark", async () => {
  await world.looked(null, "/console/sign-in", "sign-in");
  await world.looked("ana", "/console/nowhere", "not-found");
  await world.looked("stranger", TABLE, "executions-none");
  await world.looked("ana", `${TABLE}?search=nothing-has-this`, "executions-no-match");
});
