import type { Spans } from "./spans.ts";
import { looksMade } from "./values.ts";

const LONGEST_USER_INFO = 2048;
const HOST =
  /(?:\[[0-9a-fA-F:.%]+\]|[\w\u0080-\uffff%*-][\w.\u0080-\uffff%*-]{0,253}|\/\/[\w.-]+)(?=$|[:/?#\s"'`,;)\]}>\\|&])/y;

/** Passwords in URLs, as URL parsers read them and as people write them: with @, / and blanks. */
export function findUrlPasswords(text: string, spans: Spans): void {
  for (let at = text.indexOf("://"); at !== -1; at = text.indexOf("://", at + 3)) {
    const found = userInfo(text, at + 3);
    if (found) spans.add(...found);
  }
  if (text.includes("@") || /sqlplus|[xm]pdp /.test(text)) findWithoutScheme(text, spans);
}

const TOKEN_END = /[\s"'`<>]|\\["nrt]|:\/\/|$/g;

function userInfo(text: string, at: number): [number, number] | undefined {
  TOKEN_END.lastIndex = at;
  const bounded = text.slice(at, at + LONGEST_USER_INFO);
  TOKEN_END.lastIndex = 0;
  const end = TOKEN_END.exec(bounded)?.index ?? bounded.length;
  const token = bounded.slice(0, end);
  const user = /^[^:@/?#]{0,128}/.exec(token)?.[0] ?? "";
  const sign = token[user.length];
  if (sign === "@") return /^\$?\{/.test(user) ? undefined : ofUserOnly(at, user);
  if (sign !== ":") return undefined;
  const start = user.length + 1;
  if (/^\d{1,5}(?:[/?#]|$)/.test(token.slice(start))) return undefined;
  const stop = lastAt(token, start) ?? acrossBlanks(bounded, start, end);
  if (stop === undefined || stop <= start) return undefined;
  const password = token.slice(start, stop);
  return isPlaceholder(password) ? undefined : [at + start, at + stop];
}

/** A token as the user: https://0123abcd…@host. */
function ofUserOnly(at: number, user: string): [number, number] | undefined {
  return user.length >= 16 && looksMade(user) && !/[.+]/.test(user)
    ? [at, at + user.length]
    : undefined;
}

/** The @ before the host: the last one within the authority, else one before a host. */
function lastAt(token: string, start: number): number | undefined {
  const slash = token.slice(start).search(/[/?#]/);
  const authority = slash === -1 ? token.length : start + slash;
  const within = token.lastIndexOf("@", authority - 1);
  const path = /[?#]/.exec(token.slice(authority))?.index;
  const limit = path === undefined || within < start ? token.length : authority + path;
  const isPlainHost =
    within >= start && /^[^/?#]*(?:\.|:\d|^localhost|\])/.test(token.slice(within + 1, authority));
  if (isPlainHost) return within;
  for (
    let at = token.lastIndexOf("@", limit - 1);
    at >= start;
    at = token.lastIndexOf("@", at - 1)
  ) {
    HOST.lastIndex = at + 1;
    if (HOST.test(token)) return at;
    if (at === 0) break;
  }
  return within >= start ? within : undefined;
}

/** Up to three blanks in a password, where a host with a port or path follows. */
function acrossBlanks(text: string, start: number, end: number): number | undefined {
  const rest =
    /^(?: [^\s"'`<>]{1,64}){1,3}@(?=[\w.-]{1,253}(?::\d{1,5})?[/:]|[\w-]+\.[\w.-]+$)/.exec(
      text.slice(end, end + 300),
    );
  return rest && !text.slice(start, end).includes("@") ? end + rest[0].length - 1 : undefined;
}

function isPlaceholder(password: string): boolean {
  return /^(?:\*+|[xX]{3,}|<[^<>]*>|\$?\{[^{}]*\}|\{\{[^{}]*\}\}|\$\([^()]*\)|\$[A-Z_][A-Z0-9_]*|%[sv]|%[A-Z_]+%|\[[A-Z]+\]|\.{3})$/.test(
    password,
  );
}

/** Words before a colon and an address: "mailto:ann@example.org", "user:ann@10.0.0.1:22". */
const LABELS =
  /^(?:mailto|sips?|xmpp|acct|e?mail|user(?:name)?|login|from|to|cc|bcc|by|for|host|server|principal|account|address|ssh|rsync|scp|sftp|git|url|uri|node|peer|member|broker|id|name|subject|sender|recipient|contact|tel|im|https?|target|remote|source|dest|destination|upn|owner|author|jdbc|oracle|thin)$/i;

/** Hosts after a password without a scheme: tcp(db:3306), 10.0.0.1, //db, db:1521. */
const BARE_HOST =
  /((?:tcp|udp|unix)\()|(?:\d{1,3}\.){3}\d{1,3}\b|\[|localhost\b|\/\/[\w.-]+|[\w-][\w.-]{0,252}:\d{2,5}\b/y;
/** app:pass, scott/tiger */
const BARE_USER_INFO = /(?<![\w@/:.-])([A-Za-z_][\w.$-]{0,63})(:|\/)([^\s@"'`<>=]{1,128})$/;
/** app:pa:ss@word, before tcp(. */
const NETWORK_USER_INFO = /(?<![\w@/:.-])([A-Za-z_][\w.$-]{0,63})(:)([^\s"'`<>=]{1,128})$/;
const LONGEST_BARE = 194;
const ORACLE =
  /\b(?:thin|conn(?:ect)?(?=\s\S{1,64}\/[^\s/]{1,64}@)|CONN(?:ECT)?(?=\s\S{1,64}\/[^\s/]{1,64}@)|sqlplus(?: -\w)*|oci8?|rman target|exp|expdp|impdp|imp)[: ][\w$#.-]{1,64}\/([^\s@"'`/]{1,64})(?=@|\s|$)/g;

function findWithoutScheme(text: string, spans: Spans): void {
  for (let at = text.indexOf("@"); at !== -1; at = text.indexOf("@", at + 1)) {
    BARE_HOST.lastIndex = at + 1;
    const host = BARE_HOST.exec(text);
    if (!host) continue;
    const before = text.slice(Math.max(0, at - LONGEST_BARE), at);
    const found =
      BARE_USER_INFO.exec(before) ??
      (host[1] === undefined ? null : NETWORK_USER_INFO.exec(before));
    const [, user = "", sign, password = ""] = found ?? [];
    if (!found || !isPassword(password, user, sign, host[1] !== undefined)) continue;
    spans.add(at - password.length, at);
  }
  ORACLE.lastIndex = 0;
  for (let found; (found = ORACLE.exec(text));) {
    const [all, password = ""] = found;
    spans.add(found.index + all.length - password.length, found.index + all.length);
  }
}

function isPassword(
  password: string,
  user: string,
  sign: string | undefined,
  hasNetwork: boolean,
): boolean {
  // "[Renewer:bob@node-1:9000]" is a user name.
  if (!hasNetwork && !/[\d!#$%^&*+=~]/.test(password)) return false;
  if (LABELS.test(user) || isPlaceholder(password)) return false;
  if (/^\/\/|:$|^\d{1,5}\//.test(password)) return false;
  return sign !== "/" || /^[^/:]+$/.test(password);
}
