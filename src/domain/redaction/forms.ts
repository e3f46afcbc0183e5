import type { Spans } from "./spans.ts";

/**
 * Tokens recognised by their form. Prefixes and alphabets are those of gitleaks' rules (MIT, see docs/adr and the
 * fixture with their licence); lengths are the least that a cut line may leave.
 */
const FORMS: Record<string, string[]> = {
  cloud: [
    "(?:AKIA|ASIA|ABIA|ACCA|AROA|AIDA|AGPA|AIPA|ANPA|ANVA|A3T[A-Z0-9])[A-Z0-9]{16}(?![A-Za-z0-9])",
    "ABSK[A-Za-z0-9+/]{40,}=*",
    "bedrock-api-key-[A-Za-z0-9+/=]{12,}",
    "(?:IQoJb3JpZ2lu|FwoGZXIvYXdz|AQoDYXdz)[A-Za-z0-9+/=%]{20,}",
    "AIza[\\w-]{30,}",
    "ya29\\.[\\w-]{16,}",
    "GOCSPX-[\\w-]{20,}",
    "(?<![\\w.])1//0[\\w-]{24,}",
    "(?<![\\w.])4/0A[\\w-]{24,}",
    "LTAI[A-Za-z0-9]{16,}",
    "AKID[A-Za-z0-9]{28,}",
    "do[opr]_v1_[a-f0-9]{32,}",
    "t1\\.[A-Z0-9a-z_-]{20,}=?=?\\.[A-Za-z0-9_-]{40,}",
    "HRKU-[\\w-]{36,}",
    "fo1_[\\w-]{30,}",
    "fm(?:1[ar]|2)_[A-Za-z0-9+/]{60,}=*",
    "v1\\.0-[a-f0-9]{24}-[a-f0-9]{60,}",
    "cf(?:k|ut|at)_[A-Za-z0-9]{32,}",
    "tskey-[a-z]{2,20}-[\\w-]{16,}",
    "vc[pirak]_[A-Za-z0-9]{20,}",
    "sb(?:p|_secret|_publishable)_[\\w-]{20,}",
    "nfp_[A-Za-z0-9]{30,}",
    "rnd_[A-Za-z0-9]{24,}",
    "dapi[a-f0-9]{32}(?:-\\d)?",
    "doo_v1_[a-f0-9]{32,}",
    "sha256~[\\w-]{40,}",
    "pscale_(?:tkn|oauth|pw)_[\\w=.-]{24,}",
    "tk-us-[\\w-]{40,}",
    "ops_eyJ[A-Za-z0-9+/]{40,}=*",
    "A3-[A-Z0-9]{6}-[A-Z0-9]{6,11}(?:-[A-Z0-9]{5,6}){3,4}",
    "hv[sbr]\\.[\\w-]{20,}",
    "(?<![\\w.])[sbr]\\.(?=[A-Za-z]*\\d)[A-Za-z0-9]{24}(?![\\w.])",
    "AGE-SECRET-KEY-1[A-Z0-9]{30,}",
    "dp\\.(?:pt|st|sa|ct|scim|audit)\\.[\\w.]{30,}",
    "pul-[a-f0-9]{32,}",
  ],
  code: [
    "gh[opsur]_[A-Za-z0-9_]{20,}(?:\\.[\\w-]{10,}){0,2}",
    "github_pat_\\w{20,}",
    "gl(?:pat|ptt|dt|rt|rtr|cbt|ft|soat|agent|oas|imt|ffct|wt)-[\\w-]{18,}(?:\\.[\\w-]{4,}){0,3}",
    "GR1348941[\\w-]{16,}",
    "AT(?:ATT3|CTT3|STT3)[\\w=-]{40,}",
    "ATBB[A-Za-z0-9]{24,}",
    "npm_[A-Za-z0-9_]{30,}",
    "pypi-AgE[\\w-]{30,}",
    "rubygems_[a-f0-9]{32,}",
    "CLOJARS_[A-Za-z0-9]{40,}",
    "dckr_(?:pat|oat)_[\\w-]{20,}",
    "oy2[a-z0-9]{43}",
    "AKCp[A-Za-z0-9]{40,}",
    "cmVmd[A-Za-z0-9]{59}",
    "sq[uap]_[a-f0-9]{32,}",
    "sgp_(?:(?:[a-fA-F0-9]{16}|local)_)?[a-fA-F0-9]{32,}",
    "sntry[su]_[A-Za-z0-9+/=_]{40,}",
    "bk(?:ua|aj|ci)_[A-Za-z0-9]{30,}",
    "CCIPAT_[\\w]{30,}",
    "API-[A-Z0-9]{26,}",
    "pat\\.[\\w-]{22}\\.[A-Za-z0-9]{24}\\.[A-Za-z0-9]{20}",
    "sat\\.[\\w-]{22}\\.[A-Za-z0-9]{24}\\.[A-Za-z0-9]{20}",
    "PMAK-[A-Za-z0-9]{20,}(?:-[A-Za-z0-9]{8,})?",
    "pn[ub]_[A-Za-z0-9]{30,}",
    "lin_(?:api|oauth)_[A-Za-z0-9_]{30,}",
    "figd_[\\w-]{30,}",
    "ntn_[A-Za-z0-9]{40,}",
    "secret_[A-Za-z0-9]{40,}",
    "pat[A-Za-z0-9]{14}\\.[a-f0-9]{40,}",
    "ico-[A-Za-z0-9]{32}",
    "rdme_[a-z0-9]{60,}",
    "tfp_[\\w.=-]{40,}",
    "CFPAT-[\\w-]{30,}",
    "NR(?:AK|II|JS|RA)-[A-Za-z0-9_-]{20,}",
    "(?:api|sdk|mob)-[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}",
    "dt0[a-z]\\d\\d\\.[A-Za-z0-9]{24}\\.[A-Za-z0-9]{40,}",
    "gl(?:sa|c)_[A-Za-z0-9+/_]{30,}=*",
    "s-s4t2(?:ud|af)-[a-f0-9]{40,}",
    "sm_(?:aat|pat|sat)_[A-Za-z0-9]{16}",
    "4b1d[A-Za-z0-9]{38}(?![A-Za-z0-9])",
    "p8e-[A-Za-z0-9]{32}",
    "(?:sc|ext|scauth|authress)_[A-Za-z0-9]{5,30}\\.[A-Za-z0-9]{4,6}\\.acc[_-][A-Za-z0-9-]{10,32}\\.[A-Za-z0-9+/_=-]{30,}",
  ],
  talk: [
    "xox[a-z](?:\\.xox[a-z])?-[\\w-]{8,}",
    "xapp-\\d-[\\w-]{6,}",
    "hooks\\.slack\\.com/(?:services|workflows|triggers)/[\\w/+-]{20,}",
    "discord(?:app)?\\.com/api/webhooks/\\d{10,}/[\\w-]{30,}",
    "hooks\\.zapier\\.com/hooks/catch/\\d+/\\w+",
    "SG\\.[\\w-]{16,64}\\.[\\w=.-]{16,}",
    "SG\\.[\\w=.-]{60,}",
    "key-[0-9a-f]{32}",
    "xkeysib-[a-f0-9]{40,}(?:-[A-Za-z0-9]{8,})?",
    "xsmtpsib-[a-f0-9]{40,}(?:-[A-Za-z0-9]{8,})?",
    "SK[0-9a-fA-F]{32}(?![0-9A-Za-z])",
    "EAA[A-Za-z0-9]{80,}",
    "EAA[A-Z][\\w-]{50,}",
  ],
  money: [
    "[prs]k_(?:live|test|prod)_[0-9A-Za-z]{10,}",
    "whsec_[\\w+/=-]{16,}",
    "sq0(?:atp|csp|idp)-[\\w-]{20,}",
    "EAAA[\\w-]{22,}",
    "rzp_(?:live|test)_[A-Za-z0-9]{12,}",
    "shp(?:at|ca|pa|ss)_[a-fA-F0-9]{30,}",
    "shippo_(?:live|test)_[a-fA-F0-9]{30,}",
    "FLW(?:SECK|PUBK)_TEST-[A-Za-z0-9]{12,}(?:-X)?",
    "EZ[AT]K[A-Za-z0-9]{40,}",
    "duffel_(?:test|live)_[\\w=-]{30,}",
    "fio-u-[\\w=-]{40,}",
    "access_token\\$(?:production|sandbox)\\$[a-z0-9]{12,}\\$[a-f0-9]{24,}",
    "access-(?:sandbox|development|production)-[0-9a-f-]{36}",
    "pdl_(?:live|sdbx)_apikey_\\w{16,}",
    "xprv[A-Za-z0-9]{90,}",
    "nsec1[a-z0-9]{50,}",
  ],
  models: [
    "sk-ant-[a-z0-9]{2,12}-[\\w-]{16,}",
    "sk-(?:proj|svcacct|admin|None|or-v1|lf|live|test)-[\\w-]{16,}",
    "sk-[A-Za-z0-9]{20,}",
    "sk-[\\w-]{0,24}(?<![A-Za-z0-9])[A-Za-z0-9]{24,}[\\w-]*",
    "pplx-[A-Za-z0-9]{20,}",
    "gsk_[A-Za-z0-9]{20,}",
    "xai-[A-Za-z0-9]{20,}",
    "hf_[A-Za-z0-9]{24,}",
    "api_org_[A-Za-z]{24,}",
    "r8_[A-Za-z0-9]{24,}",
    "nvapi-[\\w-]{24,}",
    "tvly-[\\w-]{16,}",
    "pcsk_[\\w]{24,}",
    "lsv2_(?:pt|sk)_\\w{24,}",
    "jina_[\\w-]{40,}",
  ],
  /** Three parts, or two and a cut; also base64-encoded once more. */
  signed: [
    "(?<![\\w-])eyJ[\\w-]{8,4000}\\.[\\w-]{2,8000}\\.?[\\w=-]*(?:\\.[\\w=-]+){0,2}",
    "ey[A-Za-z0-9]{17,4000}\\.ey[\\w\\\\/-]{17,8000}\\.[\\w\\\\/=-]*",
    "[ps]k\\.eyJ1[\\w-]{20,}(?:\\.[\\w-]{10,})?",
    "eyJrIjoi[A-Za-z0-9]{40,}=*",
    "ZXlK[A-Za-z0-9+/_-]{60,}=*",
  ],
  /** Password hashes, as in /etc/shadow and user tables. */
  hashes: [
    "\\$2[abxy]?\\$\\d\\d\\$[./A-Za-z0-9]{22,}",
    "\\$(?:1|5|6|7|y|apr1|gy|sha1)\\$[^\\s:'\",;]{12,}",
    "\\$argon2(?:id?|d)\\$[^\\s:'\";]{20,}",
    "\\$(?:scrypt|pbkdf2[\\w-]*|bcrypt[\\w-]*)\\$[^\\s:'\";]{16,}",
    "pbkdf2_sha\\d+\\$\\d+\\$[^\\s:'\",;]{12,}",
    "SCRAM-SHA-\\d+\\$[^\\s'\",;]{20,}",
    "\\{(?:S?SHA\\d*|S?MD5|CRYPT|PBKDF2[\\w-]*|ARGON2)\\}[^\\s'\",;]{12,}",
  ],
};

