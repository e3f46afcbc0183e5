import type { Condition, Seen } from "../../../src/alerting/alert-state.ts";
import { ISSUE_IDS, type IssueId } from "../../../src/status/issues/issue.ts";
import type { Sender } from "../../../src/alerting/message-frame.ts";

export const NOW = Date.parse("2026-01-02T03:04:05Z");

export const SENDER: Sender = {
  service: { version: "1.2.3", role: "daemon", host: "host-a" },
  page: "https://logs.example.com/",
  clean: (text) => text.replaceAll("s3cret", "***"),
};

export function condition(id: IssueId, changes: Partial<Condition> = {}): Condition {
  return {
    id,
    which: "",
    severity: "critical",
    transient: false,
    since: NOW,
    title: `${id} is wrong`,
    past: `${id} was wrong`,
    detail: `so it is with ${id}`,
    action: "Do it",
    ...changes,
  };
}

/** Found by a process that would know of everything. */
export function seen(...conditions: Condition[]): Seen {
  return { conditions, sure: new Set(ISSUE_IDS) };
}
