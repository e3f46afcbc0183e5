import { median } from "./median.ts";

const MINUTE_MS = 60_000;
/** Of a busier minute the first so many say enough. */
const MAX_VALUES = 1000;

/** What came within a minute, as one value. */
type Minute = { at: number; value: number };

export type Minutes = {
  add(at: number, value: number): void;
  /** The minutes that are over since it was last asked, oldest first; they are gone then. */
  take(now: number): Minute[];
};

/** `middle`: how long things took; `sum`: how many there were. */
export function createMinutes(kind: "middle" | "sum"): Minutes {
  let open: { start: number; values: number[] } | undefined;
  let over: Minute[] = [];
  const close = (now: number) => {
    // A clock that was set back ends a minute too.
    if (!open || (now >= open.start && now < open.start + MINUTE_MS)) return;
    over.push({ at: open.start, value: median(open.values) });
    open = undefined;
  };
  return {
    add(at, value) {
      close(at);
      open ??= { start: Math.floor(at / MINUTE_MS) * MINUTE_MS, values: [] };
      const { values } = open;
      if (kind === "sum") open.values = [(values[0] ?? 0) + value];
      else if (values.length < MAX_VALUES) values.push(value);
    },
    take(now) {
      close(now);
      const taken = over;
      over = [];
      return taken;
    },
  };
}
