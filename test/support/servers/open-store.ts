import type { TestContext } from "node:test";
import { signed, textHash } from "../fakes/signer.ts";
import type { LogRecord } from "../../../src/domain/log-record.ts";
import type { Update } from "../../../src/ports/record-store.ts";
import { DIMENSIONS, errorLog } from "./open-search-fixture.ts";
import type { OpenSearchStore } from "../../../src/adapters/opensearch/store.ts";
import { openRealStore, type RealStoreOptions } from "./real-store.ts";
import { stubVector } from "../fakes/stub-vector.ts";

/** The log store on a real OpenSearch, closed with the test. */
export async function openStore(
  t: Pick<TestContext, "after">,
  where: { url: string; pattern: string },
  options: Partial<RealStoreOptions> = {},
): Promise<OpenSearchStore> {
  const store = await openRealStore(where, { dimensions: DIMENSIONS, ...options });
  t.after(() => store.close());
  return store;
}

/** The write of a vector made from the record's text. */
export function vectorUpdate(record: LogRecord, dimensions = DIMENSIONS): Update {
  const vector = stubVector(record.text, dimensions);
  const stamp = {
    model: "stub",
    dimensions,
    text_hash: textHash(record.text),
    embedded_at: "2026-01-01T00:00:00.000Z",
    truncated: false,
  };
  return { record, vector, stamp: signed(stamp, vector) };
}

/** A record of level ERROR as an earlier run of that model left it. */
export function stampedLog(text: string, model: string) {
  const vector = stubVector(text, DIMENSIONS);
  const values = Array.from(vector, (value) => Math.round(value * 1e8) / 1e8);
  const stamp = {
    model,
    dimensions: DIMENSIONS,
    text_hash: textHash(text),
    embedded_at: "2025-12-31T00:00:00.000Z",
    truncated: false,
  };
  return { ...errorLog(text), log_vector: values, log_vector_meta: signed(stamp, values) };
}
