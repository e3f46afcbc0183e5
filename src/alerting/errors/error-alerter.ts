import { randomBytes } from "node:crypto";
import type { ErrorAlert } from "../../domain/memory/error-alert.ts";
import type { AlertChannel } from "../../ports/alert-channel.ts";
import type { Clock } from "../../ports/clock.ts";
import type { Events } from "../../ports/events.ts";
import type { StateStore } from "../../ports/state-store.ts";
import type { OutboundAlert } from "../alert-state.ts";
import { createDelivery } from "../delivery.ts";
import { createLookLoop, LOOK_EVERY_MS } from "../look-loop.ts";
import type { Sender } from "../message-frame.ts";
import { posted, taken } from "../outbox.ts";
import { routeOf, type AlertRoutes } from "./alert-routes.ts";
import { composeErrors, type MessageStyle } from "./error-message.ts";
import {
  nextErrorAlertAt,
  readErrorAlertState,
  takeDue,
  withWaiting,
  type ErrorAlertState,
} from "./error-alert-state.ts";

export type ErrorAlerter = {
  /** Takes an alert over: from then on it is told by the channels of its route, also by the next process. */
  post(alert: ErrorAlert): Promise<void>;
  /** Writes and sends messages until the signal aborts. Never throws. */
  run(signal: AbortSignal): Promise<void>;
  /** After its run: resolves once nothing is being sent any more, within a second and a half. */
  close(): Promise<void>;
};

type Deps = {
  channels: readonly AlertChannel[];
  routes: AlertRoutes;
  state: Pick<StateStore, "load" | "change">;
  clock: Clock;
  events: Pick<
    Events,
    "alertSent" | "alertChannelFailed" | "alertChannelBack" | "failedInBackground"
  >;
  sender: Sender;
  style: MessageStyle;
  /** ALERT_MAX_PER_HOUR: messages by each channel. */
  perHour: number;
};

const DOCUMENT = "error-alerts";

/** Tells people of errors, by the channels that the routes name, at times when they want to be told, and not more often than that. */
export function createErrorAlerter(deps: Deps): ErrorAlerter {
  const { channels, routes, state, clock, events, sender, style, perHour } = deps;
  const names = channels.map(({ name }) => name);
  const loop = createLookLoop({ clock, events });
  const change = (update: (current: ErrorAlertState) => ErrorAlertState) =>
    state.change(DOCUMENT, (current) => update(readErrorAlertState(current)));
  const delivery = createDelivery({ channels, clock, events, change, woken: loop.ring });

  /** Returns when to look again. */
  const lookOnce = async (): Promise<number> => {
    const now = clock.now();
    const { waiting, outbox } = readErrorAlertState(await state.load(DOCUMENT));
    if (waiting.length + outbox.length === 0) return now + LOOK_EVERY_MS;
    let mine: OutboundAlert[] = [];
    let dropped: OutboundAlert[] = [];
    let next = Infinity;
    await change((before) => {
      const due = takeDue(before, names, now, { routes, perHour });
      let mail = before.outbox;
      dropped = [];
      for (const { channel, alerts, nextAt } of due.batches) {
        const id = `${now}-${randomBytes(4).toString("hex")}`;
        const at = { id, now, ...(nextAt === undefined ? {} : { nextAt }) };
        const written = posted(mail, composeErrors(alerts, sender, style, at), [channel], now);
        mail = written.outbox;
        dropped.push(...written.dropped);
      }
      const own = taken(mail, names, now);
      mine = own.mine;
      dropped.push(...own.dropped);
      const revised = { ...due.state, outbox: own.outbox };
      next = nextErrorAlertAt(revised, names, now, { routes, perHour });
      return revised;
    });
    delivery.drop(dropped);
    delivery.send(mine);
    return Math.min(next, now + LOOK_EVERY_MS);
  };
  return {
    async post(alert) {
      const { channels: wanted } = routeOf(alert, routes, names);
      if (wanted.length === 0) return;
      let lost: ReturnType<typeof withWaiting>["dropped"] = [];
      await change((current) => {
        const { state: revised, dropped } = withWaiting(current, alert, wanted);
        lost = dropped;
        return revised;
      });
      for (const { channel, alert: one } of lost) {
        const { subject } = composeErrors([one], sender, style, { id: "", now: clock.now() });
        events.alertSent({ channel, result: "dropped", subject });
      }
      loop.ring();
    },
    close: () => delivery.close(),
    run: (signal) => loop.run(lookOnce, signal),
  };
}
