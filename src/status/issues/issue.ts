import type { AlertSeverity } from "../../domain/fault-policy.ts";
import type { FaultKind } from "../../domain/faults.ts";

export const DEPENDENCY_NAMES = ["opensearch", "embedder", "kafka"] as const;
export type DependencyName = (typeof DEPENDENCY_NAMES)[number];

/** What can be wrong; the order is that in which people are told. */
export const ISSUE_IDS = [
  // The dependency of that name does not answer, or refuses this process.
  "opensearch",
  "embedder",
  "kafka",
  "dead_letters_blocked",
  "no_index",
  // Kafka is there, and a topic or a group cannot be read.
  "source",
  "paused",
  "budget",
  "cycle_budget",
  "no_success",
  "cycle",
  "fruitless_cycle",
  "limit",
  "index",
  "uncounted",
  "partial",
  "backlog",
  "dead_letters",
  "process",
  "unfit",
  "unsearchable",
  "looping",
  "textless",
  "other_model",
  "other_length",
  "state",
  "log_file",
  "anomaly",
] as const;
export type IssueId = (typeof ISSUE_IDS)[number];

/** What it is about. A process is this one (empty name), one of its parts, or one that shares its state directory. */
type Subject =
  | { kind: "dependency"; name: DependencyName }
  | { kind: "collection" | "process"; name: string };

/** Something that is wrong now. Times are ISO 8601, UTC. */
export type Issue = {
  id: IssueId;
  /** Which one of those with this id; empty where there is but one. */
  which: string;
  subject: Subject;
  /** `info`: it is shown wherever somebody looks, and no alert is sent. */
  severity: AlertSeverity | "info";
  /** Of the failure that it consists of. */
  kind?: FaultKind;
  /** null where nobody noticed when it began. */
  since: string | null;
  /** When it is over by itself, where that is known. */
  until?: string;
  /** It may be over in a moment, with nobody doing anything. */
  transient: boolean;
  /** "OpenSearch does not answer". */
  title: string;
  /** The title once it is over, "OpenSearch did not answer". */
  past: string;
  /** What happened. */
  detail: string;
  /** What that means for records, money or people. */
  impact?: string;
  /** What to do about it. */
  action: string;
  /** What it does to the work of the process: it is `broken`, `stuck`, or `waiting` with a part of it. */
  effect?: "broken" | "stuck" | "waiting";
  /** It only follows from this dependency's not being there, which is an issue of its own. */
  followsFrom?: DependencyName;
  /** So many others of the same kind are not listed. */
  unlisted?: number;
};