const { hashes: HASHES = [], ...TOKENS } = FORMS;
const ALL_TOKENS = Object.values(TOKENS).flat();
const TOKEN = new RegExp(ALL_TOKENS.join("|"), "y");
/** The first two characters of all tokens, checked before the pattern. */
const HEADS = new Uint8Array(128 * 128);
for (const head of ALL_TOKENS.flatMap((form) => headsOf(form, 2))) {
  HEADS[head.charCodeAt(0) * 128 + head.charCodeAt(1)] = 1;
}
const HASH = new RegExp(HASHES.join("|"), "g");

/** Forms with a sign that no run contains, or without a fixed prefix; each with a quick pre-check. */
const INNER: [needle: string, form: RegExp][] = [
  ["Q~", /[\w~.]{3}\dQ~[\w~.-]{31,}/g],
  [".atlasv1.", /[A-Za-z0-9]{14}\.atlasv1\.[\w=-]{40,}/g],
  ["_mmk", /[A-Za-z0-9]{6}_[A-Za-z0-9]{29}_mmk/g],
  [".webhook.office.com/", /[\w-]{1,60}\.webhook\.office\.com\/webhookb2\/[\w@/-]{40,}/g],
  [":AA", /(?<=\b|bot)\d{8,10}:AA[\w-]{30,}/g],
  [":APA91b", /AAAA[\w-]{7}:APA91b[\w-]{60,}/g],
  ["|", /\b\d{15,16}\|[\w-]{27,40}/g],
  ["%", /\b\d{15,16}%(?:7C)?[\w-]{27,40}/g],
  ["-us", /\b[0-9a-f]{32}-us\d{1,2}(?!\w)/g],
  [".", /\b[MNO][A-Za-z\d_-]{23,25}\.[\w-]{6}\.[\w-]{27,}/g],
  ["$", HASH],
  ["{", HASH],
  ["SCRAM-", HASH],
];

