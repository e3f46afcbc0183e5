import { z } from "zod";
import type { Kind } from "./kinds.ts";

export type UserInfo = { username: string; password: string };

/** Addresses without user information, and the one user that they name. */
export type Addresses = { urls: string[]; auth: UserInfo | undefined };

/** One http(s) address, without a slash at its end; user information stays in it. */
export const httpUrl: Kind<string> = {
  expected:
    "a URL that begins with http:// or https://, without a query, and with %-escapes in its user and password",
  schema: z
    .string()
    .refine((text) => parseAddress(text) !== undefined)
    .transform((text) => text.trim().replace(/\/+$/, "")),
};

/** Several http(s) addresses that name the same user and password, or all of them none. */
export const httpUrls: Kind<Addresses> = {
  expected:
    "URLs that begin with http:// or https://, comma-separated, all with the same user:password@ (%-escaped) or all without",
  schema: z.string().transform((text, context) => {
    const addresses = parseAddresses(text);
    if (addresses !== undefined) return addresses;
    context.addIssue({ code: "custom" });
    return z.NEVER;
  }),
};

/** The user information of an address, unescaped; undefined where it has none or is no address. */
export function userInfo(address: string): UserInfo | undefined {
  return parseAddress(address)?.auth;
}

function parseAddresses(text: string): Addresses | undefined {
  const parsed = text.split(",").map((part) => parseAddress(part));
  const [first] = parsed;
  const urls = new Set<string>();
  for (const address of parsed) {
    if (address === undefined || !sameUser(address.auth, first?.auth)) return undefined;
    urls.add(address.url);
  }
  return { urls: [...urls], auth: first?.auth };
}

function parseAddress(text: string): { url: string; auth: UserInfo | undefined } | undefined {
  if (!/^\s*https?:\/\/\S+\s*$/i.test(text) || /[?#]|\p{Cc}/u.test(text)) return undefined;
  const url = URL.parse(text.trim());
  // An @ after the host is what remains of a password with an unescaped slash.
  if (url === null || url.pathname.includes("@")) return undefined;
  const shown = `${url.origin}${url.pathname}`.replace(/\/+$/, "");
  if (url.username === "" && url.password === "") return { url: shown, auth: undefined };
  const [username, password] = [unescaped(url.username), unescaped(url.password)];
  return username && password ? { url: shown, auth: { username, password } } : undefined;
}

function unescaped(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}

function sameUser(a: UserInfo | undefined, b: UserInfo | undefined): boolean {
  return a?.username === b?.username && a?.password === b?.password;
}
