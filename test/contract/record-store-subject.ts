import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";
import { indexKey, type LogRecord, type Place } from "../../src/domain/log-record.ts";
import type { SkipMark, Stamp } from "../../src/domain/stamp.ts";
import { joinStore } from "../../src/pipeline/joined-store.ts";
import type { RecordStore, StoreCapabilities } from "../../src/ports/record-store.ts";
import type { VectorIndex } from "../../src/ports/vector-index.ts";
import { signer } from "../support/fakes/signer.ts";
import { stubVector } from "../support/fakes/stub-vector.ts";

export type Fields = Record<string, unknown>;
/** What stands beside a record's own fields. `stamp`: a stamp or a mark; null once it was taken away. */
export type Beside = { vector?: readonly number[]; stamp?: Fields | null };
export type Seed = Place & Beside & { fields: Fields };

/** A store and the hands of the records' owner. */
export type StoreUnderTest = {
  /** Wants level ERROR, newest first, in the indices of this contract only; a log's own id stands in `log_id`. */
  store: RecordStore;
  vectors: VectorIndex;
  /** Puts records in place and makes them visible; makes `contract_a` and `contract_b` as needed. */
  seed(records: readonly Seed[]): Promise<void>;
  /** Puts records into indices that are there; need not be visible to queries. */
  arrive(records: readonly Seed[]): Promise<void>;
  /** What stands there now, or undefined. */
  read(record: Place): Promise<(Beside & { fields: Fields }) | undefined>;
  /** A partial update; need not be visible to queries. */
  change(record: Place, partial: Beside & { fields?: Fields }): Promise<void>;
  remove(record: Place): Promise<void>;
};

/** Of a store that can do everything itself. */
export const ALL_CAPABILITIES: StoreCapabilities = {
  ordered: true,
  guardedWrites: true,
  delayedVisibility: true,
  storesVectors: true,
};

/** What a promise rests on: it is tried with the stores that have all of these. */
type Needs = readonly (keyof StoreCapabilities)[];

/** What a store under this contract must be set to. */
export const CONTRACT = {
  dimensions: 8,
  idField: "log_id",
  levels: ["ERROR"],
  tokenLimit: 8191,
  maxTextBytes: 4096,
  projectField: "project",
} as const;

export const A = "contract_a";
export const B = "contract_b";

/** Defines the test of one promise. */
export type Promises = (
  promise: string,
  run: (subject: Subject) => Promise<void>,
  needs?: Needs,
) => void;

/** Each test has a store of its own. Of the promises that it cannot give, none is tried. */
export function promisesOf(
  capabilities: StoreCapabilities,
  create: (t: TestContext) => Promise<StoreUnderTest>,
): Promises {
  return (promise, run, needs = []) => {
    if (!needs.every((one) => capabilities[one])) return;
    test(promise, async (t) => {
      const under = await create(t);
      assert.deepEqual(under.store.capabilities, capabilities);
      await run(subjectOf(under, t.signal));
    });
  };
}

/** The model that a store under this contract is opened for. */
export const IN_FORCE = { model: "contract-model", dimensions: CONTRACT.dimensions };
export const STAMP: Stamp = {
  ...IN_FORCE,
  text_hash: "0".repeat(64),
  embedded_at: "2026-01-02T03:04:05.000Z",
  truncated: false,
};
/** A mark of the field in which a store under this contract looks for the text. */
export const EMPTY = { skipped: "empty", field: "message", text_hash: "0".repeat(64) } as const;
export const VECTOR = { vector: vectorOf("some text"), stamp: STAMP };

/** No vectors of other models. */
export const NONE = { otherModel: 0, otherModels: [] };

export function vectorOf(text: string): Float32Array {
  return stubVector(text, CONTRACT.dimensions);
}

/** Marks stay as they are, to be compared; vectors of unsigned stamps are read. */
const bareSigner = {
  ...signer,
  holds: () => true,
  signMark: (_: unknown, mark: SkipMark) => mark,
};

export type Subject = ReturnType<typeof subjectOf>;

/** The store as the core uses it. */
function subjectOf(under: StoreUnderTest, signal: AbortSignal) {
  const { store, vectors } = joinStore({ ...under, signer: async () => bareSigner });
  /** Names of the fit indices, each with its mapping in place. */
  const ready = async () => {
    const names = (await store.survey(signal)).fit.map(({ index }) => index);
    assert.deepEqual((await store.prepare(names, signal)).refused, []);
    return names;
  };
  const pending = async ({ limit = 100, excludeKeys = [], perIndex }: Partial<Query> = {}) => {
    const room = perIndex === undefined ? {} : { perIndex };
    const query = { indices: await ready(), limit, excludeKeys, ...room };
    const { records, gaps } = await store.findPending(query, signal);
    assert.deepEqual(gaps, []);
    return records;
  };
  /** Of a record by its index and id, as the store has them now. */
  const keys = async () => {
    const { fit } = await store.survey(signal);
    const uuids = new Map(fit.map(({ index, uuid }) => [index, uuid]));
    return (index: string, id: string) =>
      `${indexKey({ index, indexUuid: uuids.get(index) })}/${id}`;
  };
  return {
    ...under,
    store,
    vectors,
    signal,
    keys,
    /** Queries see all that was written there. */
    visible: (...indices: string[]) => store.makeVisible(indices, signal),
    ready,
    pending,
    /** Looks up what is pending now by id. */
    async taken() {
      const found = await pending();
      return (id: string): LogRecord => {
        const record = found.find((one) => one.id === id);
        assert.ok(record, `${id} is pending`);
        return record;
      };
    },
    async write(updates: Parameters<RecordStore["write"]>[0]) {
      return (await store.write(updates, signal)).map(({ status }) => status);
    },
  };
}

type Query = { limit: number; perIndex: number; excludeKeys: readonly string[] };

export function log(index: string, number: number, changes: Fields = {}) {
  const fields = { "@timestamp": timeOf(number), level: "ERROR", message: `error ${number}` };
  return { index, id: `log-${number}`, fields: { ...fields, ...changes } };
}

export function timeOf(number: number): string {
  return new Date(Date.UTC(2026, 0, 1) + number * 60_000).toISOString();
}

export function ids(records: readonly LogRecord[]): string[] {
  return records.map(({ id }) => id);
}

/** Equal but for the rounding of numbers that went through JSON. */
export function assertNear(actual: Float32Array, expected: Float32Array): void {
  assert.equal(actual.length, expected.length);
  for (const [i, value] of expected.entries()) {
    assert.ok(Math.abs((actual[i] ?? NaN) - value) <= 1e-7, `value ${i}`);
  }
}
