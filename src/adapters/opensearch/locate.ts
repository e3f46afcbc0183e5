import { z } from "zod";
import { asText, readPath } from "../../model/document.ts";
import type { LogRecord } from "../../model/log-record.ts";
import type { Located, Target } from "../../ports.ts";
import type { Api } from "./api.ts";
import { documentShape, toRecord, type StoredDocument } from "./hits.ts";
import { groupById, type IdField, type IndexShape, type Query } from "./index-shape.ts";
import { lookAt } from "./look.ts";
import { recordSource, type VectorFields } from "./queries.ts";
import { searchGroups, searchShape } from "./search.ts";

/** What is known of the indices: the fit ones by name, and every name that leads to some. */
export type KnownIndices = {
  shapes: ReadonlyMap<string, IndexShape>;
  /** Concrete indices by the name of an index, an alias or a data stream, newest first. */
  names: ReadonlyMap<string, readonly string[]>;
};

/** With more indices than these, a document is searched for instead of asked for by name and id. */
const MAX_ASKED = 3;
/** Documents of one id that a search may bring. */
const MAX_COPIES = 3;

type Sought = { target: Target; candidates: readonly IndexShape[] };

/**
 * Asks for documents by index and id, which sees them at once, and searches for the others, which sees them after a
 * refresh: those whose id is only in a field, which have a routing of their own, or may be in many indices.
 */
export async function locate(
  api: Api,
  targets: readonly Target[],
  known: KnownIndices & { fields: VectorFields; idField: string },
  signal: AbortSignal,
): Promise<Located[]> {
  const located: (Located | undefined)[] = [];
  const sought = new Map<number, Sought>();
  targets.forEach((target, i) => {
    const candidates = candidatesOf(target, known);
    if (Array.isArray(candidates)) sought.set(i, { target, candidates });
    else located[i] = candidates;
  });
  await ask(api, sought, located, known, signal);
  await search(api, sought, located, known, signal);
  return targets.map((_, i) => located[i] ?? { state: "missing", unknownIndex: false });
}

function candidatesOf({ index }: Target, { shapes, names }: KnownIndices): IndexShape[] | Located {
  if (index === undefined) return [...shapes.values()];
  const concrete = names.get(index);
  if (!concrete) return { state: "missing", unknownIndex: true };
  const fit = concrete.flatMap((name) => shapes.get(name) ?? []);
  return fit.length > 0 ? fit : { state: "unfit" };
}

const found = documentShape.extend({ found: z.literal(true) });
const absent = z.union([
  z.object({ found: z.literal(false) }),
  z.object({ error: z.object({ type: z.string() }) }),
]);
const mgetShape = z.object({ docs: z.array(z.union([found, absent])) });
const vectorShape = z.array(z.number());

/** What was found is taken out of `sought`. */
async function ask(
  api: Api,
  sought: Map<number, Sought>,
  located: (Located | undefined)[],
  { fields }: { fields: VectorFields },
  signal: AbortSignal,
): Promise<void> {
  const asked: { at: number; shape: IndexShape }[] = [];
  const docs: Query[] = [];
  for (const [at, { target, candidates }] of sought) {
    if (candidates.length > MAX_ASKED) continue;
    const { id, routing } = target;
    for (const shape of candidates) {
      asked.push({ at, shape });
      const source = { includes: includesOf(shape, fields) };
      const where = routing === undefined ? {} : { routing };
      docs.push({ _index: shape.index, _id: id, _source: source, ...where });
    }
  }
  if (docs.length === 0) return;
  const answer = await api.send(
    { method: "POST", path: "/_mget", body: { docs } },
    mgetShape,
    signal,
  );
  answer.docs.forEach((doc, k) => {
    const question = asked[k];
    if (!question || !("_source" in doc) || !sought.delete(question.at)) return;
    located[question.at] = nowStanding(doc, question.shape, fields);
  });
}

