import { z } from "zod";
import { ISSUE_IDS } from "../status/issues/issue.ts";
import type { Condition } from "./condition.ts";

const severity = z.enum(["warning", "critical"]);
const ms = z.number();

/** Something that is so, or was until a moment ago. Times are milliseconds since the epoch. */
const entryShape = z.object({
  family: z.enum(ISSUE_IDS),
  which: z.string(),
  severity,
  passing: z.boolean(),
  since: ms,
  title: z.string(),
  /** Absent in what an older version left. */
  past: z.string().exactOptional(),
  detail: z.string(),
  cost: z.string().exactOptional(),
  todo: z.string(),
  /** When it was met last, by whichever process. */
  failed_at: ms.exactOptional(),
  /** The first success after that. */
  answered_at: ms.exactOptional(),
  /** When each process that lives last found it so. */
  seen: z.record(z.string(), ms),
  /** When it came to light: of what an outage hid, after that. */
  first_seen: ms,
  last_seen: ms,
  /** When people last heard that it is so, and how pressing it was then. */
  told: z.object({ at: ms, severity }).exactOptional(),
  /** Since when it is not found any more. */
  gone_at: ms.exactOptional(),
});
export type Entry = z.infer<typeof entryShape>;

const itemShape = z.object({
  state: z.enum(["started", "worse", "open", "ended"]),
  what: z.string(),
  which: z.string(),
  severity,
  title: z.string(),
  detail: z.string(),
  since: z.string(),
  until: z.string().exactOptional(),
  cost: z.string().exactOptional(),
  todo: z.string(),
});

const messageShape = z.object({
  id: z.string(),
  at: z.string(),
  subject: z.string(),
  text: z.string(),
  items: z.array(itemShape),
  page: z.string().nullable().default(null),
  service: z.object({ version: z.string(), role: z.string(), host: z.string() }),
});

/** A message on its way to one channel. */
const outboundAlertShape = z.object({
  channel: z.enum(["slack", "webhook", "email"]),
  message: messageShape,
  written_at: ms,
  tries: z.int(),
  not_before: ms,
  /** The process that took it for sending has until then. */
  taken_until: ms.exactOptional(),
});
export type OutboundAlert = z.infer<typeof outboundAlertShape>;

/** What all processes that share a state directory know of alerts. */
export type AlertState = {
  open: Entry[];
  /** When messages were written, within the last hour. */
  written: number[];
  outbox: OutboundAlert[];
};

const list = z.array(z.unknown()).catch([]);
const alertStateShape = z.object({ open: list, written: list, outbox: list });

/** What is there; what of it makes no sense is left out. */
export function readAlertState(document: unknown): AlertState {
  const { open, written, outbox } = alertStateShape.safeParse(document).data ?? EMPTY;
  return {
    open: open.flatMap((one) => entryShape.safeParse(one).data ?? []),
    written: written.flatMap((one) => ms.safeParse(one).data ?? []),
    outbox: outbox.flatMap((one) => outboundAlertShape.safeParse(one).data ?? []),
  };
}

const EMPTY = { open: [], written: [], outbox: [] };

export function keyOf({ family, which }: Pick<Condition, "family" | "which">): string {
  return `${family} ${which}`;
}
