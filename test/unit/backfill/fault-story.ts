import assert from "node:assert/strict";
import { createRunner } from "../../../src/backfill/runner.ts";
import { textHash } from "../../support/fakes/signer.ts";
import { addFaultCounts } from "../../../src/domain/fault-counts.ts";
import { Fault, type FaultKind } from "../../../src/domain/faults.ts";
import { recordName } from "../../../src/domain/log-record.ts";
import { addOutcomes, noOutcomes } from "../../../src/domain/outcome.ts";
import { addEmbedding, noEmbedding, type CycleSummary } from "../../../src/domain/summary.ts";
import { answeredIn, countedOf } from "../../support/asserts/counted.ts";
import {
  createFakeLogStore,
  type FakeLogStore,
  type SeedDocument,
} from "../../support/fakes/fake-log-store.ts";
import { createManualClock } from "../../support/fakes/manual-clock.ts";
import { createMemoryState } from "../../support/fakes/memory-state.ts";
import { createManualStop } from "../../support/fakes/stop-signals.ts";
import { stubVector } from "../../support/fakes/stub-vector.ts";
import { setUpBackfill, sum } from "./backfill-setup.ts";

const MINUTE_MS = 60_000;
const DIMENSIONS = 8;

/** One run, and what fails during it. */
export type Step = {
  drain: boolean;
  /** Which of its calls fail: every nth. */
  embedder: { trouble: FaultKind | "spoilt" | "left out" | undefined; every: number };
  /** Which records' writes fail: every nth. */
  write: { trouble: FaultKind | "unanswered" | undefined; every: number };
  away: "survey" | "findPending" | "readCurrent" | "findVectors" | "makeVisible" | undefined;
  /** Until the next run, beside the ten that every run takes. */
  minutes: number;
};

export const CALM: Step = {
  drain: true,
  embedder: { trouble: undefined, every: 1 },
  write: { trouble: undefined, every: 1 },
  away: undefined,
  minutes: 11,
};

export type Story = {
  documents: readonly SeedDocument[];
  steps: readonly Step[];
  batchSize: number;
  perRequest: number;
};

/** Plays a story to its end without further faults; then all must be right, and nothing paid for twice. */
export async function play({ documents, steps, batchSize, perRequest }: Story): Promise<void> {
  const story = startStory(documents, batchSize, perRequest);
  for (const next of steps) await story.take(next);
  // Two drains: an index that was paused is asked in the first and done in the second.
  for (let calm = 0; calm < 3; calm++) await story.take(CALM);
  assertAllRight(story, documents);
  assertCounted(story);
  for (const [text, times] of story.paid) assert.equal(times, 1, `${text} was paid for once`);
  const refused = story.localQuarantine.all().map(({ error }) => error);
  assert.deepEqual(new Set(refused).difference(new Set(["poison"])), new Set());
}

/** One process at the documents, and what was paid for. */
function startStory(seeds: readonly SeedDocument[], batchSize: number, perRequest: number) {
  const clock = createManualClock();
  const store = createFakeLogStore(seeds, { now: clock.now });
  const left = { clock, store, state: createMemoryState() };
  const limits = { maxTextsPerRequest: perRequest };
  const setup = setUpBackfill([], { left, batchSize, limits });
  const paid = new Map<string, number>();
  let calls = 0;
  let current: Step = CALM;
  setup.embedder.always(({ inputs, answer }) => {
    const { trouble, every } = current.embedder;
    const troubled = trouble !== undefined && calls++ % every === 0;
    if (troubled && trouble !== "spoilt" && trouble !== "left out") {
      throw new Fault(trouble, `fake: ${trouble}`);
    }
    if (inputs.some(({ text }) => text.startsWith("poison"))) throw new Fault("record", "poison");
    const { vectors, tokens } = answer();
    const usable = vectors.map((vector, i) => {
      if (!troubled || i % 2 === 1) return vector;
      return trouble === "spoilt" ? new Float32Array(DIMENSIONS) : null;
    });
    inputs.forEach(({ text, logId }, i) => {
      // The harmless text that decides whether texts are to blame belongs to no record.
      if (logId === "probe") return;
      if (usable[i]?.some((value) => value !== 0)) paid.set(text, (paid.get(text) ?? 0) + 1);
    });
    return { vectors: usable, tokens };
  });
  disturbStore(store, () => current);
  const stop = createManualStop();
  const run = {
    cycle: createRunner(setup.deps, { drain: false, nextRun: () => undefined }),
    drain: createRunner(setup.deps, { drain: true, nextRun: () => undefined }),
  };
  const summaries: CycleSummary[] = [];
  return {
    ...setup,
    paid,
    summaries,
    async take(next: Step) {
      current = next;
      const running = run[next.drain ? "drain" : "cycle"](stop.signals);
      await clock.advance(10 * MINUTE_MS);
      const result = await running;
      if ("summary" in result) {
        assert.equal(sum(result.summary.outcomes), result.summary.taken, "the outcomes add up");
        summaries.push(result.summary);
      } else assert.ok(result.error instanceof Fault, String(result.error));
      await clock.advance(next.minutes * MINUTE_MS);
    },
  };
}

