import { z } from "zod";
import type { Gap } from "../../domain/partial.ts";
import type { Located, Target } from "../../ports/record-store.ts";
import { documentShape, toRecord, type StoredDocument } from "./hits.ts";
import { isFiltered, type IndexShape } from "./index-shape.ts";
import { readIsolatingFailures, unreadableReason, type IsolatingApi } from "./isolating-api.ts";
import { fetchInPages } from "./page-sizes.ts";
import { recordAndVector, type VectorFields } from "./queries.ts";
import { searchById, type DocumentAddress } from "./search-by-id.ts";

/** The fit indices by name, and every name that leads to some of them. */
export type KnownIndices = {
  shapes: ReadonlyMap<string, IndexShape>;
  /** Concrete indices behind an index, alias or data stream, newest first. */
  names: ReadonlyMap<string, readonly string[]>;
};

/** With more candidate indices a document is searched for instead of read by id. */
const MAX_GET_INDICES = 3;

type Lookup = { target: Target; candidates: readonly IndexShape[] };

/**
 * Reads documents by index and id, which sees unrefreshed ones, and searches for the rest: ids that are only in a
 * field, custom routing, many candidate indices, or filtered aliases.
 */
export async function locate(
  api: IsolatingApi,
  targets: readonly Target[],
  known: KnownIndices & { fields: VectorFields },
  signal: AbortSignal,
): Promise<Located[]> {
  const located = new Map<number, Located>();
  const lookups = new Map<number, Lookup>();
  targets.forEach((target, i) => {
    const candidates = candidatesOf(target, known);
    if (Array.isArray(candidates)) lookups.set(i, { target, candidates });
    else located.set(i, candidates);
  });
  const unreadable = new Map<number, readonly Gap[]>();
  const read = async (addresses: readonly (readonly [at: number, DocumentAddress])[]) => {
    const { documents, unseen } = await readRealtime(api, addresses, known.fields, signal);
    for (const [at, document] of documents) located.set(at, document);
    for (const [at, gaps] of unseen) unreadable.set(at, gaps);
  };
  await read([...lookups].flatMap(addressesToGet));
  const open = [...lookups].filter(([at, one]) => !located.has(at) && isSearched(one));
  // A search shows the last refresh; reading by id shows the current state.
  const { addresses, unseen } = await search(api, open, known.fields, signal);
  await read(addresses);
  return targets.map((_, i) => {
    const gaps = unseen.get(i) ?? unreadable.get(i);
    const missing = { state: "missing", unknownIndex: false } as const;
    return located.get(i) ?? (gaps ? { ...missing, gaps } : missing);
  });
}

function candidatesOf({ index }: Target, { shapes, names }: KnownIndices): IndexShape[] | Located {
  if (index === undefined) return [...shapes.values()];
  const concrete = names.get(index);
  if (!concrete) return { state: "missing", unknownIndex: true };
  const fit = concrete.flatMap((name) => shapes.get(name) ?? []);
  return fit.length > 0 ? fit : { state: "unfit" };
}

function addressesToGet([at, { target, candidates }]: [number, Lookup]): [
  number,
  DocumentAddress,
][] {
  if (candidates.length > MAX_GET_INDICES) return [];
  const { id, shardKey } = target;
  const where = shardKey === undefined ? {} : { shardKey };
  const asked = candidates.filter((shape) => !isFiltered(shape));
  return asked.map((shape) => [at, { shape, id, ...where }]);
}

/** A target with a routing has exactly that id, so only filtered aliases need a search. */
function isSearched({ target, candidates }: Lookup): boolean {
  if (target.shardKey === undefined || candidates.length > MAX_GET_INDICES) return true;
  return candidates.some(isFiltered);
}

const found = documentShape.extend({ found: z.literal(true) });
const absent = z.union([
  z.object({ found: z.literal(false) }),
  z.object({ error: z.object({ type: z.string() }) }),
]);
const mgetShape = z.object({ docs: z.array(z.union([found, absent])) });
const vectorShape = z.array(z.number());

/**
 * The documents found; of several for one target the first counts. `unseen`: gaps where a document may be that was not
 * read.
 */
