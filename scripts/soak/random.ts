import { createHash } from "node:crypto";

/** Random numbers that come again with the same seed. */
export type Random = {
  /** From `low` up to `high`. */
  between(low: number, high: number): number;
  /** True that often, of 1. */
  chance(share: number): boolean;
  pick<T>(among: readonly [T, ...T[]]): T;
};

/** Each purpose has numbers of its own: how long one waits changes nothing for another. */
export function createRandom(seed: number, purpose: string): Random {
  let count = 0;
  const next = () => {
    const hash = createHash("sha256").update(`${seed} ${purpose} ${count++}`);
    return hash.digest().readUInt32LE(0) / 2 ** 32;
  };
  return {
    between: (low, high) => low + next() * (high - low),
    chance: (share) => next() < share,
    pick: (among) => among[Math.floor(next() * among.length)] ?? among[0],
  };
}
