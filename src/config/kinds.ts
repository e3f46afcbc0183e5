import { isIPv6 } from "node:net";
import { validate as isCronLine } from "node-cron";
import { z } from "zod";

/** What texts a setting takes and what they mean. */
export type Kind<T> = {
  /** The end of the sentence "expected …". */
  expected: string;
  /** As in help: `<host>`. */
  placeholder: string;
  schema: z.ZodType<T, string>;
  /** More about a refused text; the end of the sentence "…, but …". */
  whyNot?: (text: string) => string | undefined;
  /** The text may contain `user:password@`, which is masked where it is shown. */
  address?: true;
  /** The text is the path of a readable file; `json`: with a JSON object. */
  file?: "any" | "json";
  /** The parts of a value that no log may show. */
  secretsOf?(value: T): string[];
};

export type Parsed<T> = { ok: true; value: T } | { ok: false; reason?: string };

// Control characters in a setting could forge log lines and break HTTP headers.
const oneLine = z.string().regex(/^(?=.*\S)\P{Cc}+$/u);

function kindOf<T>(expected: string, placeholder: string, schema: z.ZodType<T, string>): Kind<T> {
  return { expected, placeholder: `<${placeholder}>`, schema };
}

/** One line of text that is not blank, unchanged. */
export function text(expected: string, placeholder = "text"): Kind<string> {
  return kindOf(expected, placeholder, oneLine);
}

export const path: Kind<string> = text("a path", "path");

export const readableFile: Kind<string> = {
  ...text("the path of a readable file", "path"),
  file: "any",
};

export const jsonFile: Kind<string> = {
  ...text("the path of a readable JSON Schema file", "path"),
  file: "json",
};

/** A secret: one line of at least that many bytes. */
export function secretOf(bytes: number): Kind<string> {
  const expected = `at least ${bytes} bytes, such as openssl rand -hex ${bytes} makes`;
  const isLong = (given: string) => Buffer.byteLength(given) >= bytes;
  return kindOf(expected, "key", oneLine.refine(isLong));
}

export function matching(pattern: RegExp, expected: string, placeholder = "text"): Kind<string> {
  return kindOf(expected, placeholder, oneLine.regex(pattern));
}

export function parsedBy<T>(
  expected: string,
  parse: (text: string) => Parsed<T>,
  { placeholder, ...more }: Pick<Kind<T>, "placeholder" | "address" | "secretsOf">,
): Kind<T> {
  const schema = oneLine.transform((given, context) => {
    const parsed = parse(given);
    if (parsed.ok) return parsed.value;
    context.addIssue({ code: "custom" });
    return z.NEVER;
  });
  const whyNot = (given: string): string | undefined => {
    const parsed = parse(given);
    return parsed.ok ? undefined : parsed.reason;
  };
  return { ...kindOf(expected, placeholder, schema), whyNot, ...more };
}

/** Comma-separated items, trimmed; empty ones are skipped, and equal ones count once. */
export function listOf(
  expected: string,
  parse: (item: string) => Parsed<string>,
  more: { placeholder: string; address?: true },
): Kind<string[]> {
  const parseAll = (listed: string): Parsed<string[]> => {
    const items = new Set<string>();
    for (const part of listed.split(",").map((item) => item.trim())) {
      if (part === "") continue;
      const parsed = parse(part);
      if (!parsed.ok) return parsed;
      items.add(parsed.value);
    }
    return items.size === 0 ? { ok: false } : { ok: true, value: [...items] };
  };
  return parsedBy(expected, parseAll, more);
}

function parseMatching(pattern: RegExp): (item: string) => Parsed<string> {
  return (item) => (pattern.test(item) ? { ok: true, value: item } : { ok: false });
}

/** Decimal digits only: no sign, fraction, `1e3` or `0x10`. */
export function integer(min: number, max: number, placeholder = "number"): Kind<number> {
  const schema = z.string().regex(/^\d+$/).transform(Number).pipe(z.number().min(min).max(max));
  return kindOf(`a whole number from ${min} to ${max}`, placeholder, schema);
}

export function decimal(
  min: number,
  max: number,
  example: string,
  placeholder = "number",
): Kind<number> {
  const digits = z.string().regex(/^\d+(\.\d+)?$/);
  const schema = digits.transform(Number).pipe(z.number().min(min).max(max));
  return kindOf(`a number from ${min} to ${max}, such as ${example}`, placeholder, schema);
}

