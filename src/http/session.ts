import { createHmac, hash, randomBytes, timingSafeEqual } from "node:crypto";
import type { Clock } from "../ports/clock.ts";

const LIFETIME_MS = 12 * 3_600_000;
const COOKIE = "log_vectorizer_session";

/** Shows by a token, or by a cookie that somebody with the token was given, that a caller may. */
export type Session = {
  isToken(given: string): boolean;
  /** Of a request's Cookie header. */
  isSignedIn(cookies: string | undefined): boolean;
  /** A Set-Cookie header that signs in for twelve hours; `secure`: the browser came by https. */
  signIn(secure: boolean): string;
  signOut(secure: boolean): string;
};

/** The key of the signature comes from the token: another token ends every session, a restart none. */
export function createSession(token: string, clock: Pick<Clock, "now">): Session {
  const digest = hash("sha256", token, "buffer");
  const key = createHmac("sha256", token).update("log-vectorizer session, version 1").digest();
  const sign = (text: string) => createHmac("sha256", key).update(text).digest();
  return {
    isToken: (given) => timingSafeEqual(hash("sha256", given, "buffer"), digest),
    isSignedIn(cookies = "") {
      for (const value of valuesOf(cookies)) {
        const [, text = "", until = "", signature = ""] = VALUE.exec(value) ?? [];
        const given = Buffer.from(signature, "base64url");
        const expected = sign(text);
        const isOurs = given.length === expected.length && timingSafeEqual(given, expected);
        if (isOurs && Number.parseInt(until, 36) > clock.now()) return true;
      }
      return false;
    },
    signIn(secure) {
      const until = (clock.now() + LIFETIME_MS).toString(36);
      const text = `1.${until}.${randomBytes(9).toString("base64url")}`;
      const value = `${text}.${sign(text).toString("base64url")}`;
      return cookie(value, LIFETIME_MS / 1000, secure);
    },
    signOut: (secure) => cookie("", 0, secure),
  };
}

const VALUE = /^(1\.([0-9a-z]{1,12})\.[\w-]{12})\.([\w-]{43})$/;

/** A browser sends what other paths and parent domains have set under the name too. */
function valuesOf(cookies: string): string[] {
  return cookies.split(";").flatMap((part) => {
    const [name = "", value = ""] = part.trim().split("=", 2);
    return name === COOKIE ? [value] : [];
  });
}

function cookie(value: string, maxAgeSeconds: number, secure: boolean): string {
  // Lax: a link in a message leads to the page, and not to the sign-in form; nothing can be done by a link alone.
  const flags = `Path=/; Max-Age=${maxAgeSeconds}; HttpOnly; SameSite=Lax`;
  return `${COOKIE}=${value}; ${flags}${secure ? "; Secure" : ""}`;
}
