import type { FaultKind } from "./faults.ts";

/** Retries within a cycle. The wait triples up to `maxWaitMs`, with full jitter. */
type Retries = { max: number; firstWaitMs: number; maxWaitMs: number };

type AlertSeverity = "warning" | "critical";

/** How every fault of one kind is handled. */
export type FaultPolicy = {
  /** The record is quarantined. Every other kind leaves it pending without counting an attempt. */
  countsAgainstRecord: boolean;
  /** The same request is sent again, because the fault may be transient. */
  retries?: Retries;
  /** Every request would fail: none is sent until the next cycle. */
  opensBreaker: boolean;
  /** Only one index fails; it is paused. */
  pausesIndex: boolean;
  /** Log level where the fault ends a cycle's work. */
  severity: "warn" | "error";
  /** Severity of the alert, and whether one is sent. */
  alert: { severity: AlertSeverity; sent: boolean };
  /** What to do, where the fault has no hint; one sentence. */
  advice: string;
};

const HARMLESS = { countsAgainstRecord: false, opensBreaker: false, pausesIndex: false } as const;

export const FAULT_POLICIES: Readonly<Record<FaultKind, FaultPolicy>> = {
  record: {
    ...HARMLESS,
    countsAgainstRecord: true,
    severity: "warn",
    // A single record needs no alert; many show as dead letters or as a cycle without vectors.
    alert: { severity: "warning", sent: false },
    advice: "The record is quarantined and tried again later; other records are not affected.",
  },
  rate: {
    ...HARMLESS,
    // Most limits are per minute, and most servers send Retry-After.
    retries: { max: 4, firstWaitMs: 1000, maxWaitMs: 30_000 },
    severity: "warn",
    // The work is only slow; a growing backlog raises its own alert.
    alert: { severity: "warning", sent: false },
    advice: "Work resumes by itself; if this lasts, send less or have the limit raised.",
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
    advice: "Fix the setting or the mapping named in the message.",
  },
  index: {
    ...HARMLESS,
    pausesIndex: true,
    severity: "warn",
    alert: { severity: "warning", sent: true },
    advice: "The index is paused until it accepts updates again; other indices are not affected.",
  },
  outage: {
    ...HARMLESS,
    retries: { max: 3, firstWaitMs: 500, maxWaitMs: 10_000 },
    severity: "error",
    alert: { severity: "critical", sent: true },
    advice:
      "Work resumes by itself once the server answers again; the records stay pending until then.",
  },
};

/** Whether a later retry may succeed without anyone changing anything. */
export function isTransient(kind: FaultKind): boolean {
  return FAULT_POLICIES[kind].retries !== undefined;
}

export function isFaultKind(kind: string): kind is FaultKind {
  return Object.hasOwn(FAULT_POLICIES, kind);
}
