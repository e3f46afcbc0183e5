import type { Clock } from "../ports/clock.ts";
import type { ConsumerRole } from "../ports/consumer-events.ts";
import type { Events } from "../ports/events.ts";
import type { StopSignals } from "../ports/stop-signals.ts";
import type { ConsumerTallyKeeper } from "./tally.ts";

const CHECK_EVERY_MS = 10_000;
const REPORT_AFTER_VECTORS = 100;
const REPORT_AFTER_MS = 60_000;

type Deps = {
  role: ConsumerRole;
  tally: ConsumerTallyKeeper;
  waiting: () => number;
  /** Messages that the group has not settled; null where that is not known. */
  lag: (signal: AbortSignal) => Promise<number | null>;
  clock: Clock;
  events: Pick<Events, "performance">;
};

/** Reports every hundred vectors and every minute, at most every ten seconds. */
export async function reportPerformance(deps: Deps, stop: StopSignals): Promise<void> {
  const { role, tally, waiting, lag, clock, events } = deps;
  let reported = { at: clock.now(), vectors: 0, batches: 0 };
  for (;;) {
    await clock.sleep(CHECK_EVERY_MS, stop.requested);
    if (stop.requested.aborted) return;
    const vectors = tally.vectors() - reported.vectors;
    const ms = clock.now() - reported.at;
    if (vectors < REPORT_AFTER_VECTORS && ms < REPORT_AFTER_MS) continue;
    const { batches, dead_letters: deadLetters, passed_over: passedOver } = tally.sums();
    const behind = await lag(stop.requested);
    events.performance({
      role,
      vectorsPerSecond: (vectors / ms) * 1000,
      batches: batches - reported.batches,
      lag: behind,
      waiting: waiting(),
      deadLetters,
      passedOver,
    });
    reported = { at: clock.now(), vectors: reported.vectors + vectors, batches };
  }
}
