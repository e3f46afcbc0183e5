import { z } from "zod";
import type { Clock } from "../ports/clock.ts";
import type { StateStore } from "../ports/state-store.ts";

/** Sessions that somebody has ended before their time, until they would have ended by themselves. */
export type RevokedSessions = {
  has(id: string): Promise<boolean>;
  /** `until`: when it would have ended, milliseconds since the epoch. */
  add(id: string, until: number): Promise<void>;
};

const DOCUMENT = "revoked-sessions";
/** Another process of the same state directory may have ended one: it counts here as soon as that. */
const READ_EVERY_MS = 1000;

const shape = z.record(z.string(), z.number());

export function createRevokedSessions(
  state: Pick<StateStore, "load" | "change">,
  clock: Pick<Clock, "now">,
): RevokedSessions {
  const read = (kept: unknown) => new Map(Object.entries(shape.safeParse(kept).data ?? {}));
  let known: Promise<Map<string, number>> | undefined;
  let readAt = -Infinity;
  return {
    async has(id) {
      const now = clock.now();
      // Also where the clock was set back.
      if (!known || Math.abs(now - readAt) >= READ_EVERY_MS) {
        readAt = now;
        known = state.load(DOCUMENT).then(read);
      }
      return (await known).has(id);
    },
    async add(id, until) {
      await state.change(DOCUMENT, (kept) => {
        const now = clock.now();
        const open = [...read(kept)].filter(([, ends]) => ends > now);
        return Object.fromEntries([...open, [id, until]]);
      });
      known = undefined;
    },
  };
}
