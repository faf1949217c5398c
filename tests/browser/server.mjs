// A real server on a directory of its own, with keys of two tenants, and its API.
import { execFileSync, spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";

const BINARY = process.env.VIDIMUS_BROWSER_BINARY;

// Who has a key: name, tenant, actor, roles.
const KEYS = [
  ["admin", "acme", "user:ada", ["admin"]],
  ["auditor", "acme", "user:olga", ["auditor"]],
  ["ana", "acme", "user:ana", ["approver"]],
  ["ben", "acme", "user:ben", ["approver"]],
  // Asks for calls, and confirms them.
  ["mira", "acme", "user:mira", ["agent"]],
  // Runs what several agents want; an agent would for itself alone.
  ["agent", "acme", "service:runtime", ["agent"]],
  ["stranger", "other", "user:eve", ["agent", "approver", "auditor", "admin"]],
];

// What is asked of people: money of two, a mail of one, a draft of whoever it is for.
export const POLICY = {
  "rules.cedar": `@id("all")
permit (principal, action, resource);
@id("money-leaves")
@require("approval")
@quorum("2")
@expires("4h")
@reason("money leaves the house: two people look at it")
forbid (principal, action, resource == Function::"bank.transfer");
@id("goes-outside")
@require("approval")
@expires("2h")
@reason("goes to somebody outside")
forbid (principal, action, resource == Function::"mail.send");
@id("a-draft")
@require("confirmation")
@reason("a draft: whoever asked for it looks first")
forbid (principal, action, resource == Function::"draft.save");
@id("never")
@reason("nothing is deleted by an agent")
@owner("records team")
@missing("a person who deletes it")
forbid (principal, action, resource == Function::"files.delete");
`,
};

export class Server {
  // Starts one; `recorded` are lines to import before, `settings` are those of a file.
  static async start({ recorded = [], settings = "", listen = "127.0.0.1:0", files = {} } = {}) {
    const folder = mkdtempSync(join(tmpdir(), "vidimus-browser-"));
    const data = join(folder, "data");
    const run = (...args) => execFileSync(BINARY, args, { cwd: folder, encoding: "utf8", env: clean() });
    const secrets = {};
    const keys = {};
    for (const [name, tenant, actor, roles] of KEYS) {
      const words = roles.flatMap((role) => ["--role", role]);
      const made = JSON.parse(run("key", "create", "--data", data, "--tenant", tenant, "--actor", actor,
        "--label", name, "--output", "json", ...words));
      secrets[name] = made.secret;
      keys[name] = made.id;
    }
    if (recorded.length > 0) {
      const file = join(folder, "calls.jsonl");
      writeFileSync(file, recorded.map((line) => JSON.stringify(line)).join("\n") + "\n");
      const summary = JSON.parse(run("import", file, "--data", data, "--tenant", "acme", "--output", "json"));
      if (summary.recorded !== recorded.length) throw new Error(`imported: ${JSON.stringify(summary)}`);
    }
    for (const [name, text] of Object.entries({ "vidimus.toml": settings, ...files })) writeFileSync(join(folder, name), text);
    const child = spawn(BINARY, ["serve", "--config", "vidimus.toml", "--data", data, "--listen", listen, "--rate-limit", "off", "--output", "json"],
      { cwd: folder, env: { ...clean(), VIDIMUS_LOG: "warn" }, stdio: ["ignore", "pipe", "pipe"] });
    const server = new Server(folder, child, secrets, keys);
    const said = await new Promise((resolve, reject) => {
      createInterface({ input: child.stdout }).once("line", resolve);
      child.once("exit", (code) => reject(new Error(`the server ended with ${code}: ${server.log}`)));
    });
    server.url = JSON.parse(said).listening;
    return server;
  }

  constructor(folder, child, secrets, keys) {
    Object.assign(this, { folder, child, secrets, keys, log: "", proposals: 0 });
    child.stderr.setEncoding("utf8").on("data", (text) => { this.log += text; });
    this.ended = new Promise((resolve) => child.once("exit", (code, signal) => resolve({ code, signal })));
  }

  // Asks the API as somebody; answers status and body.
  async ask(who, method, path, body) {
    const headers = { authorization: `Bearer ${this.secrets[who]}` };
    if (body !== undefined) headers["content-type"] = "application/json";
    const answer = await fetch(this.url + path, { method, headers, body: body === undefined ? undefined : JSON.stringify(body) });
    const text = await answer.text();
    return { status: answer.status, body: text ? JSON.parse(text) : null };
  }

  // The same, and it has to succeed.
  async api(who, method, path, body) {
    const answer = await this.ask(who, method, path, body);
    if (answer.status >= 300) throw new Error(`${method} ${path}: ${answer.status} ${JSON.stringify(answer.body)}`);
    return answer.body;
  }

  // Functions and a policy set that asks people.
  async governed() {
    for (const name of ["bank.transfer", "mail.send", "draft.save", "files.delete", "notes.read"]) {
      await this.api("admin", "PUT", `/v1/functions/${name}`, { access: "Enabled", reason: "for the tests" });
    }
    await this.api("admin", "PUT", "/v1/functions/orders.create", { access: "EnabledWithConfirmation", reason: "for the tests" });
    await this.api("admin", "PUT", "/v1/policy", { files: POLICY, reason: "for the tests" });
  }

  // A call that the agent proposes on behalf of Mira.
  propose(given, who = "agent") {
    this.proposals += 1;
    return this.api(who, "POST", "/v1/executions", {
      agent: "mail-bot", conversation: "talk-live", function: "mail.send",
      arguments: { to: "kim@example.com", text: `hello ${this.proposals}` },
      requester: { kind: "user", id: "mira" }, ...given,
    });
  }

  command(who, id, name, body = {}) {
    return this.api(who, "POST", `/v1/executions/${id}/${name}`, body);
  }

  // Runs a call to its end.
  async complete(id, result = { sent: true }) {
    await this.command("agent", id, "start");
    return this.command("agent", id, "complete", { result });
  }

  // Lets it end as an operator would; it has to end well, with nothing wrong in its log.
  async stop() {
    this.child.kill("SIGTERM");
    let timer;
    const late = new Promise((resolve) => { timer = setTimeout(() => resolve("late"), 30_000); });
    const ended = await Promise.race([this.ended, late]);
    clearTimeout(timer);
    if (ended === "late") this.child.kill("SIGKILL");
    rmSync(this.folder, { recursive: true, force: true });
    if (ended === "late" || ended.code !== 0) throw new Error(`the server ended with ${JSON.stringify(ended)}: ${this.log}`);
    if (/ ERROR |panicked/.test(this.log)) throw new Error(`the server's log:\n${this.log}`);
  }
}

function clean() {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith("VIDIMUS_")));
}
