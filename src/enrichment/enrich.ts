import { Fault } from "../model/faults.ts";
import { recordKey, type LogRecord } from "../model/log-record.ts";
import { noOutcomes, type Outcome, type Outcomes } from "../model/outcome.ts";
import type { Stamp } from "../model/stamp.ts";
import type { EmbeddingUse } from "../model/summary.ts";
import type { Events, LogStore, Look, StopSignals } from "../ports.ts";
import type { Embedded } from "./embed.ts";
import { findVectors, type FindVectorsDeps } from "./find-vectors.ts";
import { refusalMark } from "./quarantine.ts";
import { sortOut, type Batch, type Write } from "./sort-out.ts";

export type EnrichDeps = FindVectorsDeps & {
  store: Pick<LogStore, "look" | "write">;
  events: Pick<
    Events,
    "waiting" | "textsEmbedded" | "recordsWritten" | "recordFailed" | "embedderFailed"
  >;
};

export type EnrichResult = {
  /** By record key: what became of each record taken. */
  outcomeOf: Map<string, Outcome>;
  /** By record key: why a record is quarantined or deferred, where it is known. */
  faultOf: Map<string, Fault>;
  /** Keys of deferred records for whose text the embedder answered with nothing that can be used. */
  withoutVector: Set<string>;
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
  return enrichSeen(deps, records, await deps.store.look(records, stop.everything), stop);
}

/** The same for records that were looked at already, the looks in their order. Throws no Fault. */
export async function enrichSeen(
  deps: Omit<EnrichDeps, "store"> & { store: Pick<LogStore, "write"> },
  records: readonly LogRecord[],
  looks: readonly Look[],
  stop: StopSignals,
): Promise<EnrichResult> {
  const { clock, events, embedder } = deps;
  const batch = sortOut(records, looks, embedder);
  const startedAt = clock.now();
  const embedded = await findVectors(deps, batch.groups, stop);
  events.textsEmbedded({
    records: batch.groups.reduce((sum, group) => sum + group.records.length, 0),
    texts: embedded.use.texts,
    requests: embedded.use.requests,
    durationMs: clock.now() - startedAt,
  });

  const failed: Failed = { faultOf: new Map(), withoutVector: new Set() };
  const writes = [...batch.writes, ...groupWrites(batch, embedded.byHash, failed, deps)];
  await write(deps, batch, writes, failed.faultOf, stop);
  if (embedded.fault) {
    const deferred = [...batch.outcomeOf.values()].filter((o) => o === "deferred").length;
    events.embedderFailed({ fault: embedded.fault, deferred });
  }
  return {
    outcomeOf: batch.outcomeOf,
    ...failed,
    outcomes: tally(batch.outcomeOf),
    use: embedded.use,
    ...(embedded.fault ? { fault: embedded.fault } : {}),
  };
}

type Failed = Pick<EnrichResult, "faultOf" | "withoutVector">;

/** The writes of all groups that have a vector now, and the marks of those that were refused. */
function groupWrites(
  { groups, outcomeOf }: Batch,
  byHash: ReadonlyMap<string, Embedded>,
  { faultOf, withoutVector }: Failed,
  { embedder, clock, events }: Pick<EnrichDeps, "embedder" | "clock" | "events">,
): Write[] {
  const writes: Write[] = [];
  for (const { hash, records, vector: known } of groups) {
    const answer = byHash.get(hash);
    if (answer && "fault" in answer) {
      const { fault } = answer;
      const outcome = fault.kind === "record" ? "quarantined" : "deferred";
      for (const record of records) {
        const key = recordKey(record);
        outcomeOf.set(key, outcome);
        faultOf.set(key, fault);
        events.recordFailed({ index: record.index, id: record.id, outcome, fault });
        if (outcome !== "quarantined") {
          withoutVector.add(key);
          continue;
        }
        const mark = refusalMark(record.stamp, fault, clock.now());
        writes.push({ update: { record, mark }, outcome });
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
      // The first record of a paid text counts as updated.
      const outcome = i === 0 && !known ? "updated" : "reused";
      writes.push({ update: { record, vector: vector.values, stamp }, outcome });
    });
  }
  return writes;
}

async function write(
  {
    store,
    clock,
    events,
  }: Pick<EnrichDeps, "clock" | "events"> & {
    store: Pick<LogStore, "write">;
  },
  batch: Batch,
  writes: readonly Write[],
  faultOf: Map<string, Fault>,
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
    const key = recordKey(record);
    let ended: Outcome = outcome;
    if (!result) ended = "deferred";
    else if (result.status === "missing" || result.status === "conflicted") ended = result.status;
    else if (result.status === "failed") {
      const { fault } = result;
      const { index, id } = record;
      // A record that was refused stays refused where its mark cannot be written.
      if (outcome !== "quarantined") {
        ended = fault.kind === "record" ? "quarantined" : "deferred";
        faultOf.set(key, fault);
      }
      events.recordFailed({ index, id, outcome: ended, fault });
    }
    batch.outcomeOf.set(key, ended);
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
