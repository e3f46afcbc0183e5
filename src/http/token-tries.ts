import { isIPv6 } from "node:net";
import { LRUCache } from "lru-cache";
import { createMinuteCounts } from "../domain/minute-counts.ts";
import type { Clock } from "../ports/clock.ts";

/**
 * Holds back clients that guess tokens: by one address, and by all together, so that many addresses try no more. An address
 * that has shown the right token is not held back by what others do.
 */
export type TokenTries = {
  /** Seconds until that client's next try is looked at; 0: now. */
  waitSeconds(client: string): number;
  wasWrong(client: string): void;
  wasRight(client: string): void;
};

/** Wrong tokens a minute. */
const OF_ADDRESS = 10;
const OF_ALL = 100;
const MAX_ADDRESSES = 10_000;
/** An address that showed the right token is known for so long. */
const KNOWN_MS = 24 * 3_600_000;

export function createTokenTries(clock: Pick<Clock, "now">): TokenTries {
  const wrong = createMinuteCounts(clock.now, MAX_ADDRESSES);
  const known = new LRUCache<string, number>({ max: MAX_ADDRESSES });
  return {
    waitSeconds(client) {
      const address = networkOf(client);
      const isKnown = clock.now() - (known.get(address) ?? -Infinity) < KNOWN_MS;
      const isHeldBack = wrong.of(address) >= OF_ADDRESS || (wrong.all() >= OF_ALL && !isKnown);
      return isHeldBack ? wrong.secondsLeft() : 0;
    },
    wasWrong: (client) => wrong.add(networkOf(client)),
    wasRight: (client) => void known.set(networkOf(client), clock.now()),
  };
}

/** Of an IPv6 address its network of 64 bits: a client with one address there has them all. */
function networkOf(client: string): string {
  if (!isIPv6(client) || client.toLowerCase().startsWith("::ffff:")) return client;
  const [head = "", tail = ""] = client.split("::");
  const before = head.split(":").filter(Boolean);
  const after = tail.split(":").filter(Boolean);
  const zeros = Array<string>(Math.max(0, 8 - before.length - after.length)).fill("0");
  const groups = client.includes("::") ? [...before, ...zeros, ...after] : before;
  return groups
    .slice(0, 4)
    .map((group) => Number.parseInt(group, 16).toString(16))
    .join(":");
}
