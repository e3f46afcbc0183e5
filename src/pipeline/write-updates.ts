import { Fault } from "../domain/faults.ts";
import type { LogRecord } from "../domain/log-record.ts";
import { isOfModel } from "../domain/stamp.ts";
import type { Clock } from "../ports/clock.ts";
import type { Events } from "../ports/events.ts";
import type { RecordStore, CurrentState, Update, WriteResult } from "../ports/record-store.ts";
import type { StopSignals } from "../ports/stop-signals.ts";
import { retryWaitMs } from "./retry.ts";

export type WriteDeps = {
  store: Pick<RecordStore, "readCurrent" | "write">;
  clock: Clock;
  events: Pick<Events, "waiting" | "callRepeated">;
};

/**
 * Writes updates, those again that a passing fault kept from it; results in their order. Throws no Fault. Where it was
 * asked to stop it tries once more at once, for what is to be written is paid for.
 */
export async function writeUpdates(
  deps: WriteDeps,
  updates: readonly Update[],
  stop: StopSignals,
): Promise<WriteResult[]> {
  const { clock, events } = deps;
  const results = await writeResolved(deps, updates, stop, false);
  for (let retries = 0; ; retries++) {
    const open = updates.flatMap((update, i) => {
      const result = results[i];
      if (result?.status !== "failed") return [];
      const waitMs = retryWaitMs(result.fault, retries);
      return waitMs === undefined ? [] : [{ update, i, fault: result.fault, waitMs }];
    });
    const [first] = open;
    if (!first || stop.everything.aborted) return results;
    if (!stop.requested.aborted) {
      const waitMs = Math.max(...open.map((one) => one.waitMs));
      events.waiting({ fault: first.fault, waitMs });
      await clock.sleep(waitMs, stop.requested);
    }
    const last = stop.requested.aborted;
    events.callRepeated({ target: "opensearch", times: 1 });
    const again = await writeResolved(
      deps,
      open.map(({ update }) => update),
      stop,
      true,
    );
    open.forEach(({ i }, at) => {
      const result = again[at];
      if (result) results[i] = result;
    });
    if (last) return results;
  }
}

async function writeOnce(
  { store }: WriteDeps,
  updates: readonly Update[],
  stop: StopSignals,
): Promise<WriteResult[]> {
  if (updates.length === 0) return [];
  try {
    return await store.write(updates, stop.everything, stop.requested);
  } catch (error) {
    if (!(error instanceof Fault)) throw error;
    return updates.map(() => ({ status: "failed", fault: error }));
  }
}

/**
 * What conflicts is looked at once more. A request without an answer may have been carried out: then the second one meets
 * its own work. And where only other fields were changed, the vector still belongs to the text and is written again.
 */
async function writeResolved(
  deps: WriteDeps,
  updates: readonly Update[],
  stop: StopSignals,
  sentBefore: boolean,
): Promise<WriteResult[]> {
  const results = await writeOnce(deps, updates, stop);
  const places = updates.keys().filter((i) => results[i]?.status === "conflicted");
  const conflicts = [...places].flatMap((i) => {
    const update = updates[i];
    return update ? [{ i, update }] : [];
  });
  if (conflicts.length === 0) return results;
  const looks = await lookAgain(
    deps,
    conflicts.map(({ update }) => update),
    stop,
  );
  const again = conflicts.flatMap(({ i, update }, at) => {
    const look = looks[at];
    if (look?.state === "missing") results[i] = { status: "missing" };
    if (look?.state !== "current") return [];
    const { record } = look;
    if (record.text !== update.record.text) return [];
    if (sentBefore && isThisUpdate(update, look)) results[i] = { status: "written" };
    else if (!look.vector || isStillOutdated(update, record)) {
      return [{ i, update: { ...update, record } }];
    }
    return [];
  });
  const answers = await writeOnce(
    deps,
    again.map(({ update }) => update),
    stop,
  );
  again.forEach(({ i }, at) => {
    const answer = answers[at];
    if (answer) results[i] = answer;
  });
  return results;
}

async function lookAgain(
  { store }: WriteDeps,
  updates: readonly Update[],
  stop: StopSignals,
): Promise<CurrentState[]> {
  try {
    const records = updates.map(({ record }) => record);
    return await store.readCurrent(records, stop.everything);
  } catch (error) {
    if (!(error instanceof Fault)) throw error;
    return [];
  }
}

/** The vector that it carries is still the one that is to be replaced, or removed. */
function isStillOutdated(update: Update, record: LogRecord): boolean {
  if (!record.outdated) return false;
  if (record.textChanged && isSameVector(record, update.record)) return true;
  return "stamp" in update && !isOfModel(record.stamp, update.stamp);
}

function isSameVector({ stamp: now = {} }: LogRecord, { stamp: before = {} }: LogRecord): boolean {
  return ["text_hash", "model", "dimensions", "mac"].every((name) => now[name] === before[name]);
}

/** Everything that the update writes beside the vector stands in the document, the time of embedding included. */
function isThisUpdate(update: Update, look: Extract<CurrentState, { state: "current" }>): boolean {
  const stands = look.record.stamp ?? {};
  const wanted = "stamp" in update ? update.stamp : "mark" in update ? update.mark : undefined;
  if (!wanted || ("vector" in update && !look.vector)) return false;
  return Object.entries(wanted).every(([name, value]) => stands[name] === value);
}
