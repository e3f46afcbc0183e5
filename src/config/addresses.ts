import { isIPv6 } from "node:net";
import { hostName, listOf, parsedBy } from "./kinds.ts";
import type { Kind, Parsed } from "./kinds.ts";

export type UserInfo = { username: string; password: string };

/** Addresses without user info, and the one user that they name. */
export type Addresses = { urls: string[]; auth: UserInfo | undefined };

/** A mail server. `secure`: TLS from the first byte. */
export type SmtpAddress = {
  host: string;
  port: number;
  secure: boolean;
  auth?: { user: string; pass: string };
};

/** One http(s) address without a trailing slash; user info stays in it. */
export const httpUrl: Kind<string> = parsedBy(
  "a URL that begins with http:// or https://, without a query, and with %-escapes in its user and password",
  (text) =>
    parseAddress(text) === undefined
      ? { ok: false }
      : { ok: true, value: text.trim().replace(/\/+$/, "") },
  { placeholder: "url", address: true, secretsOf: (url) => userSecrets(userInfo(url)) },
);

/** Several http(s) addresses, all with the same user and password or all without. */
export const httpUrls: Kind<Addresses> = parsedBy(
  "URLs that begin with http:// or https://, comma-separated, all with the same user:password@ (%-escaped) or all without",
  parseAddresses,
  { placeholder: "urls", address: true, secretsOf: ({ auth }) => userSecrets(auth) },
);

/** Kafka brokers as host:port, IPv6 in brackets. */
export const kafkaAddresses: Kind<string[]> = listOf(
  "host:port addresses (port 9092 if left out), comma-separated and without a scheme",
  parseBroker,
  { placeholder: "brokers", address: true },
);

/** A URL to post to, unchanged: its path or query is its key. */
export const webhookUrl: Kind<string> = parsedBy(
  "a URL that begins with https:// or http://, with %-escapes in its user and password",
  parseWebhook,
  { placeholder: "url", secretsOf: webhookSecrets },
);

/** A link for people, without user and password, because every message shows it. */
export const linkUrl: Kind<string> = parsedBy(
  "a URL that begins with https:// or http://, without a user and a password",
  (text) => {
    const parsed = parseWebhook(text);
    if (!parsed.ok || new URL(parsed.value).username === "") return parsed;
    return { ok: false, reason: "every recipient of an alert would see the password" };
  },
  { placeholder: "url" },
);

export const smtpAddress: Kind<SmtpAddress> = parsedBy(
  "a URL such as smtps://user:password@host or smtp://host:587, with %-escapes in user and password",
  parseSmtp,
  {
    placeholder: "url",
    secretsOf: ({ auth }) => userSecrets(auth && { username: auth.user, password: auth.pass }),
  },
);

/** The unescaped user info of an address; undefined without any or for an invalid address. */
export function userInfo(address: string): UserInfo | undefined {
  return parseAddress(address)?.auth;
}

/** What a request with this user may show: the password as given, escaped, and as basic authentication sends it. */
export function userSecrets(user: UserInfo | undefined): string[] {
  if (user === undefined) return [];
  const { username, password } = user;
  return [...textSecrets(password), Buffer.from(`${username}:${password}`).toString("base64")];
}

/** A secret as given and as a URL holds it. */
export function textSecrets(secret: string): string[] {
  return [secret, encodeURIComponent(secret.toWellFormed())];
}

function parseAddresses(text: string): Parsed<Addresses> {
  const parsed = text.split(",").map((part) => parseAddress(part));
  const [first] = parsed;
  const urls = new Set<string>();
  for (const address of parsed) {
    if (address === undefined || !sameUser(address.auth, first?.auth)) return { ok: false };
    urls.add(address.url);
  }
  return { ok: true, value: { urls: [...urls], auth: first?.auth } };
}

function parseAddress(text: string): { url: string; auth: UserInfo | undefined } | undefined {
  if (!/^\s*https?:\/\/\S+\s*$/i.test(text) || /[?#]|\p{Cc}/u.test(text)) return undefined;
  const url = URL.parse(text.trim());
  // An @ after the host is the rest of a password with an unescaped slash.
  if (url === null || url.pathname.includes("@") || !hasWholeUser(url)) return undefined;
  return { url: `${url.origin}${url.pathname}`.replace(/\/+$/, ""), auth: userOf(url) };
}

function sameUser(a: UserInfo | undefined, b: UserInfo | undefined): boolean {
  return a?.username === b?.username && a?.password === b?.password;
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

function parseWebhook(given: string): Parsed<string> {
  const text = given.trim();
  const url = URL.parse(text);
  if (url === null || !/^https?:$/.test(url.protocol) || /\s/.test(text)) return { ok: false };
  if (url.hash !== "") return { ok: false, reason: "there is a # in it" };
  if (!hasWholeUser(url)) return { ok: false, reason: "its user and password are not both there" };
  return { ok: true, value: text };
}

/** Shorter path segments such as "/alerts" are not secret. */
const MIN_KEY_CHARACTERS = 12;

/** The address itself is a secret: the whole of it, and its unguessable parts. */
function webhookSecrets(text: string): string[] {
  const url = new URL(text);
  const values = [...url.searchParams.values(), ...url.pathname.split("/")];
  const keys = values.filter((value) => value.length >= MIN_KEY_CHARACTERS);
  const bare = url.pathname === "/" && url.search === "";
  const whole = bare ? [] : [text, url.href, `${url.host}${url.pathname}${url.search}`];
  return [...whole, ...keys, ...userSecrets(userOf(url))];
}

const SMTP_PORT = 587;
const SMTPS_PORT = 465;

function parseSmtp(text: string): Parsed<SmtpAddress> {
  const url = URL.parse(text.trim());
  if (url === null || !/^smtps?:$/.test(url.protocol) || url.hostname === "") return { ok: false };
  if (url.search !== "" || url.hash !== "" || !/^\/?$/.test(url.pathname)) {
    return { ok: false, reason: "there is something behind the host and its port" };
  }
  if (!hasWholeUser(url)) return { ok: false, reason: "its user and password are not both there" };
  const secure = url.protocol === "smtps:";
  const user = userOf(url);
  const auth = user && { user: user.username, pass: user.password };
  const port = url.port === "" ? (secure ? SMTPS_PORT : SMTP_PORT) : Number(url.port);
  const host = url.hostname.replace(/^\[(.*)\]$/, "$1");
  return { ok: true, value: { host, port, secure, ...(auth && { auth }) } };
}

/** The unescaped user and password of a URL; undefined unless both are there. */
function userOf(url: URL): UserInfo | undefined {
  const [username, password] = [unescaped(url.username), unescaped(url.password)];
  return username && password ? { username, password } : undefined;
}

function hasWholeUser(url: URL): boolean {
  return (url.username === "" && url.password === "") || userOf(url) !== undefined;
}

/** Without %-escapes; undefined where they are malformed. */
export function unescaped(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}
