import { z } from "zod";
import { Fault } from "../../domain/faults.ts";
import type { SkipKind } from "../../domain/stamp.ts";
import type { Scan } from "../../ports/record-store.ts";
import type { Api } from "./api.ts";
import { ungroupedQuery } from "./group-counts.ts";
import { toRecord, type ReadFields } from "./hits.ts";
import { hitsAtMost, type IndexShape, type Query } from "./index-shape.ts";
import {
  pendingQuery,
  recordSource,
  bearingQuery,
  wantedQuery,
  type VectorFields,
  type WantedVectors,
} from "./queries.ts";
import { stampInForce } from "./outdated-query.ts";
import { bypassPipelines, searchTimeout } from "./search-groups.ts";
import { searchIndex, searchShape, type Selection } from "./search.ts";
import type { Bounded } from "./bounded-answers.ts";
import { fetchPage, type PageSizes } from "./page-sizes.ts";
import type { FailureAttribution } from "./failure-attribution.ts";

const KEEP_ALIVE = "5m";

export type ScanQuery = {
  query: Query;
  source: { includes: string[]; excludes: string[] };
  fields: ReadFields;
};

type ScanTarget = { shape: IndexShape; sizes: PageSizes };

export function pendingScan(
  shape: IndexShape,
  fields: WantedVectors,
  options: Pick<Selection, "maxAgeDays" | "minAgeMs">,
): ScanQuery {
  const query = pendingQuery(shape, fields, options);
  return { query, source: recordSource(shape, fields), fields };
}

/** Without messages, so pages of a thousand are possible. */
export function markedScan(
  shape: IndexShape,
  fields: VectorFields,
  options: Pick<Selection, "maxAgeDays"> & {
    ids: readonly string[] | undefined;
    kinds: readonly SkipKind[];
  },
): ScanQuery {
  const { timestampField } = shape;
  const includes = [fields.metaField, ...(timestampField ? [timestampField] : [])];
  const source = { includes, excludes: [fields.vectorField] };
  return { query: bearingQuery(shape, fields, options), source, fields };
}

/** Without messages; only vectors of the model in force. */
export function unsignedScan(
  shape: IndexShape,
  fields: WantedVectors,
  { maxAgeDays }: Pick<Selection, "maxAgeDays">,
): ScanQuery {
  const { vectorField, metaField } = fields;
  const vector = { exists: { field: vectorField } };
  const filter = [...wantedQuery(shape, maxAgeDays), vector, stampInForce(shape, fields)];
  const query = { bool: { filter, must_not: [{ exists: { field: `${metaField}.key` } }] } };
  return { query, source: { includes: [metaField], excludes: [vectorField] }, fields };
}

/** With messages, from which their groups are made. */
export function ungroupedScan(
  shape: IndexShape,
  fields: VectorFields,
  { maxAgeDays }: Pick<Selection, "maxAgeDays">,
): ScanQuery {
  const query = ungroupedQuery(shape, fields, maxAgeDays);
  return { query, source: recordSource(shape, fields), fields };
}

/**
 * One pass over an index in a point in time, or by sequence number where none can be opened (forbidden, too many open,
 * unsupported).
 */
export async function openScan(
  api: Api,
  scanned: ScanTarget,
  wanted: ScanQuery,
  signal: AbortSignal,
): Promise<Scan> {
  try {
    return await openPointInTime(api, scanned, wanted, signal);
  } catch (error) {
    if (!(error instanceof Fault) || error.kind === "outage") throw error;
    return scanBySequenceNumber(api, scanned, wanted);
  }
}

/** Attributes failures of the scan to its index where OpenSearch answers for others. */
export async function attributedScan(
  attribution: FailureAttribution,
  index: string,
  open: () => Promise<Scan>,
  signal: AbortSignal,
): Promise<Scan> {
  const attributed = async <T>(asked: Promise<T>, own: AbortSignal): Promise<T> => {
    try {
      return await asked;
    } catch (error) {
      if (!(error instanceof Fault)) throw error;
      throw await attribution.attributeToIndex(index, error, own);
    }
  };
  const scan = await attributed(open(), signal);
  return {
    next: (limit, own) => attributed(scan.next(limit, own), own),
    [Symbol.asyncDispose]: () => scan[Symbol.asyncDispose](),
  };
}

/**
 * One pass in document order in a point in time, whose cost does not grow with the backlog. It reads shard by shard,
 * because documents of different shards may tie in this order and a page would skip one.
 */
