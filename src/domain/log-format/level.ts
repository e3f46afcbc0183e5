import { asText } from "../document.ts";

const LEVELS = [
  "TRACE",
  "DEBUG",
  "INFO",
  "NOTICE",
  "WARN",
  "ERROR",
  "CRITICAL",
  "ALERT",
  "FATAL",
  "PANIC",
  "EMERGENCY",
] as const;
/** Levels from least to most severe. */
export type Level = (typeof LEVELS)[number];

/** Loggers' spellings in lower case. */
const NAMES: Readonly<Record<Level, readonly string[]>> = {
  TRACE: ["trace", "verbose", "finest", "finer", "trce", "trac", "vrb", "v", "t"],
  DEBUG: ["debug", "fine", "config", "dbug", "debu", "dbg", "d"],
  INFO: ["info", "information", "informational", "inf", "i"],
  NOTICE: ["notice", "note"],
  WARN: ["warn", "warning", "wrn", "w"],
  ERROR: ["error", "err", "eror", "erro", "severe", "fail", "e"],
  CRITICAL: ["critical", "crit", "crt", "fault", "c"],
  ALERT: ["alert"],
  FATAL: ["fatal", "fata", "ftl", "f"],
  PANIC: ["panic", "pani", "dpanic"],
  EMERGENCY: ["emergency", "emerg"],
};
const LEVEL_OF = new Map(
  LEVELS.flatMap((level) => NAMES[level].map((name) => [name, level] as const)),
);
/** Full names keep their spelling, as a pipeline would index them. */
const SPELT_OUT = new Set(
  "trace debug info information notice warn warning error critical crit alert fatal panic emergency emerg".split(
    " ",
  ),
);

const SYSLOG: readonly Level[] = [
  "EMERGENCY",
  "ALERT",
  "CRITICAL",
  "ERROR",
  "WARN",
  "NOTICE",
  "INFO",
  "DEBUG",
];
/** The six levels of OpenTelemetry and pino. */
const SIX: readonly Level[] = ["TRACE", "DEBUG", "INFO", "WARN", "ERROR", "FATAL"];
const PYTHON: readonly Level[] = ["DEBUG", "INFO", "WARN", "ERROR", "CRITICAL"];
const DOT_NET: readonly Level[] = ["TRACE", ...PYTHON];
const MONOLOG: Readonly<Record<number, Level>> = {
  100: "DEBUG",
  200: "INFO",
  250: "NOTICE",
  300: "WARN",
  400: "ERROR",
  500: "CRITICAL",
  550: "ALERT",
  600: "EMERGENCY",
};
/** Azure Application Insights counts up from 0. */
const AZURE: readonly Level[] = ["TRACE", "INFO", "WARN", "ERROR", "CRITICAL"];
/** Google's levels, in hundreds. */
const GOOGLE: readonly Level[] = SYSLOG.toReversed();

