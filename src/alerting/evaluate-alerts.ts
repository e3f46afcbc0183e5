import type { AlertState, Entry, OutboundAlert } from "./alert-state.ts";
import { keyOf } from "./alert-state.ts";
import type { Recovery } from "../status/call-record.ts";
import { ISSUE_IDS } from "../status/issues/issue.ts";
import type { Condition, Seen } from "./alert-state.ts";

export type Timing = {
  /** What may pass by itself is told once it has lasted so long, and the end of anything once it has. */
  afterMs: number;
  reminderMs: number;
  /** Messages within any hour. */
  perHour: number;
  /** A process that has not looked for so long lives no more. */
  silentMs: number;
};

/** What people are to be told now, in one message. */
export type Notification = {
  items: { entry: Entry; state: "started" | "worse" | "open" | "ended" }[];
  /** It is the last one for now: what comes is told together when there may be another. */
  nextAt?: number;
};

const HOUR_MS = 3_600_000;
/** An entry that was not looked at for so long is dropped. */
const FORGOTTEN_MS = 24 * HOUR_MS;

type Look = Seen & { me: string; now: number };

/** What is seen so soon after it began, nothing has hidden. */
const AT_ONCE_MS = 10_000;

/** The state of alerts after one process has looked, and what follows from that. */
export function evaluateAlerts(
  alertState: AlertState,
  look: Look,
  timing: Timing,
): { alertState: AlertState; notification?: Notification } {
  const { now } = look;
  const open = noted(alertState.open, look, timing).filter(
    (entry) => apart(now, entry.last_seen) < FORGOTTEN_MS,
  );
  const written = alertState.written.filter((at) => apart(now, at) < HOUR_MS);
  const revised = { ...alertState, open, written };
  const items = open.flatMap((entry) => {
    const state = due(entry, now, timing);
    return state ? [{ entry, state }] : [];
  });
  if (items.length === 0 || written.length >= timing.perHour) return { alertState: revised };
  if (items.some(({ state }) => state === "open")) addSoonDue(items, open, now, timing);
  return told(revised, items, now, timing);
}

/** Takes note of what is so, and of what is not any more. */
function noted(open: readonly Entry[], look: Look, { silentMs }: Timing): Entry[] {
  const { me, now, conditions, sure, over } = look;
  const entries = new Map(open.map((entry) => [keyOf(entry), entry]));
  const found = new Set<string>();
  for (const condition of conditions) {
    const key = keyOf(condition);
    found.add(key);
    entries.set(key, foundAgain(entries.get(key), condition, look));
  }
  for (const [key, before] of entries) {
    if (found.has(key)) continue;
    const recovery = over?.get(key);
    const entry = recovery ? answered(before, recovery) : before;
    // What another process saw before the work got its answer here is as old as that.
    const newest = Math.min(recovery?.provenAt ?? -Infinity, now);
    const seen = Object.fromEntries(
      Object.entries(entry.seen).filter(
        ([who, at]) => who !== me && apart(now, at) < silentMs && at > newest,
      ),
    );
    const isOver = Object.keys(seen).length === 0 && sure.has(entry.id);
    const goneAt = Math.min(entry.answered_at ?? entry.gone_at ?? now, now);
    if (!isOver) entries.set(key, { ...entry, seen });
    else if (entry.told) entries.set(key, { ...entry, seen, gone_at: goneAt });
    else entries.delete(key);
  }
  return [...entries.values()].toSorted(byKind);
}

function foundAgain(
  before: Entry | undefined,
  { failed_at: failedAt, ...condition }: Condition,
  { me, now }: Look,
): Entry {
  const {
    gone_at: _gone,
    answered_at: answeredAt,
    failed_at: failedBefore,
    ...kept
  } = before ?? { seen: {} };
  // It lasts since the process that found it first did.
  const since = Math.min(before?.since ?? condition.since, condition.since);
  const isNew = apart(now, condition.since) < AT_ONCE_MS;
  return {
    ...kept,
    ...condition,
    since,
    seen: { ...kept.seen, [me]: now },
    first_seen: before?.first_seen ?? (isNew ? Math.min(now, condition.since) : now),
    last_seen: now,
    ...(failedAt !== undefined && { failed_at: Math.max(failedAt, failedBefore ?? 0) }),
    // Another process may have been answered after the latest failure that this one met.
    ...(failedAt !== undefined && answeredAt !== undefined && { answered_at: answeredAt }),
  };
}

