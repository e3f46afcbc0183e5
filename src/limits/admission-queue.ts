import type { Caller } from "./limit-settings.ts";

/** Those who wait for their turn to send a request. */
export type AdmissionQueue = {
  enqueue(caller: Caller): Ticket;
  /** Whose turn it is. The tail's and searches come first, but not for ever. */
  first(): Ticket | undefined;
  /** Has had its turn. */
  dequeue(place: Ticket): void;
  /** Goes without it. */
  cancel(place: Ticket): void;
};

export type Ticket = { readonly caller: Caller };

/** So many of those who come first go before one of the others that waits. */
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