/** A document read just now: a vector that it has is finished work. */
function nowStanding(doc: StoredDocument, shape: IndexShape, fields: VectorFields): Located {
  const record = toRecord(doc, shape, fields.metaField);
  const vector = vectorShape.safeParse(doc._source[fields.vectorField]);
  const values = vector.success ? { vector: Float32Array.from(vector.data) } : {};
  return { state: "found", record, look: { state: "current", changed: true, record, ...values } };
}

async function search(
  api: Api,
  sought: ReadonlyMap<number, Sought>,
  located: (Located | undefined)[],
  known: KnownIndices & { fields: VectorFields; idField: string },
  signal: AbortSignal,
): Promise<void> {
  const records: { at: number; record: LogRecord }[] = [];
  for (const { open, shapes } of byCandidates(sought)) {
    const ids = open.map(({ id }) => id);
    const hits = await searchFor(api, ids, shapes, known, signal);
    for (const { at, id } of open) {
      const record = hits.get(id);
      if (record) records.push({ at, record });
    }
  }
  // Search shows documents as they were: what has its vector by now must not be paid for again.
  const looks = await lookAt(
    api,
    records.map(({ record }) => record),
    known,
    signal,
  );
  records.forEach(({ at, record }, i) => {
    located[at] = { state: "found", record, look: looks[i] ?? { state: "unchanged" } };
  });
}

type Search = { open: { at: number; id: string }[]; shapes: readonly IndexShape[] };

/** One search for all that may be in the same indices. */
function byCandidates(sought: ReadonlyMap<number, Sought>): Iterable<Search> {
  const searches = new Map<string, Search>();
  for (const [at, { target, candidates }] of sought) {
    // One that is named with its routing stands under exactly that id, or not at all.
    if (target.routing !== undefined) continue;
    const { id, index = "" } = target;
    const known = searches.get(index);
    if (known) known.open.push({ at, id });
    else searches.set(index, { open: [{ at, id }], shapes: candidates });
  }
  return searches.values();
}

/** Documents by either of their ids. */
async function searchFor(
  api: Api,
  ids: readonly string[],
  shapes: readonly IndexShape[],
  known: KnownIndices & { fields: VectorFields; idField: string },
  signal: AbortSignal,
): Promise<Map<string, LogRecord>> {
  const answers = await searchGroups(
    api,
    groupById(shapes),
    ([shape]) => (shape ? searchBody(shape, ids, known) : {}),
    searchShape,
    signal,
  );
  const hits = new Map<string, LogRecord>();
  for (const hit of answers.flatMap((answer) => answer.hits.hits)) {
    const shape = known.shapes.get(hit._index);
    if (!shape) continue;
    const record = toRecord(hit, shape, known.fields.metaField);
    for (const id of [hit._id, asText(readPath(hit._source, known.idField))]) {
      if (id !== "" && !hits.has(id)) hits.set(id, record);
    }
  }
  return hits;
}

function searchBody(
  shape: IndexShape,
  ids: readonly string[],
  { fields, idField }: { fields: VectorFields; idField: string },
): Query {
  const { includes, excludes } = recordSource(shape, fields);
  return {
    size: Math.min(10_000, ids.length * MAX_COPIES),
    track_total_hits: false,
    seq_no_primary_term: true,
    _source: { includes: [...includes, idField], excludes },
    query: { bool: { should: idClauses(shape, ids), minimum_should_match: 1 } },
  };
}

function idClauses({ idFields }: IndexShape, ids: readonly string[]): Query[] {
  return [
    { ids: { values: ids } },
    ...idFields.flatMap(({ name, number }: IdField) => {
      // A number's field refuses a search for a word.
      const values = number ? ids.filter((id) => /^-?\d{1,18}$/.test(id)) : ids;
      return values.length > 0 ? [{ terms: { [name]: values } }] : [];
    }),
  ];
}

function includesOf(shape: IndexShape, fields: VectorFields): string[] {
  return [...recordSource(shape, fields).includes, fields.vectorField];
}
