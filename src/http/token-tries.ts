import { isIPv6 } from "node:net";
import { LRUCache } from "lru-cache";
import type { Clock } from "../ports/clock.ts";

/**
 * Holds back whoever tries tokens: by one address, and by all together, so that many addresses try no more. An address
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
const MINUTE_MS = 60_000;
const MAX_ADDRESSES = 10_000;
/** An address that showed the right token is known for so long. */
const KNOWN_MS = 24 * 3_600_000;

export function createTokenTries(clock: Pick<Clock, "now">): TokenTries {
  const wrong = new LRUCache<string, number>({ max: MAX_ADDRESSES });
  const known = new LRUCache<string, number>({ max: MAX_ADDRESSES });
  let minute = -1;
  let ofAll = 0;
  const now = () => {
    const at = clock.now();
    const current = Math.floor(at / MINUTE_MS);
    if (current !== minute) {
      minute = current;
      ofAll = 0;
      wrong.clear();
    }
    return at;
  };
  return {
    waitSeconds(client) {
      const at = now();
      const address = networkOf(client);
      const isKnown = at - (known.get(address) ?? -Infinity) < KNOWN_MS;
      const isHeldBack = (wrong.get(address) ?? 0) >= OF_ADDRESS || (ofAll >= OF_ALL && !isKnown);
      return isHeldBack ? Math.ceil(((minute + 1) * MINUTE_MS - at) / 1000) : 0;
    },
    wasWrong(client) {
      now();
      const address = networkOf(client);
      wrong.set(address, (wrong.get(address) ?? 0) + 1);
      ofAll++;
    },
    wasRight: (client) => void known.set(networkOf(client), now()),
  };
}

/** Of an IPv6 address its network of 64 bits: whoever has one address there has them all. */
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
