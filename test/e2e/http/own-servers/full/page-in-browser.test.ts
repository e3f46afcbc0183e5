import assert from "node:assert/strict";
import { after, describe, test } from "node:test";
import type { Page } from "playwright-core";
import { vectorized } from "../../../../unit/search/search-setup.ts";
import { TOKEN } from "../../../../unit/http/http-setup.ts";
import { axeFinds } from "../../../../support/servers/axe.ts";
import { keepScreenshot, NO_BROWSER, openBrowser } from "../../../../support/servers/browser.ts";
import { servePage } from "../../../../unit/http/page/page-setup.ts";
import { overview, STATES } from "../../../../unit/http/page/page-states.ts";
import { eventually } from "../../../../support/asserts/eventually.ts";
import { startTcpGate } from "../../../../support/servers/tcp-gate.ts";

const WIDTHS = [360, 1280, 2560] as const;
const THEMES = ["light", "dark"] as const;

async function isLive(page: Page) {
  await page.waitForSelector("#live.is-live");
}

describe("the page in a browser", { skip: NO_BROWSER }, () => {
  const browser = openBrowser();
  after(() => browser[Symbol.asyncDispose]());

  for (const [name, state] of Object.entries(STATES)) {
    test(`${name}: no complaint, nothing cut off, nothing that axe finds, at each width and in both themes`, async (t) => {
      const { url } = await servePage(t, { show: state });
      for (const theme of THEMES) {
        for (const width of WIDTHS) {
          await using open = await browser.page({ width, theme });
          const { page, problems } = open;
          await page.goto(url);
          await isLive(page);
          const cut = Number(
            await page.evaluate("document.documentElement.scrollWidth - innerWidth"),
          );
          assert.ok(cut <= 0, `${width} px: ${cut} px too wide`);
          await keepScreenshot(page, `${name}-${width}-${theme}`);
          assert.deepEqual(problems, []);
          // It takes its time, and widths share their colours.
          const isNew = width === 1280 || (width === 360 && theme === "light");
          if (isNew) assert.deepEqual(await axeFinds(page), [], `${width} ${theme}`);
        }
      }
    });
  }

  test("the page of the API shows every route, and the console has nothing to say", async (t) => {
    const { url } = await servePage(t);
    await using open = await browser.page();
    const { page, problems } = open;
    await page.goto(`${url}/docs`);
    await page.waitForSelector('[data-path="/api/v1/quarantine/retry"]');
    assert.deepEqual(problems, []);
  });

  test("it is there quickly, and all that it loads comes from here", async (t) => {
    const { url } = await servePage(t);
    await using open = await browser.page();
    await open.page.goto(url, { waitUntil: "load" });
    const loadedMs = Number(
      await open.page.evaluate("performance.getEntriesByType('navigation')[0]?.duration"),
    );
    t.diagnostic(`loaded after ${Math.round(loadedMs)} ms`);
    assert.deepEqual(open.problems, []);
  });

  test("a change is shown without a reload, and the reader's input stays", async (t) => {
    const { url, show } = await servePage(t, { show: STATES["waiting"] ?? overview() });
    await using open = await browser.page();
    const { page } = open;
    await page.goto(url);
    await isLive(page);
    await page.click("#quarantine-newest summary");
    await page.fill("#q", "half a thought");
    await show(STATES["busy"] ?? overview());
    await page.waitForSelector('#state[data-word="Working"]');
    assert.ok((await page.title()).startsWith("Working"));
    assert.match(await page.innerText("#state"), /6,120 of 14,800/);
    assert.equal(await page.inputValue("#q"), "half a thought");
    assert.ok(await page.isVisible("#quarantine-newest .set-aside"), "it folded again");
    assert.equal(await page.evaluate("document.activeElement.id"), "q");
    await show(STATES["broken"] ?? overview());
    await page.waitForSelector('#state[data-word="Broken"]');
    assert.ok((await page.title()).startsWith("Broken"));
    assert.match(await page.innerText("#attention"), /connection refused/);
    assert.match((await page.textContent("#spoken")) ?? "", /^Broken\./);
    assert.deepEqual(open.problems, []);
  });

  test("a hidden tab asks for nothing, and catches up once it is seen", async (t) => {
    const { url, show } = await servePage(t);
    await using open = await browser.page();
    const { page } = open;
    await page.goto(url);
    await isLive(page);
    const hide = (hidden: boolean) =>
      page.evaluate(`
        Object.defineProperty(document, "hidden", { value: ${hidden}, configurable: true });
        document.dispatchEvent(new Event("visibilitychange"));
      `);
    await hide(true);
    await show(STATES["broken"] ?? overview());
    assert.ok((await page.title()).startsWith("Waiting"));
    await hide(false);
    await show(STATES["broken"] ?? overview());
    await page.waitForSelector('#state[data-word="Broken"]');
    assert.ok((await page.title()).startsWith("Broken"));
  });

  test("a server that went away and came back is found again", async (t) => {
    const { url } = await servePage(t);
    const gate = await startTcpGate(t, { host: "127.0.0.1", port: Number(new URL(url).port) });
    await using open = await browser.page();
    await open.page.goto(`http://127.0.0.1:${gate.port}`);
    await isLive(open.page);
    gate.cut();
    await open.page.waitForSelector("#live:not(.is-live)");
    gate.restore();
    await isLive(open.page);
  });

  test("Run now runs, and says so, with and without a script", async (t) => {
    const { url, cycles } = await servePage(t);
    for (const scripts of [true, false]) {
      await using open = await browser.page({ scripts });
      await open.page.goto(url);
      if (scripts) await isLive(open.page);
      await open.page.click("text=Run now");
      await open.page.waitForSelector("text=A cycle has started.");
    }
    assert.equal(cycles(), 2);
  });

  test("a search finds a neighbour, and what is similar to it, by keyboard alone", async (t) => {
    const documents = [
      vectorized(1, "disk full on node 1", { service: { name: "billing" } }),
      vectorized(2, "connection reset by peer"),
    ];
    const { url } = await servePage(t, { documents });
    await using open = await browser.page();
    const { page } = open;
    await page.goto(url);
    await page.keyboard.press("/");
    await page.keyboard.type("disk full on node 1");
    await page.keyboard.press("Enter");
    await page.waitForSelector(".hits");
    const first = page.locator(".hit").first();
    assert.match(await first.innerText(), /billing[^]*1\.000[^]*disk full on node 1/);
    await first.getByRole("link", { name: "Similar" }).press("Enter");
    await page.waitForSelector("text=Similar to app_logs/log-1");
    assert.match(await page.innerText(".hits"), /connection reset by peer/);
    assert.deepEqual(await axeFinds(page), []);
    for (const width of WIDTHS) {
      await page.setViewportSize({ width, height: 900 });
      await keepScreenshot(page, `similar-${width}-light`);
    }
    assert.deepEqual(open.problems, []);
  });

  test("a hostile log does nothing", async (t) => {
    const hostile = `</script><img src=x onerror="document.title='owned'"><svg onload=alert(1)>\u001b[2J\u202egnp.exe`;
    const documents = [vectorized(1, hostile, { service: { name: hostile } })];
    const show = overview({
      state: { word: "waiting", reason: hostile, hint: hostile },
      reported: [
        {
          id: "index",
          which: hostile,
          kind: "index",
          since: overview().now,
          message: hostile,
          hint: hostile,
        },
      ],
    });
    const { url } = await servePage(t, { documents, show });
    await using open = await browser.page();
    const { page } = open;
    await page.goto(`${url}/?q=${encodeURIComponent(hostile)}`);
    await isLive(page);
    await page.waitForSelector("text=nothing was searched yet");
    await page.click("button.primary:has-text('Search')");
    await page.waitForSelector(".hits");
    assert.equal(await page.locator("img, main script, main svg[onload]").count(), 0);
    assert.ok((await page.title()).startsWith("Waiting"));
    assert.match(await page.innerText(".hits"), /\\u001b\[2J\\u202egnp\.exe/);
    await keepScreenshot(page, "hostile-1280-light");
    assert.deepEqual(open.problems, []);
  });

  test("a wrong token is told of, the right one leads to the page, and signing out back", async (t) => {
    const { url } = await servePage(t, { settings: { token: TOKEN } });
    await using open = await browser.page();
    const { page } = open;
    await page.goto(`${url}/?q=x`);
    assert.match(page.url(), /\/sign-in\?next=/);
    assert.deepEqual(await axeFinds(page), []);
    await keepScreenshot(page, "sign-in-1280-light");
    await page.fill("#token", "not-the-token-at-all");
    await page.click("button");
    await page.waitForSelector("text=That is not the token.");
    await page.fill("#token", TOKEN);
    await page.click("button");
    await isLive(page);
    assert.match(page.url(), /\/\?q=x&linked=1$/);
    await page.click("text=Sign out");
    await page.waitForSelector("#token");
  });

  test("a user whose session has ended is led to the sign-in form", async (t) => {
    const { url, clock } = await servePage(t, { settings: { token: TOKEN } });
    await using open = await browser.page();
    const { page } = open;
    await page.goto(url);
    await page.fill("#token", TOKEN);
    await page.click("button");
    await isLive(page);
    clock.jump(13 * 3_600_000);
    await page.evaluate("document.dispatchEvent(new Event('visibilitychange'))");
    await page.waitForSelector("#token");
  });

  test("without a script it is all there, charts included", async (t) => {
    const { url } = await servePage(t);
    await using open = await browser.page({ scripts: false });
    const { page } = open;
    await page.goto(url);
    assert.ok(await page.isVisible("#cycles-chart .drawing svg"));
    assert.ok(await page.isVisible("text=Ask again"));
    await keepScreenshot(page, "without-script-1280-light");
  });

  test("charts follow the theme, and tell what lies under the cursor", async (t) => {
    const { url } = await servePage(t);
    await using open = await browser.page();
    const { page } = open;
    await page.goto(url);
    await isLive(page);
    await page.emulateMedia({ colorScheme: "dark" });
    assert.equal(await page.locator("#cycles-chart canvas").count(), 1);
    // The chart tells it with its next frame.
    await eventually(async () => {
      await page.hover("#cycles-chart .u-over");
      const told = await page.innerText("#cycles-chart .readout");
      return /^Cycle of .* · 100 vectors · /.test(told);
    }, t);
    assert.deepEqual(open.problems, []);
  });
});
