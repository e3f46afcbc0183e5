import { z } from "zod";
import { errorAlertShape, type ErrorAlert } from "../../domain/memory/error-alert.ts";
import { CHANNEL_NAMES, type AlertChannel } from "../../ports/alert-channel.ts";
import { outboundAlertShape, type OutboundAlert } from "../alert-state.ts";
import { quietUntil, type AlertRoutes } from "./alert-routes.ts";

type ChannelName = AlertChannel["name"];

const waitingShape = z.object({ channel: z.enum(CHANNEL_NAMES), alert: errorAlertShape });
type Waiting = z.infer<typeof waitingShape>;
const writtenShape = z.object({ channel: z.enum(CHANNEL_NAMES), at: z.number() });

/** What all processes that share a state directory know of alerts about errors. */
export type ErrorAlertState = {
  /** Not in a message yet: in quiet hours, or beyond the limit of messages. */
  waiting: Waiting[];
  /** When messages were written, within the last hour. */
  written: z.infer<typeof writtenShape>[];
  outbox: OutboundAlert[];
};

const list = z.array(z.unknown()).catch([]);
const stateShape = z.object({ waiting: list, written: list, outbox: list });
const EMPTY = { waiting: [], written: [], outbox: [] };

/** What is there; what of it makes no sense is left out. */
export function readErrorAlertState(document: unknown): ErrorAlertState {
  const { waiting, written, outbox } = stateShape.safeParse(document).data ?? EMPTY;
  return {
    waiting: waiting.flatMap((one) => waitingShape.safeParse(one).data ?? []),
    written: written.flatMap((one) => writtenShape.safeParse(one).data ?? []),
    outbox: outbox.flatMap((one) => outboundAlertShape.safeParse(one).data ?? []),
  };
}

/** Each alert is some KB. */
const MAX_WAITING = 500;
const HOUR_MS = 3_600_000;

/** With an alert for these channels. The oldest make room, and are dropped. */
export function withWaiting(
  state: ErrorAlertState,
  alert: ErrorAlert,
  channels: readonly ChannelName[],
): { state: ErrorAlertState; dropped: Waiting[] } {
  const all = [...state.waiting, ...channels.map((channel) => ({ channel, alert }))];
  const surplus = Math.max(0, all.length - MAX_WAITING);
  return {
    state: { ...state, waiting: all.slice(surplus) },
    dropped: all.slice(0, surplus),
  };
}

/** What is to be told by one channel now, in one message. `nextAt`: the limit is reached, and another may follow then. */
export type Batch = { channel: ChannelName; alerts: ErrorAlert[]; nextAt?: number };

type Limits = { routes: AlertRoutes; perHour: number };

/** Takes what is due. */
export function takeDue(
  state: ErrorAlertState,
  channels: readonly ChannelName[],
  now: number,
  { routes, perHour }: Limits,
): { state: ErrorAlertState; batches: Batch[] } {
  const written = state.written.filter(({ at }) => Math.abs(now - at) < HOUR_MS);
  const batches: Batch[] = [];
  for (const channel of channels) {
    const times = written.filter((one) => one.channel === channel).map(({ at }) => at);
    if (times.length >= perHour) continue;
    const alerts = state.waiting
      .filter((one) => one.channel === channel && isDue(one.alert, routes, now))
      .map(({ alert }) => alert);
    if (alerts.length === 0) continue;
    written.push({ channel, at: now });
    const isLast = times.length + 1 >= perHour;
    const nextAt = Math.min(now, ...times) + HOUR_MS;
    batches.push({ channel, alerts, ...(isLast ? { nextAt } : {}) });
  }
  const taken = new Set(batches.map(({ channel }) => channel));
  const waiting = state.waiting.filter(
    ({ channel, alert }) => !taken.has(channel) || !isDue(alert, routes, now),
  );
  return { state: { ...state, waiting, written }, batches };
}

function isDue(alert: ErrorAlert, routes: AlertRoutes, now: number): boolean {
  return quietUntil(alert, routes, now) === undefined;
}

/** When there is next something to do for who has these channels; Infinity: never. */
export function nextErrorAlertAt(
  { waiting, written, outbox }: ErrorAlertState,
  channels: readonly ChannelName[],
  now: number,
  { routes, perHour }: Limits,
): number {
  const freeAt = (channel: ChannelName) => {
    const times = written
      .filter((one) => one.channel === channel && Math.abs(now - one.at) < HOUR_MS)
      .map(({ at }) => at);
    return times.length >= perHour ? Math.min(...times) + HOUR_MS : now;
  };
  const due = waiting
    .filter(({ channel }) => channels.includes(channel))
    .map(({ channel, alert }) => Math.max(freeAt(channel), quietUntil(alert, routes, now) ?? now));
  const sent = outbox
    .filter(({ channel }) => channels.includes(channel))
    .map(({ not_before: at, taken_until: until }) => Math.max(at, until ?? at));
  return Math.min(...due, ...sent);
}
