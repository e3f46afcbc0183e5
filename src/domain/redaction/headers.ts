import { quotedAt } from "./extents.ts";
import { HARMLESS_WORDS } from "./harmless-words.ts";
import type { Spans } from "./spans.ts";
import { looksMade } from "./values.ts";

const HINT = /authorization|cookie|bearer|basic|negotiate|ntlm|sharedaccesssignature/i;

/** Credentials in HTTP headers: authorization, cookies, bare schemes. */
export function findHeaders(text: string, spans: Spans): void {
  if (!HINT.test(text)) return;
  findAuthorization(text, spans);
  findCookies(text, spans);
  findSchemes(text, spans);
}

const AUTHORIZATION =
  /authorization(?:\\{0,7}["'`])?[\])]?\s{0,4}(?:=>|->|:=|[:=,])\s{0,4}(?:<<|[[({]{1,2}\s?)?(?:[bu](?=["']))?(?=\S)/gi;
const SCHEME =
  /(?:(AWS4-[\w-]+|AWS4|AWS|Digest|OAuth|Hawk|Signature|SharedKey(?:Lite)?|SharedAccessSignature|HMAC[\w-]*|EG1-HMAC-SHA256|GoogleLogin|MAC|acs|Vapid|TC3-HMAC-SHA256|SDK-HMAC-SHA256|WSSE|UsernameToken|DPoP)|(Basic|Bearer|Negotiate|NTLM|Kerberos|Token|ApiKey|Api-Key|Key|GenieKey|SSWS|Splunk|PVEAPIToken|Snyk|Bot|JWT|Klaviyo-API-Key|KakaoAK|Apikey|SCRAM-[\w-]+|Discogs|PRIVATE-TOKEN|Private|Concealed|HOBA|Mutual|VAPID|SSO|LOW|Session|Passport1\.4|Firebase|[A-Z][A-Za-z0-9-]{2,20}(?=\s+[\w+/=.~:-]{16})))(?:\s{1,4}|%20|\+|:\s?)/iy;

function findAuthorization(text: string, spans: Spans): void {
  AUTHORIZATION.lastIndex = 0;
  while (AUTHORIZATION.test(text)) {
    const at = AUTHORIZATION.lastIndex;
    const quoted = quotedAt(text, at);
    const start = quoted?.start ?? at;
    SCHEME.lastIndex = start;
    const scheme = SCHEME.exec(text);
    const from = start + (scheme?.[0].length ?? 0);
    const end = quoted
      ? quoted.end
      : scheme?.[1] === undefined
        ? credentialsEnd(text, from)
        : lineEnd(text, from);
    const value = text.slice(from, Math.min(end, from + 4096));
    if (!isHarmless(value, scheme !== null)) spans.add(from, end);
    AUTHORIZATION.lastIndex = Math.max(at, Math.min(end, from + 4096));
  }
}

/** A list of parameters, to the end of the line or of the surrounding quote or bracket. */
function lineEnd(text: string, at: number): number {
  const LINE_END = /[\r\n]|\\[rn]|["'](?=\s*(?:[)\]},]\s*["'}\]]|-|https?:|\s-|$))|\](?=, )/g;
  LINE_END.lastIndex = at;
  return LINE_END.exec(text)?.index ?? text.length;
}

function credentialsEnd(text: string, at: number): number {
  const END = /[\s"'`,;\]})]|\\["nr]|$/g;
  END.lastIndex = at;
  const end = END.exec(text)?.index ?? text.length;
  // Token token="x", ApiKey key='x'
  return end > at && text[end - 1] === "=" && /["']/.test(text[end] ?? "")
    ? (quotedAt(text, end)?.end ?? end)
    : end;
}

function isHarmless(value: string, hasScheme: boolean): boolean {
  const written = value.trim().replace(/[.,;:!?]+$/, "");
  if (
    written === "" ||
    /^(?:\*+|<[^<>]*>?|\[[A-Za-z ]+\]|\$?\{.*\}|\.{3}|x{3,}|%s)$/i.test(written)
  )
    return true;
  const [word = ""] = written.split(/[\s,;]/);
  if (HARMLESS_WORDS.has(word.toLowerCase())) return true;
  if (hasScheme) return /^realm=/i.test(written);
  return !looksMade(written) && !(/\d/.test(word) && word.length >= 6 && !/^\d+$/.test(word));
}

const COOKIES =
  /(?<![A-Za-z0-9-])((?:set-)?cookies?2?(?:\\{0,7}["'])?\s{0,3}(?:=>|[:=])\s{0,3})(?:\[\s?)?(?=(?:\\{0,7}["'])?[!#$%&'*+.^_`|~\w-]{1,80}=[^\s;])/gi;

/** "cookie: could not parse" is prose: a cookie has a name and a value. */
function findCookies(text: string, spans: Spans): void {
  COOKIES.lastIndex = 0;
  for (let found; (found = COOKIES.exec(text));) {
    const at = COOKIES.lastIndex;
    const quoted = quotedAt(text, at);
    const end = quoted?.end ?? outerEnd(text, found.index, at) ?? lineEnd(text, at);
    spans.add(quoted?.start ?? at, end);
    COOKIES.lastIndex = end;
  }
}

/** The end of quotes around a whole header: "Cookie: a=b". */
function outerEnd(text: string, start: number, at: number): number | undefined {
  const quote = text[start - 1];
  if (quote !== '"' && quote !== "'") return undefined;
  const END = quote === '"' ? /["\r\n]/g : /['\r\n]/g;
  END.lastIndex = at;
  return END.exec(text)?.index;
}

const BEARER =
  /\b(?:bearer|ssws|geniekey|apikey|kakaoak)(?:\s{1,3}|%20|["']\s?)["']?(?=[\w.~+/=-]{8})([\w.~+/=-]{8,8192})/gi;
const BASIC = /\b(?:basic|negotiate|ntlm)\s{1,3}["']?([A-Za-z0-9+/_-]{6,8192}={0,2})/gi;
const SHARED_ACCESS = /\bSharedAccessSignature\s+([^\s"']{8,4096})/g;

/** Credentials after a scheme's name without a header: "sent Bearer …". */
function findSchemes(text: string, spans: Spans): void {
  for (const { index, 0: all, 1: token = "" } of text.matchAll(BEARER)) {
    const written = token.replace(/[.]+$/, "");
    // "bearer expires_in=3600" is a name with its value.
    if (/=[^=]/.test(written)) continue;
    const isMade = /\d/.test(written) || written.length >= 24 || looksMade(written);
    if (!isMade || HARMLESS_WORDS.has(written.toLowerCase())) continue;
    const start = index + all.length - token.length;
    spans.add(start, start + written.length);
  }
  for (const { index, 0: all, 1: token = "" } of text.matchAll(BASIC)) {
    if (isBasic(token) || looksMade(token))
      spans.add(index + all.length - token.length, index + all.length);
  }
  for (const { index, 0: all, 1: token = "" } of text.matchAll(SHARED_ACCESS)) {
    spans.add(index + all.length - token.length, index + all.length);
  }
}

/** Base64 of "user:password". */
function isBasic(token: string): boolean {
  if (token.length < 6 || token.length > 1024) return false;
  try {
    return (
      /^[\u0020-\u00ff]+:[\u0020-\u00ff]*$/.test(
        atob(token.replaceAll("-", "+").replaceAll("_", "/")),
      ) && /[A-Z0-9=]/.test(token)
    );
  } catch {
    return false;
  }
}
