import { createHmac, hash, randomBytes, timingSafeEqual } from "node:crypto";
import type { Clock } from "../ports/clock.ts";
import type { RevokedSessions } from "./revoked-sessions.ts";

const LIFETIME_MS = 12 * 3_600_000;
const COOKIE = "log_vectorizer_session";

/** Shows by a token, or by a cookie that somebody with the token was given, that a caller may. */
export type Session = {
  isToken(given: string): boolean;
  /** The session that a request's Cookie header shows; undefined where it shows none that is open. */
  signedIn(cookies: string | undefined): Promise<string | undefined>;
  /** Whether that session has neither come to its end nor been ended. */
  isOpen(id: string): Promise<boolean>;
  /** A Set-Cookie header that signs in for twelve hours; `secure`: the browser came by https. */
  signIn(secure: boolean): string;
  /** Ends the session for good, for every copy of the cookie; a Set-Cookie header that takes it back. */
  signOut(cookies: string | undefined, secure: boolean): Promise<string>;
};

/** The key of the signature comes from the token: another token ends every session, a restart none. */
export function createSession(
  token: string,
  clock: Pick<Clock, "now">,
  revoked: RevokedSessions,
): Session {
  const digest = hash("sha256", token, "buffer");
  const key = createHmac("sha256", token).update("log-vectorizer session, version 1").digest();
  const sign = (text: string) => createHmac("sha256", key).update(text).digest();
  const isOpen = async (id: string) => untilOf(id) > clock.now() && !(await revoked.has(id));
  const signedIn = async (cookies = "") => {
    for (const value of valuesOf(cookies)) {
      const [, id = "", signature = ""] = VALUE.exec(value) ?? [];
      const given = Buffer.from(signature, "base64url");
      const expected = sign(id);
      const isOurs = given.length === expected.length && timingSafeEqual(given, expected);
      if (isOurs && (await isOpen(id))) return id;
    }
    return undefined;
  };
  return {
    isToken: (given) => timingSafeEqual(hash("sha256", given, "buffer"), digest),
    signedIn,
    isOpen,
    signIn(secure) {
      const until = (clock.now() + LIFETIME_MS).toString(36);
      const id = `1.${until}.${randomBytes(9).toString("base64url")}`;
      const value = `${id}.${sign(id).toString("base64url")}`;
      return cookie(value, LIFETIME_MS / 1000, secure);
    },
    async signOut(cookies, secure) {
      const id = await signedIn(cookies);
      if (id !== undefined) await revoked.add(id, untilOf(id));
      return cookie("", 0, secure);
    },
  };
}

/** Milliseconds since the epoch. */
function untilOf(id: string): number {
  return Number.parseInt(id.split(".")[1] ?? "", 36);
}

const VALUE = /^(1\.[0-9a-z]{1,12}\.[\w-]{12})\.([\w-]{43})$/;

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
