import type { Events } from "../ports/events.ts";

export type FanOut = {
  events: Events;
  /** Returns the function that removes the listener. */
  listen(listener: Partial<Events>): () => void;
};

type Handlers = Readonly<Record<string, ((what?: unknown) => void) | undefined>>;

/** One publisher, many listeners. A listener must not throw or block. */
export function createFanOut(first: Events): FanOut {
  const listeners = new Set<Partial<Events>>();
  const forward = (name: string) => (what?: unknown) => {
    for (const one of [first, ...listeners]) handlersOf(one)[name]?.(what);
  };
  const all = Object.keys(first).map((name) => [name, forward(name)]);
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
