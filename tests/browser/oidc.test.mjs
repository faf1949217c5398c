// Signing in by OpenID Connect, with a provider of its own process on another site.
import assert from "node:assert/strict";
import { after, test } from "node:test";
import { CLIENT, Provider, SECRET, freePort } from "./provider.mjs";
import { Server } from "./server.mjs";
import { World, texts } from "./world.mjs";

const TABLE = "/console/executions";
const CALLBACK = "/console/sign-in/oidc/callback";
const BUTTON = "Sign in with Acme <Login>";

const settings = (issuer, address) => `
[console]
session_lifetime = "8h"
[console.oidc]
issuer = "${issuer}"
client_id = "${CLIENT}"
client_secret_file = "client-secret"
address = "${address}"
label = "Acme <Login>"
tenant = "acme"
[console.oidc.roles]
vidimus-reviewers = ["approver"]
vidimus-leads = ["approver", "auditor"]
`;

let provider;
const world = World.forTests(async () => {
  const [own, port] = [await freePort(), await freePort()];
  provider = await new Provider(port, `http://127.0.0.1:${own}`).start();
  world.elsewhere.push(provider.issuer);
  return {
    settings: settings(provider.issuer, provider.console), listen: `127.0.0.1:${own}`, files: { "client-secret": `${SECRET}\n` },
  };
}, (server) => server.governed());
after(() => provider?.stop());

// From the sign-in page to the provider, and as somebody through it: to wherever that leads.
async function choose(page, link) {
  await page.getByRole("link", { name: BUTTON }).click();
  await page.getByRole("link", { name: link, exact: true }).click();
  await page.waitForURL((url) => url.origin === world.server.url);
}

async function signIn(page, account) {
  await choose(page, account);
  await page.waitForURL((url) => !url.pathname.startsWith("/console/sign-in"));
}

// Tries to sign in where it is refused; answers the code and what is said.
async function refused(page, link) {
  await page.goto("/console/sign-in");
  await choose(page, link);
  assert.equal(new URL(page.url()).pathname, CALLBACK);
  const alert = page.getByRole("alert");
  const said = { code: await alert.locator("code").textContent(), text: await alert.innerText() };
  assert.deepEqual(await page.context().cookies(world.server.url), [], "nobody is signed in");
  // There is a way to try again, and a key is good as ever.
  assert.ok(await page.getByRole("link", { name: BUTTON }).isVisible() && await page.getByLabel("API key").isVisible());
  return said;
}

// Begins a sign-in as a browser would; answers what it was sent to and the cookie.
async function begin(query = "") {
  const answer = await fetch(`${world.server.url}/console/sign-in/oidc${query}`, { redirect: "manual" });
  assert.equal(answer.status, 303);
  const address = new URL(answer.headers.get("location"));
  return { address, state: address.searchParams.get("state"), cookie: answer.headers.get("set-cookie") };
}

// What the console answers to an answer of the provider; whoever is refused gets no session.
async function answered(fields, cookie) {
  const answer = await fetch(`${world.server.url}${CALLBACK}?${new URLSearchParams(fields)}`, {
    redirect: "manual", headers: cookie ? { cookie: cookie.split(";")[0] } : {},
  });
  const cookies = answer.headers.getSetCookie();
  assert.ok(cookies.every((one) => one.startsWith("vidimus-sign-in=;")), `${cookies}`);
  return { status: answer.status, code: /<code>(\w+)<\/code><\/p>/.exec(await answer.text())?.[1] };
}

test("the way to the provider asks for a code, with PKCE, state and nonce, and no more", async () => {
  const one = await begin("?back=/console/approvals");
  assert.equal(one.address.origin, provider.issuer);
  const asked = Object.fromEntries(one.address.searchParams);
  const { state, nonce, code_challenge: challenge, ...rest } = asked;
  assert.deepEqual(rest, {
    response_type: "code", client_id: CLIENT, redirect_uri: `${world.server.url}${CALLBACK}`, scope: "openid email profile",
    code_challenge_method: "S256",
  });
  const other = await begin();
  for (const [value, again] of [[state, other.state], [nonce, other.address.searchParams.get("nonce")], [challenge, other.address.searchParams.get("code_challenge")]]) {
    assert.match(value, /^[\w-]{40,}$/);
    assert.notEqual(value, again);
  }
  assert.equal(one.cookie, `vidimus-sign-in=${state}; Path=/; HttpOnly; SameSite=Lax; Max-Age=600`);
});

