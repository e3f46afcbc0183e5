import { estimateTokens } from "./estimate-tokens.ts";
import { plainLine } from "./plain-line.ts";
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
 * The lines of a text that explain a failure, within so many tokens (estimated, see estimateTokens): what says that something
 * failed and what failed, with the lines around it, each kind of line in few examples. A text that fits stays as it is; of
 * another one escapes of a terminal, and times that stand in front of each line, are left out; a line that is too long is cut.
 * Deterministic, n log n in the lines, linear in the text.
 */
export function excerpt(text: string, { maxTokens }: { maxTokens: number }): Excerpt {
  // A token has seldom more than 8 characters: longer texts need no count.
  if (text.length <= maxTokens * 8 && estimateTokens(text) <= maxTokens) {
    return { text, lines: text === "" ? [] : [{ from: 1, to: countLines(text) }], cut: false };
  }
  const lines = text.split("\n").map(plainLine);
  if (lines.length > 1 && lines.at(-1)?.text === "") lines.pop();
  const heat = weighLines(lines.map((line) => line.text));
  const order = rank(heat);
  const maxLineTokens = Math.max(
    Math.floor(maxTokens / LINES_AT_LEAST),
    Math.floor((maxTokens - 2 * MARK_TOKENS) / Math.max(1, order.length)) - NEW_LINE,
  );
  const shown = new Map<number, { text: string; tokens: number }>();
  const show = (index: number) => {
    const known = shown.get(index);
    if (known) return known;
    const text = showLine(lines[index]?.text ?? "", maxLineTokens);
    const made = { text, tokens: estimateTokens(text) + NEW_LINE };
    shown.set(index, made);
    return made;
  };
  /** The time is shown at the start of a run of kept lines, and where it is another second than that of the line before. */
  const timeOf = (index: number) => lines[index]?.time ?? "";
  const isNewTime = (index: number) => second(timeOf(index)) !== second(timeOf(index - 1));
  const timeTokens = (index: number) =>
    timeOf(index) === "" ? 0 : estimateTokens(timeOf(index)) + 1;

  const kept = new Uint8Array(lines.length);
  // The gap before the first kept line or behind the last one.
  let left = maxTokens - MARK_TOKENS;
  let misfits = 0;
  for (const index of order) {
    if (left <= 0 || misfits > MISFITS) break;
    const isStart = kept[index - 1] !== 1;
    const isEnd = kept[index + 1] !== 1;
    let tokens = show(index).tokens;
    if (isStart || isNewTime(index)) tokens += timeTokens(index);
    // The next line starts no run any more.
    if (!isEnd && !isNewTime(index + 1)) tokens -= timeTokens(index + 1);
    // A line alone makes one more gap, one between two kept lines closes one.
    if (isStart && isEnd) tokens += MARK_TOKENS;
    if (!isStart && !isEnd) tokens -= MARK_TOKENS;
    if (tokens > left) {
      misfits++;
      continue;
    }
    kept[index] = 1;
    left -= tokens;
  }
  return render(kept, (index, isStart) => {
    const time = isStart || isNewTime(index) ? timeOf(index) : "";
    return time + show(index).text;
  });
}

const NEW_LINE = 1;
/** Of `… 1,234,567 lines left out …` and its line's end. */
const MARK_TOKENS = 14;
/** One line takes no more of the budget than this part, unless there are fewer lines. */
const LINES_AT_LEAST = 16;
/** So many lines that no longer fit end the search for shorter ones. */
const MISFITS = 1000;

/** Lines of any heat, hottest first, the earlier of equal ones first. */
function rank(heat: Float64Array): number[] {
  const order: number[] = [];
  for (let i = 0; i < heat.length; i++) if ((heat[i] ?? 0) > 0) order.push(i);
  return order.toSorted((a, b) => (heat[b] ?? 0) - (heat[a] ?? 0) || a - b);
}

function render(kept: Uint8Array, show: (index: number, isStart: boolean) => string): Excerpt {
  const out: string[] = [];
  const ranges: Excerpt["lines"] = [];
  let gap = 0;
  const mark = () => {
    if (gap > 0)
      out.push(`… ${gap.toLocaleString("en-US")} ${gap === 1 ? "line" : "lines"} left out …`);
  };
  for (let i = 0; i < kept.length; i++) {
    if (kept[i] !== 1) {
      gap++;
      continue;
    }
    const last = ranges.at(-1);
    const isStart = last === undefined || gap > 0;
    mark();
    gap = 0;
    out.push(show(i, isStart));
    if (last && !isStart) last.to = i + 1;
    else ranges.push({ from: i + 1, to: i + 1 });
  }
  if (ranges.length === 0) return { text: "", lines: [], cut: true };
  mark();
  return { text: out.join("\n"), lines: ranges, cut: true };
}

function countLines(text: string): number {
  let lines = 1;
  for (let at = text.indexOf("\n"); at !== -1; at = text.indexOf("\n", at + 1)) lines++;
  return lines;
}

/** To the second, without brackets. */
function second(time: string): string {
  return time.replace(/[.,]\d+.*$|[Z\]].*$/, "").trim();
}
