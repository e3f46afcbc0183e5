import type { Fault } from "../domain/faults.ts";
import type { Clock } from "../ports/clock.ts";

/** Failures of calls to one dependency, from the first until it answers again. Times are milliseconds since the epoch. */
type Outage = { fault: Fault; since: number; failedAt: number };

/** The first answer after the latest failure. */
export type Recovery = {
  at: number;
  /** Of the latest failure; absent where none was seen. */
  failedAt?: number;
  /** The latest answer that the work itself got. */
  provenAt?: number;
};

/** Who called: the work, or somebody who only asked whether anybody answers. */
type Caller = "work" | "probe";

/** How calls to one dependency went, by the calls alone. */
export type CallRecord = {
  failed(by: Caller, fault: Fault): void;
  answered(by: Caller): void;
  outage(): Outage | undefined;
  /** Undefined during an outage, and until enough answers came to say that there is none. */
  recovery(): Recovery | undefined;
  /** One probe was answered, and nothing has confirmed it yet. */
  isUnconfirmed(): boolean;
};

type Rules = {
  /**
   * How long after a failure of the work that had a connection an answered probe begins to prove something: a server may
   * answer a greeting and refuse all else.
   */
  doubtMs: number;
  /** The same for the first answered probe of a process that has made no call yet. */
  startDoubtMs: number;
};

/** A single answer to a probe may be luck. */
const PROBES = 2;
/** A failure that was not met again for so long, without a probe to ask, counts no more. */
const LAPSE_MS = 15 * 60_000;

export function createCallRecord(
  { doubtMs, startDoubtMs }: Rules,
  { now }: Pick<Clock, "now">,
  changed: (what: "failing" | "answering") => void,
): CallRecord {
  const startedAt = now();
  let outage: (Outage & { by: Caller }) | undefined;
  let recovery: Recovery | undefined;
  /** Answers since the latest failure that have not decided yet. */
  let answers: { at: number; probes: number } | undefined;
  const over = (at: number, provenAt?: number) => {
    const { failedAt } = outage ?? {};
    outage = undefined;
    answers = undefined;
    recovery = {
      at,
      ...(failedAt !== undefined && { failedAt }),
      ...(provenAt !== undefined && { provenAt }),
    };
    changed("answering");
  };
  const doubtEndsAt = () => {
    if (!outage) return startedAt + startDoubtMs;
    const isProven = outage.by === "probe" || outage.fault.connectionFailed;
    return isProven ? -Infinity : outage.failedAt + doubtMs;
  };
  const lapse = () => {
    if (outage && Math.abs(now() - outage.failedAt) >= LAPSE_MS) over(answers?.at ?? now());
  };
  return {
    failed(by, fault) {
      const at = now();
      const began = outage === undefined;
      outage = { by, fault, since: outage?.since ?? at, failedAt: at };
      recovery = undefined;
      answers = undefined;
      if (began) changed("failing");
    },
    answered(by) {
      const at = now();
      if (recovery) {
        if (by === "work") recovery = { ...recovery, provenAt: at };
        return;
      }
      answers = { at: answers?.at ?? at, probes: (answers?.probes ?? 0) + 1 };
      if (by === "work") over(answers.at, at);
      else if (answers.probes >= PROBES && doubtEndsAt() <= at) over(answers.at);
    },
    outage() {
      lapse();
      if (!outage) return undefined;
      const { fault, since, failedAt } = outage;
      return { fault, since, failedAt };
    },
    recovery() {
      lapse();
      return recovery;
    },
    isUnconfirmed: () => answers !== undefined && answers.probes < PROBES,
  };
}
