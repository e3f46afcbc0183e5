import { existsSync } from "node:fs";
import { mkdir, mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestContext } from "node:test";
import { chromium, type Browser, type Page } from "playwright-core";
import { eventually } from "../asserts/eventually.ts";

const PLACES = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];
const executablePath = PLACES.find((path) => existsSync(path));

/** Why tests in a browser are skipped; false where there is one. */
export const NO_BROWSER = executablePath
  ? false
  : "no Chromium here (apt-get install chromium brings it)";

/** A browser for all tests of a file; it starts with the first of them. */
export function openBrowser(): {
  page(options?: PageOptions): Promise<OpenPage>;
} & AsyncDisposable {
  let browser: Promise<Browser> | undefined;
  const launch = () =>
    chromium.launch({ ...(executablePath ? { executablePath } : {}), args: ["--no-sandbox"] });
  return {
    async page({ width = 1280, theme = "light", scripts = true } = {}) {
      browser ??= launch();
      const context = await (
        await browser
      ).newContext({
        viewport: { width, height: 900 },
        colorScheme: theme,
        javaScriptEnabled: scripts,
        reducedMotion: "reduce",
        locale: "en-US",
      });
      // What never comes ends with its test; what comes late on a busy machine is no failure.
      context.setDefaultTimeout(5 * 60_000);
      const page = await context.newPage();
      const problems: string[] = [];
      page.on("console", (message) => {
        if (message.type() === "error" || message.type() === "warning") {
          problems.push(message.text());
        }
      });
      page.on("pageerror", (error) => problems.push(String(error)));
      page.on("dialog", (dialog) => {
        problems.push(`a dialog: ${dialog.message()}`);
        void dialog.dismiss();
      });
      page.on("request", (request) => {
        const { hostname, protocol } = new URL(request.url());
        const isOurs = hostname === "127.0.0.1" || hostname === "localhost" || protocol === "data:";
        if (!isOurs) problems.push(`asks another site: ${request.url()}`);
      });
      return { page, problems, [Symbol.asyncDispose]: () => context.close() };
    },
    async [Symbol.asyncDispose]() {
      await (await browser)?.close();
    },
  };
}

type Theme = "light" | "dark";
type PageOptions = { width?: number; theme?: Theme; scripts?: boolean };

/** `problems`: what the console complained of, and requests to other sites. */
export type OpenPage = AsyncDisposable & { page: Page; problems: string[] };

/** Presses it until a cycle begins: the one before may not have come to its end, or the process be too busy. */
export async function pressRunNow(t: Pick<TestContext, "signal">, page: Page): Promise<void> {
  await eventually(async () => {
    const answered = page.waitForResponse(/\/do\/cycle$/);
    await page.click("text=Run now");
    return (await (await answered).text()).includes("A cycle has started.");
  }, t);
}

let folder: Promise<string> | undefined;

/** Keeps a picture of the whole page in the folder that PAGE_SCREENSHOTS names, else in a temporary one. */
export async function keepScreenshot(page: Page, name: string): Promise<void> {
  folder ??= (async () => {
    const given = process.env["PAGE_SCREENSHOTS"];
    if (!given) return mkdtemp(join(tmpdir(), "page-screenshots-"));
    await mkdir(given, { recursive: true });
    return given;
  })();
  await page.screenshot({ path: join(await folder, `${name}.png`), fullPage: true });
}
