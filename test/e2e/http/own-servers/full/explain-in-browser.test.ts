import assert from "node:assert/strict";
import { after, describe, test } from "node:test";
import type { ExplainAnswer } from "../../../../../src/analysis/explanation/explain-answer.ts";
import { Fault } from "../../../../../src/domain/faults.ts";
import type { HttpParts } from "../../../../../src/http/parts.ts";
import { axeFinds } from "../../../../support/servers/axe.ts";
import { keepScreenshot, NO_BROWSER, openBrowser } from "../../../../support/servers/browser.ts";
import { ERRORS_NOW, GROUPS } from "../../../../unit/http/page/error-states.ts";
import { servePage } from "../../../../unit/http/page/page-setup.ts";

const HOSTILE = `</script><img src=x onerror="document.title='owned'"><svg onload=alert(1)>${"x".repeat(900)}`;
const OTHER = "d".repeat(16);

function answer(
  changes: Partial<ExplainAnswer> = {},
  text = "Disk 7 of node-3 is full",
): ExplainAnswer {
  const group = GROUPS["error"]?.group ?? "";
  const cites = [{ ref: "E1", quote: text.slice(0, 100), index: "app-logs", id: "1" }];
  return {
    subject: { group, service: "billing", index: "app-logs", id: "1", text, question: null },
    verdict: "known",
    claims: (["observed", "hypothesis", "fix", "suggestion"] as const).map((kind) => ({
      text: `${kind}: ${text}`,
      kind,
      cites,
    })),
    dropped: [{ text, reason: "It cites nothing." }],
    evidence: [
      {
        ref: "E1",
        sort: "document",
        title: `the error that is asked about (${text.slice(0, 40)})`,
        text: `${text}\n${"    at Service.method(Service.java:12)\n".repeat(40)}`,
        index: "app-logs",
        id: "1",
        shard_key: "a/b",
        group,
        at: new Date(ERRORS_NOW - 3_600_000).toISOString(),
      },
      ...["F1", "N1"].map((ref) => ({
        ref,
        sort: ref === "F1" ? ("fact" as const) : ("note" as const),
        title: "what is known",
        text,
        index: null,
        id: null,
        shard_key: null,
        group: ref === "F1" ? OTHER : group,
        at: null,
      })),
    ],
    cause: null,
    action: null,
    missing: [text],
    model: "gpt-5-mini",
    problem: null,
    usage: { requests: 1, input_tokens: 2000, output_tokens: 200, cost_usd: 0.001 },
    memory: { kept: true, problems: [] },
    gaps: [],
    duration_ms: 900,
    ...changes,
  };
}

const none = { claims: [], dropped: [], missing: [] };
const away = new Fault("outage", "OpenSearch does not answer: connection refused", {
  hint: "Start OpenSearch, or check OPENSEARCH_HOST.",
});
const STATES: [name: string, explain: HttpParts["explain"]][] = [
  ["explained", async () => answer()],
  ["explained-without-model", async () => answer({ ...none, model: null, verdict: "like" })],
  ["explained-nothing-holds", async () => answer({ ...none, dropped: answer().dropped })],
  [
    "explained-model-away",
    async () =>
      answer({
        ...none,
        problem: { message: "no answer within 60 s", hint: "Raise LLM_TIMEOUT_SECONDS." },
      }),
  ],
  ["explained-hostile", async () => answer({}, HOSTILE)],
  ["explained-away", async () => Promise.reject(away)],
];

describe("the page of an explanation in a browser", { skip: NO_BROWSER }, () => {
  const browser = openBrowser();
  after(() => browser[Symbol.asyncDispose]());

  for (const [name, explain] of STATES) {
    test(`${name}: nothing cut off, nothing that axe finds, at each width and in both themes`, async (t) => {
      const { url, httpParts, clock } = await servePage(t, { parts: { explain } });
      clock.jump(ERRORS_NOW - clock.now());
      const group = GROUPS["error"];
      assert.ok(group);
      Object.assign(httpParts.groups, { show: async () => group });
      for (const theme of ["light", "dark"] as const) {
        for (const width of [360, 1280]) {
          await using open = await browser.page({ width, theme });
          const { page, problems } = open;
          await page.goto(`${url}/errors/${group.group}`);
          await page.click("form.explain button");
          await page.waitForSelector("#explanation");
          const cut = Number(
            await page.evaluate("document.documentElement.scrollWidth - innerWidth"),
          );
          assert.ok(cut <= 0, `${width} px: ${cut} px too wide`);
          await keepScreenshot(page, `${name}-${width}-${theme}`);
          assert.deepEqual(
            problems.filter((one) => !one.includes("Failed to load resource")),
            [],
          );
          assert.doesNotMatch(await page.title(), /^owned/);
          if (width === 1280 || theme === "light") {
            assert.deepEqual(await axeFinds(page), [], `${width} ${theme}`);
          }
        }
      }
    });
  }
});
