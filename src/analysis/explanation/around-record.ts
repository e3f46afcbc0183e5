import { groupOf } from "../../domain/group.ts";
import { recordKey, type LogRecord } from "../../domain/log-record.ts";
import { joinGaps, NO_GAPS, type Gap } from "../../domain/partial.ts";
import type { AroundQuery, RecordStore } from "../../ports/record-store.ts";
import type { GroupAnswer } from "../group-answers.ts";
import { scopeOf, type GroupsDeps } from "../group-scope.ts";
import { MINUTE_MS } from "../minute-batches.ts";
import { document, type Piece } from "./evidence.ts";

type AroundDeps = Pick<GroupsDeps, "groupCounts" | "readSurvey" | "show"> & {
  store: Pick<RecordStore, "findAround">;
};

/** How far around a record: its trace, and its service. */
const TRACE_MS = 10 * MINUTE_MS;
const SERVICE_MS = 5 * MINUTE_MS;
/** Records that are looked at, and those of them that are kept: each says something else. */
const READ = 50;
const OF_TRACE = 6;
const OF_SERVICE = 5;

/**
 * The records around one: the first of its episode, those of its trace, and those of its service within five minutes, before it rather than
 * after, each of another template than those before it. What the store cannot tell is left out. Throws a Fault.
 */
export async function aroundRecord(
  deps: AroundDeps,
  { record, answer }: { record: LogRecord; answer: GroupAnswer | undefined },
  signal: AbortSignal,
): Promise<{ pieces: Piece[]; gaps: readonly Gap[] }> {
  const at = Date.parse(record.timestamp ?? "");
  if (Number.isNaN(at)) return { pieces: [], gaps: NO_GAPS };
  const { scope } = await scopeOf(deps, {}, signal);
  const read = async (query: Omit<AroundQuery, "indices" | "limit">) => {
    const none = { records: [], gaps: NO_GAPS };
    const asked = { ...query, indices: scope.indices, limit: READ };
    return (await deps.store.findAround?.(asked, signal)) ?? none;
  };
  const nothing = { records: [] as LogRecord[], gaps: NO_GAPS };
  const { traceId, service } = record;
  const [first, trace, before, after] = await Promise.all([
    firstOfEpisode(deps, answer, scope.indices, signal),
    traceId === undefined
      ? nothing
      : read({ of: { traceId }, since: at - TRACE_MS, until: at + TRACE_MS }),
    service === undefined ? nothing : read({ of: { service }, since: at - SERVICE_MS, until: at }),
    service === undefined
      ? nothing
      : read({ of: { service }, since: at + 1, until: at + SERVICE_MS }),
  ]);
  const templateOf = ({ text }: LogRecord) => groupOf({ text: deps.show.toText(text) }).template;
  const known = new Set([templateOf(record)]);
  const keys = new Set([recordKey(record)]);
  const choose = (records: readonly LogRecord[], most: number) => {
    const chosen: LogRecord[] = [];
    for (const one of records.toSorted((a, b) => distance(a, at) - distance(b, at))) {
      const template = templateOf(one);
      if (chosen.length >= most || keys.has(recordKey(one)) || known.has(template)) continue;
      known.add(template);
      chosen.push(one);
    }
    return chosen.toSorted((a, b) => timeOf(a) - timeOf(b));
  };
  const piece = (one: LogRecord, title: string, weight: number) =>
    document(one, { title, text: deps.show.toShown(one.text), weight });
  const isOther = first.record && !keys.has(recordKey(first.record));
  const begins = first.record && isOther ? [first.record] : [];
  for (const one of begins) keys.add(recordKey(one));
  return {
    pieces: [
      ...begins.map((one) => piece(one, "the first of this episode", 60)),
      ...choose(trace.records, OF_TRACE).map((one) => piece(one, "of the same trace", 72)),
      ...choose(before.records, OF_SERVICE).map((one) =>
        piece(one, "of the same service, shortly before", 55),
      ),
      ...choose(after.records, OF_SERVICE - 2).map((one) =>
        piece(one, "of the same service, shortly after", 50),
      ),
    ],
    gaps: joinGaps(first.gaps, trace.gaps, before.gaps, after.gaps),
  };
}

/** A record of the first minute of the group's latest episode. */
async function firstOfEpisode(
  { groupCounts }: Pick<AroundDeps, "groupCounts">,
  answer: GroupAnswer | undefined,
  indices: readonly string[],
  signal: AbortSignal,
): Promise<{ record?: LogRecord; gaps: readonly Gap[] }> {
  const [episode] = answer?.episodes ?? [];
  if (!answer || !episode) return { gaps: NO_GAPS };
  const since = Date.parse(episode.from);
  const filter = { since, until: since + MINUTE_MS - 1 };
  const groups = [episode.group];
  const query = { indices, filter, groups, spanMs: MINUTE_MS };
  const { rows, gaps } = await groupCounts.describeGroups(query, signal);
  const record = rows[0]?.example;
  return { gaps, ...(record ? { record } : {}) };
}

function distance(record: LogRecord, at: number): number {
  return Math.abs(timeOf(record) - at);
}

function timeOf({ timestamp = "" }: LogRecord): number {
  const ms = Date.parse(timestamp);
  return Number.isNaN(ms) ? -Infinity : ms;
}
