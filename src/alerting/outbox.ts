import type { AlertChannel, AlertMessage } from "../ports/alert-channel.ts";
import type { OutboundAlert } from "./alert-state.ts";

type ChannelName = AlertChannel["name"];

/** A try takes less; of a process that died meanwhile another one takes the alert over. */
const TAKEN_MS = 30_000;
const WAITS_MS = [5000, 15_000, 60_000, 5 * 60_000, 15 * 60_000];
const MAX_LETTERS = 50;
/** Older alerts are of no use. */
const MAX_AGE_MS = 24 * 3_600_000;

/** A message for each channel. The oldest make room, and are dropped. */
export function posted(
  outbox: readonly OutboundAlert[],
  message: AlertMessage,
  channels: readonly ChannelName[],
  now: number,
): { outbox: OutboundAlert[]; dropped: OutboundAlert[] } {
  const alerts = channels.map((channel) => ({
    channel,
    message,
    written_at: now,
    tries: 0,
    not_before: now,
  }));
  const all = [...outbox, ...alerts];
  const surplus = Math.max(0, all.length - MAX_LETTERS);
  return { outbox: all.slice(surplus), dropped: all.slice(0, surplus) };
}

/** What this process is to send now, and takes upon itself. */
export function taken(
  outbox: readonly OutboundAlert[],
  channels: readonly ChannelName[],
  now: number,
): { outbox: OutboundAlert[]; mine: OutboundAlert[]; dropped: OutboundAlert[] } {
  const dropped = outbox.filter(({ written_at: at }) => Math.abs(now - at) >= MAX_AGE_MS);
  const mine: OutboundAlert[] = [];
  const left = outbox
    .filter((alert) => !dropped.includes(alert))
    .map((alert) => {
      if (!channels.includes(alert.channel) || !isFree(alert, now)) return alert;
      const own = { ...alert, tries: alert.tries + 1, taken_until: now + TAKEN_MS };
      mine.push(own);
      return own;
    });
  return { outbox: left, mine, dropped };
}

function isFree({ not_before: from, taken_until: until = 0 }: OutboundAlert, now: number): boolean {
  // Ahead of any wait there is, the clock was put back.
  const isDue = (at: number) => at <= now || at - now > MAX_AGE_MS;
  return isDue(from) && isDue(until);
}

/** Off the outbox: it was sent, or is not tried again. */
export function without(outbox: readonly OutboundAlert[], alert: OutboundAlert): OutboundAlert[] {
  return outbox.filter((one) => !isSame(one, alert));
}

/** How long to wait for the next try; undefined: there were enough. */
export function waitAfter({ tries }: OutboundAlert, askedMs = 0): number | undefined {
  const ms = WAITS_MS[tries - 1];
  return ms === undefined ? undefined : Math.max(ms, Math.min(askedMs, MAX_AGE_MS / 24));
}

/** Back into the outbox for another try. */
export function again(
  outbox: readonly OutboundAlert[],
  alert: OutboundAlert,
  notBefore: number,
): OutboundAlert[] {
  return outbox.map((one) => {
    if (!isSame(one, alert)) return one;
    const { taken_until: _, ...free } = one;
    return { ...free, not_before: notBefore };
  });
}

function isSame(a: OutboundAlert, b: OutboundAlert): boolean {
  return a.channel === b.channel && a.message.id === b.message.id;
}
