// A server and a browser for one file of tests; what pages complain of fails the test in which they do.
import assert from "node:assert/strict";
import { join } from "node:path";
import { after, afterEach, before } from "node:test";
import axe from "axe-core";
import { chromium } from "playwright-core";
import { Server } from "./server.mjs";

const SCREENSHOTS = process.env.VIDIMUS_BROWSER_SCREENSHOTS;
const BOUND = 30_000;
const LEVELS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"];

// How a page is looked at.
export const MODES = {
  light: { colorScheme: "light" },
  dark: { colorScheme: "dark" },
  phone: { colorScheme: "light", viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true },
};

export class World {
  // For a whole file: started before its tests, stopped after them. `prepare` fills the server. `options` may be made by then.
  static forTests(options, prepare) {
    const world = new World();
    before(async () => {
      world.server = await Server.start(typeof options === "function" ? await options() : options);
      world.browser = await chromium.launch({
        executablePath: process.env.VIDIMUS_CHROMIUM,
        args: ["--no-sandbox", "--disable-dev-shm-usage"],
      });
      await prepare?.(world.server);
    }, { timeout: 600_000 });
    afterEach(async () => {
      const { faults } = world;
      world.faults = [];
      await Promise.all(world.browser.contexts().map((context) => context.close()));
      assert.deepEqual(faults, [], "what pages complained of");
    });
    after(async () => {
      await world.browser?.close();
      await world.server?.stop();
    });
    return world;
  }

  constructor() {
    this.faults = [];
    this.signed = new Map();
    // Where pages may ask besides the server.
    this.elsewhere = [];
  }

  // A page of nobody, in a browser of its own.
  async page(options = {}) {
    const context = await this.browser.newContext({ baseURL: this.server.url, ...options });
    context.setDefaultTimeout(BOUND);
    context.on("page", (page) => this.watch(page));
    return context.newPage();
  }

  // A page of somebody who is signed in: once for each, by the form.
  async visit(who, address, options = {}) {
    if (!this.signed.has(who)) {
      const page = await this.page();
      await page.goto("/console/sign-in");
      await signIn(page, this.server.secrets[who]);
      this.signed.set(who, await page.context().storageState());
      await page.context().close();
    }
    const page = await this.page({ ...options, storageState: this.signed.get(who) });
    const response = await page.goto(address);
    page.status = response.status();
    return page;
  }

  watch(page) {
    const refused = new Set();
    const fault = (text) => this.faults.push(`${new URL(page.url(), this.server.url).pathname}: ${text}`);
    page.on("response", (response) => {
      // A page that says why there is none is a page; the browser's console says that as an error.
      if (response.status() >= 400 && response.request().isNavigationRequest()) refused.add(whole(response.url()));
    });
    page.on("console", (message) => {
      if (!["error", "warning"].includes(message.type()) || refused.has(whole(message.location().url))) return;
      fault(`${message.type()}: ${message.text()}`);
    });
    page.on("dialog", (dialog) => {
      fault(`a dialog: ${dialog.message()}`);
      dialog.dismiss().catch(() => {});
    });
    page.on("pageerror", (error) => fault(`exception: ${error.message}`));
    page.on("request", (request) => {
      const hosts = [this.server.url, ...this.elsewhere];
      if (!hosts.some((host) => request.url().startsWith(`${host}/`))) fault(`a request to ${request.url()}`);
    });
  }

  // The page at an address as everybody gets to see it: by axe, on every width and in every light, with a picture.
  async looked(who, address, name) {
    for (const [mode, options] of Object.entries(MODES)) {
      const page = who ? await this.visit(who, address, options) : await this.page(options);
      if (!who) await page.goto(address);
      await page.screenshot({ path: join(SCREENSHOTS, `${name}-${mode}.png`), fullPage: true });
      await audit(page, `${name} (${mode})`);
      await fits(page, `${name} (${mode})`);
      await page.context().close();
    }
  }
}

// An address without the place in its page.
const whole = (address) => address.split("#")[0];

export async function signIn(page, secret) {
  await page.getByLabel("API key").fill(secret);
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.waitForURL((url) => url.pathname !== "/console/sign-in");
}

// Goes where a link leads.
export async function follow(page, link) {
  const address = new URL(await link.getAttribute("href"), page.url()).href;
  await link.click();
  await page.waitForURL(address);
}

// Axe finds nothing at level AA.
export async function audit(page, name) {
  await page.evaluate(axe.source);
  const { violations } = await page.evaluate((levels) => globalThis.axe.run(document, { runOnly: levels }), LEVELS);
  const found = violations.flatMap(({ id, nodes }) =>
    nodes.map((node) => `${id}: ${node.target.join(" ")}: ${node.failureSummary.replaceAll("\n", " ")}`));
  assert.deepEqual(found, [], `axe on ${name}`);
}

// Nothing sticks out sideways: a page is read by scrolling down alone.
export async function fits(page, name) {
  // A phone lays a page out as wide as it wants to be, so its own word for the width is of no use.
  const out = await page.evaluate((wide) => {
    if (document.documentElement.scrollWidth <= wide) return [];
    const past = [...document.querySelectorAll("body *")].filter((one) => one.getBoundingClientRect().right > wide + 1);
    const shown = past.map((one) => `${one.tagName} ${one.className} ${one.textContent.trim().slice(0, 40)}`);
    return [`${document.documentElement.scrollWidth} of ${wide}`, ...shown.slice(-5)];
  }, page.viewportSize().width);
  assert.deepEqual(out, [], `${name} sticks out`);
}

// The texts of what a selector finds, without space around and within.
export function texts(page, selector) {
  return page.locator(selector).evaluateAll((found) => found.map((one) => one.textContent.trim().replace(/\s+/g, " ")));
}

// The ids of the rows, in their order.
export function ids(page) {
  return page.locator("[data-id]").evaluateAll((rows) => rows.map((row) => row.dataset.id));
}

// Sends what a page would send with `fetch`, and answers the status.
export function posted(page, address, fields, headers = {}) {
  return page.evaluate(async ([address, fields, headers]) => {
    const answer = await fetch(address, { method: "POST", body: new URLSearchParams(fields), headers, redirect: "manual" });
    return answer.status;
  }, [address, fields, headers]);
}
