import { Fault } from "../model/faults.ts";
import { recordKey, type LogRecord } from "../model/log-record.ts";
import { noOutcomes, type Outcome, type Outcomes } from "../model/outcome.ts";
import type { Stamp } from "../model/stamp.ts";
import type { EmbeddingUse } from "../model/summary.ts";
import type { Events, LogStore, StopSignals } from "../ports.ts";
import { embedTexts, type Embedded, type EmbedDeps } from "./embed.ts";
import { sortOut, type Batch, type Write } from "./sort-out.ts";
import type { VectorCache } from "./vector-cache.ts";

export type EnrichDeps = EmbedDeps & {
  store: Pick<LogStore, "look" | "write">;
  cache: VectorCache;
  events: Pick<
    Events,
    "waiting" | "textsEmbedded" | "recordsWritten" | "recordFailed" | "embedderFailed"
  >;
};

export type EnrichResult = {
  /** By record key: what became of each record taken. */
  outcomeOf: Map<string, Outcome>;
  outcomes: Outcomes;
  use: EmbeddingUse;
  /** The embedder's failure, where it was no record's fault. */
  fault?: Fault;
};

/**
 * The one core: record to text to vector to document. Every record taken ends in exactly one outcome, whatever fails on
 * the way. Throws a Fault only where the store cannot even be looked at, and then nothing was paid for or written.
 */
export async function enrich(
  deps: EnrichDeps,
  records: readonly LogRecord[],
  stop: StopSignals,
): Promise<EnrichResult> {
  const { store, cache, clock, events, embedder } = deps;
  const batch = sortOut(records, await store.look(records, stop.everything), embedder);
  findInCache(batch, cache);

  const startedAt = clock.now();
  const inputs = batch.groups
    .filter((group) => !group.vector)
    .map(({ hash, records: [first] }) => inputOf(hash, first));
  const embedded = await embedTexts(deps, inputs, stop);
  events.textsEmbedded({
    records: batch.groups.reduce((sum, group) => sum + group.records.length, 0),
    texts: embedded.use.texts,
    requests: embedded.use.requests,
    durationMs: clock.now() - startedAt,
  });
  for (const [hash, entry] of vectorsOf(embedded.byHash)) cache.set(hash, entry);

  const writes = [...batch.writes, ...groupWrites(batch, embedded.byHash, deps)];
  await write(deps, batch, writes, stop);
  if (embedded.fault) {
    const deferred = [...batch.outcomeOf.values()].filter((o) => o === "deferred").length;
    events.embedderFailed({ fault: embedded.fault, deferred });
  }
  return {
    outcomeOf: batch.outcomeOf,
    outcomes: tally(batch.outcomeOf),
    use: embedded.use,
    ...(embedded.fault ? { fault: embedded.fault } : {}),
  };
}

function findInCache({ groups }: Batch, cache: VectorCache): void {
  for (const group of groups) {
    const cached = cache.get(group.hash);
    if (cached) group.vector = { values: cached.vector, truncated: cached.truncated };
  }
}

function inputOf(hash: string, { text, id, traceId }: LogRecord) {
  return { hash, text, logId: id, ...(traceId === undefined ? {} : { traceId }) };
}

function* vectorsOf(byHash: ReadonlyMap<string, Embedded>) {
  for (const [hash, entry] of byHash) {
    if ("vector" in entry) yield [hash, entry] as const;
  }
}

/** The writes of all groups that have a vector now; the first record of a paid text counts as updated. */
function groupWrites(
  { groups, outcomeOf }: Batch,
  byHash: ReadonlyMap<string, Embedded>,
  { embedder, clock, events }: EnrichDeps,
): Write[] {
  const writes: Write[] = [];
  for (const { hash, records, vector: known } of groups) {
    const answer = byHash.get(hash);
    if (answer && "fault" in answer) {
      const outcome = answer.fault.kind === "record" ? "quarantined" : "deferred";
      for (const record of records) {
        outcomeOf.set(recordKey(record), outcome);
        events.recordFailed({ index: record.index, id: record.id, outcome, fault: answer.fault });
      }
      continue;
    }
    const vector = known ?? (answer && { values: answer.vector, truncated: answer.truncated });
    if (!vector) continue;
    const stamp: Stamp = {
      model: embedder.model,
      dimensions: embedder.dimensions,
      text_hash: hash,
      embedded_at: new Date(clock.now()).toISOString(),
      truncated: vector.truncated,
    };
    records.forEach((record, i) => {
      const outcome = i === 0 && !known ? "updated" : "reused";
      writes.push({ update: { record, vector: vector.values, stamp }, outcome });
    });
  }
  return writes;
}

async function write(
  { store, clock, events }: EnrichDeps,
  batch: Batch,
  writes: readonly Write[],
  stop: StopSignals,
): Promise<void> {
  const startedAt = clock.now();
  const updates = writes.map(({ update }) => update);
  const results = await store.write(updates, stop.everything).catch((error: unknown) => {
    if (!(error instanceof Fault)) throw error;
    return updates.map(() => ({ status: "failed" as const, fault: error }));
  });
  writes.forEach(({ update: { record }, outcome }, i) => {
    const result = results[i];
    let ended: Outcome = outcome;
    if (!result) ended = "deferred";
    else if (result.status === "missing" || result.status === "conflicted") ended = result.status;
    else if (result.status === "failed") {
      ended = result.fault.kind === "record" ? "quarantined" : "deferred";
      const { index, id } = record;
      events.recordFailed({ index, id, outcome: ended, fault: result.fault });
    }
    batch.outcomeOf.set(recordKey(record), ended);
  });
  const outcomes = tally(batch.outcomeOf);
  events.recordsWritten({
    written: outcomes.updated + outcomes.reused,
    reused: outcomes.reused,
    failed: outcomes.quarantined + outcomes.deferred,
    durationMs: clock.now() - startedAt,
  });
}

function tally(outcomeOf: ReadonlyMap<string, Outcome>): Outcomes {
  const outcomes = noOutcomes();
  for (const outcome of outcomeOf.values()) outcomes[outcome]++;
  return outcomes;
}
