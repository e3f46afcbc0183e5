import type { BacklogPoint } from "../overview/backlog-history.ts";
import type { PastCycle } from "../overview/past-cycles.ts";
import type { Status } from "../status-shape.ts";
import type { CycleState } from "./cycle-watch.ts";
import type { DeadLetterBurst } from "./dead-letter-burst.ts";
import type { Dependency } from "../ready-answer.ts";
import type { DependencyName } from "./issue.ts";
import type { ReportedFault } from "./reported-faults.ts";

/** Everything that issues are made of, as far as somebody knows it now. */
export type IssueFacts = {
  now: number;
  dependencies: readonly Pick<Dependency, "name" | "error">[];
  /** They answer again, but not for long: what waited for them may not have noticed yet. */
  backLately: ReadonlySet<DependencyName>;
  reported: readonly ReportedFault[];
  /** undefined where this process runs no cycles. */
  cycles: CycleFacts | undefined;
  /** How many records were pending when, oldest first. */
  backlog: readonly BacklogPoint[];
  /** Of today; undefined without a limit. */
  budget: { spentUsd: number; limitUsd: number; day: string; unpricedTokens?: number } | undefined;
  deadLetters: DeadLetterBurst | undefined;
  /** Messages that are not finished yet; undefined where it is not known. */
  lag: number | undefined;
  /** undefined where it was not counted, or that failed. */
  counted: CountedFacts | undefined;
  /** Why it failed. */
  uncounted: { kind: string; message: string; hint?: string | undefined } | undefined;
  anomalies: readonly { series: string; since: string; sentence: string }[];
};

type CycleFacts = CycleState & {
  last: PastCycle | undefined;
  running: boolean;
  /** Records that one cycle takes. */
  batchSize: number;
  /** Of the schedule, from one start to the next; 0 where there is none. */
  longestGapMs: number;
};

/** What a count of the store and a look into the state directory found. `indices`: the fit ones. */
export type CountedFacts = { indices: readonly { index: string }[] } & Readonly<
  Pick<
    Status,
    | "unfit"
    | "gaps"
    | "textless"
    | "looping"
    | "unsearchable"
    | "other_models"
    | "model"
    | "processes"
  >
>;

/** Nothing is known, and so nothing is wrong. */
export const NO_FACTS: Omit<IssueFacts, "now"> = {
  dependencies: [],
  backLately: new Set(),
  reported: [],
  cycles: undefined,
  backlog: [],
  budget: undefined,
  deadLetters: undefined,
  lag: undefined,
  counted: undefined,
  uncounted: undefined,
  anomalies: [],
};