for (const javaScriptEnabled of [true, false]) {
  test(`somebody signs in and is where they wanted to go, ${javaScriptEnabled ? "with" : "without"} JavaScript`, async () => {
    const page = await world.page({ javaScriptEnabled });
    await page.goto(`${TABLE}?status=PendingApproval&search=two+words`);
    assert.equal(new URL(page.url()).pathname, "/console/sign-in");
    await signIn(page, "lea");
    assert.equal(page.url(), `${world.server.url}${TABLE}?status=PendingApproval&search=two+words`);
    assert.match(await page.locator(".who span").innerText(), /^lea@example.org at acme$/);
    assert.equal(await page.locator(".who span").getAttribute("title"), "roles: approver, auditor");
    const cookies = await page.context().cookies(world.server.url);
    assert.deepEqual(cookies.map(({ name, sameSite, httpOnly }) => [name, sameSite, httpOnly]), [["vidimus-session", "Strict", true]]);
    await page.getByRole("button", { name: "Sign out" }).click();
    await page.waitForURL("**/console/sign-in");
    await page.context().addCookies(cookies);
    await page.goto(TABLE);
    assert.equal(new URL(page.url()).pathname, "/console/sign-in", "the old cookie opens nothing");
  });
}

test("what they decide is theirs in the log, and they may what their groups may", async () => {
  const { execution_id: id } = await world.server.propose();
  const page = await world.page();
  await page.goto("/console/approvals?show=all");
  await signIn(page, "rob");
  await page.locator(`.queue [data-id="${id}"]`).getByRole("button", { name: "Approve", exact: true }).click();
  await page.waitForLoadState();
  const decided = await world.server.api("auditor", "GET", `/v1/executions/${id}`);
  assert.equal(decided.stage, "permitted");
  // An approver reads no audit log; a lead does.
  const response = await page.goto("/console/audit");
  assert.equal(response.status(), 403);
  assert.equal(await page.getByRole("alert").locator("code").first().textContent(), "missing_role");
  const lead = await world.page();
  await lead.goto("/console/audit?actor=rob%40example.org");
  await signIn(lead, "lea");
  const rows = await texts(lead, "tbody tr");
  assert.ok(rows.length > 0 && rows.every((row) => row.includes("rob@example.org")), rows.join("\n"));
  const { items } = await world.server.api("auditor", "GET", `/v1/audit?actor=${encodeURIComponent("rob@example.org")}`);
  assert.deepEqual(items[0].actor, { kind: "user", id: "rob@example.org" });
});

test("they see nothing of another tenant", async () => {
  await world.server.api("stranger", "PUT", "/v1/functions/mail.send", { access: "Enabled", reason: "for the tests" });
  const { execution_id: id } = await world.server.propose({}, "stranger");
  const page = await world.page();
  await page.goto(TABLE);
  await signIn(page, "lea");
  const response = await page.goto(`${TABLE}/${id}`);
  assert.equal(response.status(), 404);
  assert.equal(await page.getByRole("alert").locator("code").first().textContent(), "execution_not_found");
});

test("a session that the browser had is over with the new one", async () => {
  const page = await world.visit("ben", TABLE);
  const before = await page.context().cookies(world.server.url);
  world.signed.delete("ben");
  await page.goto("/console/sign-in");
  await signIn(page, "rob");
  assert.deepEqual(await texts(page, ".who strong"), ["rob@example.org"]);
  await page.context().addCookies(before);
  await page.goto(TABLE);
  assert.equal(new URL(page.url()).pathname, "/console/sign-in");
});

test("whoever has no group with a role is told what was seen and whom to ask", async () => {
  const gus = await refused(await world.page(), "gus");
  assert.equal(gus.code, "no_role");
  for (const part of ["`gus@example.org` at Acme <Login>", "the claim `groups` has `staff`, `<b>guests</b>`", "ask an administrator"]) {
    assert.ok(gus.text.includes(part), gus.text);
  }
  assert.ok(!gus.text.includes("vidimus-leads"));
  const max = await refused(await world.page(), "max");
  assert.ok(max.code === "no_role" && max.text.includes("named none of your groups (the claim `groups`)"), max.text);
  const una = await refused(await world.page(), "una");
  assert.ok(una.code === "name_unverified" && una.text.includes("`una@example.org`"), una.text);
});

test("somebody who leaves at the provider is not signed in", async () => {
  const left = await refused(await world.page(), "Cancel");
  assert.ok(left.code === "sign_in_declined" && left.text.includes("Acme <Login> did not let you in"), left.text);
});