/** Terminal colours around a level. */
// oxlint-disable-next-line no-control-regex -- control characters are what is looked for
const COLOURS = /\u001b\[[\d;]*m/g;
/** OpenTelemetry's ERROR2 and Go's ERROR+2. */
const STEP = /(?<=^[a-z]{4,5})(?:[1-4]|[+-]\d{1,3})$/;
const WRAPPING = /^[\s[\](){}<>"'|*:.,-]+|[\s[\](){}<>"'|*:.,-]+$/g;

/**
 * The level of a field's value: a name in any case and decoration, a letter, or a number whose scale depends on the
 * field (syslog 0 to 7, OpenTelemetry 1 to 24, pino 10 to 60 and others).
 */
export function readLevel(value: unknown, field: string): Level | undefined {
  const text = bareLevel(value);
  if (/^\d{1,5}(?:\.0+)?$/.test(text)) return levelOfNumber(Number(text), field);
  const name = text.toLowerCase().replace(/^severity_number_|^(?:log)?levels?\./, "");
  return LEVEL_OF.get(name) ?? LEVEL_OF.get(name.replace(STEP, ""));
}

/** The level as a log store would show it: full names as written, anything else as its level's name. */
export function writtenLevel(value: unknown, field: string): string | undefined {
  const text = bareLevel(value);
  if (text === "") return undefined;
  return SPELT_OUT.has(text.toLowerCase()) ? text : (readLevel(value, field) ?? text);
}

function bareLevel(value: unknown): string {
  return asText(value).replaceAll(COLOURS, "").replaceAll(WRAPPING, "");
}

function levelOfNumber(value: number, field: string): Level | undefined {
  const name = field.toLowerCase().replaceAll(/[^a-z]/g, "");
  if (name.endsWith("severitynumber")) return openTelemetry(value);
  if (name.endsWith("severitylevel")) return AZURE[value];
  if (name.endsWith("priority") || /syslog|severitycode/.test(name)) return SYSLOG[value % 8];
  if (name === "levelno") return PYTHON[Math.floor(value / 10) - 1];
  if (name === "loglevel") return DOT_NET[value];
  if (value <= 7) return SYSLOG[value];
  if (name.endsWith("severity") && value >= 100) return GOOGLE[Math.floor(value / 100) - 1];
  if (value <= 24 && value !== 10 && value !== 20) return openTelemetry(value);
  if (value < 70) return SIX[Math.floor(value / 10) - 1];
  if (value >= 5000) return SIX[Math.floor(value / 10_000)];
  return MONOLOG[value];
}

function openTelemetry(value: number): Level | undefined {
  return value < 1 ? undefined : SIX[Math.floor((value - 1) / 4)];
}

export type WantedLevels = {
  /** Equal in any case, like a search in the store. */
  equals(value: unknown): boolean;
  /** Equal, or another spelling or number of a wanted level. */
  looksLike(value: unknown, field: string): boolean;
  /** Pattern that matches every text where `looksLike` may hold. */
  readonly pattern: string;
};

const NUMBERS = [...Array(70).keys(), 100, 200, 250, 300, 400, 500, 550, 600, 700, 800];
const FIELDS_OF_NUMBERS = [
  "level",
  "severity",
  "severityNumber",
  "severityLevel",
  "priority",
  "levelno",
  "logLevel",
];

export function wantedLevels(levels: readonly string[]): WantedLevels {
  const wanted = new Set(levels.map((level) => level.toLowerCase()));
  const bare = new Set(levels.map((level) => bareLevel(level).toLowerCase()));
  // A wanted number or letter means itself, not a level's other spellings.
  const meant = new Set(
    [...bare].filter((name) => /^[a-z]{3,}$/.test(name)).map((name) => LEVEL_OF.get(name)),
  );
  const equals = (value: unknown) => wanted.has(asText(value).toLowerCase());
  const means = (value: unknown, field: string) => {
    const level = readLevel(value, field);
    return level !== undefined && meant.has(level);
  };
  return {
    equals,
    looksLike: (value, field) =>
      equals(value) || bare.has(bareLevel(value).toLowerCase()) || means(value, field),
    pattern: patternOf([...bare].filter(Boolean), meant, means),
  };
}

function patternOf(
  bare: readonly string[],
  meant: ReadonlySet<Level | undefined>,
  means: (value: unknown, field: string) => boolean,
): string {
  const spellings = LEVELS.filter((level) => meant.has(level)).flatMap((level) => NAMES[level]);
  const numbers = [...NUMBERS, 10_000, 20_000, 30_000, 40_000, 50_000].filter((number) =>
    FIELDS_OF_NUMBERS.some((field) => means(number, field)),
  );
  const escaped = bare.map((level) => RegExp.escape(level));
  // A short spelling has to be the whole value, except for punctuation.
  const round = String.raw`(?:\\[bfnrt]|[^\w"])*`;
  const whole = String.raw`"${round}(?:severity_number_|(?:log)?levels?\.)?(?:${spellings.join("|")})(?:[1-4]|[+-]\d{1,3})?${round}"(?!\s*:)`;
  const number = String.raw`[:[]\s*(?:"${round})?(?:${numbers.join("|")})(?:\.0+)?${round}[",}\]\s]`;
  return [...escaped, ...(spellings.length > 0 ? [whole, number] : [])].join("|");
}
