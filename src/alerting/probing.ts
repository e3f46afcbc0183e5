import { createWakeup } from "../concurrency/wakeup.ts";
import type { CallRecord } from "../status/call-record.ts";
import type { Clock } from "../ports/clock.ts";
import type { Events } from "../ports/events.ts";

/** Asks one dependency whether it answers, for as long as no work would notice. */
export type Probing = {
  /** Until the signal aborts; one probe at a time. Never throws. */
  run(signal: AbortSignal): Promise<void>;
  /** Calls of the work have begun to fail: asks soon whether it is one call or all of them. */
  wake(): void;
};

type ProbingDeps = {
  /** A call that costs nothing and ends within seconds. */
  probe(signal: AbortSignal): Promise<unknown>;
  record: Pick<CallRecord, "outage" | "recovery" | "isUnconfirmed">;
  /** From one probe to the next while all is well and no work calls. */
  everyMs: number;
  clock: Clock;
  events: Pick<Events, "failedInBackground">;
};

const FAILING_MS = 10_000;
/** To a second answer, without which the first may be luck; and never sooner than this, whatever wakes it. */
const CONFIRM_MS = 2000;

export function createProbing({ probe, record, everyMs, clock, events }: ProbingDeps): Probing {
  const bell = createWakeup(clock);
  let woken = false;
  /** The work was answered so recently that no probe is needed. */
  const isProven = () => {
    const provenAt = record.recovery()?.provenAt;
    return provenAt !== undefined && Math.abs(clock.now() - provenAt) < everyMs;
  };
  const ask = async (signal: AbortSignal) => {
    try {
      if (!isProven()) await probe(signal);
    } catch (error) {
      events.failedInBackground({ what: "alerts", error });
    }
  };
  const waitMs = () => {
    if (record.isUnconfirmed()) return CONFIRM_MS;
    return record.outage() ? FAILING_MS : everyMs;
  };
  return {
    wake() {
      woken = true;
      bell.notifyAll();
    },
    async run(signal) {
      while (!signal.aborted) {
        woken = false;
        await ask(signal);
        await clock.sleep(CONFIRM_MS, signal);
        if (!woken) await bell.sleep(waitMs() - CONFIRM_MS, signal);
      }
    },
  };
}
