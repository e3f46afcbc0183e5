import assert from "node:assert/strict";
import { test } from "node:test";
import { signed, textHash } from "../../support/fakes/signer.ts";
import { Fault, type FaultKind } from "../../../src/domain/faults.ts";
import { recordKey, type LogRecord } from "../../../src/domain/log-record.ts";
import { OUTCOMES } from "../../../src/domain/outcome.ts";
import type { FakeBehaviour } from "../../support/fakes/fake-embedder.ts";
import type { SeedDocument, Source } from "../../support/fakes/fake-log-store.ts";
import { errorLog } from "../../support/log-documents.ts";
import { propertySeeds } from "../../support/property-runs.ts";
import { stubVector } from "../../support/fakes/stub-vector.ts";
import { setUpBatch } from "./batch-setup.ts";

const SEEDS = 300;
const TEXTS = ["alpha", "beta", "gamma", "delta", "poison one", "poison two", "", "  "];

type Random = { below(limit: number): number; chance(share: number): boolean };

/** Numbers that a seed repeats (mulberry32). */
function createRandom(seed: number): Random {
  let state = seed;
  const next = () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  return { below: (limit) => Math.floor(next() * limit), chance: (share) => next() < share };
}

function pick<T>(random: Random, items: readonly T[]): T | undefined {
  return items[random.below(items.length)];
}

function randomDocument(random: Random, number: number): SeedDocument {
  const text = random.chance(0.5) ? pick(random, TEXTS) : `text ${number}`;
  const index = random.chance(0.5) ? "app_a" : "app_b";
  const document = errorLog(number, text, index);
  if (!random.chance(0.15)) return document;
  const values = stubVector(String(text), 8);
  const meta = {
    model: random.chance(0.5) ? "fake-model" : "other-model",
    dimensions: 8,
    text_hash: textHash(random.chance(0.7) ? String(text) : "old"),
    embedded_at: "2025-01-01T00:00:00.000Z",
    truncated: false,
  };
  const source = {
    ...document.source,
    log_vector: [...values],
    log_vector_meta: signed(meta, values),
  };
  return { ...document, source, unindexed: true };
}

const FAULTS: FaultKind[] = ["rate", "outage", "quota", "credentials", "configuration"];

/** Refuses poison; now and then fails, leaves a text out, or answers nonsense. */
function randomEmbedder(random: Random, trouble: number, paid: string[]): FakeBehaviour {
  return ({ inputs, answer }) => {
    if (random.chance(trouble)) throw new Fault(pick(random, FAULTS) ?? "rate", "fake: trouble");
    if (inputs.some(({ text }) => text.startsWith("poison"))) throw new Fault("record", "poison");
    const { vectors, tokens } = answer();
    // The harmless text that decides whether texts are to blame belongs to no record.
    paid.push(...inputs.filter(({ logId }) => logId !== "probe").map(({ text }) => text));
    const spoilt = vectors.map((vector) => {
      if (!random.chance(trouble / 2)) return vector;
      const bad = [null, new Float32Array(8), new Float32Array(3).fill(1)];
      return pick(random, [...bad, Float32Array.of(Number.NaN, 0, 0, 0, 0, 0, 0, 0)]) ?? null;
    });
    return { vectors: spoilt, tokens: random.chance(0.5) ? tokens : null };
  };
}

function disturb(random: Random, store: ReturnType<typeof setUpBatch>["store"], keys: LogRecord[]) {
  for (const record of keys) {
    if (store.read(record) === undefined) continue;
    if (random.chance(0.08)) store.remove(record);
    else if (random.chance(0.09)) store.change(record, { message: pick(random, TEXTS) });
    else if (random.chance(0.05)) store.change(record, { note: "seen" });
  }
}

function isSound(source: Source): boolean {
  const { log_vector: values, message, log_vector_meta: meta } = source;
  if (values === undefined) return true;
  assert.ok(Array.isArray(values));
  assert.deepEqual(values, [...stubVector(String(message), 8)], `vector of ${String(message)}`);
  assert.ok(typeof meta === "object" && meta !== null && "text_hash" in meta);
  assert.equal(meta.text_hash, textHash(String(message)));
  return true;
}

