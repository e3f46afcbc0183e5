import { parsedBy, type Kind, type Parsed } from "./kinds.ts";

/** A mail server. `secure`: TLS from the first byte. */
export type SmtpAddress = {
  host: string;
  port: number;
  secure: boolean;
  auth?: { user: string; pass: string };
};

const SMTP_PORT = 587;
const SMTPS_PORT = 465;

/** A URL to post to, unchanged: its path or query is its key. */
export const webhookUrl: Kind<string> = parsedBy(
  "a URL that begins with https:// or http://, with %-escapes in its user and password",
  parseWebhook,
);

/** A link for people, without user and password, because every message shows it. */
export const linkUrl: Kind<string> = parsedBy(
  "a URL that begins with https:// or http://, without a user and a password",
  (text) => {
    const parsed = parseWebhook(text);
    if (!parsed.ok || new URL(parsed.value).username === "") return parsed;
    return { ok: false, reason: "every recipient of an alert would see the password" };
  },
);

export const smtpAddress: Kind<SmtpAddress> = parsedBy(
  "a URL such as smtps://user:password@host or smtp://host:587, with %-escapes in user and password",
  parseSmtp,
);

/** One plain address without a display name. */
export function isEmail(text: string): boolean {
  return (
    text.length <= 254 &&
    /^[^\s@<>()[\]",;:\\]{1,64}@[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?$/.test(text)
  );
}

/** The unescaped user and password of a URL; undefined unless both are there. */
export function userOf(url: URL): { user: string; pass: string } | undefined {
  const [user, pass] = [unescaped(url.username), unescaped(url.password)];
  return user && pass ? { user, pass } : undefined;
}

function parseWebhook(text: string): Parsed<string> {
  const url = URL.parse(text.trim());
  if (url === null || !/^https?:$/.test(url.protocol) || /\s/.test(text.trim()))
    return { ok: false };
  if (url.hash !== "") return { ok: false, reason: "there is a # in it" };
  if (!hasWholeUser(url)) return { ok: false, reason: "its user and password are not both there" };
  return { ok: true, value: text.trim() };
}

function parseSmtp(text: string): Parsed<SmtpAddress> {
  const url = URL.parse(text.trim());
  if (url === null || !/^smtps?:$/.test(url.protocol) || url.hostname === "") return { ok: false };
  if (url.search !== "" || url.hash !== "" || !/^\/?$/.test(url.pathname)) {
    return { ok: false, reason: "there is something behind the host and its port" };
  }
  if (!hasWholeUser(url)) return { ok: false, reason: "its user and password are not both there" };
  const secure = url.protocol === "smtps:";
  const auth = userOf(url);
  const port = url.port === "" ? (secure ? SMTPS_PORT : SMTP_PORT) : Number(url.port);
  const host = url.hostname.replace(/^\[(.*)\]$/, "$1");
  return { ok: true, value: { host, port, secure, ...(auth && { auth }) } };
}

function hasWholeUser(url: URL): boolean {
  return (url.username === "" && url.password === "") || userOf(url) !== undefined;
}

function unescaped(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}
