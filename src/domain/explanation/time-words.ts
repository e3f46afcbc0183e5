/** A span of time that a question names, in ms since the epoch, and the question without those words. */
export type AskedTime = { since?: number; until?: number; rest: string };

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

const UNITS: readonly [RegExp, number][] = [
  [/^(?:m|min|minutes?|분)$/i, MINUTE_MS],
  [/^(?:h|hours?|시간)$/i, HOUR_MS],
  [/^(?:d|days?|일)$/i, DAY_MS],
  [/^(?:w|weeks?|주)$/i, 7 * DAY_MS],
];

type Rule = {
  words: RegExp;
  span(found: RegExpExecArray, now: number): { since?: number; until?: number };
};

/** The first that fits counts. Days begin at midnight of this process's time zone; a night is from 18:00 to 08:00. */
const RULES: readonly Rule[] = [
  {
    words:
      /\b(?:in |over |during |within )?(?:the )?(?:last|past) (\d{1,4}) ?(m|min|minutes?|h|hours?|d|days?|w|weeks?)\b/i,
    span: ([, number, unit], now) => ({ since: now - Number(number) * lengthOf(unit) }),
  },
  {
    words: /(?:지난|최근) ?(\d{1,4}) ?(분|시간|일|주)(?: ?동안)?/,
    span: ([, number, unit], now) => ({ since: now - Number(number) * lengthOf(unit) }),
  },
  {
    words: /\b(?:in |over |during )?(?:the )?(?:last|past) (minute|hour|day|week)\b/i,
    span: ([, unit], now) => ({ since: now - lengthOf(unit) }),
  },
  {
    words: /\b(?:since|after) (\d{1,2}):(\d{2})\b/i,
    span: ([, hour, minute], now) => ({ since: lastTime(now, Number(hour), Number(minute)) }),
  },
  {
    words: /\b(?:last night|overnight|during the night)\b|지난 ?밤에?|어젯밤에?|간밤에?/i,
    span: (_, now) => {
      const today = midnight(now);
      return { since: today - 6 * HOUR_MS, until: Math.min(now, today + 8 * HOUR_MS) };
    },
  },
  {
    words: /\b(?:tonight|this evening)\b|오늘 ?밤에?/i,
    span: (_, now) => ({ since: midnight(now) + 18 * HOUR_MS }),
  },
  {
    words: /\bthis morning\b|오늘 ?아침에?/i,
    span: (_, now) => ({ since: midnight(now) + 5 * HOUR_MS }),
  },
  {
    words: /\byesterday\b|어제/i,
    span: (_, now) => ({ since: midnight(now - DAY_MS), until: midnight(now) }),
  },
  { words: /\btoday\b|오늘/i, span: (_, now) => ({ since: midnight(now) }) },
  {
    words: /\b(?:just now|right now|at the moment|currently)\b|방금|지금/i,
    span: (_, now) => ({ since: now - HOUR_MS }),
  },
];

/**
 * Finds the time that a question in English or Korean names, such as `last night`, `in the last 3 hours`, `어젯밤`. No span where it names
 * none that is known by itself: when the last deploy was, say, stands in no log.
 */
export function timeWordsIn(question: string, now: number): AskedTime {
  for (const { words, span } of RULES) {
    const found = words.exec(question);
    if (!found) continue;
    const rest = `${question.slice(0, found.index)} ${question.slice(found.index + found[0].length)}`;
    return { ...span(found, now), rest: rest.replace(/\s+/g, " ").trim() };
  }
  return { rest: question };
}

function lengthOf(unit = ""): number {
  return UNITS.find(([form]) => form.test(unit))?.[1] ?? HOUR_MS;
}

function midnight(ms: number): number {
  return new Date(ms).setHours(0, 0, 0, 0);
}

/** When a clock last showed that. */
function lastTime(now: number, hour: number, minute: number): number {
  const today = new Date(now).setHours(hour, minute, 0, 0);
  return today <= now ? today : today - DAY_MS;
}