test("an answer is taken from the browser that began, once", async () => {
  const [mine, theirs] = [await begin(), await begin()];
  const not_begun = { status: 403, code: "sign_in_not_begun" };
  const code = "a-code";
  for (const cookie of [undefined, theirs.cookie, "vidimus-sign-in=", "__Host-" + mine.cookie]) {
    assert.deepEqual(await answered({ state: mine.state, code }, cookie), not_begun, cookie);
  }
  for (const fields of [{}, { code }, { state: "", code }, { state: theirs.state, code }]) {
    assert.deepEqual(await answered(fields, mine.cookie), not_begun, JSON.stringify(fields));
  }
  const declined = { state: mine.state, error: "access_denied" };
  assert.deepEqual(await answered(declined, mine.cookie), { status: 403, code: "sign_in_declined" });
  assert.deepEqual(await answered(declined, mine.cookie), not_begun, "once");
  // A code that the provider does not know, one of somebody else, and the answer of another issuer.
  const failed = { status: 502, code: "sign_in_failed" };
  assert.deepEqual(await answered({ state: theirs.state, code }, theirs.cookie), failed);
  for (const fields of [{ error: "server_error" }, {}, { code, iss: "https://evil.example" }]) {
    const { state, cookie } = await begin();
    assert.deepEqual(await answered({ state, ...fields }, cookie), failed, JSON.stringify(fields));
  }
});

test("an answer that was taken is not taken again, and the session stays", async () => {
  const page = await world.page();
  let address;
  page.on("request", (request) => { if (request.url().includes(`${CALLBACK}?`)) address = request.url(); });
  await page.goto(TABLE);
  await signIn(page, "rob");
  const response = await page.goto(address);
  assert.equal(response.status(), 403);
  assert.equal(await page.getByRole("alert").locator("code").textContent(), "sign_in_not_begun");
  await page.goto(TABLE);
  assert.deepEqual(await texts(page, ".who strong"), ["rob@example.org"]);
});

test("an ID token that is not for this sign-in is not taken", async (context) => {
  context.after(() => provider.change({}));
  const wrong = [
    { claims: { nonce: "another" } }, { drop: ["nonce"] }, { claims: { aud: "another-client" } }, { claims: { aud: [CLIENT, "another-client"] } },
    { claims: { azp: "another-client" } }, { claims: { iss: "http://localhost" } }, { claims: { exp: 1_700_000_000 } },
    { drop: ["sub"] }, { key: "unknown" }, { key: "secret" }, { key: "none" },
  ];
  for (const change of wrong) {
    await provider.change(change);
    const { code } = await refused(await world.page(), "lea");
    assert.equal(code, "sign_in_failed", JSON.stringify(change));
  }
});

test("a new key of the provider is found by itself", { timeout: 60_000 }, async (context) => {
  context.after(() => provider.change({}));
  await provider.change({ key: "new" });
  // The provider is asked for its keys again after some seconds at the earliest.
  let page;
  do {
    await page?.context().close();
    page = await world.page();
    await page.goto("/console/sign-in");
    await choose(page, "lea");
    await page.locator("[role=alert], form.who").first().waitFor();
  } while (await page.getByRole("alert").count() > 0);
  await page.goto(TABLE);
  assert.deepEqual(await texts(page, ".who strong"), ["lea@example.org"]);
});

test("groups that the ID token has count", async (context) => {
  context.after(() => provider.change({}));
  await provider.change({ claims: { email: "gus@example.org", email_verified: true, groups: ["vidimus-reviewers"] } });
  const page = await world.page();
  await page.goto(TABLE);
  await signIn(page, "gus");
  assert.equal(await page.locator(".who span").getAttribute("title"), "roles: approver");
});

test("the page with the button: by axe, on a phone, in the dark", async () => {
  await world.looked(null, "/console/sign-in", "sign-in-oidc");
});

test("a provider that cannot be asked keeps nobody from a key, and is asked again", { timeout: 120_000 }, async (context) => {
  const { state, cookie } = await begin();
  await provider.stop();
  // In the middle of a sign-in.
  assert.deepEqual(await answered({ state, code: "a-code" }, cookie), { status: 503, code: "provider_unavailable" });
  // From the start of the server on.
  const own = await freePort();
  const files = { "client-secret": SECRET };
  const server = await Server.start({ settings: settings(provider.issuer, `http://127.0.0.1:${own}`), listen: `127.0.0.1:${own}`, files });
  context.after(() => server.stop());
  world.elsewhere.push(server.url);
  const page = await world.page();
  await page.goto(`${server.url}/console/sign-in?back=/console/approvals`);
  await page.getByRole("link", { name: BUTTON }).click();
  assert.equal(await page.getByRole("alert").locator("code").textContent(), "provider_unavailable");
  assert.deepEqual(await page.context().cookies(), []);
  await page.getByLabel("API key").fill(server.secrets.ana);
  await page.getByRole("button", { name: "Sign in", exact: true }).click();
  await page.waitForURL(`${server.url}/console/approvals`);
  // It is back.
  provider = await new Provider(provider.port, server.url).start();
  for (;;) {
    await page.goto(`${server.url}/console/sign-in`);
    await page.getByRole("link", { name: BUTTON }).click();
    if (page.url().startsWith(provider.issuer)) break;
  }
  await page.getByRole("link", { name: "rob", exact: true }).click();
  await page.waitForURL(`${server.url}${TABLE}`);
  assert.deepEqual(await texts(page, ".who strong"), ["rob@example.org"]);
});