async function openPointInTime(
  api: Api,
  { shape, sizes }: ScanTarget,
  { query, source, fields }: ScanQuery,
  signal: AbortSignal,
): Promise<Scan> {
  const opened = await api.send(
    {
      method: "POST",
      path: `/${encodeURIComponent(shape.index)}/_search/point_in_time`,
      query: { keep_alive: KEEP_ALIVE },
    },
    z.object({ pit_id: z.string(), _shards: z.object({ total: z.number().min(1) }) }),
    signal,
  );
  const shards = opened._shards.total;
  let id = opened.pit_id;
  const at: { shard: number; after?: readonly unknown[] | undefined } = { shard: 0 };
  const pageOf = (size: number, within: Bounded, pageSignal: AbortSignal) =>
    api.send(
      {
        method: "POST",
        path: "/_search",
        ...within,
        query: { allow_partial_search_results: false, ...bypassPipelines([shape]) },
        body: {
          ...searchTimeout(api),
          size,
          track_total_hits: false,
          seq_no_primary_term: true,
          _source: source,
          query,
          sort: ["_doc"],
          pit: { id, keep_alive: KEEP_ALIVE },
          // With as many slices as shards each slice is one shard.
          ...(shards > 1 ? { slice: { id: at.shard, max: shards } } : {}),
          ...(at.after ? { search_after: at.after } : {}),
        },
      },
      searchShape.extend({ pit_id: z.string().optional() }),
      pageSignal,
    );
  const nextOfShard = async (limit: number, pageSignal: AbortSignal) => {
    const page = await fetchPage(
      { sizes, index: shape.index, wanted: hitsAtMost([shape], limit) },
      async (size, within) => ({ size, ...(await pageOf(size, within, pageSignal)) }),
    );
    const { hits } = page.hits;
    id = page.pit_id ?? id;
    // A page that is not full is its shard's last, unless the search was cut off by its time limit.
    const isLast = hits.length === 0 || (hits.length < page.size && !page.timed_out);
    if (isLast) at.shard++;
    at.after = isLast ? undefined : hits.at(-1)?.sort;
    return hits.map((hit) => toRecord(hit, shape, fields));
  };
  return {
    async next(limit, pageSignal) {
      while (at.shard < shards) {
        const records = await nextOfShard(limit, pageSignal);
        if (records.length > 0) return records;
      }
      return [];
    },
    async [Symbol.asyncDispose]() {
      // A failure to close it is harmless: it expires with its keep-alive.
      const request = { method: "DELETE", path: "/_search/point_in_time" } as const;
      const body = { pit_id: [id] };
      await api
        .send({ ...request, body }, z.unknown(), AbortSignal.timeout(2000))
        .catch(() => undefined);
    },
  };
}

/** Shard by shard by sequence number, up to the highest one at the shard's start: later writes lie behind it. */
function scanBySequenceNumber(
  api: Api,
  { shape, sizes }: ScanTarget,
  { query, source, fields }: ScanQuery,
): Scan {
  let shard = 0;
  let shards: number | undefined;
  let cursor: { after: number; last: number } | undefined;
  const bySequence = (filter: Query[], direction: "asc" | "desc"): Query => ({
    query: { bool: { filter } },
    sort: [{ _seq_no: direction }],
  });
  const nextOfShard = async (limit: number, signal: AbortSignal) => {
    const preference = `_shards:${shard}`;
    cursor ??= await startOf(preference, signal);
    const { after, last } = cursor;
    const upTo = { range: { _seq_no: { gt: after, lte: last } } };
    const body = {
      ...bySequence([query, upTo], "asc"),
      seq_no_primary_term: true,
      _source: source,
    };
    const { hits } = await fetchPage(
      { sizes, index: shape.index, wanted: hitsAtMost([shape], limit) },
      (size, within) =>
        searchIndex(api, shape, { body: { ...body, size }, preference, within }, signal),
    );
    const end = hits.at(-1)?._seq_no;
    if (end !== undefined) cursor = { after: end, last };
    return hits.map((hit) => toRecord(hit, shape, fields));
  };
  const startOf = async (preference: string, signal: AbortSignal) => {
    const latest = {
      ...bySequence([], "desc"),
      size: 1,
      seq_no_primary_term: true,
      _source: false,
    };
    const { hits } = await searchIndex(api, shape, { body: latest, preference }, signal);
    return { after: -1, last: hits[0]?._seq_no ?? -1 };
  };
  return {
    async next(limit, signal) {
      shards ??= (
        await searchIndex(api, shape, { body: { size: 0 }, preference: undefined }, signal)
      ).total;
      for (; shard < shards; shard++, cursor = undefined) {
        const records = await nextOfShard(limit, signal);
        if (records.length > 0) return records;
      }
      return [];
    },
    async [Symbol.asyncDispose]() {},
  };
}