/** What random seeds have met: two batches at once, each of which asked with the harmless text. */
test("two batches that each ask whether texts are to blame pay for no record twice", () =>
  tryOne(106_924_063));

for (const { about, seeds } of propertySeeds(SEEDS, 10)) {
  test(`with any faults, the tally adds up (${about})`, async () => {
    for (const seed of seeds) await tryOne(seed);
  });
}

async function tryOne(seed: number): Promise<void> {
  const random = createRandom(seed);
  const documents = Array.from({ length: 1 + random.below(40) }, (_, i) =>
    randomDocument(random, i),
  );
  const setup = setUpBatch(documents, {
    limits: { maxTextsPerRequest: 1 + random.below(8) },
    maxEntries: random.chance(0.2) ? 0 : 100,
  });
  const { store, embedder, clock, run, take } = setup;
  const trouble = random.chance(0.5) ? 0 : 0.15;
  const paid: string[] = [];
  embedder.always(randomEmbedder(random, trouble, paid));
  store.refuse(() => {
    if (!random.chance(trouble)) return undefined;
    return new Fault(random.chance(0.5) ? "record" : "index", "fake: refused");
  });
  const taken = await take();
  disturb(random, store, taken);
  const embeddedText = new Map<string, string>();
  store.before("write", () => {
    for (const one of taken) embeddedText.set(recordKey(one), String(store.read(one)?.["message"]));
    // What the other batch has written stays as it is, so that it can be looked at.
    const written = new Set(store.writes.flat().map(({ record }) => recordKey(record)));
    disturb(
      random,
      store,
      taken.filter((one) => !written.has(recordKey(one))),
    );
  });

  // Now and then as the tail and the backfill do it: two batches at once.
  const middle = random.chance(0.5) ? taken.length : random.below(taken.length);
  const running = Promise.all([taken.slice(0, middle), taken.slice(middle)].map(run));
  await clock.advance(600_000);
  const results = await running;
  const outcomeOf = new Map(results.flatMap((result) => [...result.outcomeOf]));

  const about = `seed ${seed}`;
  const sum = results.reduce(
    (total, { outcomes }) => total + OUTCOMES.reduce((all, outcome) => all + outcomes[outcome], 0),
    0,
  );
  assert.equal(sum, taken.length, about);
  assert.deepEqual([...outcomeOf.keys()].toSorted(), taken.map(recordKey).toSorted(), about);
  assert.equal(new Set(paid).size, paid.length, `${about}: each text paid for once`);
  const requests = results.reduce((total, { use }) => total + use.requests, 0);
  assert.equal(requests, embedder.calls.length, about);
  assertWritten(setup, outcomeOf, taken, about);
  if (trouble > 0) return;
  for (const [key, outcome] of outcomeOf) {
    const text = embeddedText.get(key) ?? "";
    assert.notEqual(outcome, "deferred", `${about}, ${key}`);
    const expected = text.startsWith("poison") ? "updated" : "quarantined";
    assert.notEqual(outcome, expected, `${about}, ${key}: ${text}`);
  }
}

function assertWritten(
  { store }: ReturnType<typeof setUpBatch>,
  outcomeOf: ReadonlyMap<string, string>,
  taken: readonly LogRecord[],
  about: string,
): void {
  const versions = store.writes
    .flat()
    .filter((update) => "vector" in update)
    .map(({ record }) => `${recordKey(record)} ${record.version}`);
  assert.equal(versions.length, new Set(versions).size, `${about}: no version written to twice`);
  for (const record of taken) {
    const outcome = outcomeOf.get(recordKey(record));
    const source = store.read(record);
    const where = `${about}, ${record.id}: ${outcome}`;
    if (outcome === "updated" || outcome === "reused") {
      assert.ok(source && Array.isArray(source["log_vector"]) && isSound(source), where);
    }
    if (outcome === "empty") {
      assert.partialDeepStrictEqual(source?.["log_vector_meta"], { skipped: "empty" }, where);
    }
    if (outcome === "missing") assert.equal(source, undefined, where);
  }
}
