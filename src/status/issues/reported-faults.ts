import { isoTime } from "../../domain/iso-time.ts";
import { Fault, type FaultKind } from "../../domain/faults.ts";
import { FAULT_POLICIES } from "../../domain/fault-policy.ts";
import type { Clock } from "../../ports/clock.ts";
import type { Events } from "../../ports/events.ts";
import type { IssueId } from "./issue.ts";

/** A fault that an event reported, and no event has ended so far. Times are ISO 8601, UTC. */
export type ReportedFault = {
  id: Extract<
    IssueId,
    | "source"
    | "paused"
    | "dead_letters_blocked"
    | "index"
    | "budget"
    | "cycle_budget"
    | "limit"
    | "sweep"
    | "state"
    | "log_file"
  >;
  /** Which consumer, index or log file; empty where there is but one. */
  which: string;
  kind: FaultKind;
  since: string;
  message: string;
  hint: string;
  /** When it is over by itself, where that is known. */
  until?: string;
};

export type ReportedFaults = {
  listener: Partial<Events>;
  /** The longest first. */
  all(): ReportedFault[];
};

export function createReportedFaults(clock: Pick<Clock, "now">): ReportedFaults {
  const open = new Map<string, ReportedFault>();
  const begin = (id: ReportedFault["id"], which: string, fault: Fault, untilMs?: number) => {
    const key = `${id} ${which}`;
    const since = open.get(key)?.since ?? isoTime(clock.now());
    const { kind, message, hint = FAULT_POLICIES[kind].advice } = fault;
    const until = untilMs === undefined ? {} : { until: isoTime(untilMs) };
    open.set(key, { id, which, kind, since, message, hint, ...until });
  };
  const end = (id: ReportedFault["id"], which = "") => void open.delete(`${id} ${which}`);
  return {
    all() {
      for (const [key, { until }] of open) {
        if (until !== undefined && Date.parse(until) <= clock.now()) open.delete(key);
      }
      return [...open.values()];
    },
    listener: {
      sourceLost: ({ role, fault }) => begin("source", role, fault),
      sourceBack: ({ role }) => end("source", role),
      consumerPaused: ({ role, fault }) => begin("paused", role, fault),
      consumerResumed: ({ role }) => end("paused", role),
      deadLettersBlocked: ({ fault }) => begin("dead_letters_blocked", "", fault),
      deadLettersResumed: () => end("dead_letters_blocked"),
      indexPaused: ({ index, fault }) => begin("index", index, fault),
      indexResumed: ({ index }) => end("index", index),
      indexPauseDropped: ({ index }) => end("index", index),
      waiting: ({ fault, waitMs }) => begin("limit", "", fault, clock.now() + waitMs),
      budgetReached({ fault, resumesAt }) {
        if (resumesAt) begin("budget", "", fault, resumesAt.getTime());
        else begin("cycle_budget", "", fault);
      },
      stateUnwritable: ({ path, problem }) => begin("state", "", unwritable(path, problem)),
      stateWritable: () => end("state"),
      logFileUnwritable: ({ path, problem }) =>
        begin("log_file", path, withoutLogFile(path, problem)),
      logFileWritable: ({ path }) => end("log_file", path),
      sweepFailed: ({ error }) => begin("sweep", "", faultOf(error)),
      // A budget of our own has an issue of its own, and its records are pending.
      sweepEnded: ({ fault }) =>
        fault && !fault.selfImposed ? begin("sweep", "", fault) : end("sweep"),
      // The budget of a cycle is new with each; the day's says by itself when it is over.
      cycleStarted: () => end("cycle_budget"),
    },
  };
}

/** A bug is told as one. */
function faultOf(error: unknown): Fault {
  if (error instanceof Fault) return error;
  return new Fault("outage", error instanceof Error ? error.message : String(error));
}

function unwritable(path: string, problem: string): Fault {
  const message = `State directory ${path} cannot be written (${problem}); state is kept in memory only`;
  const hint = "Make room there, or set STATE_DIR to a folder that can be written.";
  return new Fault("configuration", message, { hint });
}

function withoutLogFile(path: string, problem: string): Fault {
  const message = `Log file ${path} cannot be written (${problem}); its lines go to the other output only`;
  const hint =
    "Make room there, or set LOG_FILE to a file that can be written; it is tried again each minute.";
  return new Fault("configuration", message, { hint });
}
