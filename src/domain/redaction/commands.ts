import { quotedAt, unquotedAt } from "./extents.ts";
import type { Spans } from "./spans.ts";

/** A program, its flags before a password (joined or after a blank), and its flags before "user:password". */
type Program = { names: string; password?: string; joined?: string; pair?: string };

const PROGRAMS: Program[] = [
  {
    names:
      "mysql|mysqldump|mysqladmin|mysqlimport|mysqlsh|mysqlcheck|mysqlbinlog|mariadb(?:-\\w+)?|mycli",
    joined: "-p",
  },
  { names: "sshpass", password: "-p", joined: "-p" },
  {
    names:
      "docker login|podman login|buildah login|skopeo login|helm registry login|oc login|nerdctl login|crane auth login",
    password: "-p",
    joined: "-p",
  },
  { names: "redis-cli|valkey-cli|keydb-cli|redis-benchmark", password: "-a" },
  {
    names: "curl|wget|http|https|httpie|xh|ab",
    pair: "-u|--user|-a|--auth|-U|--proxy-user|-A|--cert|-E",
  },
  {
    names:
      "mongo|mongosh|mongodump|mongorestore|mongoexport|mongoimport|cqlsh|influx|rabbitmqadmin|az login|svn|imapsync|smtp-cli|swaks|ansible|rdesktop|vncviewer|rcon|bw|op|vault login|nmcli|arangosh|cypher-shell|impala-shell|beeline|trino|presto|useradd|usermod|psexec|certutil|winrm|winrs",
    password: "-p",
    joined: "-p:",
  },
  {
    names: "sqlcmd|bcp|osql|ipmitool|mosquitto_pub|mosquitto_sub|unzip|zip|isql|tsql",
    password: "-P",
    joined: "-P",
  },
  {
    names: "ldapsearch|ldapmodify|ldapadd|ldapdelete|ldappasswd|ldapwhoami|ldapcompare|slappasswd",
    password: "-w|-s",
    joined: "-w",
  },
  { names: "7z|7za|7zz|rar|unrar", joined: "-p|-hp" },
  { names: "ssh-keygen", password: "-N|-P" },
  { names: "schtasks|signtool", password: "/rp|/p" },
  { names: "xfreerdp|wfreerdp|mstsc", joined: "/p:" },
  { names: "snmpget|snmpwalk|snmpset|snmptrap|snmpbulkwalk", password: "-A|-X|-c" },
  {
    names: "lftp|ncftp|smbclient|rpcclient|wmic|winexe|crackmapexec|nxc",
    pair: "-u|-U|--user",
    password: "-p",
  },
];

