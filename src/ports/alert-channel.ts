import type { AlertSeverity } from "../domain/fault-policy.ts";

/** One thing that an alert speaks of. Times are ISO 8601, UTC. */
export type AlertItem = {
  /** `worse`: it was told already, as a warning; `open`: a reminder. */
  state: "started" | "worse" | "open" | "ended";
  /** What kind of thing it is, and which one of them; the second is empty where there is but one. */
  what: string;
  which: string;
  severity: AlertSeverity;
  title: string;
  /** What happened. */
  detail: string;
  since: string;
  /** When it was over. */
  until?: string;
  /** What it costs: records that wait, money. */
  cost?: string;
  /** What to do about it. */
  todo: string;
};

/** One message to people. It holds no secret and no text of a log. */
export type AlertMessage = {
  /** The same wherever it is sent to, and however often. */
  id: string;
  at: string;
  /** One line. */
  subject: string;
  /** All of it, in lines for a person. */
  text: string;
  /** None in a test. */
  items: AlertItem[];
  /** Where people reach the page; null where that is not known. */
  page: string | null;
  service: { version: string; role: string; host: string };
};

/** Takes messages to people. */
export type AlertChannel = {
  readonly name: "slack" | "webhook" | "email";
  /** One try. Throws a Fault. */
  send(message: AlertMessage, signal: AbortSignal): Promise<void>;
};
