import assert from "node:assert/strict";
import { placeOf } from "../../../src/domain/log-record.ts";
import type { Stamp } from "../../../src/domain/stamp.ts";
import { testRecordStoreContract } from "../../contract/record-store-contract.ts";
import { CONTRACT, IN_FORCE, type Beside, type Seed } from "../../contract/record-store-subject.ts";
import { handsOf } from "../record-source.ts";
import { createSplitStore, NO_CAPABILITIES, type SplitStore } from "./split-store.ts";

testRecordStoreContract("records and vectors apart", NO_CAPABILITIES, () => {
  const split = createSplitStore({
    levels: CONTRACT.levels,
    inForce: IN_FORCE,
    tokenLimit: CONTRACT.tokenLimit,
    maxTextBytes: CONTRACT.maxTextBytes,
  });
  const { store, vectors } = split;
  const hands = handsOf(split);
  return Promise.resolve({
    ...hands,
    store,
    vectors,
    async seed(records) {
      await hands.seed(records.map(marked));
      for (const record of records) await addPoint(split, record);
    },
    arrive: (records) => hands.arrive(records.map(marked)),
    async change(record, partial) {
      await hands.change(record, marked(partial));
      await addPoint(split, { ...record, ...partial });
    },
    async read(record) {
      const stored = await hands.read(record);
      if (!stored) return undefined;
      const { vector: _, ...rest } = stored;
      const point = vectors
        .of(record)
        .find(({ stamp }) => stamp.text_hash === rest.stamp?.["text_hash"]);
      return { ...rest, ...(point && { vector: [...point.vector] }) };
    },
  });
});

/** A stamp stands for its vector. */
function marked<Given extends Beside>(given: Given): Given {
  return given.vector === undefined ? given : { ...given, vector: [] };
}

async function addPoint(
  { store, vectors }: SplitStore,
  seed: Omit<Seed, "fields"> & Beside,
): Promise<void> {
  const { vector, stamp } = seed;
  if (vector === undefined) return;
  assert.ok(stamp, "a vector without a stamp cannot be kept here");
  const { signal } = new AbortController();
  await store.survey(signal);
  const [found] = await store.locate([placeOf(seed)], signal);
  assert.ok(found?.state === "found");
  const point = { record: found.record, vector: Float32Array.from(vector), stamp: asStamp(stamp) };
  assert.deepEqual(await vectors.upsert?.([point], signal), [undefined]);
}

function asStamp(stamp: Record<string, unknown>): Stamp {
  const { model, dimensions, text_hash: hash } = stamp;
  return {
    ...stamp,
    model: String(model),
    dimensions: Number(dimensions),
    text_hash: String(hash),
    embedded_at: "then",
    truncated: stamp["truncated"] === true,
  };
}
