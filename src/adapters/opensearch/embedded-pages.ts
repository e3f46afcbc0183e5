import { z } from "zod";
import type { EmbeddedPage } from "../../ports/record-store.ts";
import type { Api } from "./api.ts";
import { toRecord, type ReadFields, type StoredDocument } from "./hits.ts";
import { hitsAtMost, type IndexShape, type Query } from "./index-shape.ts";
import { fetchPage, type PageSizes } from "./page-sizes.ts";
import { anyOf, recordSource, wantedQuery, type VectorFields } from "./queries.ts";
import { searchIndex } from "./search.ts";

/**
 * Where a pass is. Sequence numbers count the writes of each shard by itself; `ends`: the highest of each shard that a pass
 * has read up to, `null` for an empty shard.
 */
const cursorShape = z.object({
  ends: z.array(z.number().nullable()),
  /** Absent: the pass is over. `after`: the last number read in the shard; `last`: the pass ends there. */
  at: z
    .object({
      shard: z.int().nonnegative(),
      shards: z.int().positive(),
      after: z.number().optional(),
      last: z.number().optional(),
    })
    .optional(),
});
type Cursor = z.infer<typeof cursorShape>;

type Pages = {
  shape: IndexShape;
  sizes: PageSizes;
  fields: VectorFields & ReadFields;
  query: Query;
  limit: number;
  from: string | undefined;
};

/** Wanted records with a vector, also those whose message is blank or gone. */
export function embeddedQuery(
  shape: IndexShape,
  { vectorField }: VectorFields,
  { maxAgeDays, sinceMs }: { maxAgeDays: number | undefined; sinceMs: number | undefined },
): Query {
  const filter = [...wantedQuery(shape, maxAgeDays), { exists: { field: vectorField } }];
  const { timestampField: field } = shape;
  if (sinceMs !== undefined && field !== undefined) {
    const since = { range: { [field]: { gte: sinceMs, format: "epoch_millis" } } };
    filter.push(anyOf([since, { bool: { must_not: [{ exists: { field } }] } }]));
  }
  return { bool: { filter } };
}

/**
 * A page by sequence number, shard by shard, because shards number independently. Every change of a document gives it a
 * higher number, so a later pass that begins at the end of an earlier one reads only what changed since.
 */
export async function pageEmbedded(
  api: Api,
  pages: Pages,
  signal: AbortSignal,
): Promise<EmbeddedPage> {
  const cursor = await startOf(api, pages, signal);
  const { ends } = cursor;
  const { shards = 1 } = cursor.at ?? {};
  let { shard = 0, after, last } = cursor.at ?? {};
  for (; shard < shards; shard++, after = undefined, last = undefined) {
    last ??= await highest(api, pages.shape, shard, signal);
    // An empty shard, or one in which nothing changed since.
    const begin = after ?? ends[shard] ?? -1;
    const hits =
      last === undefined || last <= begin
        ? []
        : await hitsBetween(api, pages, { shard, begin, last }, signal);
    const end = hits.at(-1)?._seq_no;
    if (end === undefined) {
      ends[shard] = last ?? ends[shard] ?? null;
      continue;
    }
    const records = hits.map((hit) => toRecord(hit, pages.shape, pages.fields));
    const next: Cursor = {
      ends,
      at: { shard, shards, after: end, ...(last !== undefined && { last }) },
    };
    return { records, next: JSON.stringify(next) };
  }
  return { records: [], end: JSON.stringify({ ends } satisfies Cursor) };
}

/** A cursor that cannot be read, or of another number of shards, begins from the start: records are read twice, none is missed. */
async function startOf(
  api: Api,
  { shape, from }: Pick<Pages, "shape" | "from">,
  signal: AbortSignal,
): Promise<Cursor> {
  const given = cursorShape.safeParse(parsed(from)).data ?? { ends: [] };
  if (given.at) return given;
  const { total } = await searchIndex(
    api,
    shape,
    { body: { size: 0 }, preference: undefined },
    signal,
  );
  const ends = given.ends.length === total ? given.ends : [];
  return { ends, at: { shard: 0, shards: total } };
}

function parsed(text: string | undefined): unknown {
  try {
    return text === undefined ? undefined : JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** The highest number in the shard that search sees; undefined where it is empty. */
async function highest(
  api: Api,
  shape: IndexShape,
  shard: number,
  signal: AbortSignal,
): Promise<number | undefined> {
  const body = { size: 1, seq_no_primary_term: true, _source: false, sort: [{ _seq_no: "desc" }] };
  const { hits } = await searchIndex(api, shape, { body, preference: preferenceOf(shard) }, signal);
  return hits[0]?._seq_no;
}

async function hitsBetween(
  api: Api,
  { shape, sizes, fields, query, limit }: Pages,
  { shard, begin, last }: { shard: number; begin: number; last: number },
  signal: AbortSignal,
): Promise<StoredDocument[]> {
  const preference = preferenceOf(shard);
  const body = {
    query: { bool: { filter: [query, { range: { _seq_no: { gt: begin, lte: last } } }] } },
    sort: [{ _seq_no: "asc" }],
    seq_no_primary_term: true,
    _source: recordSource(shape, fields),
  };
  const { hits } = await fetchPage(
    { sizes, index: shape.index, wanted: hitsAtMost([shape], limit) },
    (size, within) =>
      searchIndex(api, shape, { body: { ...body, size }, preference, within }, signal),
  );
  return hits;
}

function preferenceOf(shard: number): string {
  return `_shards:${shard}`;
}
