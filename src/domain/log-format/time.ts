import { isObject } from "../document.ts";

const MONTHS = "jan feb mar apr may jun jul aug sep oct nov dec".split(" ");
const DAY_MS = 86_400_000;

/** Zone abbreviations in hours ahead of UTC; ambiguous ones are left out. */
const ZONE_LIST =
  "Z 0 UTC 0 GMT 0 WET 0 WEST 1 CET 1 CEST 2 EET 2 EEST 3 MSK 3 JST 9 EST -5 EDT -4 CST -6 CDT -5 MST -7 MDT -6 PST -8 PDT -7";
const ZONES = new Map(
  [...ZONE_LIST.matchAll(/(\w+) (-?\d+)/g)].map(([, name, hours]) => [name, Number(hours)]),
);

/** PHP names zones by place. */
const PLACE = String.raw`(?:Africa|America|Antarctica|Asia|Atlantic|Australia|Europe|Indian|Pacific)(?:/[A-Z][\w-]+){1,2}`;
const ZONE = String.raw`(?:\s?(?<zone>(?:${[...ZONES.keys()].join("|")})\b|${PLACE}|[+-]\d\d(?::?\d\d)?(?!\d)))?`;
const CLOCK = String.raw`(?<h>\d{1,2}):(?<min>\d\d)(?::(?<s>\d\d)(?:[.,:](?<f>\d{1,9}))?)?(?:\s?(?<half>[AaPp][Mm])\b)?`;
const NAMED = String.raw`(?<mon>[A-Z][a-z]{2})[a-z]*`;
const DAY_NAME = String.raw`(?:[A-Z][a-z]{2,8},?\s+)?`;

/** Time formats of logs; the first match counts. */
const FORMS: readonly string[] = [
  // BlueGene's 2005-06-03-15.42.50.363779 and Unreal's 2026.11.29-10.00.00:123
  String.raw`(?<y>\d{4})[-.](?<mo>\d\d)[-.](?<d>\d\d)-(?<h>\d\d)\.(?<min>\d\d)\.(?<s>\d\d)(?:[.:](?<f>\d{1,9}))?`,
  // 2026-11-29T10:00:00.123456789Z; also with slashes or dots, a comma, brackets between, a zone's name; a date alone.
  String.raw`(?<y>\d{4})[-/.](?<mo>\d\d)[-/.](?<d>\d\d)(?:(?:[T ]|,\s?|\]\[)\s?${CLOCK}${ZONE})?(?!\d)`,
  // 20261129T100000Z, 20261129-10:00:00:123, 20261129 10:00:00, 20261129100000, 20261129
  String.raw`(?<y>(?:19|20)\d\d)(?<mo>\d\d)(?<d>\d\d)(?:[T -]?(?<h>\d\d):?(?<min>\d\d):?(?<s>\d\d)(?:[.,:](?<f>\d{1,9}))?${ZONE})?(?!\d)`,
  // log4j's 24/05/06 10:11:12 and WebSphere's 5/6/24 10:11:12:123 UTC
  String.raw`(?<short>\d{1,2}[-/]\d{1,2}[-/]\d\d),? ${CLOCK}${ZONE}`,
  // 11/29/2026 10:00:00 AM, 29.11.2026 10:00:00 and 29-11-2026 10:00:00
  String.raw`(?<us>\d{1,2}/\d{1,2}|\d{1,2}\.\d{1,2}|\d{1,2}-\d{1,2})[-/.](?<y>\d{4}),?\s+${CLOCK}${ZONE}`,
  // 29/Nov/2026:10:00:00 +0000, 29-Nov-2026 10:00:00 UTC, Erlang's 29-Nov-2026::10:00:00, Sun, 29 Nov 2026 10:00:00 GMT
  String.raw`${DAY_NAME}(?<d>\d{1,2})[-/ ]${NAMED}[-/ ](?<y>\d{4})(?:::?|\s+)${CLOCK}${ZONE}`,
  // Nov 29, 2026 10:00:00 AM and Nov 29, 2026, 10:00:00,123 AM UTC
  String.raw`${DAY_NAME}${NAMED}\s+(?<d>\d{1,2}),?\s+(?<y>\d{4}),?\s+${CLOCK}${ZONE}`,
  // Sun Nov 29 10:00:00.123 UTC 2026
  String.raw`${DAY_NAME}${NAMED}\s+(?<d>\d{1,2})\s+${CLOCK}${ZONE}\s+(?<y>\d{4})(?![^\s\])>,])`,
  // syslog's Nov 29 10:00:00, which leaves the year out
  String.raw`${NAMED}\s+(?<d>\d{1,2})\s+${CLOCK}`,
];
const WHOLE = FORMS.map((form) => new RegExp(`^${form}$`));
const LEADING = FORMS.map((form) => new RegExp(`^${form}(?![\\d])`));

