import type { Events } from "../ports/events.ts";

export type FanOut = {
  /** Tells the first of each event, then the listeners. */
  events: Events;
  /** From now on it hears of those events too; returns what ends that. */
  listen(listener: Partial<Events>): () => void;
};

/** Each event takes one argument or none; which one does not matter to who only hands it on. */
type Handlers = Readonly<Record<string, ((what?: unknown) => void) | undefined>>;

/** One that tells, and many that hear. A listener must not throw, nor take its time. */
export function createFanOut(first: Events): FanOut {
  const listeners = new Set<Partial<Events>>();
  const told = (name: string) => (what?: unknown) => {
    for (const one of [first, ...listeners]) handlersOf(one)[name]?.(what);
  };
  const all = Object.keys(first).map((name) => [name, told(name)]);
  return {
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- it has the first one's names, and hands on what it gets
    events: Object.fromEntries(all) as Events,
    listen(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
  };
}

function handlersOf(events: Partial<Events>): Handlers {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- a name goes with its own argument only
  return events as Handlers;
}
