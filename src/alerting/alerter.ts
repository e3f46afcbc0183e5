import { randomBytes } from "node:crypto";
import type { AlertChannel } from "../ports/alert-channel.ts";
import type { Clock } from "../ports/clock.ts";
import type { Events } from "../ports/events.ts";
import type { StateStore } from "../ports/state-store.ts";
import { readAlertState, type AlertState, type Entry, type OutboundAlert } from "./alert-state.ts";
import type { Seen } from "./alert-state.ts";
import { createDelivery } from "./delivery.ts";
import { createLookLoop, LOOK_EVERY_MS } from "./look-loop.ts";
import type { Sender } from "./message-frame.ts";
import { compose } from "./message.ts";
import { posted, taken } from "./outbox.ts";
import { nextDue, evaluateAlerts, type Notification, type Timing } from "./evaluate-alerts.ts";

export type Alerter = {
  /** Looks now and again until the signal aborts, and sends what is to be told. Never throws. */
  run(signal: AbortSignal): Promise<void>;
  /** Something has happened: looks as soon as what happens with it has happened too. */
  ring(): void;
  /** After its run: resolves once nothing is being sent any more, within a second and a half. */
  close(): Promise<void>;
};

export type AlerterDeps = {
  /** What is so now. Throws nothing but mistakes. */
  look(signal: AbortSignal): Promise<Seen>;
  channels: readonly AlertChannel[];
  state: Pick<StateStore, "load" | "change">;
  clock: Clock;
  events: Pick<
    Events,
    "alertSent" | "alertChannelFailed" | "alertChannelBack" | "failedInBackground"
  >;
  sender: Sender;
  timing: Pick<Timing, "afterMs" | "reminderMs" | "perHour">;
};

const DOCUMENT = "alerts";
/** While something is so that may pass by itself, and of which another process may know the end. */
const LOOK_CLOSELY_MS = 10_000;

/** Tells people what begins, goes on for long, and ends; once, whichever of the processes with this state directory sees it. */
export function createAlerter(deps: AlerterDeps): Alerter {
  const { look, channels, state, clock, events, sender } = deps;
  const names = channels.map(({ name }) => name);
  const me = randomBytes(6).toString("hex");
  const timing: Timing = { ...deps.timing, silentMs: 3 * LOOK_EVERY_MS };
  const loop = createLookLoop(deps);
  const change = (update: (alertState: AlertState) => AlertState) =>
    state.change(DOCUMENT, (current) => update(readAlertState(current)));
  const delivery = createDelivery({ channels, clock, events, change, woken: loop.ring });

  const write = (alertState: AlertState, notification: Notification | undefined, now: number) => {
    if (!notification) return { outbox: alertState.outbox, dropped: [] };
    const message = compose(notification, sender, `${now}-${randomBytes(4).toString("hex")}`, now);
    return posted(alertState.outbox, message, names, now);
  };
  /** Returns when to look again. */
  const lookOnce = async (signal: AbortSignal): Promise<number> => {
    const seen = await look(signal);
    const now = clock.now();
    const { open, outbox } = readAlertState(await state.load(DOCUMENT));
    if (signal.aborted) return Infinity;
    // Most of the time nothing is wrong, and nothing need be written.
    if (seen.conditions.length + open.length + outbox.length === 0) return now + LOOK_EVERY_MS;
    let mine: OutboundAlert[] = [];
    let dropped: OutboundAlert[] = [];
    let next = Infinity;
    await change((before) => {
      const { alertState, notification } = evaluateAlerts(before, { ...seen, me, now }, timing);
      const alerts = write(alertState, notification, now);
      const mail = taken(alerts.outbox, names, now);
      mine = mail.mine;
      dropped = [...alerts.dropped, ...mail.dropped];
      const revised = { ...alertState, outbox: mail.outbox };
      const closely = alertState.open.some(({ transient }) => transient);
      next = Math.min(
        now + (closely ? LOOK_CLOSELY_MS : LOOK_EVERY_MS),
        nextDue(revised, names, now, timing),
      );
      return revised;
    });
    delivery.drop(dropped);
    delivery.send(mine);
    return next;
  };
  /** From now on others decide what is over. */
  const leave = async () => {
    const { open } = readAlertState(await state.load(DOCUMENT));
    if (!open.some(({ seen }) => me in seen)) return;
    await change((alertState) => ({
      ...alertState,
      open: alertState.open.map((entry) => unseenBy(me, entry)),
    }));
  };
  return {
    ring: loop.ring,
    async close() {
      await Promise.all([leave(), delivery.close()]);
    },
    run: (signal) => loop.run(lookOnce, signal),
  };
}

function unseenBy(who: string, entry: Entry): Entry {
  const { [who]: _, ...seen } = entry.seen;
  return { ...entry, seen };
}
