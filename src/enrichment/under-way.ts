import type { Fault } from "../model/faults.ts";
import type { Embedded } from "./embed.ts";

/** What became of a text: embedded, refused, or not sent, with the fault that kept it from that. */
type Ended = Embedded | { unsent: Fault | undefined };

export type Claim = {
  /** Texts that nobody else is at; every one of them must be settled. */
  mine: ReadonlySet<string>;
  /** Texts that somebody else is at, and what becomes of them. */
  others: ReadonlyMap<string, Promise<Ended>>;
  /** Says what became of the claimed texts. */
  settle(byHash: ReadonlyMap<string, Embedded>, fault?: Fault): void;
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
        settle(byHash, fault) {
          for (const hash of mine) {
            underWay.get(hash)?.resolve(byHash.get(hash) ?? { unsent: fault });
            underWay.delete(hash);
          }
        },
      };
    },
  };
}
