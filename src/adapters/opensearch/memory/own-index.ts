import { z } from "zod";
import { Fault } from "../../../domain/faults.ts";
import type { MemoryFault } from "../../../domain/memory/memory-fault.ts";
import type { Version } from "../../../domain/version.ts";
import type { Visible } from "../../../ports/error-memory.ts";
import type { Api, Request } from "../api.ts";
import { guardOf, versionOf } from "../version.ts";
import { writeAlias } from "./own-indices.ts";
import { itemFault, ownFault, requestFault } from "./own-index-faults.ts";

type Source = Record<string, unknown>;
export type OwnDocument = { id: string; source: Source; version: Version };

/** `create` fails where the id is taken, the others where the document changed since it was read: both are conflicts. */
export type Operation =
  | { op: "create"; id: string; source: Source }
  | { op: "update"; id: string; version: Version; source: Source }
  | { op: "delete"; id: string; version: Version };

type Search = {
  query: Source;
  sort: readonly Record<string, "asc" | "desc">[];
  size: number;
  after?: readonly (string | number)[] | undefined;
};

/** One own index. Every method throws a MemoryFault and no other. */
export type OwnIndex = {
  readonly name: string;
  /** In real time. `fields`: includes or excludes of the source. */
  read(
    ids: readonly string[],
    fields: { includes?: string; excludes?: string },
    signal: AbortSignal,
  ): Promise<Map<string, OwnDocument>>;
  /** As of the last refresh. */
  search(search: Search, signal: AbortSignal): Promise<OwnDocument[]>;
  /** The values of fields that are kept by column, one each; a document without one has an empty text. */
  columns<F extends string>(
    search: Omit<Search, "after"> & { fields: readonly F[] },
    signal: AbortSignal,
  ): Promise<Record<F, string>[]>;
  count(query: Source, signal: AbortSignal): Promise<number>;
  /** Which of these values documents have in a field. */
  valuesAmong(field: string, values: readonly string[], signal: AbortSignal): Promise<Set<string>>;
  /** Answers in the order of the operations. */
  write(
    operations: readonly Operation[],
    visible: Visible,
    signal: AbortSignal,
  ): Promise<("written" | "conflicted" | MemoryFault)[]>;
};

/** People and daemons wait for these: a slow index is not waited for as long as logs are. */
const MAX_TIMEOUT_MS = 10_000;
/** Documents of one request. */
const CHUNK = 500;

const looseObject = z.record(z.string(), z.unknown());
const documentShape = z.object({
  _id: z.string(),
  _seq_no: z.number(),
  _primary_term: z.number(),
  _source: looseObject,
});
const readShape = z.object({
  docs: z.array(z.union([documentShape.extend({ found: z.literal(true) }), z.looseObject({})])),
});
const searchShape = z.object({
  timed_out: z.boolean().default(false),
  hits: z.object({
    total: z.object({ value: z.number() }).optional(),
    hits: z.array(documentShape),
  }),
});
const columnsShape = z.object({
  timed_out: z.boolean().default(false),
  hits: z.object({
    hits: z.array(z.object({ fields: z.record(z.string(), z.array(z.string())).default({}) })),
  }),
});
const valuesShape = z.object({
  aggregations: z.object({ found: z.object({ buckets: z.array(z.object({ key: z.string() })) }) }),
});
const outcomeShape = z.object({
  status: z.number(),
  error: z.object({ type: z.string(), reason: z.string().nullish() }).optional(),
});
const bulkShape = z.object({ items: z.array(z.record(z.string(), outcomeShape)) });
const errorShape = z.object({
  error: z.object({ type: z.string(), reason: z.string().nullish() }),
});

