import type { FaultKind } from "../../src/domain/faults.ts";
import type { BacklogPoint } from "../../src/status/overview/backlog-history.ts";
import { NO_FACTS, type CountedFacts, type IssueFacts } from "../../src/status/issues/facts.ts";
import type { DependencyName } from "../../src/status/issues/issue.ts";
import type { ReportedFault } from "../../src/status/issues/reported-faults.ts";

export const NOW = Date.parse("2026-01-02T03:04:05Z");
const MINUTE = 60_000;
const iso = (ms: number) => new Date(ms).toISOString();

type CycleFacts = NonNullable<IssueFacts["cycles"]>;

export function cycleFacts(changes: Partial<CycleFacts> = {}): CycleFacts {
  return {
    missed: 0,
    ended: true,
    startedAt: NOW - 7_200_000,
    last: undefined,
    running: false,
    batchSize: 100,
    longestGapMs: 600_000,
    ...changes,
  };
}

/** One index, and nothing wrong with it. */
export function countedFacts(changes: Partial<CountedFacts> = {}): CountedFacts {
  return {
    indices: [{ index: "app_logs" }],
    unfit: [],
    gaps: [],
    textless: [],
    looping: [],
    unsearchable: [],
    other_models: null,
    model: { model: "m", dimensions: 8, chosen_by: "settings" },
    processes: [],
    ...changes,
  };
}

/** Everything is well, in a daemon that knows all. */
export function goodFacts(changes: Partial<IssueFacts> = {}): IssueFacts {
  return {
    ...NO_FACTS,
    now: NOW,
    cycles: cycleFacts(),
    counted: countedFacts(),
    ...changes,
  };
}

export function down(
  ...names: [name: DependencyName, kind: FaultKind][]
): IssueFacts["dependencies"] {
  return names.map(([name, kind]) => ({
    name,
    error: { kind, message: `${name} said no`, hint: "Fix it.", since: iso(NOW - MINUTE) },
  }));
}

export function reported(
  id: ReportedFault["id"],
  kind: FaultKind,
  more: Partial<ReportedFault> = {},
): ReportedFault {
  return {
    id,
    which: "",
    kind,
    since: iso(NOW - MINUTE),
    message: "so it is",
    hint: "Do it.",
    ...more,
  };
}

/** Every ten minutes, the last one now. */
export function backlog(...pending: number[]): BacklogPoint[] {
  return pending.map((count, i) => ({
    at: iso(NOW - (pending.length - 1 - i) * 10 * MINUTE),
    pending: count,
  }));
}