const YES = ["true", "1", "yes", "on"];
const NO = ["false", "0", "no", "off"];

export const boolean: Kind<boolean> = kindOf(
  "true or false",
  "true|false",
  z
    .string()
    .toLowerCase()
    .pipe(z.enum([...YES, ...NO]))
    .transform((word) => YES.includes(word)),
);

/** The same; its flag alone means true. */
export const toggle: Kind<boolean> = { ...boolean, placeholder: "[true|false]" };

/** One of the words, in any case; words are lower case. */
export function oneOf<const Words extends readonly [string, ...string[]]>(
  words: Words,
  placeholder = words.join("|"),
): Kind<Words[number]> {
  const schema = z.string().toLowerCase().pipe(z.enum(words));
  return kindOf(`one of ${words.join(", ")}`, placeholder, schema);
}

/** Comma-separated words, trimmed unless in "quotes"; duplicates (in any case) count once. */
export const levels: Kind<string[]> = kindOf(
  'levels, comma-separated, such as ERROR,FATAL; blanks count in quotes: "ERROR "',
  "levels",
  oneLine.transform(distinctItems).refine((items) => items.length > 0),
);

function distinctItems(listed: string): string[] {
  const items = new Map<string, string>();
  for (const [, quoted, bare = ""] of listed.matchAll(
    /\s*(?:"([^"]*)"\s*(?=,|$)|([^,]*))(?:,|$)/g,
  )) {
    const item = quoted ?? bare.trim();
    const key = item.toLowerCase();
    if (item !== "" && !items.has(key)) items.set(key, item);
  }
  return [...items.values()];
}

/** Five or six fields; node-cron's names such as `@daily` are refused. */
export const cronLine: Kind<string> = kindOf(
  "a cron line of five or six fields, such as */10 * * * *",
  "cron line",
  oneLine.refine((line) => !line.trim().startsWith("@") && isCronLine(line)),
);

/** Without the brackets of an IPv6 address. */
export const hostName: Kind<string> = {
  ...kindOf(
    "a host name or an IP address, without http:// and without a port",
    "host",
    z
      .string()
      .transform((host) => host.replace(/^\[(.*)\]$/, "$1"))
      .refine((host) => isIPv6(host) || /^[a-z0-9]([a-z0-9._-]*[a-z0-9])?\.?$/i.test(host)),
  ),
  address: true,
};

/** Index names and patterns of this cluster, as in a search. */
export const indexPattern: Kind<string> = kindOf(
  "index names or patterns, comma-separated, in lower case, without blanks and without cluster:index",
  "pattern",
  z
    .string()
    .regex(/^[^\p{Cc}\p{Lu}\s:\\/?"<>|#]+$/u)
    .refine((pattern) => {
      const parts = pattern.split(",");
      return parts.every((part) => /[^-]/.test(part)) && parts.some((part) => part[0] !== "-");
    }),
);

const FIELD_PATH = /^[^\p{Cc}\s.,*?"]+(\.[^\p{Cc}\s.,*?"]+)*$/u;

/** A dotted field path. */
export const fieldPath: Kind<string> = kindOf(
  "the name of one field, without blanks and wildcards, such as message or log.level",
  "field",
  z.string().regex(FIELD_PATH),
);

/** Ordered, case-sensitive field paths. */
export const fieldPaths: Kind<string[]> = listOf(
  "names of fields, comma-separated, without wildcards, such as message or message,body",
  parseMatching(FIELD_PATH),
  { placeholder: "fields" },
);

// Kafka's own rule.
const TOPIC_NAME = /^(?!\.{1,2}$)[A-Za-z0-9._-]{1,249}$/;

/** One topic name that leaves room for the suffix. */
export function topicName(suffix = ""): Kind<string> {
  const maxCharacters = 249 - suffix.length;
  const expected = `a topic name of at most ${maxCharacters} letters, digits, dots, _ and -`;
  return kindOf(expected, "topic", z.string().regex(TOPIC_NAME).max(maxCharacters));
}

export const topicNames: Kind<string[]> = listOf(
  "topic names of letters, digits, dots, _ and -, comma-separated",
  parseMatching(TOPIC_NAME),
  { placeholder: "topics" },
);
