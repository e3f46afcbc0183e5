import type { AlertSeverity } from "../domain/fault-policy.ts";

/** One issue of an alert. Times are ISO 8601, UTC. */
export type AlertItem = {
  /** `worse`: reported before as a warning; `open`: a reminder. */
  state: "started" | "worse" | "open" | "ended";
  /** Kind of the issue, and its subject; the subject is empty where the kind has only one. */
  what: string;
  which: string;
  severity: AlertSeverity;
  title: string;
  detail: string;
  since: string;
  until?: string;
  /** The impact: records that wait, money. */
  cost?: string;
  todo: string;
};

/** One notification. It contains no secret and no text of a log. */
export type AlertMessage = {
  /** Equal for every channel and every retry. */
  id: string;
  at: string;
  subject: string;
  /** The whole notification as plain text. */
  text: string;
  /** Empty in a test. */
  items: AlertItem[];
  /** URL of the status page; null where unknown. */
  page: string | null;
  service: { version: string; role: string; host: string };
};

export type AlertChannel = {
  readonly name: "slack" | "webhook" | "email";
  /** One attempt. Throws a Fault. */
  send(message: AlertMessage, signal: AbortSignal): Promise<void>;
};