const ANY = new RegExp(
  `(?<![\\w/.-])(?:/?[\\w./-]{0,64}/)?(${PROGRAMS.map(({ names }) => `(?:${names})`).join("|")})(?:\\.exe)?(?=\\s)`,
  "g",
);
const EXACT = PROGRAMS.map(({ names }) => new RegExp(`^(?:${names})$`));
/** A quick pre-check: each of them has a one-letter flag or a telling word. */
const HINT =
  /(?:^|[\s'"])(?:-(?:[pPaAuUwXcsNE]|hp)|--?(?:cert|user|auth|proxy-user))(?=\S|\s\S)|[iI](?:dentified|DENTIFIED) |[pP](?:assword|ASSWORD) [fF]|requirepass|masterauth|\bpass:|\/user:|auth |AUTH |htpasswd|chpasswd|sudo -S|kinit|--stdin|rabbitmqctl|net user|\/r?p |SecureString|snmp-server|PASS | \/p:|(?:password|secret|key|md5) \d /;

/** Finds passwords without a name in command lines and SQL. */
export function findCommandPasswords(text: string, spans: Spans): void {
  if (!HINT.test(text)) return;
  ANY.lastIndex = 0;
  for (let found; (found = ANY.exec(text));) {
    const name = found[1] ?? "";
    const program = PROGRAMS.find((_, i) => EXACT[i]?.test(name));
    if (program)
      ANY.lastIndex = Math.max(ANY.lastIndex, arguments_(text, ANY.lastIndex, program, spans));
  }
  findStatements(text, spans);
}

const WORD = /[^\S\r\n]+/y;
const MOST_ARGUMENTS = 64;

/** Reads a program's arguments; returns the end of its command. */
function arguments_(text: string, begin: number, program: Program, spans: Spans): number {
  let at = begin;
  for (let i = 0; i < MOST_ARGUMENTS; i += 1) {
    WORD.lastIndex = at;
    if (!WORD.test(text)) return at;
    at = WORD.lastIndex;
    if (/[|;&<>\r\n]/.test(text[at] ?? "\n")) return at;
    const { end, start, stop } = argumentAt(text, at);
    const argument = text.slice(at, Math.min(end, at + 64));
    const flag = /^--[A-Za-z-]+|^-[A-Za-z]/.exec(argument)?.[0] ?? "";
    const glued = gluedFlag(program.joined, argument);
    const from = at + glued.length;
    if (glued !== "" && argument.startsWith(glued) && end > from && !argument.startsWith("--")) {
      const value = quotedAt(text, from);
      if (isWanted(text.slice(value?.start ?? from, Math.min(value?.end ?? end, from + 512)))) {
        spans.add(value?.start ?? from, value?.end ?? end);
      }
    } else if (program.password !== undefined && hasFlag(program.password, argument)) {
      at = mask(text, end, spans, false);
      continue;
    } else if (program.pair !== undefined && hasFlag(program.pair, flag) && flag !== "") {
      const joined = argument.length > flag.length;
      if (joined)
        maskPair(
          text,
          at + flag.length + (/^[= ]/.test(argument.slice(flag.length)) ? 1 : 0),
          end,
          spans,
        );
      else {
        at = mask(text, end, spans, true);
        continue;
      }
    }
    at = Math.max(end, stop, start);
  }
  return at;
}

/** The flag joined to a password: -pX, -hpX. */
function gluedFlag(joined: string | undefined, argument: string): string {
  return joined?.split("|").find((flag) => argument.startsWith(flag)) ?? "";
}

function hasFlag(flags: string, argument: string): boolean {
  return flags.split("|").includes(argument);
}

function argumentAt(text: string, at: number): { end: number; start: number; stop: number } {
  const quoted = quotedAt(text, at);
  if (quoted) return { start: quoted.start, stop: quoted.end, end: quoted.end + 1 };
  const end = wordEnd(text, at);
  return { start: at, stop: end, end };
}

/** The end of a shell word, quoted blanks included. */
function wordEnd(text: string, at: number): number {
  for (let i = at; i < text.length; i += 1) {
    const sign = text[i] ?? "";
    if (/\s/.test(sign)) return i;
    const quoted =
      i > at && /["']/.test(sign) && /[:=]/.test(text[i - 1] ?? "") ? quotedAt(text, i) : undefined;
    if (quoted) i = quoted.end;
  }
  return text.length;
}

/** Masks the next argument, or the password of "user:password"; returns its end. */
function mask(text: string, end: number, spans: Spans, isPair: boolean): number {
  WORD.lastIndex = end;
  if (!WORD.test(text)) return end;
  const at = WORD.lastIndex;
  const { start, stop, end: next } = argumentAt(text, at);
  if (text[at] === "-") return at;
  if (isPair) maskPair(text, start, stop, spans);
  else if (isWanted(text.slice(start, Math.min(stop, start + 512)))) spans.add(start, stop);
  return Math.min(next, text.length);
}

function maskPair(text: string, start: number, end: number, spans: Spans): void {
  const quoted = quotedAt(text, start);
  const from = quoted?.start ?? start;
  const to = quoted?.end ?? end;
  const colon = text.slice(from, Math.min(to, from + 256)).search(/[:%,]/);
  if (colon <= -1) return;
  const inner = quotedAt(text, from + colon + 1);
  const isInner = inner !== undefined && inner.end <= to;
  const first = isInner ? inner.start : from + colon + 1;
  const last = isInner ? inner.end : to;
  if (isWanted(text.slice(first, last))) spans.add(first, last);
}

/** Excludes ports, placeholders, paths and URLs. */
function isWanted(value: string): boolean {
  return (
    value !== "" &&
    !/^(?:\d{1,5}(?::\d{1,5})?(?:\/\w+)?|\*+|<[^<>]*>|\$?\{.*\}|\$\(.*\)|\$[A-Z_]+|"?\$[A-Z_{}]+"?|https?:.*|\/\/.*|~?\/[\w./-]*)$/.test(
      value,
    )
  );
}

const STATEMENTS = [
  /\bidentified (?:with \S{1,64} )?(?:by|as)(?: password| values)?\s{1,8}(?=\S)/gi,
  /\b(?:requirepass|masterauth)\s{1,4}(?=\S)/gi,
  /(?<![\w.-])-?-?pass(?:in|out)?[= ]pass:(?=\S)|(?<![\w:/@.-])pass:(?=[^\s:/])/g,
  /\bset password(?: for [^=\n]{1,80})?\s?=\s?(?:password\()?(?=['"])/gi,
  /\/user:\S{1,64}\s(?=[^\s/])/gi,
  /(?:^|["'`>\]]\s?|: |sent |command )AUTH (?:default )?(?=[^\s"']{4})/g,
  /(?:^|[>"'] ?|: |sent |command )PASS (?=[^\s"':=/.]*[\d!#$%&*+?@^~-][^\s"':=/.]*["']?\s*$)/gm,
  /\bConvertTo-SecureString (?:-String )?(?=["'])/gi,
  /\bsnmp-server (?:community|host \S{1,64}(?: version \S{1,4})?) (?=\S)/g,
  /\b(?:password|secret|key|key-string|md5) [05789] (?=\S{4})/g,
  /\bhtpasswd (?:-\w+ )*-\w*b\w* \S+ \S+ (?=\S)/g,
  /\becho ["']?[\w.-]{1,32}:(?=[^\s"'|]{1,128}["']? ?\| ?(?:sudo )?chpasswd)/g,
  /\becho ["']?(?=[^\s"'|]{1,128}["']? ?\| ?(?:sudo -S|kinit|passwd))/g,
  /\b(?:echo|printf) (?:-n |%s )?["']?(?=[^\s"'|]{1,128}["']? ?\|[^|\r\n]{0,200} --(?:password-)?stdin\b)/g,
  /\bpasswd --stdin \S{1,64} <<< ?(?=\S)/g,
  /\brabbitmqctl (?:add_user|change_password) \S{1,64} (?=\S)/g,
  /\bnet user \S{1,64} (?=[^\s/])/g,
];

function findStatements(text: string, spans: Spans): void {
  for (const statement of STATEMENTS) {
    statement.lastIndex = 0;
    while (statement.test(text)) {
      const at = statement.lastIndex;
      const value = quotedAt(text, at) ?? unquotedAt(text, at);
      if (!value) continue;
      if (
        /^[a-z]{1,12}$/i.test(text.slice(value.start, value.end)) &&
        !value.quoted &&
        !/[=:]\S*$/.test(text.slice(at - 2, at))
      )
        continue;
      spans.add(value.start, value.end);
      statement.lastIndex = Math.max(at, value.next);
    }
  }
}
