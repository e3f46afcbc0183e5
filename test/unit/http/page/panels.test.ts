import assert from "node:assert/strict";
import { test } from "node:test";
import { renderPanels } from "../../../../src/http/page/panels.ts";
import { percent } from "../../../../src/http/page/words.ts";
import type { Overview } from "../../../../src/status/overview/overview.ts";
import { overview, SET_ASIDE, STATES } from "./page-states.ts";

function panels(state: Overview | undefined, more: { problem?: string } = {}) {
  const view = state && {
    overview: state,
    quarantine: more.problem === undefined ? SET_ASIDE : undefined,
    quarantineProblem: more.problem,
  };
  return renderPanels(view);
}

/** As a reader sees it. */
function text({ html }: { html: string }): string {
  return html
    .replaceAll(/<[^>]*>/g, "")
    .replaceAll(/\s+/g, " ")
    .trim();
}

for (const [name, words] of Object.entries({
  waiting: /Waiting 428 records wait for the next cycle\./,
  idle: /Idle Every record has its vector\./,
  busy: /Working A drain is running\. 6,120 of 14,800 · 212 a second · 41 s left.*Running…/,
  other_model:
    /Idle Every record has a vector, 111110 of another model that search does not compare\./,
  stuck: /Stuck The embedder refuses every request.*Check the key/,
  broken: /Broken OpenSearch does not answer.*Start OpenSearch, or check OPENSEARCH_HOST/,
  first_run: /Nothing has run here yet; 62 records wait\. .*Run now starts it at once/,
  empty: /Stuck No fit index.*log-vectorizer check/,
  no_records: /There is no log of the wanted levels yet\. As soon as your pipeline/,
})) {
  test(`${name} has its own words and its next step`, () => {
    assert.match(text(panels(STATES[name]).state), words);
  });
}

test("while nobody has answered the page says so in each part", () => {
  const all = panels(undefined);
  assert.match(text(all.state), /OpenSearch has not answered yet/);
  assert.doesNotMatch(text(all.quarantine), /Nothing is in quarantine/);
});

test("an issue is shown once, with what to do and since when", () => {
  const stuck = text(panels(STATES["stuck"]).attention);
  assert.match(stuck, /The embedder refuses every request openai: 401/);
  assert.doesNotMatch(stuck, /embedder does not answer/);
  assert.equal(text(panels(STATES["waiting"]).attention), "");
  const degraded = text(panels(STATES["degraded"]).attention);
  assert.match(
    degraded,
    /Index audit_logs has no text none of its records has a text in message; there is text in payload\. Its records get no vector\. Set MESSAGE_FIELD=payload\./,
  );
  assert.match(
    degraded,
    /Index gateway_logs_2026_01 cannot be seen in whole 1 of 5 shards failed\. Records that cannot be seen are not counted/,
  );
  assert.match(
    degraded,
    /Embedding is slower than usual embedding takes 4\.2 s a request, usually 310 to 520 ms at this hour, since 02:20 UTC\./,
  );
  assert.match(
    degraded,
    /2 indices are skipped legacy_logs, legacy_logs_2: log_vector is mapped as float\. Its records get no vector\. Reindex it/,
  );
});

test("a process without cycles has no button to start one", () => {
  const base = overview();
  const worker = overview({ cycles: { ...base.cycles, past: [], here: false, next_run_at: null } });
  assert.doesNotMatch(text(panels(worker).state), /Run now/);
  assert.match(text(panels(worker).cycles), /runs no cycles/);
});

test("a quarantine that cannot be read is not an empty one", () => {
  const said = text(panels(overview(), { problem: "OpenSearch: no answer" }).quarantine);
  assert.match(said, /cannot be read now\. OpenSearch: no answer/);
});

test("an unknown price is no price of zero", () => {
  const base = overview();
  const unknown = panels(
    overview({
      money: {
        today: { day: "2026-01-02", tokens: 5, cost_usd: null, limit_usd: null },
        month: { ...base.money.month, cost_usd: null, forecast_usd: null },
        saved: { vectors: 7, usd: null },
      },
    }),
  );
  assert.match(text(unknown.money), /Today – .*EMBEDDING_PRICE_PER_MILLION_TOKENS/);
  assert.doesNotMatch(text(unknown.money), /\$0/);
});

test("where only a part had a known price, the cost is at least that, and the limit is said to leave the rest out", () => {
  const { money, state } = panels(STATES["partly_priced"]);
  assert.match(text(money), /Today at least \$0\.24 1\.8M tokens · limit \$2\.00/);
  assert.match(
    text(money),
    /The price of 640,000 tokens of this month is not known, so MAX_COST_USD_PER_DAY does not count this use\. Set EMBEDDING_PRICE/,
  );
  assert.match(text(state), /Spent today at least \$0\.24/);
});

test("one of anything is shown in the singular", () => {
  const { money: known, consumer } = overview();
  const spent = { tokens: 1, cost_usd: 0.01 };
  const shown = panels(
    overview({
      embedder: { name: "local", model: "tiny", dimensions: 1 },
      money: {
        today: { day: "2026-01-02", ...spent, limit_usd: null },
        month: { ...known.month, ...spent },
        saved: { vectors: 1, usd: 0.01 },
      },
      consumer: consumer && { ...consumer, lag: 1, waiting: 1 },
    }),
  );
  const said = Object.values(shown).map(text).join("\n");
  assert.match(said, /Today \$0\.01 1 token This month/);
  assert.match(said, /1 vector not paid for again/);
  assert.match(said, /tiny, 1 dimension ·/);
  assert.match(said, /Lag 1 message behind Waiting room 1 document not there yet/);
  assert.doesNotMatch(said, /(?<![\d.,])1 (tokens|vectors|dimensions|records|indices)/);
});

for (const [share, shown] of [
  [1, "100 %"],
  [0.99999, "99.9 %"],
  [0.5, "50 %"],
  [0.0123, "1.2 %"],
  [0, "0 %"],
] as const) {
  test(`${share} of all reads ${shown}`, () => {
    assert.equal(percent(share), shown);
  });
}

test("vectors of another model are told with the command, and each index with its own", () => {
  const { attention, coverage } = panels(STATES["other_model"]);
  assert.match(
    text(attention),
    /Vectors of another model 111110 records carry vectors of another model \(local-hashing-v1\), which search does not compare; about 1333320 tokens, at most \$0\.17\. Make new ones: log-vectorizer reembed\./,
  );
  assert.match(attention.html, /<code>log-vectorizer reembed<\/code>/);
  assert.match(text(coverage), /48,610 records · 48,210 of another model/);
  assert.match(coverage.html, /class="fill-other"/);
  assert.match(text(coverage), /of another model pending/, "the legend");
  assert.doesNotMatch(panels(STATES["waiting"]).coverage.html, /fill-other/);
});
