import { z } from "zod";
import { Fault } from "../../domain/faults.ts";
import type { LogRecord } from "../../domain/log-record.ts";
import type { CurrentState } from "../../ports/record-store.ts";
import type { Api } from "./api.ts";
import type { Bounded } from "./bounded-answers.ts";
import { kindOf } from "./faults.ts";
import type { IndexShape } from "./index-shape.ts";
import { readIsolatingFailures, type IsolatingApi } from "./isolating-api.ts";
import { documentShape, toRecord } from "./hits.ts";
import { fetchInPages } from "./page-sizes.ts";
import { recordAndVector, type VectorFields } from "./queries.ts";
import { versionOf } from "./version.ts";

const found = documentShape.extend({ found: z.literal(true) });
const notFound = z.object({ found: z.literal(false) });
const failed = z.object({
  error: z.object({ type: z.string(), reason: z.string().nullish() }),
});
const answerShape = z.object({ docs: z.array(z.union([found, notFound, failed])) });
type Answer = z.infer<typeof answerShape>["docs"][number];

const vectorShape = z.array(z.number());

/** Limits the size of an answer with vectors. */
const DETAILS_PER_REQUEST = 50;

/**
 * Reads the current state of records, unrefreshed changes included. Versions are read first (3 ms for 100); text and
 * vector only of records that changed, or that have a stamp though search sees no vector.
 */
export async function readCurrent(
  api: IsolatingApi,
  records: readonly LogRecord[],
  { shapes, fields }: { shapes: ReadonlyMap<string, IndexShape>; fields: VectorFields },
  signal: AbortSignal,
): Promise<CurrentState[]> {
  if (records.length === 0) return [];
  const versions = await mget(api, records, () => false, signal);
  const states = records.map((record, i): CurrentState | undefined => {
    const answer = versions[i];
    if (!answer || isGone(answer)) return { state: "missing" };
    if ("unreadable" in answer) return { state: "unreadable", fault: answer.unreadable };
    if ("error" in answer) return unreadable(record, answer);
    const unchanged = isUnchanged(record, answer);
    // Search sees the vector of an outdated record.
    const isSearched = record.outdated ?? record.stamp?.["model"] === undefined;
    return unchanged && isSearched ? { state: "unchanged" } : undefined;
  });
  const sourceOf = ({ index }: LogRecord) => {
    const shape = shapes.get(index);
    return shape !== undefined && recordAndVector(shape, fields);
  };
  const open = records.map((_, i) => i).filter((i) => states[i] === undefined);
  const asked = open.flatMap((i) => records[i] ?? []);
  const details = await fetchInPages(
    asked,
    { atOnce: DETAILS_PER_REQUEST },
    async (part, within) => {
      const answers = await mget(api, part, sourceOf, signal, within);
      return part.map((record, k) =>
        detailed(record, answers[k], shapes.get(record.index), fields),
      );
    },
  );
  open.forEach((i, k) => (states[i] = details[k]));
  return states.map((state) => state ?? { state: "unchanged" });
}

/** The index does not answer, though others do. */
type Unreadable = { unreadable: Fault };

/** In the order of the records; undefined where the answer leaves one out. */
async function mget(
  api: IsolatingApi,
  records: readonly LogRecord[],
  sourceOf: (record: LogRecord) => false | { includes: string[] },
  signal: AbortSignal,
  within: Bounded = {},
): Promise<(Answer | Unreadable | undefined)[]> {
  const answers: (Answer | Unreadable | undefined)[] = records.map(() => undefined);
  const ask = async (indices: readonly string[]) => {
    const part = new Set(indices);
    const asked = [...records.entries()].filter(([, { index }]) => part.has(index));
    const docs = asked.map(([, record]) => ({
      _index: record.index,
      _id: record.id,
      ...(record.shardKey === undefined ? {} : { routing: record.shardKey }),
      _source: sourceOf(record),
    }));
    const request = { method: "POST", path: "/_mget", body: { docs }, ...within } as const;
    const answer = await api.send(request, answerShape, signal);
    asked.forEach(([at], i) => (answers[at] = answer.docs[i]));
  };
  const indices = [...new Set(records.map(({ index }) => index))];
  const asked = await readIsolatingFailures(api, indices, ask, signal);
  const faultOf = new Map(asked.failed.map(({ index, fault }) => [index, { unreadable: fault }]));
  return answers.map((answer, i) => answer ?? faultOf.get(records[i]?.index ?? ""));
}

function isGone(answer: Answer | Unreadable): boolean {
  if ("unreadable" in answer) return false;
  if ("error" in answer) return answer.error.type === "index_not_found_exception";
  return !answer.found;
}

/** An error of one document is its index's: closed, blocked, or without shards. */
function unreadable({ index }: LogRecord, { error }: z.infer<typeof failed>): CurrentState {
  const kind = kindOf(0, error.type);
  const message = `OpenSearch cannot read ${index}: ${error.type}: ${error.reason ?? ""}`;
  return { state: "unreadable", fault: new Fault(kind === "record" ? "index" : kind, message) };
}

function isUnchanged(record: LogRecord, answer: Answer): boolean {
  return "_seq_no" in answer && versionOf(answer) === record.version;
}

function detailed(
  record: LogRecord,
  answer: Answer | Unreadable | undefined,
  shape: IndexShape | undefined,
  fields: VectorFields,
): CurrentState {
  if (!answer || isGone(answer) || !shape) return { state: "missing" };
  if ("unreadable" in answer) return { state: "unreadable", fault: answer.unreadable };
  if ("error" in answer) return unreadable(record, answer);
  if (!("_source" in answer)) return { state: "unchanged" };
  const vector = vectorShape.safeParse(answer._source[fields.vectorField]);
  // OpenSearch 3 omits the routing when it rebuilds the vector in `_source` from the index.
  const routing = record.shardKey === undefined ? {} : { _routing: record.shardKey };
  const { outdated, textChanged } = record;
  const flags = vector.success
    ? { ...(outdated && { outdated }), ...(textChanged && { textChanged }) }
    : {};
  return {
    state: "current",
    changed: !isUnchanged(record, answer),
    record: { ...toRecord({ ...routing, ...answer }, shape, fields), ...flags },
    ...(vector.success ? { vector: Float32Array.from(vector.data) } : {}),
  };
}

/** Which indices exist now, by reading one document of each that need not exist. */
export async function existing(
  api: Api,
  indices: readonly string[],
  signal: AbortSignal,
): Promise<Set<string>> {
  if (indices.length === 0) return new Set();
  const docs = indices.map((index) => ({ _index: index, _id: "log-vectorizer", _source: false }));
  const request = { method: "POST", path: "/_mget", body: { docs } } as const;
  const answers = (await api.send(request, answerShape, signal)).docs;
  return new Set(indices.filter((_, i) => !isGoneIndex(answers[i])));
}

function isGoneIndex(answer: Answer | undefined): boolean {
  return (
    answer === undefined || ("error" in answer && answer.error.type === "index_not_found_exception")
  );
}
