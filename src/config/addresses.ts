import { isIPv6 } from "node:net";
import { z } from "zod";
import { hostName, parsedBy } from "./kinds.ts";
import type { Kind, Parsed } from "./kinds.ts";

export type UserInfo = { username: string; password: string };

/** Addresses without user info, and the one user that they name. */
export type Addresses = { urls: string[]; auth: UserInfo | undefined };

/** One http(s) address without a trailing slash; user info stays in it. */
export const httpUrl: Kind<string> = {
  expected:
    "a URL that begins with http:// or https://, without a query, and with %-escapes in its user and password",
  schema: z
    .string()
    .refine((text) => parseAddress(text) !== undefined)
    .transform((text) => text.trim().replace(/\/+$/, "")),
};

/** Several http(s) addresses, all with the same user and password or all without. */
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

/** Kafka brokers as host:port, IPv6 in brackets. */
export const kafkaAddresses: Kind<string[]> = parsedBy(
  "host:port addresses (port 9092 if left out), comma-separated and without a scheme",
  parseBrokers,
);

/** The unescaped user info of an address; undefined without any or for an invalid address. */
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
  // An @ after the host is the rest of a password with an unescaped slash.
  if (url === null || url.pathname.includes("@")) return undefined;
  const shown = `${url.origin}${url.pathname}`.replace(/\/+$/, "");
  if (url.username === "" && url.password === "") return { url: shown, auth: undefined };
  const [username, password] = [unescaped(url.username), unescaped(url.password)];
  return username && password ? { url: shown, auth: { username, password } } : undefined;
}

function parseBrokers(text: string): Parsed<string[]> {
  const brokers = new Set<string>();
  for (const part of text.split(",").map((item) => item.trim())) {
    if (part === "") continue;
    const parsed = parseBroker(part);
    if (!parsed.ok) return parsed;
    brokers.add(parsed.value);
  }
  return brokers.size === 0 ? { ok: false } : { ok: true, value: [...brokers] };
}

function parseBroker(text: string): Parsed<string> {
  const reason = whyNoBroker(text);
  if (reason !== undefined) return { ok: false, reason };
  const [, named = "", port = "9092"] = /^(\[.*\]|[^:]*)(?::(\d{1,5}))?$/.exec(text) ?? [];
  const host = hostName.schema.safeParse(named).data?.toLowerCase();
  const bracketed = named.startsWith("[");
  if (host === undefined || bracketed !== isIPv6(host)) return { ok: false };
  const portNumber = Number(port);
  if (portNumber < 1 || portNumber > 65_535) {
    return { ok: false, reason: "a port is a number from 1 to 65535" };
  }
  return { ok: true, value: `${bracketed ? `[${host}]` : host}:${portNumber}` };
}

/** Common mistakes. The text is not quoted: it may contain a password. */
function whyNoBroker(text: string): string | undefined {
  if (text.includes("://")) return "there is a scheme; TLS is chosen by KAFKA_SSL";
  if (text.includes("@")) {
    return "there is an @; user and password go into KAFKA_SASL_USERNAME and KAFKA_SASL_PASSWORD";
  }
  return isIPv6(text) ? "an IPv6 address needs brackets, such as [::1]:9092" : undefined;
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
