import { isoTimeIn } from "../domain/iso-time.ts";
import { readProcesses, type Role } from "./heartbeat.ts";
import { processHealth } from "./process-health.ts";
import { coverageRatio, sumCoverage, type CoverageSum } from "../domain/coverage.ts";
import type { ModelInForce, ReadOtherModels } from "../domain/other-models.ts";
import type { FitIndex } from "../domain/survey.ts";
import { readBreaker } from "../limits/breaker.ts";
import { readSpent } from "../limits/spending.ts";
import type { Clock } from "../ports/clock.ts";
import type { RecordStore } from "../ports/record-store.ts";
import type { MessageStream, ReadOptions } from "../ports/message-stream.ts";
import type { ProcessTable } from "../ports/process-table.ts";
import type { StateStore } from "../ports/state-store.ts";
import { findTextless } from "../pipeline/collections/textless-watch.ts";
import { textlessAmong } from "../domain/textless.ts";
import { keptId, type LocalQuarantine } from "../pipeline/quarantine/local-quarantine.ts";
import { readLastSweep } from "../pipeline/sweep-state.ts";
import { indexKey, recordKey } from "../domain/log-record.ts";
import { NO_FACTS, type CountedFacts } from "./issues/facts.ts";
import type { Issue } from "./issues/issue.ts";
import { issuesOf } from "./issues/issues.ts";
import { budgetOf } from "./issues/process-facts.ts";
import type { Status, StatusRow } from "./status-shape.ts";
import { readStreamStatus } from "./stream-status.ts";

type StatusDeps = {
  store: Pick<RecordStore, "survey" | "coverage" | "findTextElsewhere">;
  state: StateStore;
  localQuarantine: Pick<LocalQuarantine, "keys" | "sync" | "all" | "has">;
  processes: Pick<ProcessTable, "livenessOf">;
  clock: Pick<Clock, "now">;
  inForce: ModelInForce;
  otherModels: ReadOtherModels;
  heldVectors: () => Promise<number>;
  /** The limit of a day; absent: none. */
  usdPerDay?: number;
  streams?: { stream: Pick<MessageStream, "backlog">; groups: readonly ReadOptions[] };
};

/** Coverage and backlog as they are now. Throws a Fault. */
export async function readStatus(deps: StatusDeps, signal: AbortSignal): Promise<Status> {
  const { store, state, localQuarantine, clock, inForce, streams } = deps;
  const { fit, unfit } = await store.survey(signal);
  await localQuarantine.sync();
  const indices = fit.map(({ index }) => index);
  const query = { indices, quarantinedKeys: localQuarantine.keys(), oldest: true };
  const { rows, gaps } = await store.coverage(query, signal);
  const names = textlessAmong(rows).map(({ index }) => index);
  const textless = await findTextless(store, names, signal);
  const unseen = new Set(gaps.map(({ index }) => index));
  const search = new Map(fit.map((one) => [one.index, one.search]));
  const processes = await readProcesses(state);
  const newest = (role: Role) => processes.findLast((one) => one.role === role) ?? null;
  const counted = {
    indices: rows.map((row) => ({
      index: row.index,
      ...statusRow(unseen.has(row.index) ? undefined : row),
      search: search.get(row.index) ?? "exact",
      oldest_pending: isoTimeIn(unseen.has(row.index) ? undefined : row.oldestPendingAt),
    })),
    total: statusRow(gaps.length > 0 ? undefined : sumCoverage(rows)),
    model: modelOf(inForce),
    other_models: await deps.otherModels(rows, signal),
    unfit,
    textless: textless.map(({ index, lookedIn, fields }) => ({
      index,
      looked_in: lookedIn,
      fields,
    })),
    unsearchable: fit.flatMap(({ index, unsearchable: reason }) =>
      reason === undefined ? [] : [{ index, reason }],
    ),
    looping: loopingIn(fit, localQuarantine),
    held_vectors: await deps.heldVectors(),
    gaps,
    breaker: (await readBreaker(state)) ?? null,
    spent_today: await readSpent(state, clock.now(), deps.usdPerDay),
    sweep: (await readLastSweep(state)) ?? null,
    kafka: streams ? await readStreamStatus(streams.stream, streams.groups, signal) : null,
    daemon: newest("daemon"),
    tail: newest("tail"),
    worker: newest("worker"),
    processes: processHealth(processes, deps.processes, clock.now()).map((one) => {
      const { role, pid, host, heartbeat_at } = one.entry;
      return { role, pid, host, state: one.state, heartbeat_at };
    }),
  };
  return { ...counted, issues: issuesIn(counted, clock.now()) };
}

function modelOf(inForce: ModelInForce): Status["model"] {
  const { model, dimensions, ownDimensions, chosenBy = "settings", localDefault } = inForce;
  return {
    model,
    dimensions,
    ...(ownDimensions !== undefined && { own_dimensions: ownDimensions }),
    chosen_by: chosenBy,
    ...(localDefault && { local_default: localDefault }),
  };
}

function issuesIn(
  counted: CountedFacts & Pick<Status, "breaker" | "spent_today">,
  now: number,
): Issue[] {
  const { breaker, spent_today: spent } = counted;
  return issuesOf({
    ...NO_FACTS,
    now,
    dependencies: breaker ? [{ name: "embedder", error: breaker }] : [],
    budget: budgetOf(spent),
    counted,
  });
}

function loopingIn(
  fit: readonly FitIndex[],
  localQuarantine: Pick<LocalQuarantine, "all" | "has">,
): Status["looping"] {
  const loops = localQuarantine.all().filter(({ cause }) => cause === "loop");
  if (loops.length === 0) return [];
  const keys = new Set(fit.map(({ index, uuid }) => indexKey({ index, indexUuid: uuid })));
  const isLoop = (kept: (typeof loops)[number]) => {
    const id = keptId(kept);
    return keys.has(indexKey(id)) && localQuarantine.has(recordKey(id));
  };
  const byIndex = Map.groupBy(loops.filter(isLoop), ({ index }) => index);
  return [...byIndex].map(([index, all]) => ({ index, records: all.length }));
}

const UNSEEN: StatusRow = {
  records: null,
  vectorized: null,
  other_model: null,
  pending: null,
  quarantined: null,
  without_text: null,
  coverage: null,
};

function statusRow(row: CoverageSum | undefined): StatusRow {
  if (!row) return UNSEEN;
  return {
    records: row.records,
    vectorized: row.vectorized,
    other_model: row.otherModel,
    pending: row.pending,
    quarantined: row.quarantined,
    without_text: row.withoutText,
    coverage: coverageRatio(row),
  };
}
