import { isIPv6 } from "node:net";
import { validate as isCronLine } from "node-cron";
import { z } from "zod";

/** How the text of a setting becomes its value. */
export type Kind<T> = {
  /** Ends the sentence "expected …". */
  expected: string;
  schema: z.ZodType<T, string>;
};

// Control characters never belong in a setting: they forge log lines and break HTTP headers.
const ONE_LINE = /^(?=.*\S)\P{Cc}+$/u;

/** Text of one line that is not all blanks, as it stands. */
export function text(expected: string): Kind<string> {
  return { expected, schema: z.string().regex(ONE_LINE) };
}

/** Text that matches as a whole. */
export function matching(pattern: RegExp, expected: string): Kind<string> {
  return { expected, schema: z.string().regex(ONE_LINE).regex(pattern) };
}

/** Decimal digits only: no sign, no fraction, no `1e3`, no `0x10`. */
export function integer(min: number, max: number): Kind<number> {
  const schema = z.string().regex(/^\d+$/).transform(Number).pipe(z.number().min(min).max(max));
  return { expected: `a whole number from ${min} to ${max}`, schema };
}

export const price: Kind<number> = {
  expected: "a number from 0 to 1000000, such as 0.13",
  schema: z
    .string()
    .regex(/^\d+(\.\d+)?$/)
    .transform(Number)
    .pipe(z.number().max(1_000_000)),
};

const YES = ["true", "1", "yes", "on"];
const NO = ["false", "0", "no", "off"];

/** In any case. */
export const boolean: Kind<boolean> = {
  expected: "true or false",
  schema: z
    .string()
    .toLowerCase()
    .pipe(z.enum([...YES, ...NO]))
    .transform((word) => YES.includes(word)),
};

/** One of a few words, in any case; the words themselves are lower case. */
export function oneOf<const Words extends readonly [string, ...string[]]>(
  words: Words,
): Kind<Words[number]> {
  return {
    expected: `one of ${words.join(", ")}`,
    schema: z.string().toLowerCase().pipe(z.enum(words)),
  };
}

/** Comma-separated words without blanks around them; one that comes again, in any case, counts once. */
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
  for (const item of listed.split(",").map((part) => part.trim())) {
    const key = item.toLowerCase();
    if (item !== "" && !items.has(key)) items.set(key, item);
  }
  return [...items.values()];
}

/** Five or six fields; node-cron knows names such as `@daily` as well, which have none. */
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

/** Index names and patterns as OpenSearch takes them in a search, of this cluster alone. */
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

/** The path of a field in a document, dots between its parts. */
export const fieldPath: Kind<string> = {
  expected: "the name of one field, without blanks and wildcards, such as message or log.level",
  schema: z.string().regex(/^[^\p{Cc}\s.,*?"]+(\.[^\p{Cc}\s.,*?"]+)*$/u),
};
