import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";
import { indexKey, type LogRecord } from "../../src/domain/log-record.ts";
import type { Stamp } from "../../src/domain/stamp.ts";
import type { RecordStore } from "../../src/ports/record-store.ts";
import { stubVector } from "../support/fakes/stub-vector.ts";

export type Source = Record<string, unknown>;
type DocumentName = { index: string; id: string; shardKey?: string };
type Documents = readonly (DocumentName & { source: Source })[];

/** A store and the hands of the documents' owner. */
export type StoreUnderTest = {
  /** Wants level ERROR, newest first, in the indices of this contract only; a log's own id stands in `log_id`. */
  store: RecordStore;
  /** Puts documents in place and makes them visible; makes `contract_a` and `contract_b` (one shard) as needed. */
  seed(documents: Documents): Promise<void>;
  /** Puts documents into indices that are there; need not be visible to search. */
  arrive(documents: Documents): Promise<void>;
  /** The document's source now, or undefined. */
  read(document: DocumentName): Promise<Source | undefined>;
  /** A partial update; need not be visible to search. */
  change(document: DocumentName, partial: Source): Promise<void>;
  remove(document: DocumentName): Promise<void>;
};

/** What a store under this contract must be set to. */
export const CONTRACT = {
  dimensions: 8,
  vectorField: "log_vector",
  metaField: "log_vector_meta",
  idField: "log_id",
  levels: ["ERROR"],
  tokenLimit: 8191,
  maxTextBytes: 4096,
} as const;

export const A = "contract_a";
export const B = "contract_b";

/** Defines the test of one promise. */
export type Promises = (promise: string, run: (subject: Subject) => Promise<void>) => void;

/** Each test has a store of its own. */
export function promisesOf(create: (t: TestContext) => Promise<StoreUnderTest>): Promises {
  return (promise, run) => {
    test(promise, async (t) => run(subjectOf(await create(t), t.signal)));
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

export type Subject = ReturnType<typeof subjectOf>;

function subjectOf(under: StoreUnderTest, signal: AbortSignal) {
  const { store } = under;
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
    signal,
    keys,
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

export function log(index: string, number: number, changes: Source = {}) {
  const source = { "@timestamp": timeOf(number), level: "ERROR", message: `error ${number}` };
  return { index, id: `log-${number}`, source: { ...source, ...changes } };
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
