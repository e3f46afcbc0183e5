import type { Dependency, Standing } from "../readiness.ts";
import type { UnfitIndex } from "../../domain/survey.ts";
import type { BacklogPoint } from "../overview/backlog-history.ts";
import type { PastCycle } from "../overview/past-cycles.ts";
import type { Trouble } from "./reported-faults.ts";
import type { CycleState } from "./cycle-watch.ts";
import type { DeadLetterBurst } from "./dead-letter-burst.ts";

/** A series that is far from its own past. `since`: milliseconds since the epoch. */
export type Anomaly = { series: string; since: number; sentence: string };

/** Everything that alerts are made of, as it is now. */
export type Facts = {
  now: number;
  readiness: Standing;
  /** When a call to each that fails failed last, in milliseconds since the epoch. */
  failedAt?: ReadonlyMap<Dependency["name"], number>;
  /** Who is ready again, but not for long: others may not have noticed yet. */
  lately: ReadonlySet<Dependency["name"]>;
  troubles: readonly Trouble[];
  lastCycle: PastCycle | undefined;
  /** Absent where this process runs no cycles. */
  cycles: CycleState | undefined;
  /** When this process began, in milliseconds since the epoch. */
  startedAt: number;
  /** Indices that are left alone; absent where that is not known, or another process's to know. */
  unfit: readonly UnfitIndex[] | undefined;
  /** Whether the backlog is this process's to watch. */
  backlogIsHere: boolean;
  backlog: readonly BacklogPoint[];
  /** Records that one cycle takes. */
  batchSize: number;
  /** Of the schedule, from one start to the next; 0 where there is none. */
  longestGapMs: number;
  /** Of today; absent without a limit. */
  budget: { spentUsd: number; limitUsd: number; day: string; unpricedTokens?: number } | undefined;
  letters: { burst: DeadLetterBurst | undefined; sure: boolean };
  /** Messages that are not finished yet; undefined where it is not known. */
  lag: number | undefined;
  anomalies: readonly Anomaly[];
};
