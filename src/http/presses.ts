import { createHmac, randomBytes, timingSafeEqual } from "node:crypto";
import type { FastifyRequest } from "fastify";

/** Names in the page's address. */
const PRESS = "press";
/** The search is one that a link named, before its reader signed in. */
export const LINKED = "linked";

/**
 * Tells a search that somebody began on the page from one that a link led to, which may come from anywhere and must not
 * cost anything. A browser says where a request comes from (Sec-Fetch-Site), save over plain HTTP from another machine:
 * there the page's own form and links carry a key that no other page can know.
 */
export type Presses = {
  /** For the form and the links of the page that answers this request; undefined where the browser will tell by itself. */
  keyFor(request: FastifyRequest): string | undefined;
  isPressed(request: FastifyRequest, given: Readonly<Record<string, string>>): boolean;
};

/** With a token all processes that share it know each other's keys. */
export function createPresses(token: string | undefined): Presses {
  const secret = token ?? randomBytes(32);
  const keyOf = (sessionId = "") =>
    createHmac("sha256", secret).update(`log-vectorizer press ${sessionId}`).digest("base64url");
  return {
    keyFor: ({ headers, sessionId }) =>
      headers["sec-fetch-site"] === undefined ? keyOf(sessionId) : undefined,
    isPressed({ headers, sessionId }, given) {
      if (given[LINKED] !== undefined) return false;
      const site = headers["sec-fetch-site"];
      if (site !== undefined) return site === "same-origin";
      const key = Buffer.from(given[PRESS] ?? "");
      const expected = Buffer.from(keyOf(sessionId));
      return key.length === expected.length && timingSafeEqual(key, expected);
    },
  };
}
