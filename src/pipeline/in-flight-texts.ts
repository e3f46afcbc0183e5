import type { Fault } from "../domain/faults.ts";
import type { Embedded } from "./send-request.ts";

/** `left`: the batch that had claimed the text was to stop; nothing is known of it, and another may send it. */
export type Unsent = Fault | "left" | undefined;

/** What became of a text: embedded, refused, or not sent, with what kept it from that. */
type Ended = Embedded | { unsent: Unsent };

export type Claim = {
  /** Texts that no other batch is at; every one of them must be resolved or released. */
  mine: ReadonlySet<string>;
  /** Texts that another batch is at, and what becomes of them. */
  others: ReadonlyMap<string, Promise<Ended>>;
  /** Tells those who wait what became of claimed texts. */
  resolve(byHash: ReadonlyMap<string, Embedded>): void;
  /** Gives up the claimed texts that nothing became of. */
  release(unsent?: Unsent): void;
};

/** Keeps two batches from paying for the same text at the same time. */
export type InFlightTexts = { claim(hashes: readonly string[]): Claim };

export function createInFlightTexts(): InFlightTexts {
  const inFlight = new Map<string, PromiseWithResolvers<Ended>>();
  return {
    claim(hashes) {
      const mine = new Set<string>();
      const open = new Map<string, PromiseWithResolvers<Ended>>();
      const others = new Map<string, Promise<Ended>>();
      for (const hash of hashes) {
        const other = inFlight.get(hash);
        if (mine.has(hash)) continue;
        if (other) {
          others.set(hash, other.promise);
          continue;
        }
        const own = Promise.withResolvers<Ended>();
        mine.add(hash);
        open.set(hash, own);
        inFlight.set(hash, own);
      }
      const end = (hash: string, ended: Ended) => {
        const own = open.get(hash);
        if (!own) return;
        open.delete(hash);
        inFlight.delete(hash);
        own.resolve(ended);
      };
      return {
        mine,
        others,
        resolve(byHash) {
          for (const [hash, embedded] of byHash) end(hash, embedded);
        },
        release(unsent) {
          for (const hash of open.keys()) end(hash, { unsent });
        },
      };
    },
  };
}
