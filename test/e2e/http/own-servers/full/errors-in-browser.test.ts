import assert from "node:assert/strict";
import { after, describe, test } from "node:test";
import type { Groups } from "../../../../../src/analysis/groups.ts";
import { Fault } from "../../../../../src/domain/faults.ts";
import { sightedGroup } from "../../../../../src/domain/memory/group.ts";
import { sighting } from "../../../../contract/error-memory-contract.ts";
import { axeFinds } from "../../../../support/servers/axe.ts";
import { keepScreenshot, NO_BROWSER, openBrowser } from "../../../../support/servers/browser.ts";
import { ERRORS, errors, ERRORS_NOW, GROUPS } from "../../../../unit/http/page/error-states.ts";
import { servePage } from "../../../../unit/http/page/page-setup.ts";

const WIDTHS = [360, 1280] as const;
const THEMES = ["light", "dark"] as const;

/** The pages over these answers. */
async function serve(t: Parameters<typeof servePage>[0], answers: Partial<Groups>) {
  const set = await servePage(t);
  set.clock.jump(ERRORS_NOW - set.clock.now());
  Object.assign(set.httpParts.groups, answers);
  return set;
}

const AWAY = new Fault("outage", "OpenSearch does not answer: connection refused", {
  hint: "Start OpenSearch, or check OPENSEARCH_HOST.",
});
const HOSTILE = `</script><img src=x onerror="document.title='owned'"><svg onload=alert(1)>\u001b[2J\u202egnp.exe\u0000${"x".repeat(900)}`;

const PAGES: [name: string, path: string, answers: Partial<Groups>][] = [
  ...Object.entries(ERRORS).map(([name, answer]): (typeof PAGES)[number] => [
    name,
    "/errors",
    { list: async () => answer },
  ]),
  [
    "errors-no-match",
    "/errors?state=muted&service=shop",
    { list: async () => errors({ groups: [], total: 0, records: 0 }) },
  ],
  ["errors-pages", "/errors?page=2&order=count", { list: async () => errors({ total: 1234 }) }],
  ["errors-refused", "/errors?since=tomorrow", {}],
  ["errors-away", "/errors", { list: async () => Promise.reject(AWAY) }],
  ...Object.entries(GROUPS).map(([name, answer]): (typeof PAGES)[number] => [
    name,
    `/errors/${answer.group}`,
    { show: async () => answer },
  ]),
  ["error-unknown", `/errors/${"9".repeat(16)}`, {}],
  ["error-no-id", "/errors/nonsense", {}],
  ["error-away", `/errors/${"9".repeat(16)}`, { show: async () => Promise.reject(AWAY) }],
];

describe("the pages of errors in a browser", { skip: NO_BROWSER }, () => {
  const browser = openBrowser();
  after(() => browser[Symbol.asyncDispose]());

  for (const [name, path, answers] of PAGES) {
    test(`${name}: no complaint, nothing cut off, nothing that axe finds, at each width and in both themes`, async (t) => {
      const { url } = await serve(t, answers);
      for (const theme of THEMES) {
        for (const width of WIDTHS) {
          await using open = await browser.page({ width, theme });
          const { page, problems } = open;
          await page.goto(url + path);
          await page.waitForSelector(".scripted");
          const cut = Number(
            await page.evaluate("document.documentElement.scrollWidth - innerWidth"),
          );
          assert.ok(cut <= 0, `${width} px: ${cut} px too wide`);
          await keepScreenshot(page, `${name}-${width}-${theme}`);
          // The browser itself says of an answer that it is a refusal.
          const said = problems.filter((one) => !one.includes("Failed to load resource"));
          assert.deepEqual(said, []);
          // It takes its time, and widths share their colours.
          if (width === 1280 || theme === "light")
            assert.deepEqual(await axeFinds(page), [], `${width} ${theme}`);
        }
      }
    });
  }

  test("a hostile log does nothing", async (t) => {
    const [row] = errors().groups;
    assert.ok(row);
    assert.ok(row.like);
    const hostile = {
      ...row,
      like: { ...row.like, template: HOSTILE, service: HOSTILE },
      template: HOSTILE,
      example: HOSTILE,
      service: HOSTILE,
      exception: HOSTILE,
    };
    const whole = { ...GROUPS["error"], ...hostile };
    const { where } = whole;
    assert.ok(where);
    const names = where.hosts.names.map((one) => ({ ...one, name: HOSTILE }));
    const { url } = await serve(t, {
      list: async () => errors({ groups: [hostile] }),
      show: async () => ({
        ...whole,
        notes: [],
        alike: [],
        carried: [],
        days: [],
        episodes: [],
        where: { ...where, hosts: { ...where.hosts, names } },
        more_notes: false,
        memory: { kept: true, problems: [] },
        gaps: [],
      }),
    });
    await using open = await browser.page({ width: 360 });
    const { page, problems } = open;
    for (const path of ["/errors", `/errors/${row.group}`]) {
      await page.goto(url + path);
      await page.waitForSelector(".scripted");
      assert.equal(await page.locator("img, main script, main svg[onload]").count(), 0);
      assert.match(await page.innerText("main"), /\\u001b\[2J\\u202egnp\.exe\\u0000/);
      const cut = Number(await page.evaluate("document.documentElement.scrollWidth - innerWidth"));
      assert.ok(cut <= 0, `${path}: ${cut} px too wide`);
      await keepScreenshot(page, `hostile${path.length > 8 ? "-error" : "-errors"}-360-light`);
    }
    assert.deepEqual(problems, []);
  });

  for (const scripts of [true, false]) {
    test(`a note is written and an error muted by keyboard alone, ${scripts ? "with" : "without"} a script`, async (t) => {
      const { url, memory } = await serve(t, {});
      const id = "a".repeat(16);
      await memory.groups.change(
        [id],
        () => ({ group: sightedGroup(undefined, sighting(id)) }),
        { visible: "now" },
        t.signal,
      );
      await using open = await browser.page({ scripts });
      const { page } = open;
      await page.goto(`${url}/errors/${id}`);
      await page.locator("#write > summary").press("Enter");
      await page.locator("#note-cause").focus();
      await page.keyboard.type("a full disk");
      await page.locator("#note-author").focus();
      await page.keyboard.type("kim");
      await page.keyboard.press("Enter");
      await page.waitForSelector("text=The note is written.");
      assert.match(await page.innerText(".notes"), /a full disk[^]*kim/);
      await page.locator("#by").focus();
      await page.keyboard.type("kim");
      await page.keyboard.press("Enter");
      assert.equal(memory.kept.groups.get(id)?.state, "open", "Enter in the field decided");
      await page.getByRole("button", { name: "Mute" }).press("Enter");
      await page.waitForSelector("text=This error is muted.");
      assert.equal(memory.kept.groups.get(id)?.state_by, "kim");
      await page.getByRole("link", { name: "All errors" }).click();
      await page.waitForSelector("#errors");
      await page.getByRole("link", { name: "Status" }).click();
      await page.waitForSelector("#state");
      await page.getByRole("link", { name: "Errors" }).click();
      await page.waitForSelector("#errors");
      assert.deepEqual(open.problems, []);
    });
  }
});
