import { isIPv6 } from "node:net";
import { validate as isCronLine } from "node-cron";
import { z } from "zod";

export type Kind<T> = {
  /** The end of the sentence "expected …". */
  expected: string;
  schema: z.ZodType<T, string>;
  /** More about a refused text; the end of the sentence "…, but …". */
  whyNot?: (text: string) => string | undefined;
};

export type Parsed<T> = { ok: true; value: T } | { ok: false; reason?: string };

// Control characters in a setting could forge log lines and break HTTP headers.
const ONE_LINE = /^(?=.*\S)\P{Cc}+$/u;

/** One line of text that is not blank, unchanged. */
export function text(expected: string): Kind<string> {
  return { expected, schema: z.string().regex(ONE_LINE) };
}

/** A secret: one line of at least that many bytes. */
export function secretOf(bytes: number): Kind<string> {
  const schema = z
    .string()
    .regex(ONE_LINE)
    .refine((given) => Buffer.byteLength(given) >= bytes);
  return { expected: `at least ${bytes} bytes, such as openssl rand -hex ${bytes} makes`, schema };
}

export function matching(pattern: RegExp, expected: string): Kind<string> {
  return { expected, schema: z.string().regex(ONE_LINE).regex(pattern) };
}

export function parsedBy<T>(expected: string, parse: (text: string) => Parsed<T>): Kind<T> {
  const schema = z
    .string()
    .regex(ONE_LINE)
    .transform((given, context) => {
      const parsed = parse(given);
      if (parsed.ok) return parsed.value;
      context.addIssue({ code: "custom" });
      return z.NEVER;
    });
  const whyNot = (given: string): string | undefined => {
    const parsed = parse(given);
    return parsed.ok ? undefined : parsed.reason;
  };
  return { expected, schema, whyNot };
}

/** Decimal digits only: no sign, fraction, `1e3` or `0x10`. */
export function integer(min: number, max: number): Kind<number> {
  const schema = z.string().regex(/^\d+$/).transform(Number).pipe(z.number().min(min).max(max));
  return { expected: `a whole number from ${min} to ${max}`, schema };
}

export function decimal(min: number, max: number, example: string): Kind<number> {
  const schema = z
    .string()
    .regex(/^\d+(\.\d+)?$/)
    .transform(Number)
    .pipe(z.number().min(min).max(max));
  return { expected: `a number from ${min} to ${max}, such as ${example}`, schema };
}

export const price: Kind<number> = decimal(0, 1_000_000, "0.13");

const YES = ["true", "1", "yes", "on"];
const NO = ["false", "0", "no", "off"];

export const boolean: Kind<boolean> = {
  expected: "true or false",
  schema: z
    .string()
    .toLowerCase()
    .pipe(z.enum([...YES, ...NO]))
    .transform((word) => YES.includes(word)),
};

/** One of the words, in any case; words are lower case. */
export function oneOf<const Words extends readonly [string, ...string[]]>(
  words: Words,
): Kind<Words[number]> {
  return {
    expected: `one of ${words.join(", ")}`,
    schema: z.string().toLowerCase().pipe(z.enum(words)),
  };
}

/** Comma-separated words, trimmed unless in "quotes"; duplicates (in any case) count once. */
export function list(expected: string): Kind<string[]> {
  const schema = z
    .string()
    .regex(ONE_LINE)
    .transform(distinctItems)
    .refine((items) => items.length > 0);
  return { expected, schema };
}

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
export const cronLine: Kind<string> = {
  expected: "a cron line of five or six fields, such as */10 * * * *",
  schema: z
    .string()
    .regex(ONE_LINE)
    .refine((line) => !line.trim().startsWith("@") && isCronLine(line)),
};

/** Without the brackets of an IPv6 address. */
export const hostName: Kind<string> = {
  expected: "a host name or an IP address, without http:// and without a port",
  schema: z
    .string()
    .transform((host) => host.replace(/^\[(.*)\]$/, "$1"))
    .refine((host) => isIPv6(host) || /^[a-z0-9]([a-z0-9._-]*[a-z0-9])?\.?$/i.test(host)),
};

/** Index names and patterns of this cluster, as in a search. */
export const indexPattern: Kind<string> = {
  expected:
    "index names or patterns, comma-separated, in lower case, without blanks and without cluster:index",
  schema: z
    .string()
    .regex(/^[^\p{Cc}\p{Lu}\s:\\/?"<>|#]+$/u)
    .refine((pattern) => {
      const parts = pattern.split(",");
      return parts.every((part) => /[^-]/.test(part)) && parts.some((part) => part[0] !== "-");
    }),
};

const FIELD_PATH = /^[^\p{Cc}\s.,*?"]+(\.[^\p{Cc}\s.,*?"]+)*$/u;

/** A dotted field path. */
export const fieldPath: Kind<string> = {
  expected: "the name of one field, without blanks and wildcards, such as message or log.level",
  schema: z.string().regex(FIELD_PATH),
};

/** Ordered, case-sensitive field paths. */
export const fieldPaths: Kind<string[]> = {
  expected: "names of fields, comma-separated, without wildcards, such as message or message,body",
  schema: z
    .string()
    .regex(ONE_LINE)
    .transform((listed) => listed.split(",").map((part) => part.trim()))
    .transform((names) => [...new Set(names.filter((name) => name !== ""))])
    .refine((names) => names.length > 0 && names.every((name) => FIELD_PATH.test(name))),
};

// Kafka's own rule.
const TOPIC_NAME = /^(?!\.{1,2}$)[A-Za-z0-9._-]{1,249}$/;

/** One topic name that leaves room for the suffix. */
export function topicName(suffix = ""): Kind<string> {
  const maxCharacters = 249 - suffix.length;
  const expected = `a topic name of at most ${maxCharacters} letters, digits, dots, _ and -`;
  return { expected, schema: z.string().regex(TOPIC_NAME).max(maxCharacters) };
}

export const topicNames: Kind<string[]> = {
  expected: "topic names of letters, digits, dots, _ and -, comma-separated",
  schema: z
    .string()
    .regex(ONE_LINE)
    .transform((listed) => listed.split(",").map((part) => part.trim()))
    .transform((names) => [...new Set(names.filter((name) => name !== ""))])
    .refine((names) => names.length > 0 && names.every((name) => TOPIC_NAME.test(name))),
};
