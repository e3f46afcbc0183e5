import type { Clock } from "../ports/clock.ts";
import type { Events } from "../ports/events.ts";

/** Dead letters that came without an hour between one and the next. */
export type Letters = { since: number; byCode: ReadonlyMap<string, number> };

export type LetterWatch = {
  listener: Partial<Events>;
  /** undefined: none within the last hour. */
  spell(): Letters | undefined;
  /** Whether it has listened long enough to know that none come. */
  isSure(): boolean;
};

const QUIET_MS = 3_600_000;

export function createLetterWatch(clock: Pick<Clock, "now">): LetterWatch {
  const startedAt = clock.now();
  let spell: { since: number; last: number; byCode: Map<string, number> } | undefined;
  const current = () => {
    if (spell && Math.abs(clock.now() - spell.last) >= QUIET_MS) spell = undefined;
    return spell;
  };
  return {
    listener: {
      deadLetterSent({ code }) {
        const now = clock.now();
        spell = current() ?? { since: now, last: now, byCode: new Map() };
        spell.last = now;
        spell.byCode.set(code, (spell.byCode.get(code) ?? 0) + 1);
      },
    },
    spell: current,
    isSure: () => spell !== undefined || Math.abs(clock.now() - startedAt) >= QUIET_MS,
  };
}
