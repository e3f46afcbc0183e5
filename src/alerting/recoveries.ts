import type { CallRecord, Recovery } from "../status/call-record.ts";
import { DEPENDENCY_NAMES, type DependencyName, type IssueId } from "../status/issues/issue.ts";
import type { Clock } from "../ports/clock.ts";
import type { Events } from "../ports/events.ts";
import { keyOf } from "./alert-state.ts";
import type { Condition } from "./condition.ts";

/** Since when something is over, as the work itself met it, by the key of its condition. */
export type Recoveries = {
  /** To be told of the events of the process. */
  listener: Partial<Events>;
  all(): ReadonlyMap<string, Recovery>;
};

/** A look comes within seconds; that an end was not noticed for so long, nobody asks any more. */
const KEPT_MS = 3_600_000;

export function createRecoveries(
  clock: Pick<Clock, "now">,
  records: Readonly<Partial<Record<DependencyName, Pick<CallRecord, "recovery">>>>,
): Recoveries {
  const ended = new Map<string, Recovery>();
  const end = (family: IssueId, which: Condition["which"] = "") => {
    const now = clock.now();
    for (const [key, { at }] of ended) if (Math.abs(now - at) > KEPT_MS) ended.delete(key);
    ended.set(keyOf({ family, which }), { at: now });
  };
  return {
    listener: {
      sourceBack: ({ role }) => end("source", role),
      consumerResumed: ({ role }) => end("paused", role),
      deadLettersResumed: () => end("dead_letters_blocked"),
      indexResumed: ({ index }) => end("index", index),
      indexPauseDropped: ({ index }) => end("index", index),
      indexFitAgain: ({ index }) => end("unfit", index),
      stateWritable: () => end("state"),
      logFileWritable: ({ path }) => end("log_file", path),
      cycleEnded() {
        end("cycle");
        end("no_success");
      },
    },
    all() {
      const all = new Map(ended);
      for (const family of DEPENDENCY_NAMES) {
        const recovery = records[family]?.recovery();
        if (recovery) all.set(keyOf({ family, which: "" }), recovery);
      }
      return all;
    },
  };
}
