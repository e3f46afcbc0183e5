import { Fault } from "../domain/faults.ts";
import type { Clock } from "../ports/clock.ts";
import type {
  Delivery,
  LogSource,
  Position,
  SubscribeOptions,
  Subscription,
} from "../ports/log-source.ts";

const FIRST_WAIT_MS = 1000;
const MAX_WAIT_MS = 30_000;

type DeliveryEvents = {
  /** Once, until a delivery arrives. */
  lost(what: { fault: Fault; waitMs: number }): void;
  back(): void;
};

export type Deliveries = {
  /** Resubscribes with backoff for as long as it takes; undefined once the signal aborts. */
  next(signal: AbortSignal): Promise<Delivery | undefined>;
  /** False where no partition is assigned at the moment. Throws a Fault. */
  commit(positions: readonly Position[], signal: AbortSignal): Promise<boolean>;
  close(): Promise<void>;
};

export function createDeliveries(
  {
    source,
    subscribing,
    clock,
  }: {
    source: Pick<LogSource, "subscribe">;
    subscribing: SubscribeOptions;
    clock: Clock;
  },
  events: DeliveryEvents,
): Deliveries {
  let subscription: Subscription | undefined;
  let failures = 0;
  /** Whether the current subscription has received its assignment. */
  let assigned = false;
  const leave = async () => {
    const left = subscription;
    subscription = undefined;
    assigned = false;
    await left?.[Symbol.asyncDispose]();
  };
  const failed = async (fault: Fault, signal: AbortSignal) => {
    const waitMs = Math.min(MAX_WAIT_MS, FIRST_WAIT_MS * 2 ** failures);
    failures++;
    if (failures === 1) events.lost({ fault, waitMs });
    await leave();
    await clock.sleep(waitMs, signal);
  };
  return {
    async next(signal) {
      while (!signal.aborted) {
        try {
          subscription ??= await source.subscribe(subscribing, signal);
          const delivery = await subscription.next(signal);
          if (delivery && failures > 0) {
            failures = 0;
            events.back();
          }
          if (delivery?.kind === "assigned") assigned = true;
          if (delivery || signal.aborted) return delivery;
        } catch (error) {
          if (!(error instanceof Fault)) throw error;
          if (!signal.aborted) await failed(error, signal);
        }
      }
      return undefined;
    },
    async commit(positions, signal) {
      // Before that, the offsets are of an older subscription, and its topics may have been recreated since.
      if (!subscription || !assigned) return false;
      await subscription.commit(positions, signal);
      return true;
    },
    close: leave,
  };
}