/** What is counted live is what the summaries say in the end. */
function assertCounted({ told, summaries }: ReturnType<typeof startStory>): void {
  const counted = countedOf(told, "backfill");
  const outcomes = summaries.reduce((all, one) => addOutcomes(all, one.outcomes), noOutcomes());
  const faults = told.cycleEnded.reduce((all, one) => addFaultCounts(all, one.faults), {});
  assert.deepEqual(counted, { outcomes, faults });
  const use = summaries.map(({ embedding }) => embedding).reduce(addEmbedding, noEmbedding(1));
  const { texts, tokens } = answeredIn(told);
  assert.deepEqual({ texts, tokens }, { texts: use.texts, tokens: use.tokens });
}

function disturbStore(store: FakeLogStore, current: () => Step): void {
  const { write } = store;
  let writes = 0;
  store.refuse(({ record }) => {
    const { trouble, every } = current().write;
    if (trouble === undefined || trouble === "unanswered") return undefined;
    return Number(record.id.slice(4)) % every === 0 ? new Fault(trouble, "fake: no") : undefined;
  });
  store.write = async (updates, signal) => {
    const results = await write(updates, signal);
    const { trouble, every } = current().write;
    if (trouble === "unanswered" && writes++ % every === 0) {
      throw new Fault("outage", "fake: connection reset");
    }
    return results;
  };
  for (const method of [
    "survey",
    "findPending",
    "readCurrent",
    "findVectors",
    "makeVisible",
  ] as const) {
    store.before(method, () => {
      if (current().away === method) throw new Fault("outage", `fake: no ${method}`);
    });
  }
}

function assertAllRight(
  { store, localQuarantine }: Pick<ReturnType<typeof startStory>, "store" | "localQuarantine">,
  seeds: readonly SeedDocument[],
): void {
  const kept = new Set(localQuarantine.all().map(recordName));
  for (const { index, id, source } of seeds) {
    const text = String(source["message"]);
    const { log_vector: vector, log_vector_meta: meta, ...own } = store.read({ index, id }) ?? {};
    assert.deepEqual(own, source, "its owner's fields are as they were");
    const where = `${index}/${id} ${JSON.stringify(text)}: ${JSON.stringify(meta)}`;
    if (text.trim() === "") {
      assert.equal(vector, undefined, where);
      assert.partialDeepStrictEqual(meta, { skipped: "empty", field: "message" }, where);
    } else if (text.startsWith("poison")) {
      assert.equal(vector, undefined, where);
      const marked = { skipped: "refused", error: "poison" };
      if (!kept.has(`${index}/${id}`)) assert.partialDeepStrictEqual(meta, marked, where);
    } else {
      assert.deepEqual(vector, [...stubVector(text, DIMENSIONS)], where);
      assert.partialDeepStrictEqual(
        meta,
        { text_hash: textHash(text), model: "fake-model" },
        where,
      );
    }
  }
}
