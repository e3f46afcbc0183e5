import { z } from "zod";
import { alertMessageShape } from "../ports/alert-channel.ts";
import type { Recovery } from "../status/call-record.ts";
import { issueShape, type IssueId } from "../status/issues/issue.ts";

const severity = z.enum(["warning", "critical"]);
const ms = z.number();

/** An issue that people are told of. Times are milliseconds since the epoch. */
const conditionShape = issueShape
  .pick({
    id: true,
    which: true,
    transient: true,
    title: true,
    past: true,
    detail: true,
    impact: true,
    action: true,
  })
  .extend({
    severity,
    since: ms,
    /** The latest failure, where the issue consists of failures. */
    failed_at: ms.exactOptional(),
  });
export type Condition = z.infer<typeof conditionShape>;

/** A condition that some process found, with what was told of it. */
const entryShape = conditionShape.extend({
  /** The first success after the latest failure. */
  answered_at: ms.exactOptional(),
  /** When each running process last found it. */
  seen: z.record(z.string(), ms),
  /** When it was found first; where an outage hid it, after the outage. */
  first_seen: ms,
  last_seen: ms,
  /** The latest notification of it, and its severity then. */
  told: z.object({ at: ms, severity }).exactOptional(),
  /** Since when it is not found any more. */
  gone_at: ms.exactOptional(),
});
export type Entry = z.infer<typeof entryShape>;

/** What a look found, and of which kinds of issues it can tell that they are over. */
export type Seen = {
  conditions: Condition[];
  sure: ReadonlySet<IssueId>;
  /** Since when something is over, by the key of its condition; where that is unknown, since the look. */
  over?: ReadonlyMap<string, Recovery>;
};

/** A message on its way to one channel. */
export const outboundAlertShape = z.object({
  channel: z.enum(["slack", "webhook", "email"]),
  message: alertMessageShape,
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

export function keyOf({ id, which }: Pick<Condition, "id" | "which">): string {
  return `${id} ${which}`;
}
