import { estimateTokens } from "./estimate-tokens.ts";
import { plainLines, type PlainLine } from "./plain-lines.ts";
import { showLine } from "./show-line.ts";
import { weighLines } from "./weigh-lines.ts";

/** What was kept of a text. */
export type Excerpt = {
  /** The kept lines in their order, each gap marked; the text itself where nothing was cut. */
  text: string;
  /** The lines of the whole text that are in it, from 1, both ends included. */
  lines: { from: number; to: number }[];
  cut: boolean;
};

/**
 * The lines of a text that explain a failure, within so many tokens (see estimateTokens): what failed and what says so, with
 * the lines around it, each kind of line in few examples. A text that fits stays as it is. Of another one the escapes of a
 * terminal and repeated times in front of lines are left out, and lines that are too long are cut. Deterministic; linear in
 * the text, n log n in its lines. Empty where not even one line fits.
 */
export function excerpt(text: string, { maxTokens }: { maxTokens: number }): Excerpt {
  if (text.length <= maxTokens * MAX_CHARS_PER_TOKEN && estimateTokens(text) <= maxTokens) {
    return { text, lines: text === "" ? [] : [{ from: 1, to: countLines(text) }], cut: false };
  }
  const lines = plainLines(text);
  const order = rank(weighLines(lines.map((line) => line.text)));
  const show = shownLines(lines, maxLineTokens(maxTokens, order.length));
  return render(choose(order, show, lines.length, maxTokens), show);
}

/** The estimate counts a long run of one sign as few tokens; such a text is looked at line by line. */
const MAX_CHARS_PER_TOKEN = 8;
const NEW_LINE = 1;
/** Of `… 1,234,567 lines left out …` and its line's end. */
const MARK_TOKENS = 14;
/** One line takes no more than a sixteenth of the budget, unless it is short or there are fewer lines. */
const LINE_SHARE = 16;
const SHORT_LINE = 60;
const SHORT_LINE_SHARE = 3;
/** Of equal lines so many are kept: of those that cost less than the mark of their gap, and of longer ones. */
const EQUAL_SHORT = 40;
const EQUAL_LONG = 3;
/** So many lines that no longer fit end the search for shorter ones. */
const MISFITS = 1000;

function countLines(text: string): number {
  let lines = 1;
  for (let at = text.indexOf("\n"); at !== -1; at = text.indexOf("\n", at + 1)) lines++;
  return lines;
}

/** Lines of any weight, the heaviest first, the earlier of equal ones first. */
function rank(weights: Float64Array): number[] {
  const order: number[] = [];
  for (const [i, weight] of weights.entries()) if (weight > 0) order.push(i);
  return order.toSorted((a, b) => (weights[b] ?? 0) - (weights[a] ?? 0) || a - b);
}

function maxLineTokens(maxTokens: number, lines: number): number {
  return Math.max(
    Math.floor(maxTokens / LINE_SHARE),
    Math.min(SHORT_LINE, Math.floor(maxTokens / SHORT_LINE_SHARE)),
    Math.floor((maxTokens - 2 * MARK_TOKENS) / Math.max(1, lines)) - NEW_LINE,
  );
}

/** How a line is shown. */
type Shown = {
  text: string;
  /** The time before it: always shown, or only where the line before it is left out. */
  time: string;
  isTimeShown: boolean;
  /** Of its text, its end and the time that is always shown; of the time that is not. */
  tokens: number;
  startTokens: number;
};

/** The time is always shown where it is another second than that of the line before. */
function shownLines(lines: readonly PlainLine[], maxTokens: number): (index: number) => Shown {
  const known = new Map<number, Shown>();
  const timeOf = (index: number) => lines[index]?.time ?? "";
  const make = (index: number): Shown => {
    const text = showLine(lines[index]?.text ?? "", maxTokens);
    const time = timeOf(index);
    const isTimeShown = secondOf(time) !== secondOf(timeOf(index - 1));
    // One more, for blanks that meet.
    const timeTokens = time === "" ? 0 : estimateTokens(time) + 1;
    const tokens = estimateTokens(text) + NEW_LINE + (isTimeShown ? timeTokens : 0);
    return { text, time, isTimeShown, tokens, startTokens: isTimeShown ? 0 : timeTokens };
  };
  return (index) => {
    const shown = known.get(index) ?? make(index);
    known.set(index, shown);
    return shown;
  };
}

function secondOf(time: string): string {
  return time.replace(/[.,]\d+.*$|[Z\]].*$/, "").trim();
}

/** Takes lines in that order as long as they fit; of each of all lines whether it is kept. */
function choose(
  order: readonly number[],
  show: (index: number) => Shown,
  lines: number,
  maxTokens: number,
): Uint8Array {
  const kept = new Uint8Array(lines);
  // The gap behind the last kept line.
  let left = maxTokens - MARK_TOKENS;
  let misfits = 0;
  const equals = new Map<string, number>();
  for (const index of order) {
    if (left <= 0 || misfits > MISFITS) break;
    const isStart = kept[index - 1] !== 1;
    const isEnd = kept[index + 1] !== 1;
    const { text, tokens: ownTokens, startTokens } = show(index);
    const equal = equals.get(text) ?? 0;
    if (equal >= (ownTokens < MARK_TOKENS ? EQUAL_SHORT : EQUAL_LONG)) continue;
    let tokens = ownTokens;
    if (isStart) tokens += startTokens;
    if (!isEnd) tokens -= show(index + 1).startTokens;
    // A line alone makes one more gap, one between two kept lines closes one.
    if (isStart && isEnd) tokens += MARK_TOKENS;
    if (!isStart && !isEnd) tokens -= MARK_TOKENS;
    if (tokens > left) {
      misfits++;
      continue;
    }
    kept[index] = 1;
    equals.set(text, equal + 1);
    left -= tokens;
  }
  return kept;
}

function render(kept: Uint8Array, show: (index: number) => Shown): Excerpt {
  const out: string[] = [];
  const lines: Excerpt["lines"] = [];
  let gap = 0;
  const mark = () => {
    const count = `${gap.toLocaleString("en-US")} ${gap === 1 ? "line" : "lines"}`;
    if (gap > 0) out.push(`… ${count} left out …`);
  };
  for (const [i, isKept] of kept.entries()) {
    if (isKept === 0) {
      gap++;
      continue;
    }
    const last = lines.at(-1);
    const isStart = gap > 0 || last === undefined;
    mark();
    gap = 0;
    const { text, time, isTimeShown } = show(i);
    out.push(isStart || isTimeShown ? time + text : text);
    if (isStart) lines.push({ from: i + 1, to: i + 1 });
    else last.to = i + 1;
  }
  if (lines.length === 0) return { text: "", lines, cut: true };
  mark();
  return { text: out.join("\n"), lines, cut: true };
}
