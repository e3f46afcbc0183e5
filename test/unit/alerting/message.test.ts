import assert from "node:assert/strict";
import { test } from "node:test";
import type { Entry } from "../../../src/alerting/alert-state.ts";
import { compose, testMessage } from "../../../src/alerting/message.ts";
import { NOW, SENDER } from "./alert-setup.ts";

const SECOND = 1000;
const DAY = 86_400_000;

function entry(changes: Partial<Entry> = {}): Entry {
  return {
    id: "opensearch",
    which: "",
    severity: "critical",
    transient: true,
    since: NOW,
    title: "OpenSearch does not answer",
    past: "OpenSearch did not answer",
    detail: "connection refused",
    action: "Start it.",
    seen: {},
    first_seen: NOW,
    last_seen: NOW,
    ...changes,
  };
}

function ended(goneAt: number, changes: Partial<Entry> = {}) {
  const item = { entry: entry({ gone_at: goneAt, ...changes }), state: "ended" as const };
  return compose({ items: [item] }, SENDER, "id", goneAt + SECOND);
}

const ENDED: [what: string, goneAt: number, line: string][] = [
  [
    "a minute",
    NOW + 83 * SECOND,
    "[resolved] OpenSearch did not answer for 83 s (03:04:05 to 03:05:28 UTC)",
  ],
  [
    "parts of seconds add up to what is shown",
    NOW + 999,
    "[resolved] OpenSearch did not answer for less than 1 s (03:04:05 to 03:04:05 UTC)",
  ],
  [
    "hours",
    NOW + 7500 * SECOND,
    "[resolved] OpenSearch did not answer for 2 h 5 min (03:04:05 to 05:09:05 UTC)",
  ],
  [
    "past midnight, with its days",
    NOW + DAY,
    "[resolved] OpenSearch did not answer for 1 day (2026-01-02 03:04:05 to 2026-01-03 03:04:05 UTC)",
  ],
];

for (const [what, goneAt, line] of ENDED) {
  test(`an end says what was so, for how long, from when to when: ${what}`, () => {
    const { subject, text, items } = ended(goneAt);
    assert.equal(subject, line);
    assert.equal(text.split("\n", 1)[0], line);
    assert.deepEqual(
      [items[0]?.state, items[0]?.title, items[0]?.since, items[0]?.until],
      [
        "ended",
        "OpenSearch does not answer",
        new Date(NOW).toISOString(),
        new Date(goneAt).toISOString(),
      ],
    );
  });
}

test("a link is there only where somebody knows it, and null in JSON elsewhere", () => {
  const { page: _, ...unlinked } = SENDER;
  const notification = { items: [{ entry: entry(), state: "started" as const }] };
  const linked = compose(notification, SENDER, "id", NOW);
  assert.match(linked.text, /^Page: https:\/\/logs\.example\.com\/$/m);
  for (const message of [
    compose(notification, unlinked, "id", NOW),
    testMessage(unlinked, "id", NOW),
  ]) {
    assert.doesNotMatch(message.text, /Page:|http/);
    assert.equal(JSON.parse(JSON.stringify(message)).page, null);
  }
});

test("an alert that became worse says so after its severity", () => {
  const { text } = compose({ items: [{ entry: entry(), state: "worse" }] }, SENDER, "id", NOW);
  assert.match(text, /^\[critical, worse than before\] OpenSearch does not answer\n/);
});
