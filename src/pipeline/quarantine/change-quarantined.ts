import type { JoinedStore } from "../joined-store.ts";
import { isTransient } from "../../domain/fault-policy.ts";
import { Fault } from "../../domain/faults.ts";
import { recordKey } from "../../domain/log-record.ts";
import { NO_GAPS } from "../../domain/partial.ts";
import type { Events } from "../../ports/events.ts";
import type { Update, WriteResult } from "../../ports/record-store.ts";
import type { StopSignals } from "../../ports/stop-signals.ts";
import type { LocalQuarantine } from "./local-quarantine.ts";
import { findQuarantined } from "./quarantined.ts";
import type { QuarantineChange, Unread } from "./quarantine-answer.ts";
import type { Found, Quarantined, QuarantineDeps, QuarantineFilter } from "./quarantined.ts";

/** `retry`: pending again at once, its attempts forgotten; `drop`: never tried again. */
export type QuarantineAction = "retry" | "drop";

/** `fault`: what ended it early. */
export type Changed = Omit<QuarantineChange, "stopped_by"> & { fault?: Fault };

export function changeAnswer({ fault, ...rest }: Changed): QuarantineChange {
  return { ...rest, ...(fault && { stopped_by: fault.message }) };
}

type ChangeDeps = QuarantineDeps & {
  store: Pick<JoinedStore, "write" | "makeVisible">;
  localQuarantine: Pick<LocalQuarantine, "clear" | "giveUp" | "keep">;
  events: Pick<Events, "refreshFailed">;
};

type Change = { filter: QuarantineFilter; action: QuarantineAction };

type Run = Change & {
  deps: ChangeDeps;
  result: Changed;
  written: Set<string>;
  /** Why an index took none of a page's updates: it is asked no more. */
  refusing: Map<string, Fault>;
};

const MAX_PROBLEMS = 100;

/**
 * Goes once through all that the filter takes, a page at a time. A stop ends it between two pages. Throws a Fault where
 * nothing was changed before it; later ones end it with what it has.
 */
export async function changeQuarantined(
  deps: ChangeDeps,
  change: Change,
  stop: StopSignals,
): Promise<Changed> {
  const result = nothingChanged();
  const run: Run = { ...change, deps, result, written: new Set(), refusing: new Map() };
  try {
    for await (const open of findOpen(deps, change, result, stop.everything)) {
      if (stop.requested.aborted) break;
      await changePage(run, open, stop.everything);
    }
  } catch (error) {
    if (!(error instanceof Fault) || result.changed === 0) throw error;
    result.fault = error;
  }
  if (run.written.size > 0) await refresh(deps, [...run.written], stop);
  return result;
}

/** How many records a change would concern. Throws a Fault. */
export async function countChangeable(
  deps: QuarantineDeps,
  change: Change,
  signal: AbortSignal,
): Promise<Pick<Changed, "matched" | keyof Unread>> {
  const sum = { matched: 0, unread: [], gaps: NO_GAPS };
  for await (const open of findOpen(deps, change, sum, signal)) sum.matched += open.length;
  return sum;
}

function nothingChanged(): Changed {
  const counts = { matched: 0, changed: 0, conflicted: 0, missing: 0, failed: 0 };
  return { ...counts, problems: [], unread: [], gaps: NO_GAPS };
}

async function* findOpen(
  deps: QuarantineDeps,
  { filter, action }: Change,
  unread: Unread,
  signal: AbortSignal,
): AsyncGenerator<Found[]> {
  for await (const found of findQuarantined(deps, filter, unread, signal)) {
    // What is never tried again as it is has nothing to be given up.
    yield found.filter(({ entry }) => action === "retry" || entry.nextTry !== undefined);
  }
}

async function changePage(run: Run, found: readonly Found[], signal: AbortSignal): Promise<void> {
  const { deps, action, result } = run;
  result.matched += found.length;
  const answers = await writeAll(run, found, signal);
  const done: string[] = [];
  for (const { entry } of found) {
    const key = recordKey(entry);
    // A document that can bear no mark may well refuse to lose an older one.
    const problem = entry.keptIn === "state" ? undefined : problemOf(answers.get(key), result);
    if (problem === undefined) done.push(key);
    else addProblem(result, entry, problem);
  }
  result.changed += done.length;
  if (action === "retry") deps.localQuarantine.clear(done);
  else deps.localQuarantine.giveUp(done);
  await deps.localQuarantine.keep();
  // The store does not answer: the pages to come would only wait as well.
  const passing = [...run.refusing.values()].find(({ kind }) => isTransient(kind));
  if (passing) throw passing;
}

/** Answers by record key, none for records whose documents bear no mark. A page is of one index. */
async function writeAll(
  { deps, action, refusing, written }: Run,
  found: readonly Found[],
  signal: AbortSignal,
): Promise<Map<string, WriteResult>> {
  const updates = found.flatMap((one) => updateOf(one, action));
  const [first] = updates;
  if (!first) return new Map();
  const { index } = first.record;
  const refused = refusing.get(index);
  const results: WriteResult[] = refused
    ? updates.map(() => ({ status: "failed", fault: refused }))
    : await deps.store.write(updates, signal);
  const faults = results.flatMap((one) => (one.status === "failed" ? [one.fault] : []));
  const others = faults.filter(({ kind }) => kind !== "record");
  if (others[0] && others.length === results.length) refusing.set(index, others[0]);
  if (results.some(({ status }) => status === "written")) written.add(index);
  return new Map(
    updates.flatMap(({ record }, i) => {
      const answer = results[i];
      return answer ? [[recordKey(record), answer]] : [];
    }),
  );
}

function updateOf({ entry, record }: Found, action: QuarantineAction): Update[] {
  if (!record) return [];
  if (action === "retry") return [{ record, unmark: true }];
  const { attempts, error } = entry;
  // A person's word rests on the text alone, whichever model refused it.
  const { field, text_hash: hash } = record.stamp ?? {};
  const basis = {
    ...(typeof field === "string" ? { field } : {}),
    ...(typeof hash === "string" ? { text_hash: hash } : {}),
  };
  return [{ record, mark: { skipped: "refused", attempts, error, ...basis } }];
}

/** Counts what did not go as wanted, and says why. */
function problemOf(answer: WriteResult | undefined, result: Changed): string | undefined {
  switch (answer?.status) {
    case undefined:
    case "written":
      return undefined;
    case "conflicted":
      result.conflicted++;
      return "changed in the meantime";
    case "missing":
      result.missing++;
      return "deleted in the meantime";
    case "failed":
      result.failed++;
      return answer.fault.message;
  }
}

function addProblem({ problems }: Changed, { index, id }: Quarantined, reason: string): void {
  if (problems.length < MAX_PROBLEMS) problems.push({ index, id, reason });
}

async function refresh(
  { store, events }: ChangeDeps,
  indices: readonly string[],
  stop: StopSignals,
): Promise<void> {
  try {
    const { failed } = await store.makeVisible(indices, stop.everything);
    for (const { fault } of failed) events.refreshFailed({ fault });
  } catch (error) {
    if (!(error instanceof Fault)) throw error;
    events.refreshFailed({ fault: error });
  }
}
