import type { Condition, Family, Seen } from "../../../src/alerting/condition.ts";
import { FAMILIES } from "../../../src/alerting/condition.ts";
import type { Facts } from "../../../src/status/issues/facts.ts";
import type { Sender } from "../../../src/alerting/message.ts";

export const NOW = Date.parse("2026-01-02T03:04:05Z");

export const SENDER: Sender = {
  service: { version: "1.2.3", role: "daemon", host: "host-a" },
  page: "https://logs.example.com/",
  clean: (text) => text.replaceAll("s3cret", "***"),
};

export function condition(family: Family, changes: Partial<Condition> = {}): Condition {
  return {
    family,
    which: "",
    severity: "critical",
    passing: false,
    since: NOW,
    title: `${family} is wrong`,
    past: `${family} was wrong`,
    detail: `so it is with ${family}`,
    todo: "Do it",
    ...changes,
  };
}

/** Found by a process that would know of everything. */
export function seen(...conditions: Condition[]): Seen {
  return { conditions, sure: new Set(FAMILIES) };
}

/** Everything is well, in a daemon that knows all. */
export function goodFacts(changes: Partial<Facts> = {}): Facts {
  return {
    now: NOW,
    startedAt: NOW - 7_200_000,
    readiness: { ready: true, dependencies: [] },
    lately: new Set(),
    troubles: [],
    lastCycle: undefined,
    cycles: { missed: 0, ended: true },
    unfit: [],
    backlogIsHere: true,
    backlog: [],
    batchSize: 100,
    longestGapMs: 600_000,
    budget: undefined,
    letters: { burst: undefined, sure: true },
    lag: undefined,
    anomalies: [],
    ...changes,
  };
}
