import assert from "node:assert/strict";
import { test } from "node:test";
import { asVersion } from "../../../src/domain/version.ts";
import { BatchLedger } from "../../../src/pipeline/batch-ledger.ts";
import { planBatch } from "../../../src/pipeline/plan-batch.ts";
import { digest } from "../../../src/pipeline/signer.ts";
import { signed, signer, textHash } from "../../support/fakes/signer.ts";
import { groupOf } from "../../../src/domain/group.ts";
import type { Fault } from "../../../src/domain/faults.ts";
import type { Outcome } from "../../../src/domain/outcome.ts";
import type { LogRecord } from "../../../src/domain/log-record.ts";
import type { CurrentState } from "../../../src/ports/record-store.ts";

const DEPS = {
  embedder: {
    model: "m",
    dimensions: 2,
    limits: { maxTextsPerRequest: 9, maxTokensPerText: 100, maxTokensPerRequest: 900 },
  },
  clock: { now: () => 0 },
  toText: (message: string) => message,
  signer,
  localQuarantine: { has: () => false },
  writeLoops: { lost: () => ({ all: [], together: [] }), check: () => undefined },
};
const RECORD: LogRecord = { index: "i", id: "1", version: asVersion("1:1"), text: "disk full" };
const GOOD = Float32Array.of(0.6, 0.8);
const UNSIGNED = {
  model: "m",
  dimensions: 2,
  text_hash: textHash("disk full"),
  embedded_at: "2025-12-24T00:00:00.000Z",
  truncated: true,
};
const OURS = signed(UNSIGNED, GOOD);
/** As an earlier version wrote it. */
const OF_BEFORE = { ...UNSIGNED, text_hash: digest("disk full") };

function plan(records: readonly LogRecord[], looks: readonly CurrentState[]) {
  const ledger = new BatchLedger();
  const settled = new Map<string, string>();
  const batch = planBatch(records, looks, ledgerOf(ledger, settled), DEPS);
  return { ...batch, settled, ledger };
}

/** Remembers what was settled. */
function ledgerOf(ledger: BatchLedger, settled: Map<string, string>) {
  return {
    take: (key: string) => ledger.take(key),
    settle(key: string, outcome: Outcome, fault?: Fault) {
      ledger.settle(key, outcome, fault);
      settled.set(key, outcome);
    },
  };
}

type Current = Extract<CurrentState, { state: "current" }>;

function current(
  changed: boolean,
  stamp?: Record<string, unknown>,
  vector?: Float32Array,
): Current {
  const record = {
    ...RECORD,
    version: asVersion(changed ? "2:1" : "1:1"),
    ...(stamp ? { stamp } : {}),
  };
  return { state: "current", changed, record, ...(vector ? { vector } : {}) };
}

const CASES: [string, CurrentState, "pay" | "reuse" | "already_vectorized" | "missing"][] = [
  ["gone", { state: "missing" }, "missing"],
  ["unchanged", { state: "unchanged" }, "pay"],
  ["changed, still without a vector", current(true), "pay"],
  ["changed, with the vector of its text", current(true, OURS, GOOD), "already_vectorized"],
  ["changed, with a vector and no stamp", current(true, undefined, GOOD), "already_vectorized"],
  [
    "changed, with the vector of another text",
    current(true, { ...OURS, text_hash: textHash("old") }, GOOD),
    "pay",
  ],
  [
    "changed, with the vector of a text that other rules made",
    current(true, { ...OURS, text: "otherrul", text_hash: textHash("old") }, GOOD),
    "already_vectorized",
  ],
  [
    "changed, with the vector of its text of before",
    current(true, OF_BEFORE, GOOD),
    "already_vectorized",
  ],
  [
    "changed, with a vector of before of another text",
    current(true, { ...OF_BEFORE, text_hash: digest("old") }, GOOD),
    "pay",
  ],
  [
    "changed, with a vector under another key",
    current(true, { ...OURS, key: "00000000", text_hash: textHash("old") }, GOOD),
    "already_vectorized",
  ],
  ["unchanged, with an unseen vector of ours", current(false, OURS, GOOD), "reuse"],
  ["unchanged, with an unseen vector of before", current(false, OF_BEFORE, GOOD), "pay"],
  [
    "unchanged, with an unseen vector that somebody put beside our stamp",
    current(false, OURS, Float32Array.of(0.8, 0.6)),
    "pay",
  ],
  [
    "unchanged, with an unseen vector of another model",
    current(false, { ...OURS, model: "x" }, GOOD),
    "pay",
  ],
  [
    "unchanged, with an unseen vector of another dimension",
    current(false, { ...OURS, dimensions: 3 }, GOOD),
    "pay",
  ],
  [
    "unchanged, with an unseen vector of another text",
    current(false, { ...OURS, text_hash: textHash("old") }, GOOD),
    "pay",
  ],
  ["unchanged, with an unseen vector and no stamp", current(false, {}, GOOD), "pay"],
  ["unchanged, with an unseen vector of zeros", current(false, OURS, new Float32Array(2)), "pay"],
  [
    "unchanged, with an unseen vector of the wrong length",
    current(false, OURS, Float32Array.of(1)),
    "pay",
  ],
  ["unchanged, with a stamp and no vector", current(false, OURS), "pay"],
];

