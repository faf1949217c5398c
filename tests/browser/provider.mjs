// An OpenID Connect provider of its own process, which is certified where it is let be (`oidc-provider`): accounts with groups, a
// page to sign in on, and on request ID tokens that nobody should take.
//
// It is another site than the console, as a browser sees it: `localhost`, where the console is at `127.0.0.1`.
import { fork } from "node:child_process";
import { createServer as listen } from "node:net";
import { fileURLToPath } from "node:url";

const FILE = fileURLToPath(import.meta.url);
export const CLIENT = "vidimus-console";
export const SECRET = "a secret/with: signs%";

// Who is there: claims besides `sub`.
const ACCOUNTS = {
  lea: { email: "Lea@Example.org", email_verified: true, groups: ["staff", "vidimus-leads"] },
  rob: { email: "rob@example.org", email_verified: true, groups: ["vidimus-reviewers"] },
  gus: { email: "gus@example.org", email_verified: true, groups: ["staff", "<b>guests</b>"] },
  una: { email: "una@example.org", email_verified: false, groups: ["vidimus-leads"] },
  max: { email: "max@example.org", email_verified: true },
};

// A port that nobody listens on.
export function freePort() {
  return new Promise((resolve, reject) => {
    const server = listen().once("error", reject).listen(0, "127.0.0.1", () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}

export class Provider {
  constructor(port, console) {
    Object.assign(this, { port, console, issuer: `http://localhost:${port}` });
  }

  async start() {
    this.child = fork(FILE, [this.issuer, String(this.port), this.console], { stdio: ["ignore", "ignore", "pipe", "ipc"] });
    this.log = "";
    this.child.stderr.setEncoding("utf8").on("data", (text) => { this.log += text; });
    await this.said("listening");
    return this;
  }

  said(word) {
    return new Promise((resolve, reject) => {
      const ended = (code) => reject(new Error(`the provider ended with ${code}: ${this.log}`));
      this.child.once("exit", ended);
      this.child.once("message", (message) => {
        this.child.off("exit", ended);
        message === word ? resolve() : reject(new Error(`${message}`));
      });
    });
  }

  // What of the next ID tokens is to be otherwise: `claims` that replace, `drop` that are left out, `key`: `new` (published now),
  // `unknown` (never published), `secret` (the client's) or `none`.
  async change(change) {
    const done = this.said("changed");
    this.child.send(change);
    await done;
  }

  async stop() {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    const ended = new Promise((resolve) => this.child.once("exit", resolve));
    this.child.kill("SIGTERM");
    await ended;
  }
}

async function serve(issuer, port, console) {
  const { default: OidcProvider } = await import("oidc-provider");
  const { SignJWT, UnsecuredJWT, decodeJwt, exportJWK, generateKeyPair } = await import("jose");
  const pair = async (kid) => {
    const { privateKey, publicKey } = await generateKeyPair("RS256", { extractable: true });
    const named = async (key) => ({ ...(await exportJWK(key)), kid, alg: "RS256", use: "sig" });
    return { kid, privateKey, private: await named(privateKey), public: await named(publicKey) };
  };
  const keys = { first: await pair("first"), new: await pair("new"), unknown: await pair("first") };
  let change = {};
  const provider = new OidcProvider(issuer, {
    jwks: { keys: [keys.first.private] },
    clients: [{
      client_id: CLIENT, client_secret: SECRET, redirect_uris: [`${console}/console/sign-in/oidc/callback`],
      response_types: ["code"], grant_types: ["authorization_code"],
    }],
    cookies: { keys: ["of a test"] },
    // Where nothing else is asked for, `groups` and the address are at the user info endpoint alone.
    claims: { openid: ["sub"], email: ["email", "email_verified"], profile: ["groups"] },
    findAccount: (_, id) => ACCOUNTS[id] && { accountId: id, claims: () => ({ sub: id, ...ACCOUNTS[id] }) },
    features: { devInteractions: { enabled: false } },
    interactions: { url: (_, { uid }) => `/page/${uid}` },
    pkce: { required: () => true },
    async loadExistingGrant(context) {
      const grant = new provider.Grant({ accountId: context.oidc.session.accountId, clientId: context.oidc.client.clientId });
      grant.addOIDCScope("openid email profile");
      await grant.save();
      return grant;
    },
  });
  provider.use(async (context, next) => {
    if (context.path.startsWith("/page/")) return page(provider, context);
    await next();
    if (context.path === "/jwks" && change.key === "new") context.body = { keys: [keys.first.public, keys.new.public] };
    if (context.path !== "/token" || !context.body?.id_token) return;
    const claims = { ...decodeJwt(context.body.id_token), ...change.claims };
    for (const name of change.drop ?? []) delete claims[name];
    const sign = (alg, key, kid) => new SignJWT(claims).setProtectedHeader({ alg, kid }).sign(key);
    const made = {
      none: () => new UnsecuredJWT(claims).encode(),
      secret: () => sign("HS256", new TextEncoder().encode(SECRET)),
    }[change.key] ?? (() => sign("RS256", keys[change.key ?? "first"].privateKey, keys[change.key ?? "first"].kid));
    context.body = { ...context.body, id_token: await made() };
  });
  provider.listen(port, "127.0.0.1", () => process.send("listening"));
  process.on("message", (message) => {
    change = message;
    process.send("changed");
  });
  process.once("SIGTERM", () => process.exit(0));
}

// Where people say who they are, or that they would rather not.
async function page(provider, context) {
  const answer = new URLSearchParams(context.querystring);
  const finish = (result) => provider.interactionFinished(context.req, context.res, result, { mergeWithLastSubmission: false });
  if (answer.has("account")) {
    context.respond = false;
    await finish({ login: { accountId: answer.get("account"), remember: false } });
  } else if (answer.has("cancel")) {
    context.respond = false;
    await finish({ error: "access_denied", error_description: "they would rather not" });
  } else {
    const links = Object.keys(ACCOUNTS).map((id) => `<li><a href="?account=${id}">${id}</a></li>`);
    context.type = "html";
    context.body = `<!doctype html><html lang="en"><title>Acme</title><link rel="icon" href="data:,"><h1>Who are you?</h1>
      <ul>${links.join("")}</ul><p><a href="?cancel=1">Cancel</a></p></html>`;
  }
}

if (process.argv[1] === FILE) await serve(...process.argv.slice(2));
