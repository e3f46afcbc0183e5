import type { OtherModels } from "../../domain/other-models.ts";
import type { Gap } from "../../domain/partial.ts";
import type { VectorModel } from "../../domain/stamp.ts";
import type { UnfitIndex } from "../../domain/survey.ts";
import type { TextlessJson } from "../../domain/textless.ts";
import type { BacklogPoint } from "../overview/backlog-history.ts";
import type { PastCycle } from "../overview/past-cycles.ts";
import type { Role } from "../heartbeat.ts";
import type { ProcessState } from "../process-health.ts";
import type { CycleState } from "./cycle-watch.ts";
import type { DeadLetterBurst } from "./dead-letter-burst.ts";
import type { DependencyName } from "./issue.ts";
import type { ReportedFault } from "./reported-faults.ts";

/** Why a dependency is not ready. `since`: ISO 8601, UTC. */
export type DependencyError = { kind: string; message: string; hint: string; since: string };

/** Everything that issues are made of, as far as somebody knows it now. */
export type IssueFacts = {
  now: number;
  dependencies: readonly { name: DependencyName; error: DependencyError | null }[];
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

/** What a count of the store and a look into the state directory found: a part of `status --json`. */
export type CountedFacts = {
  /** The fit ones. */
  indices: readonly { index: string }[];
  unfit: readonly UnfitIndex[];
  gaps: readonly Gap[];
  textless: readonly TextlessJson[];
  looping: readonly { index: string; records: number }[];
  unsearchable: readonly { index: string; reason: string }[];
  other_models: OtherModels | null;
  model: VectorModel;
  processes: readonly ProcessStanding[];
};

/** A process of this state directory, as `status --json` has it. */
export type ProcessStanding = {
  role: Role;
  pid: number;
  host: string;
  state: ProcessState;
  heartbeat_at: string;
};

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