export function openOwnIndex(api: Api, name: string): OwnIndex {
  const timeoutMs = Math.min(MAX_TIMEOUT_MS, api.timeoutMs);
  const send = async <T>(request: Request, shape: z.ZodType<T>, signal: AbortSignal) => {
    try {
      // As a probe: it says nothing about the store of the logs.
      return await api.send({ timeoutMs, ...request, probe: true }, shape, signal);
    } catch (error) {
      if (!(error instanceof Fault)) throw error;
      throw requestFault(name, error);
    }
  };
  const ask = async <T extends { timed_out: boolean }>(
    body: Source,
    shape: z.ZodType<T>,
    signal: AbortSignal,
  ) => {
    const query = { allow_partial_search_results: false };
    const path = `/${name}/_search`;
    const answer = await send({ method: "POST", path, query, body }, shape, signal);
    if (answer.timed_out) throw ownFault("slow", name, "a search ran out of time");
    return answer;
  };
  const search = async (body: Source, signal: AbortSignal) =>
    (await ask(body, searchShape, signal)).hits;
  return {
    name,
    async read(ids, { includes, excludes }, signal) {
      const found = new Map<string, OwnDocument>();
      for (const part of chunks(ids)) {
        const query = {
          ...(includes === undefined ? {} : { _source_includes: includes }),
          ...(excludes === undefined ? {} : { _source_excludes: excludes }),
        };
        const request = {
          method: "POST",
          path: `/${name}/_mget`,
          query,
          body: { ids: part },
        } as const;
        for (const doc of (await send(request, readShape, signal)).docs) {
          const refused = errorShape.safeParse(doc);
          if (refused.success) throw itemFault(name, 0, refused.data.error);
          const document = documentShape.safeParse(doc);
          if (document.success) found.set(document.data._id, documentOf(document.data));
        }
      }
      return found;
    },
    async search({ query, sort, size, after }, signal) {
      const body = {
        query,
        sort,
        size,
        track_total_hits: false,
        seq_no_primary_term: true,
        _source: { excludes: ["vector", "vector_sketch"] },
        ...(after ? { search_after: after } : {}),
      };
      return (await search(body, signal)).hits.map(documentOf);
    },
    async columns({ query, sort, size, fields }, signal) {
      const body = { query, sort, size, docvalue_fields: fields, _source: false };
      const all = { ...body, stored_fields: "_none_", track_total_hits: false };
      const { hits } = await ask(all, columnsShape, signal);
      return hits.hits.map(({ fields: found }) => {
        const values = fields.map((field) => [field, found[field]?.[0] ?? ""]);
        // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the keys are these fields
        return Object.fromEntries(values) as Record<(typeof fields)[number], string>;
      });
    },
    async count(query, signal) {
      const { total } = await search({ query, size: 0, track_total_hits: true }, signal);
      return total?.value ?? 0;
    },
    async valuesAmong(field, values, signal) {
      const found = new Set<string>();
      for (const part of chunks(values)) {
        const body = {
          size: 0,
          query: { terms: { [field]: part } },
          aggs: { found: { terms: { field, size: part.length, include: part } } },
        };
        const query = { allow_partial_search_results: false };
        const request = { method: "POST", path: `/${name}/_search`, query, body } as const;
        const { aggregations } = await send(request, valuesShape, signal);
        for (const { key } of aggregations.found.buckets) found.add(key);
      }
      return found;
    },
    async write(operations, visible, signal) {
      const results: ("written" | "conflicted" | MemoryFault)[] = [];
      for (const part of chunks(operations)) {
        const query = {
          require_alias: true,
          timeout: `${Math.floor((timeoutMs * 2) / 3)}ms`,
          ...(visible === "now" ? { refresh: "wait_for" } : {}),
        };
        const path = `/${writeAlias(name)}/_bulk`;
        const body = part.map(linesOf).join("");
        const request = { method: "POST", path, query, lines: body, once: true } as const;
        const { items } = await send(request, bulkShape, signal);
        results.push(...part.map((_, at) => outcomeOf(name, items[at])));
      }
      return results;
    },
  };
}

function documentOf(document: z.infer<typeof documentShape>): OwnDocument {
  return { id: document._id, source: document._source, version: versionOf(document) };
}

function linesOf(operation: Operation): string {
  const { op, id } = operation;
  if (op === "create") return lines({ create: { _id: id } }, operation.source);
  const guarded = { _id: id, ...guardOf(operation.version) };
  if (op === "delete") return lines({ delete: guarded });
  return lines({ update: guarded }, { doc: operation.source });
}

function lines(...values: readonly object[]): string {
  return values.map((value) => `${JSON.stringify(value)}\n`).join("");
}

function outcomeOf(index: string, item: z.infer<typeof bulkShape>["items"][number] | undefined) {
  const [outcome] = Object.values(item ?? {});
  if (!outcome) return ownFault("slow", index, "a write was left unanswered");
  const { status, error } = outcome;
  // A document that somebody deleted meanwhile: to be read again, as one that changed.
  if (status === 409 || error?.type === "document_missing_exception") return "conflicted" as const;
  if (error) return itemFault(index, status, error);
  return "written" as const;
}

function chunks<T>(all: readonly T[]): T[][] {
  const parts: T[][] = [];
  for (let at = 0; at < all.length; at += CHUNK) parts.push(all.slice(at, at + CHUNK));
  return parts;
}
