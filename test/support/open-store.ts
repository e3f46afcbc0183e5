import type { TestContext } from "node:test";
import { createApi, type Api, type Request } from "../../src/adapters/opensearch/api.ts";
import { openClient } from "../../src/adapters/opensearch/client.ts";
import { createOpenSearchStore } from "../../src/adapters/opensearch/store.ts";
import { textHash } from "../../src/enrichment/text.ts";
import type { LogRecord } from "../../src/model/log-record.ts";
import type { LogStore, Update } from "../../src/ports.ts";
import { DIMENSIONS, errorLog } from "./open-search-fixture.ts";
import { stubVector } from "./stub-vector.ts";

type Options = {
  dimensions?: number;
  minAgeMs?: number;
  /** Sees every request before it is sent. */
  spy?: (request: Request) => void | Promise<void>;
};

/** The log store on a real OpenSearch, in this process, as the command opens it. */
export async function openStore(
  t: Pick<TestContext, "after">,
  { url, pattern }: { url: string; pattern: string },
  { dimensions = DIMENSIONS, minAgeMs = 0, spy }: Options = {},
): Promise<LogStore> {
  const connection = { urls: [url], tls: { verify: true }, timeoutMs: 30_000 };
  const client = await openClient(connection);
  const api = createApi(client, connection.urls);
  const fields = { vectorField: "log_vector", metaField: "log_vector_meta" };
  const vector = { engine: "lucene", spaceType: "cosinesimil", dimensions };
  const store = createOpenSearchStore(
    { api: spy ? spied(api, spy) : api, client },
    {
      indexPattern: pattern,
      wanted: {
        ...fields,
        levels: ["ERROR"],
        messageField: "message",
        idField: "log_id",
        dimensions,
        mapping: "auto",
      },
      vector: { ...vector, field: fields.vectorField, metaField: fields.metaField },
      direction: "newest",
      maxAgeDays: undefined,
      minAgeMs,
    },
  );
  t.after(() => store.close());
  return store;
}

function spied(api: Api, spy: NonNullable<Options["spy"]>): Api {
  return {
    url: api.url,
    async send(request, answer, signal) {
      await spy(request);
      return api.send(request, answer, signal);
    },
  };
}

/** The write of a vector made from the record's text. */
export function vectorUpdate(record: LogRecord, dimensions = DIMENSIONS): Update {
  return {
    record,
    vector: stubVector(record.text, dimensions),
    stamp: {
      model: "stub",
      dimensions,
      text_hash: textHash(record.text),
      embedded_at: "2026-01-01T00:00:00.000Z",
      truncated: false,
    },
  };
}

/** A record of level ERROR as an earlier run of that model left it. */
export function stampedLog(text: string, model: string) {
  return {
    ...errorLog(text),
    log_vector: Array.from(stubVector(text, DIMENSIONS), (value) => Math.round(value * 1e8) / 1e8),
    log_vector_meta: {
      model,
      dimensions: DIMENSIONS,
      text_hash: textHash(text),
      embedded_at: "2025-12-31T00:00:00.000Z",
      truncated: false,
    },
  };
}