/** No token is shorter, so testing one character of that many finds them all. */
const SHORTEST = 12;
const OF_TOKEN = new Uint8Array(128);
for (const sign of "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789") {
  OF_TOKEN[sign.charCodeAt(0)] = 2;
}
for (const sign of "_=+/.~$-") OF_TOKEN[sign.charCodeAt(0)] = 1;

const signAt = (text: string, at: number) => {
  const code = text.charCodeAt(at);
  return code < 128 ? (OF_TOKEN[code] ?? 0) : 0;
};

export function findForms(text: string, spans: Spans): void {
  for (let at = SHORTEST - 1; at < text.length; at += SHORTEST) {
    if (signAt(text, at) === 0) continue;
    let start = at;
    while (start > 0 && signAt(text, start - 1) > 0) start -= 1;
    let end = at + 1;
    while (end < text.length && signAt(text, end) > 0) end += 1;
    if (end - start >= SHORTEST) findInRun(text, start, end, spans);
    // The next run begins after this one.
    if (end > at) at = end;
  }
  for (const [needle, form] of INNER) {
    if (!text.includes(needle)) continue;
    form.lastIndex = 0;
    for (let found; (found = form.exec(text));) addToken(found[0], found.index, spans);
  }
}

/** A token begins a run, or follows a sign inside it. */
function findInRun(text: string, start: number, end: number, spans: Spans): void {
  const isEscaped = text[start - 1] === "\\" && /[nrt]/.test(text[start] ?? "");
  let isBegin = true;
  for (let at = isEscaped ? start + 1 : start; at <= end - SHORTEST; at += 1) {
    const isLetter = signAt(text, at) === 2;
    if (isLetter && isBegin && HEADS[text.charCodeAt(at) * 128 + text.charCodeAt(at + 1)] === 1) {
      TOKEN.lastIndex = at;
      const token = TOKEN.exec(text)?.[0];
      if (token !== undefined) {
        addToken(token, at, spans);
        at += token.length - 1;
      }
    }
    isBegin = !isLetter;
  }
}