/**
 * A log's time in ms since the epoch: seconds, ms, µs or ns (by magnitude) as number or text, a usual text form,
 * `{$date}` or `{seconds, nanos}`. Without a zone it is UTC; without a year, the latest that is not in the future.
 */
export function readTime(value: unknown, nowMs: number = Date.now()): number | undefined {
  if (typeof value === "number") return fromEpoch(value);
  if (typeof value === "string") return fromText(value.trim(), nowMs);
  if (Array.isArray(value)) return value.length === 1 ? readTime(value[0], nowMs) : undefined;
  return isObject(value) ? fromObject(value, nowMs) : undefined;
}

export function isoTime(value: unknown, nowMs?: number): string | undefined {
  const ms = readTime(value, nowMs);
  return ms === undefined ? undefined : new Date(ms).toISOString();
}

/** The leading time of a text and its length. */
export function leadingTime(
  text: string,
  nowMs: number = Date.now(),
): { ms: number | undefined; length: number } | undefined {
  for (const form of LEADING) {
    const parts = form.exec(text);
    if (parts) return { ms: fromParts(parts.groups ?? {}, nowMs), length: parts[0].length };
  }
  return undefined;
}

/** A time without a year. */
export function yearlessTime(
  { month, day, clock }: { month: string; day: string; clock: string },
  nowMs: number = Date.now(),
): string | undefined {
  const parts = new RegExp(`^${CLOCK}$`).exec(clock);
  const ms = parts ? fromParts({ ...parts.groups, mo: month, d: day }, nowMs) : undefined;
  return ms === undefined ? undefined : new Date(ms).toISOString();
}

/** Until the year 5138 the magnitudes of the units do not overlap. */
function fromEpoch(value: number): number | undefined {
  if (!(value >= 0 && value < 1e20)) return undefined;
  if (value < 1e11) return Math.round(value * 1000);
  if (value < 1e14) return Math.floor(value);
  return Math.floor(value < 1e17 ? value / 1000 : value / 1e6);
}

function fromText(text: string, nowMs: number): number | undefined {
  for (const form of WHOLE) {
    const parts = form.exec(text);
    if (parts) return fromParts(parts.groups ?? {}, nowMs);
  }
  const [, dotNet] = /^\/Date\((\d+)\)\/$/.exec(text) ?? [];
  if (dotNet !== undefined) return fromEpoch(Number(dotNet));
  return /^\d{1,20}(?:\.\d+)?(?:[eE]\+?\d{1,2})?$/.test(text) ? fromEpoch(Number(text)) : undefined;
}

/** Time objects of MongoDB, log4j 2 and Google. */
function fromObject(value: Record<string, unknown>, nowMs: number): number | undefined {
  if ("$date" in value) return readTime(value["$date"], nowMs);
  const seconds = Number(value["epochSecond"] ?? value["seconds"] ?? NaN);
  const nanos = Number(value["nanoOfSecond"] ?? value["nanos"] ?? 0);
  return fromEpoch(seconds + nanos / 1e9);
}

type Parts = Partial<Record<string, string>>;

