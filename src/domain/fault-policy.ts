import type { FaultKind } from "./faults.ts";

/** Tries within one cycle; the wait before the nth grows threefold up to `maxWaitMs`, drawn from 0 to that. */
type Retries = { max: number; firstWaitMs: number; maxWaitMs: number };

/** How pressing something is of which somebody is told wherever he is. */
export type AlertSeverity = "warning" | "critical";

/** What follows from a fault of one kind, whoever meets it. */
export type FaultPolicy = {
  /** Whether the record is to blame: it is quarantined. Every other kind leaves it pending and costs it nothing. */
  countsAgainstRecord: boolean;
  /** Whether it may be over by itself in a moment: the same request is sent again. */
  retries?: Retries;
  /** Whether every request would meet it: no other is sent until the next cycle. */
  opensBreaker: boolean;
  /** Whether it concerns one index alone, which is left alone for a while. */
  pausesIndex: boolean;
  /** How loudly it is told where it ends a cycle's work. */
  severity: "warn" | "error";
  /** How pressing it is where it keeps records from their vector, and whether an alert is sent of it. */
  alert: { severity: AlertSeverity; sent: boolean };
  /** What to do about it where the fault itself does not say; one sentence. */
  advice: string;
};

const HARMLESS = { countsAgainstRecord: false, opensBreaker: false, pausesIndex: false } as const;

export const FAULT_POLICIES: Readonly<Record<FaultKind, FaultPolicy>> = {
  record: {
    ...HARMLESS,
    countsAgainstRecord: true,
    severity: "warn",
    // One record is no news; many show as dead letters, or as a cycle without a vector.
    alert: { severity: "warning", sent: false },
    advice: "The record is kept aside and tried again later; the others go on.",
  },
  rate: {
    ...HARMLESS,
    // Most limits are per minute, and most servers say how long to wait.
    retries: { max: 4, firstWaitMs: 1000, maxWaitMs: 30_000 },
    severity: "warn",
    // Nothing is wrong, only slow: a backlog that grows tells of it.
    alert: { severity: "warning", sent: false },
    advice: "It goes on by itself; if this lasts, send less or have the limit raised.",
  },
  quota: {
    ...HARMLESS,
    opensBreaker: true,
    severity: "error",
    alert: { severity: "critical", sent: true },
    advice: "Add credit or raise the budget at the provider.",
  },
  credentials: {
    ...HARMLESS,
    opensBreaker: true,
    severity: "error",
    alert: { severity: "critical", sent: true },
    advice: "Check the key or the password and what it may be used for.",
  },
  configuration: {
    ...HARMLESS,
    opensBreaker: true,
    severity: "error",
    alert: { severity: "critical", sent: true },
    advice: "Mend the setting or the mapping that the message speaks of.",
  },
  index: {
    ...HARMLESS,
    pausesIndex: true,
    severity: "warn",
    alert: { severity: "warning", sent: true },
    advice: "It is left alone until it takes updates again; the others go on.",
  },
  outage: {
    ...HARMLESS,
    retries: { max: 3, firstWaitMs: 500, maxWaitMs: 10_000 },
    severity: "error",
    alert: { severity: "critical", sent: true },
    advice: "It goes on by itself once the other side answers again.",
  },
};

/** Whether a fault of this kind is over by itself sooner or later, with nobody doing anything about it. */
export function isTransient(kind: FaultKind): boolean {
  return FAULT_POLICIES[kind].retries !== undefined;
}

export function isFaultKind(kind: string): kind is FaultKind {
  return Object.hasOwn(FAULT_POLICIES, kind);
}
