import type { Recovery } from "../status/call-record.ts";
import type { AlertSeverity } from "../domain/fault-policy.ts";
import type { IssueId } from "../status/issues/issue.ts";

/** An issue that people are told of, as alerts keep it and send it. */
export type Condition = {
  family: IssueId;
  /** Which one of its family; empty where there is but one. */
  which: string;
  severity: AlertSeverity;
  /** It may be over by itself in a moment: it is told once it has lasted. */
  passing: boolean;
  /** Milliseconds since the epoch. */
  since: number;
  /** When it was met last, where it consists of failures; in milliseconds since the epoch. */
  failedAt?: number;
  title: string;
  /** The title once it is over, such as "OpenSearch did not answer"; the message says for how long. */
  past: string;
  detail: string;
  /** What it costs, where that is known. */
  cost?: string;
  todo: string;
};

/** What a look found, and of which families it can tell what is not so any more. */
export type Seen = {
  conditions: Condition[];
  sure: ReadonlySet<IssueId>;
  /** Since when something is over, by the key of its condition; where that is not known, since the look. */
  over?: ReadonlyMap<string, Recovery>;
};
