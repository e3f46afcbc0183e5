import type { Caller } from "./limit-settings.ts";

/** Callers that wait to send a request to the embedder. */
export type AdmissionQueue = {
  enqueue(caller: Caller): Ticket;
  /** The ticket that is next. Tail and search overtake the others, up to MAX_OVERTAKES times in a row. */
  first(): Ticket | undefined;
  dequeue(place: Ticket): void;
  cancel(place: Ticket): void;
};

export type Ticket = { readonly caller: Caller };

const MAX_OVERTAKES = 4;

function isUrgent({ caller }: Ticket): boolean {
  return caller === "tail" || caller === "search";
}

export function createAdmissionQueue(): AdmissionQueue {
  const waiting = new Set<Ticket>();
  let overtakes = 0;
  const firstOf = (fresh: boolean) => {
    for (const place of waiting) if (isUrgent(place) === fresh) return place;
    return undefined;
  };
  return {
    enqueue(caller) {
      const place = { caller };
      waiting.add(place);
      return place;
    },
    first() {
      const other = firstOf(false);
      return other && overtakes >= MAX_OVERTAKES ? other : (firstOf(true) ?? other);
    },
    dequeue(place) {
      waiting.delete(place);
      const passed = isUrgent(place) && firstOf(false) !== undefined;
      overtakes = passed ? overtakes + 1 : 0;
    },
    cancel: (place) => void waiting.delete(place),
  };
}