for (const [what, look, expected] of CASES) {
  test(`a record ${what}: ${expected}`, () => {
    const { settled, groups, writes } = plan([RECORD], [look]);
    assert.equal(groups.length, expected === "pay" ? 1 : 0);
    assert.equal(writes.length, expected === "reuse" ? 1 : 0);
    const ends = expected === "missing" || expected === "already_vectorized";
    assert.equal(settled.get("i/1"), ends ? expected : undefined);
  });
}

test("an unseen vector is written again with the stamp that it had", () => {
  const { writes } = plan([RECORD], [current(false, OURS, GOOD)]);
  const [write] = writes;
  assert.ok(write && "vector" in write.update);
  assert.equal(write.outcome, "reused");
  assert.deepEqual(write.update.vector, GOOD);
  const { group } = groupOf({ text: RECORD.text });
  assert.deepEqual(write.update.stamp, { ...OURS, group });
});

test("its group is that of before, whatever the rules make of its text now", () => {
  const group = "0123456789abcdef";
  const { writes } = plan([RECORD], [current(false, { ...OURS, group }, GOOD)]);
  const [write] = writes;
  assert.ok(write && "stamp" in write.update);
  assert.equal(write.update.stamp.group, group);
});

test("a record that changed goes on with its new text and version", () => {
  const look = current(true);
  look.record.text = "disk empty";
  const { groups } = plan([RECORD], [look]);
  assert.deepEqual(groups, [
    { hash: textHash("disk empty"), text: "disk empty", records: [look.record] },
  ]);
});

test("the vector of an earlier text does not outlast what is written into its record", () => {
  const stale = { ...OURS, text_hash: textHash("old") };
  const { groups } = plan([RECORD], [current(true, stale, GOOD)]);
  assert.partialDeepStrictEqual(groups[0]?.records, [{ outdated: true, textChanged: true }]);
  const blank = current(true, stale, GOOD);
  const { writes } = plan([RECORD], [{ ...blank, record: { ...blank.record, text: " " } }]);
  assert.partialDeepStrictEqual(writes, [
    { update: { record: { textChanged: true }, mark: { skipped: "empty" } }, outcome: "empty" },
  ]);
});

test("a record whose text changed is another text's again by the time of the look, or done", () => {
  const asked = { ...RECORD, stamp: OURS, outdated: true, textChanged: true } as const;
  const looks: [CurrentState, number, string | undefined][] = [
    [{ state: "unchanged" }, 1, undefined],
    [current(true, OURS, GOOD), 0, "already_vectorized"],
    [current(true, { ...OURS, text_hash: textHash("old") }, GOOD), 1, undefined],
    [current(true, { ...OURS, key: "00000000" }, GOOD), 0, "already_vectorized"],
  ];
  for (const [look, paid, outcome] of looks) {
    const now =
      look.state === "current"
        ? { ...look, record: { ...look.record, outdated: true, textChanged: true } as const }
        : look;
    const { groups, settled } = plan([asked], [now]);
    assert.deepEqual([groups.length, settled.get("i/1")], [paid, outcome]);
  }
});

test("a record that turned blank in the meantime is marked under its new version", () => {
  const look = current(true);
  look.record.text = " ";
  const { writes, groups } = plan([RECORD], [look]);
  assert.deepEqual(groups, []);
  assert.deepEqual(writes, [
    {
      update: { record: look.record, mark: { skipped: "empty", text_hash: textHash(" ") } },
      outcome: "empty",
    },
  ]);
});

test("equal texts make one group, equal ids in two indices two records", () => {
  const records = [RECORD, { ...RECORD, index: "j" }, { ...RECORD, id: "2", text: "other" }];
  const looks = records.map((): CurrentState => ({ state: "unchanged" }));
  const { groups, settled } = plan(records, looks);
  assert.deepEqual(
    groups.map((group) => group.records.length),
    [2, 1],
  );
  assert.equal(settled.size, 0);
});

test("the same record twice in a batch counts once", () => {
  const looks: CurrentState[] = [{ state: "unchanged" }, { state: "missing" }];
  const { groups, settled } = plan([RECORD, RECORD], looks);
  assert.equal(groups[0]?.records.length, 1);
  assert.equal(settled.size, 0);
});

test("a document of an index that was recreated since the search is another record", () => {
  const look = current(true);
  look.record.indexUuid = "second";
  const { groups, settled } = plan([{ ...RECORD, indexUuid: "first" }], [look]);
  assert.deepEqual(groups, []);
  assert.deepEqual([...settled], [["i#first/1", "missing"]]);
});