/** With the first answer after the latest failure, whichever processes met those. */
function answered(entry: Entry, { at, failedAt }: Recovery): Entry {
  const failed = Math.max(entry.since, entry.failed_at ?? 0, failedAt ?? 0);
  const answers = [entry.answered_at ?? at, at].filter((one) => one >= failed);
  const { answered_at: _, ...rest } = entry;
  const known = answers.length === 0 ? {} : { answered_at: Math.min(...answers) };
  return { ...rest, failed_at: failed, ...known };
}

function byKind(a: Entry, b: Entry): number {
  return ISSUE_IDS.indexOf(a.id) - ISSUE_IDS.indexOf(b.id) || a.since - b.since;
}

function due(
  entry: Entry,
  now: number,
  timing: Timing,
): Notification["items"][number]["state"] | undefined {
  const at = dueAt(entry, timing);
  if (at === undefined || (at > now && at - now < FORGOTTEN_MS)) return undefined;
  if (entry.gone_at !== undefined) return "ended";
  if (!entry.told) return "started";
  return isWorse(entry) ? "worse" : "open";
}

/** When there is something to tell of it; undefined while it is unknown whether it still lasts. */
function dueAt(entry: Entry, { afterMs, reminderMs }: Timing): number | undefined {
  const { told: before, gone_at: goneAt, transient, since, first_seen: seenAt } = entry;
  if (goneAt !== undefined) return goneAt + afterMs;
  if (Object.keys(entry.seen).length === 0) return undefined;
  // What was hidden behind an outage has its time too once that is over: it may be just behind.
  if (!before) return transient ? seenAt + afterMs : since;
  return isWorse(entry) ? before.at : before.at + reminderMs;
}

function isWorse({ told: before, severity }: Entry): boolean {
  return before?.severity === "warning" && severity === "critical";
}

/** One reminder of everything, rather than one of each within the hour. */
function addSoonDue(
  items: Notification["items"],
  open: readonly Entry[],
  now: number,
  timing: Timing,
): void {
  const chosen = new Set(items.map(({ entry }) => entry));
  for (const entry of open) {
    const at = entry.told && entry.gone_at === undefined ? dueAt(entry, timing) : undefined;
    if (at !== undefined && !chosen.has(entry) && at - now < HOUR_MS)
      items.push({ entry, state: "open" });
  }
}

function told(
  alertState: AlertState,
  items: Notification["items"],
  now: number,
  { perHour }: Timing,
) {
  const states = new Map(items.map(({ entry, state }) => [entry, state]));
  const open = alertState.open.flatMap((entry) => {
    const state = states.get(entry);
    if (state === "ended") return [];
    return state ? [{ ...entry, told: { at: now, severity: entry.severity } }] : [entry];
  });
  const written = [...alertState.written, now];
  const isLast = written.length >= perHour;
  const notification: Notification = {
    items,
    ...(isLast ? { nextAt: Math.min(...written) + HOUR_MS } : {}),
  };
  return { alertState: { ...alertState, open, written }, notification };
}

/** When there is next something to do for who has these channels, as far as that state knows; Infinity: never. */
export function nextDue(
  { open, outbox, written }: AlertState,
  channels: readonly OutboundAlert["channel"][],
  now: number,
  timing: Timing,
): number {
  const entries = open.flatMap((entry) => dueAt(entry, timing) ?? []);
  const isFull = written.filter((at) => apart(now, at) < HOUR_MS).length >= timing.perHour;
  const free = isFull ? Math.min(...written) + HOUR_MS : -Infinity;
  const alerts = outbox
    // Another process sends what it can; the rest cannot be sent.
    .filter(({ channel }) => channels.includes(channel))
    .map(({ not_before: at, taken_until: until }) => Math.max(at, until ?? at));
  return Math.min(...entries.map((at) => Math.max(at, free)), ...alerts);
}

/** The clock may have been put back meanwhile. */
function apart(a: number, b: number): number {
  return Math.abs(a - b);
}