function addToken(written: string, at: number, spans: Spans): void {
  const token = written.replace(/[.,-]{1,8}$/, "");
  if (isToken(token)) spans.add(at + shown(token), at + token.length);
}

/** A service name in front of it stays. */
function shown(token: string): number {
  return (
    /^[\w.-]+\/(?:[a-z0-9]+\/)*(?:services|workflows|triggers|webhookb2|webhooks|catch)\//.exec(
      token,
    )?.[0].length ?? 0
  );
}

/** "sk-learn-…" is a package, "secret_…" may be a name: such prefixes alone prove little. */
function isToken(token: string): boolean {
  if (
    /^(?:sk-|hf_|rnd_|npm_|secret_|EAA|eyJ|nvapi|4b1d|oy2|[MNO])/.test(token) &&
    /^[A-Za-z]+(?:[-_.][A-Za-z]+)*[-_.]?$/.test(token)
  ) {
    return /[a-z][A-Z]|[A-Z]{2}[a-z]/.test(token.slice(4)) || /[A-Za-z]{24}/.test(token.slice(3));
  }
  return true;
}

/** Possible beginnings of a match of a form's source: letters, classes, groups of alternatives, and "?". */
function headsOf(source: string, length: number): string[] {
  if (length === 0 || source === "") return [""];
  const group = /^\(\?:((?:[^()]|\((?:[^()])*\))*)\)(\?)?/.exec(source);
  if (group) {
    const [all, alternatives = "", optional] = group;
    const rest = source.slice(all.length);
    const heads = alternatives.split("|").flatMap((one) => headsOf(one + rest, length));
    return optional === undefined ? heads : [...heads, ...headsOf(rest, length)];
  }
  const around = /^\(\?<?[!=][^()]*\)/.exec(source);
  if (around) return headsOf(source.slice(around[0].length), length);
  const [all = "", sign = ""] = /^(\[[^\]]*\]|\\?.)(?:\?|\{\d*,?\d*\}|[+*])?/.exec(source) ?? [];
  const isOptional = all.endsWith("?") && all.length > sign.length;
  const rest = source.slice(all.length);
  const heads = signsOf(sign).flatMap((first) => {
    const repeats = /[{+*]/.test(all.slice(sign.length)) ? sign : "";
    return headsOf(repeats + rest, length - 1).map((head) => first + head);
  });
  return isOptional ? [...heads, ...headsOf(rest, length)] : heads;
}

function signsOf(sign: string): string[] {
  if (!sign.startsWith("[")) return sign === "\\d" ? [..."0123456789"] : [sign.replace("\\", "")];
  return Array.from({ length: 128 }, (_, code) => String.fromCharCode(code)).filter((character) =>
    new RegExp(sign).test(character),
  );
}