async function readRealtime(
  api: IsolatingApi,
  addresses: readonly (readonly [at: number, DocumentAddress])[],
  fields: VectorFields,
  signal: AbortSignal,
): Promise<{ documents: Map<number, Located>; unseen: Map<number, Gap[]> }> {
  const ask = async (indices: readonly string[]) => {
    const part = new Set(indices);
    const asked = addresses.filter(([, { shape }]) => part.has(shape.index));
    return fetchInPages(asked, {}, async (some, within) => {
      const docs = some.map(([, { shape, id, shardKey }]) => ({
        _index: shape.index,
        _id: id,
        _source: recordAndVector(shape, fields),
        ...(shardKey === undefined ? {} : { routing: shardKey }),
      }));
      const request = { method: "POST", path: "/_mget", body: { docs }, ...within } as const;
      const answer = await api.send(request, mgetShape, signal);
      return some.map((address, i) => {
        const doc = answer.docs[i];
        const document =
          doc && "_source" in doc ? toCurrentState(doc, address[1], fields) : undefined;
        return [address, document] as const;
      });
    });
  };
  const indices = [...new Set(addresses.map(([, { shape }]) => shape.index))];
  const { answers, failed } = await readIsolatingFailures(api, indices, ask, signal);
  const documentOf = new Map(answers.flat());
  const documents = new Map<number, Located>();
  for (const asked of addresses) {
    const [at] = asked;
    const document = documentOf.get(asked);
    if (document && !documents.has(at)) documents.set(at, document);
  }
  const reasons = new Map(failed.map(({ index, fault }) => [index, unreadableReason(fault)]));
  const unseen = new Map<number, Gap[]>();
  for (const [at, { shape }] of addresses) {
    const reason = reasons.get(shape.index);
    if (reason !== undefined) unseen.set(at, [{ index: shape.index, reason }]);
  }
  return { documents, unseen };
}

/** A document read in real time; a vector in it means finished work. */
function toCurrentState(
  document: StoredDocument,
  { shape, shardKey }: DocumentAddress,
  fields: VectorFields,
): Located {
  // OpenSearch 3 omits the routing when it rebuilds the vector in `_source` from the index.
  const asked = shardKey === undefined ? {} : { _routing: shardKey };
  const record = toRecord({ ...asked, ...document }, shape, fields);
  const vector = vectorShape.safeParse(document._source[fields.vectorField]);
  const values = vector.success ? { vector: Float32Array.from(vector.data) } : {};
  return {
    state: "found",
    record,
    current: { state: "current", changed: true, record, ...values },
  };
}

/** Finds the addresses of the targets that were not read by id. */
async function search(
  api: IsolatingApi,
  lookups: readonly (readonly [number, Lookup])[],
  fields: VectorFields,
  signal: AbortSignal,
): Promise<{ addresses: [number, DocumentAddress][]; unseen: Map<number, readonly Gap[]> }> {
  const addresses: [number, DocumentAddress][] = [];
  const unseen = new Map<number, readonly Gap[]>();
  for (const { open, shapes } of byCandidates(lookups)) {
    const ids = open.map(({ id }) => id);
    const { byId, gaps } = await searchById(api, ids, { shapes, fields }, signal);
    for (const { at, id, shardKey } of open) {
      const address = byId
        .get(id)
        ?.find((hit) => shardKey === undefined || hit.shardKey === shardKey);
      if (address) addresses.push([at, address]);
      else if (gaps.length > 0) unseen.set(at, gaps);
    }
  }
  return { addresses, unseen };
}

type Search = {
  open: { at: number; id: string; shardKey?: string }[];
  shapes: readonly IndexShape[];
};

/** One search for all targets with the same candidate indices. */
function byCandidates(lookups: readonly (readonly [number, Lookup])[]): Iterable<Search> {
  const searches = new Map<string, Search>();
  for (const [at, { target, candidates }] of lookups) {
    const { index = "", ...rest } = target;
    const known = searches.get(index);
    if (known) known.open.push({ at, ...rest });
    else searches.set(index, { open: [{ at, ...rest }], shapes: candidates });
  }
  return searches.values();
}
