import type { Clock } from "../../ports/clock.ts";
import type { Events } from "../../ports/events.ts";

/** Dead letters that came without an hour between one and the next. */
export type DeadLetterBurst = { since: number; byCode: ReadonlyMap<string, number> };

export type DeadLetterWatch = {
  listener: Partial<Events>;
  /** undefined: none within the last hour. */
  burst(): DeadLetterBurst | undefined;
  /** Whether it has listened long enough to know that none come. */
  isSure(): boolean;
};

const QUIET_MS = 3_600_000;

export function createDeadLetterWatch(clock: Pick<Clock, "now">): DeadLetterWatch {
  const startedAt = clock.now();
  let burst: { since: number; last: number; byCode: Map<string, number> } | undefined;
  const current = () => {
    if (burst && Math.abs(clock.now() - burst.last) >= QUIET_MS) burst = undefined;
    return burst;
  };
  return {
    listener: {
      deadLetterSent({ code }) {
        const now = clock.now();
        burst = current() ?? { since: now, last: now, byCode: new Map() };
        burst.last = now;
        burst.byCode.set(code, (burst.byCode.get(code) ?? 0) + 1);
      },
    },
    burst: current,
    isSure: () => burst !== undefined || Math.abs(clock.now() - startedAt) >= QUIET_MS,
  };
}
