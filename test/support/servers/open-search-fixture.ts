import { randomBytes } from "node:crypto";
import { describe, type TestContext } from "node:test";
import { z } from "zod";
import type { OpenSearchVersion } from "../../../scripts/local-servers/opensearch.ts";
import { sharedOpenSearch, testedVersions } from "./local-servers.ts";

type Json = Record<string, unknown>;
type Cleanup = Pick<TestContext, "after">;

export type StoredDocument = {
  index: string;
  id: string;
  routing?: string;
  seqNo: number;
  source: Json;
};

/** A real cluster, with names in it that no other test uses. */
export type OpenSearchFixture = {
  url: string;
  version: OpenSearchVersion;
  prefix: string;
  /** Covers every name of this fixture. */
  pattern: string;
  /** The prefix put before a name. */
  name(short: string): string;
  /** Throws where the answer is an error. */
  send(method: string, path: string, body?: Json | string): Promise<Json>;
  /** Creates an index of one shard with `index.knn`, unless the settings say otherwise. */
  create(
    index: string,
    options?: { mappings?: Json; settings?: Json; aliases?: Json },
  ): Promise<void>;
  /** Stores documents under the ids "0", "1", … and makes them visible. */
  fill(index: string, sources: readonly Json[]): Promise<void>;
  /** Every document, by "index/id", as search sees it after a refresh; without vectors where they are many. */
  documents(indices: string, options?: { excludes?: string }): Promise<Map<string, StoredDocument>>;
  /** Settings that make the command use this cluster, these names, and short vectors made in the process. */
  env: Record<string, string>;
};

export const DIMENSIONS = 64;

/** Mapping of a record as most log shippers send it. */
export const LOG_PROPERTIES = {
  "@timestamp": { type: "date" },
  level: { type: "keyword" },
  message: { type: "text" },
} as const;

/** Defines the same tests for every OpenSearch that this run tests against. */
export async function onEachOpenSearch(define: (version: OpenSearchVersion) => void) {
  for (const version of await testedVersions()) {
    describe(`OpenSearch ${version}`, () => define(version));
  }
}

/** The newest OpenSearch of this machine, for what does not depend on its version. */
export async function newestOpenSearch(t: Cleanup): Promise<OpenSearchFixture> {
  const [version = "2.19.1.0"] = await testedVersions();
  return openFixture(t, version);
}

/** Names of its own on the server of that version; all that bears them is removed after the test. */
export async function openFixture(
  t: Cleanup,
  version: OpenSearchVersion,
): Promise<OpenSearchFixture> {
  const { url } = await sharedOpenSearch(version);
  const fixture = fixtureAt(url, version);
  t.after(() => cleanUp(fixture));
  return fixture;
}

/** Like openFixture, on a server that belongs to the test. */
export function fixtureAt(url: string, version: OpenSearchVersion): OpenSearchFixture {
  const prefix = `t${randomBytes(4).toString("hex")}_`;
  const pattern = `${prefix}*`;
  const send = (method: string, path: string, body?: Json | string) =>
    request(url, method, path, body);
  return {
    url,
    version,
    prefix,
    pattern,
    name: (short) => `${prefix}${short}`,
    send,
    async create(
      index,
      { mappings = { properties: LOG_PROPERTIES }, settings = {}, aliases } = {},
    ) {
      const all = { number_of_shards: 1, number_of_replicas: 0, knn: true, ...settings };
      await send("PUT", `/${index}`, {
        settings: { index: all },
        mappings,
        ...(aliases ? { aliases } : {}),
      });
    },
    fill: (index, sources) => fill(send, index, sources),
    documents: (indices, options = {}) => documents(send, indices, options.excludes),
    env: {
      OPENSEARCH_URL: url,
      OPENSEARCH_INDEX_PATTERN: pattern,
      EMBEDDING_PROVIDER: "local",
      EMBEDDING_MODEL: "hashing",
      EMBEDDING_DIMENSIONS: String(DIMENSIONS),
    },
  };
}

/** Before 2.19.4 an index without `index.knn` cannot be given a vector without harm to it. */
export function takesFlatVectors(version: OpenSearchVersion): boolean {
  return version !== "2.19.1.0";
}

/** A record of level ERROR, `minutes` after a fixed point in time. */
export function errorLog(message: unknown, minutes = 0): Json {
  const time = new Date(Date.UTC(2026, 0, 1) + minutes * 60_000).toISOString();
  return { "@timestamp": time, level: "ERROR", message };
}

/** So many records of level ERROR with a text of their own each. */
export function errorLogs(count: number): Json[] {
  return Array.from({ length: count }, (_, i) => errorLog(`Request ${i} failed on node ${i}`, i));
}

type Send = OpenSearchFixture["send"];
const looseJson = z.record(z.string(), z.unknown());

async function request(url: string, method: string, path: string, body?: Json | string) {
  const lines = typeof body === "string";
  const response = await fetch(`${url}${path}`, {
    method,
    headers: { "content-type": lines ? "application/x-ndjson" : "application/json" },
    ...(body === undefined ? {} : { body: lines ? body : JSON.stringify(body) }),
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`);
  return looseJson.parse(JSON.parse(text));
}

const FILL_CHUNK = 1000;

/** `create` is the one way of writing that data streams take too. */
async function fill(send: Send, index: string, sources: readonly Json[]): Promise<void> {
  for (let start = 0; start < sources.length; start += FILL_CHUNK) {
    const lines = sources.slice(start, start + FILL_CHUNK).map((source, i) => {
      const action = { create: { _id: String(start + i) } };
      return `${JSON.stringify(action)}\n${JSON.stringify(source)}\n`;
    });
    const answer = await send("POST", `/${index}/_bulk?refresh=true`, lines.join(""));
    if (answer["errors"] !== false) throw new Error(JSON.stringify(answer).slice(0, 2000));
  }
}

const hitsShape = z.object({
  hits: z.object({
    hits: z.array(
      z.object({
        _index: z.string(),
        _id: z.string(),
        _routing: z.string().optional(),
        _seq_no: z.number(),
        _source: looseJson.default({}),
      }),
    ),
  }),
});

async function documents(send: Send, indices: string, excludes?: string) {
  await send("POST", `/${indices}/_refresh`);
  const answer = await send("POST", `/${indices}/_search`, {
    size: 10_000,
    seq_no_primary_term: true,
    ...(excludes ? { _source: { excludes: [excludes] } } : {}),
  });
  const found = new Map<string, StoredDocument>();
  for (const hit of hitsShape.parse(answer).hits.hits) {
    const { _index: index, _id: id, _routing: routing, _seq_no: seqNo, _source: source } = hit;
    const stored = { index, id, seqNo, source, ...(routing === undefined ? {} : { routing }) };
    found.set(`${index}/${id}`, stored);
  }
  return found;
}

/** Whole families by wildcard; a write block or a closed index does not keep an index from being deleted. */
async function cleanUp({ url, prefix }: OpenSearchFixture): Promise<void> {
  for (const path of [
    `/_data_stream/${prefix}*`,
    `/${prefix}*,.${prefix}*,out-${prefix}*?expand_wildcards=all&ignore_unavailable=true`,
    `/_index_template/${prefix}*`,
    `/_template/${prefix}*`,
    `/_component_template/${prefix}*`,
  ]) {
    const response = await fetch(`${url}${path}`, { method: "DELETE" });
    const gone = response.ok || response.status === 404;
    if (!gone) throw new Error(`DELETE ${path}: ${response.status} ${await response.text()}`);
    await response.body?.cancel();
  }
}
