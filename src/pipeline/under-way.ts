import type { Fault } from "../domain/faults.ts";
import type { Embedded } from "./embed.ts";

/** `left`: who had claimed the text was to stop; nothing is known of it, and somebody else may send it. */
type Unsent = Fault | "left" | undefined;

/** What became of a text: embedded, refused, or not sent, with what kept it from that. */
type Ended = Embedded | { unsent: Unsent };

export type Claim = {
  /** Texts that nobody else is at; every one of them must be settled. */
  mine: ReadonlySet<string>;
  /** Texts that somebody else is at, and what becomes of them. */
  others: ReadonlyMap<string, Promise<Ended>>;
  /** Says what became of the claimed texts. */
  settle(byHash: ReadonlyMap<string, Embedded>, unsent?: Unsent): void;
};

/** Keeps two batches from paying for the same text at the same time. */
export type TextsUnderWay = { claim(hashes: readonly string[]): Claim };

export function createTextsUnderWay(): TextsUnderWay {
  const underWay = new Map<string, PromiseWithResolvers<Ended>>();
  return {
    claim(hashes) {
      const mine = new Set<string>();
      const others = new Map<string, Promise<Ended>>();
      for (const hash of hashes) {
        const other = underWay.get(hash);
        if (other && !mine.has(hash)) others.set(hash, other.promise);
        else {
          mine.add(hash);
          underWay.set(hash, Promise.withResolvers());
        }
      }
      return {
        mine,
        others,
        settle(byHash, unsent) {
          for (const hash of mine) {
            underWay.get(hash)?.resolve(byHash.get(hash) ?? { unsent });
            underWay.delete(hash);
          }
        },
      };
    },
  };
}
