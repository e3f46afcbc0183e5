import type { Caller } from "./limits.ts";

/** Those who wait for their turn to send a request. */
export type Line = {
  join(caller: Caller): Place;
  /** Whose turn it is. The tail's and searches come first, but not for ever. */
  first(): Place | undefined;
  /** Has had its turn. */
  served(place: Place): void;
  /** Goes without it. */
  leave(place: Place): void;
};

export type Place = { readonly caller: Caller };

/** So many of those who come first go before one of the others that waits. */
const MAX_PASSING = 4;

function comesFirst({ caller }: Place): boolean {
  return caller === "tail" || caller === "search";
}

export function createLine(): Line {
  const waiting = new Set<Place>();
  let passing = 0;
  const firstOf = (fresh: boolean) => {
    for (const place of waiting) if (comesFirst(place) === fresh) return place;
    return undefined;
  };
  return {
    join(caller) {
      const place = { caller };
      waiting.add(place);
      return place;
    },
    first() {
      const other = firstOf(false);
      return other && passing >= MAX_PASSING ? other : (firstOf(true) ?? other);
    },
    served(place) {
      waiting.delete(place);
      const passed = comesFirst(place) && firstOf(false) !== undefined;
      passing = passed ? passing + 1 : 0;
    },
    leave: (place) => void waiting.delete(place),
  };
}