function fromParts(parts: Parts, nowMs: number): number | undefined {
  const { short } = parts;
  if (short !== undefined) return fromShortDate(short, parts, nowMs);
  const [month, day] = monthAndDay(parts);
  const hour = hourOf(parts);
  const fraction = (parts["f"] ?? "").slice(0, 3).padEnd(3, "0");
  const clock = [hour, Number(parts["min"] ?? 0), Number(parts["s"] ?? 0)] as const;
  if (clock[0] > 23 || clock[1] > 59 || clock[2] > 60) return undefined;
  const inYear = (year: number): number | undefined => {
    const date = new Date(Date.UTC(year, month - 1, day));
    if (date.getUTCMonth() !== month - 1 || date.getUTCDate() !== day) return undefined;
    const localMs = Date.UTC(year, month - 1, day, ...clock, Number(fraction));
    const offsetMs = offsetOf(parts["zone"], localMs);
    return offsetMs === undefined ? undefined : localMs - offsetMs;
  };
  const { y } = parts;
  if (y !== undefined) return inYear(Number(y.length === 2 ? `20${y}` : y));
  const year = new Date(nowMs).getUTCFullYear();
  const thisYear = inYear(year);
  // One day of tolerance for zones ahead of UTC.
  return thisYear !== undefined && thisYear <= nowMs + DAY_MS ? thisYear : inYear(year - 1);
}

/** Earlier years are unlikely. */
const FIRST_SHORT_YEAR = 13;

/** Year first (log4j) where that is likely; else month-day-year; else day-month-year. */
function fromShortDate(short: string, parts: Parts, nowMs: number): number | undefined {
  const [a = "", b = "", c = ""] = short.split(/[-/]/);
  const orders = [
    [c, a, b],
    [c, b, a],
  ];
  if (Number(a) >= FIRST_SHORT_YEAR) orders.unshift([a, b, c]);
  const times = orders.map(([y = "", mo, d]) =>
    fromParts({ ...parts, short: undefined, y: y.padStart(2, "0"), mo, d }, nowMs),
  );
  return times.find((ms) => ms !== undefined && ms <= nowMs + DAY_MS) ?? times.find((ms) => ms);
}

function monthAndDay({ mon, mo, d, us }: Parts): [month: number, day: number] {
  if (mon !== undefined) return [MONTHS.indexOf(mon.toLowerCase()) + 1, Number(d)];
  if (us === undefined) return [Number(mo), Number(d)];
  const [first = 0, second = 0] = us.split(/[-/.]/).map(Number);
  const dayFirst = first > 12 || (/[-.]/.test(us) && second <= 12);
  return dayFirst ? [second, first] : [first, second];
}

function hourOf({ h, half }: Parts): number {
  const hour = Number(h ?? 0);
  if (half === undefined) return hour;
  return (hour % 12) + (half.toLowerCase() === "pm" ? 12 : 0);
}

function offsetOf(zone: string | undefined, localMs: number): number | undefined {
  if (zone === undefined) return 0;
  if (zone.includes("/")) return offsetAt(zone, localMs);
  const named = ZONES.get(zone);
  if (named !== undefined) return named * 3_600_000;
  const [, sign, hours = "", minutes = "0"] = /^([+-])(\d\d):?(\d\d)?$/.exec(zone) ?? [];
  const ms = Number(hours) * 3_600_000 + Number(minutes) * 60_000;
  return ms > 18 * 3_600_000 ? undefined : sign === "-" ? -ms : ms;
}

const CLOCKS = new Map<string, Intl.DateTimeFormat | undefined>();

/** Offset of a place from UTC in ms; within the hour of a clock change it may be the other one. */
function offsetAt(place: string, localMs: number): number | undefined {
  if (!CLOCKS.has(place)) CLOCKS.set(place, clockOf(place));
  const parts = CLOCKS.get(place)?.formatToParts(localMs);
  const name = parts?.find(({ type }) => type === "timeZoneName")?.value;
  if (name === "GMT") return 0;
  const [, sign, hours, minutes] = /^GMT([+-])(\d\d):(\d\d)/.exec(name ?? "") ?? [];
  if (sign === undefined) return undefined;
  const ms = Number(hours) * 3_600_000 + Number(minutes) * 60_000;
  return sign === "-" ? -ms : ms;
}

function clockOf(timeZone: string): Intl.DateTimeFormat | undefined {
  try {
    return new Intl.DateTimeFormat("en-US", { timeZone, timeZoneName: "longOffset" });
  } catch {
    return undefined;
  }
}
