const MONTHS = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split(" ");
const DAY_MS = 86_400_000;

/** `2015-10-18 18:01:47,978`, with T, a dot, slashes or a zone, too; undefined where it is no date. */
export function isoTimestamp(text: string): string | undefined {
  const parts =
    /^(\d{2,4})[-/](\d\d)[-/](\d\d)[T ](\d\d:\d\d:\d\d)(?:[.,](\d+))?\s?(Z|[+-]\d\d:?\d\d)?$/.exec(
      text,
    );
  if (!parts) return undefined;
  const [, year = "", month, day, time, fraction = "0", zone = "Z"] = parts;
  const fullYear = year.length === 2 ? `20${year}` : year;
  const millis = fraction.slice(0, 3).padEnd(3, "0");
  const offset = zone === "Z" || zone.includes(":") ? zone : `${zone.slice(0, 3)}:${zone.slice(3)}`;
  return valid(`${fullYear}-${month}-${day}T${time}.${millis}${offset}`);
}

/** Apache's `Sun Dec 04 04:47:44.123456 2005`. */
export function apacheTimestamp(text: string): string | undefined {
  const parts = /^\w{3} (\w{3}) +(\d{1,2}) (\d\d:\d\d:\d\d)(?:\.(\d+))? (\d{4})$/.exec(text);
  if (!parts) return undefined;
  const [, month = "", day = "", time, fraction = "0", year] = parts;
  return isoTimestamp(`${year}-${monthNumber(month)}-${day.padStart(2, "0")} ${time}.${fraction}`);
}

/** Syslog's `Jun 14 15:16:01`, which leaves the year out: the latest one that does not lie ahead. */
export function syslogTimestamp(text: string, nowMs: number): string | undefined {
  const parts = /^(\w{3}) +(\d{1,2}) (\d\d:\d\d:\d\d)$/.exec(text);
  if (!parts) return undefined;
  const [, month = "", day = "", time] = parts;
  const inYear = (year: number) =>
    isoTimestamp(`${year}-${monthNumber(month)}-${day.padStart(2, "0")} ${time}`);
  const year = new Date(nowMs).getUTCFullYear();
  const thisYear = inYear(year);
  // A day's grace, for zones ahead of UTC.
  return thisYear && Date.parse(thisYear) <= nowMs + DAY_MS ? thisYear : inYear(year - 1);
}

/** Seconds or milliseconds since the epoch. */
export function epochTimestamp(value: number): string | undefined {
  const ms = value < 100_000_000_000 ? value * 1000 : value;
  return Math.abs(ms) <= 8.64e15 ? new Date(ms).toISOString() : undefined;
}

function monthNumber(name: string): string {
  return String(MONTHS.indexOf(name) + 1).padStart(2, "0");
}

function valid(iso: string): string | undefined {
  const ms = Date.parse(iso);
  return Number.isNaN(ms) ? undefined : new Date(ms).toISOString();
}
