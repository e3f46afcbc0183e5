import { gotNowhere } from "../overview/past-cycles.ts";
import { vectorsWritten } from "../../domain/outcome.ts";
import type { Clock } from "../../ports/clock.ts";
import type { Events } from "../../ports/events.ts";

/** How long cycles have come to nothing. */
export type CycleState = {
  /** Starts that were due since the last success. */
  missed: number;
  /** Milliseconds since the epoch; absent: none since the start of the process. */
  lastSuccess?: number;
  /** Whether any cycle has ended since the start of the process. */
  ended: boolean;
  /** When this process began, in milliseconds since the epoch. */
  startedAt: number;
};

export type CycleWatch = {
  listener: Partial<Events>;
  /** `nextRunAt`: when the next start is due. To be called more often than cycles start. */
  look(nextRunAt: Date | undefined): CycleState;
};

/** Counts the starts of the schedule that pass without a cycle that did something, or had nothing to do. */
export function createCycleWatch(clock: Pick<Clock, "now">): CycleWatch {
  let due: number | undefined;
  let state: CycleState = { missed: 0, ended: false, startedAt: clock.now() };
  const succeeded = () => {
    state = { ...state, missed: 0, lastSuccess: clock.now() };
  };
  return {
    listener: {
      cycleEnded({ summary }) {
        state = { ...state, ended: true };
        const { outcomes, taken } = summary;
        const { deferred, quarantined } = outcomes;
        const vectors = vectorsWritten(outcomes);
        if (!gotNowhere({ taken, vectors, deferred, quarantined })) succeeded();
      },
      cycleFailed() {
        state = { ...state, ended: true };
      },
      // A drain may take longer than many intervals.
      drainProgress({ done }) {
        if (done > 0) succeeded();
      },
    },
    look(nextRunAt) {
      const next = nextRunAt?.getTime();
      if (due !== undefined && next !== undefined && next > due) {
        state = { ...state, missed: state.missed + 1 };
      }
      due = next ?? due;
      return state;
    },
  };
}
