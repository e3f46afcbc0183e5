import { z } from "zod";
import type { Scan } from "../../ports/log-store.ts";
import type { Api } from "./api.ts";
import { toRecord } from "./hits.ts";
import type { IndexShape, Query } from "./index-shape.ts";
import { pendingQuery, recordSource, refusedQuery, type VectorFields } from "./queries.ts";
import { shardsShape } from "./search-groups.ts";
import { searchShape, type Selection } from "./search.ts";

const KEEP_ALIVE = "5m";

type Sought = {
  query: Query;
  source: { includes: string[]; excludes: string[] };
  metaField: string;
};

export function pendingScan(
  shape: IndexShape,
  fields: VectorFields,
  options: Pick<Selection, "maxAgeDays" | "minAgeMs">,
): Sought {
  const query = pendingQuery(shape, fields, options);
  return { query, source: recordSource(shape, fields), metaField: fields.metaField };
}

/** Without the messages: pages of a thousand may be asked for. */
export function refusedScan(
  shape: IndexShape,
  fields: VectorFields,
  options: Pick<Selection, "maxAgeDays"> & { ids: readonly string[] | undefined },
): Sought {
  const { timestampField } = shape;
  const includes = [fields.metaField, ...(timestampField ? [timestampField] : [])];
  const source = { includes, excludes: [fields.vectorField] };
  return { query: refusedQuery(shape, fields, options), source, metaField: fields.metaField };
}

/**
 * One pass over an index in document order inside a point in time, whose cost does not grow with the backlog. It goes
 * shard by shard: documents of different shards may tie in this order, and a page would then skip one of them.
 */
export async function openScan(
  api: Api,
  shape: IndexShape,
  { query, source, metaField }: Sought,
  signal: AbortSignal,
): Promise<Scan> {
  const opened = await api.send(
    {
      method: "POST",
      path: `/${encodeURIComponent(shape.index)}/_search/point_in_time`,
      query: { keep_alive: KEEP_ALIVE },
    },
    z.object({ pit_id: z.string(), _shards: shardsShape.extend({ total: z.number().min(1) }) }),
    signal,
  );
  const shards = opened._shards.total;
  let id = opened.pit_id;
  let shard = 0;
  let after: readonly unknown[] | undefined;
  const nextOfShard = async (limit: number, pageSignal: AbortSignal) => {
    const page = await api.send(
      {
        method: "POST",
        path: "/_search",
        query: { allow_partial_search_results: false },
        body: {
          size: limit,
          track_total_hits: false,
          seq_no_primary_term: true,
          _source: source,
          query,
          sort: ["_doc"],
          pit: { id, keep_alive: KEEP_ALIVE },
          // As many slices as shards: each slice is one shard.
          ...(shards > 1 ? { slice: { id: shard, max: shards } } : {}),
          ...(after ? { search_after: after } : {}),
        },
      },
      searchShape.extend({ pit_id: z.string().optional() }),
      pageSignal,
    );
    id = page.pit_id ?? id;
    after = page.hits.hits.at(-1)?.sort;
    return page.hits.hits.map((hit) => toRecord(hit, shape, metaField));
  };
  return {
    async next(limit, pageSignal) {
      for (; shard < shards; shard++) {
        const records = await nextOfShard(limit, pageSignal);
        if (records.length > 0) return records;
      }
      return [];
    },
    async [Symbol.asyncDispose]() {
      // It ends by itself after its keep-alive; a failure to end it sooner is nobody's concern.
      const request = { method: "DELETE", path: "/_search/point_in_time" } as const;
      const body = { pit_id: [id] };
      await api
        .send({ ...request, body }, z.unknown(), AbortSignal.timeout(2000))
        .catch(() => undefined);
    },
  };
}
