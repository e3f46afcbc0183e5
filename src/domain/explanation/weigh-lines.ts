import { judgeLine, type Verdict } from "./judge-line.ts";

/** How far the lines before and behind a telling line are of interest, and how much of its weight they have. */
const BEFORE = [0.45, 0.3, 0.2, 0.12];
const BEHIND = [0.6, 0.5, 0.42, 0.36, 0.3, 0.26, 0.22, 0.18, 0.15, 0.12];
const EMPTY_SHARE = 0.3;

/** Of each line how much it says about a failure; 0: nothing. */
export function weighLines(lines: readonly string[]): Float64Array {
  const own = new Float64Array(lines.length);
  const kinds: Verdict["kind"][] = [];
  for (const [i, line] of lines.entries()) {
    const { weight, kind } = judgeLine(line);
    own[i] = weight;
    kinds.push(kind);
  }
  placeInLog(own, kinds);
  fewOfAKind(own, lines, kinds);
  return withNeighbours(own, lines);
}

/** The first error and what stands before the end say most; what follows the end of the failed step says little. */
function placeInLog(own: Float64Array, kinds: readonly Verdict["kind"][]): void {
  const end = kinds.lastIndexOf("exit");
  const first = own.findIndex((weight) => weight >= 8);
  for (let i = 0; i < own.length; i++) {
    let factor = 1;
    if (i === first) factor = 1.4;
    if (end !== -1 && i > end) factor = 0.5;
    else if (end !== -1 && i > end - 60) factor = 1.25;
    own[i] = (own[i] ?? 0) * factor;
  }
}

/** What is told again and again is worth less each time: a line of one form, and lines that begin alike. */
function fewOfAKind(
  own: Float64Array,
  lines: readonly string[],
  kinds: readonly Verdict["kind"][],
): void {
  const forms = new Map<string, number>();
  const families = new Map<string, number>();
  const order = [...own.keys()].filter((i) => (own[i] ?? 0) > 0);
  for (const i of order) {
    const line = lines[i] ?? "";
    const form = formOf(line);
    const seen = forms.get(form) ?? 0;
    forms.set(form, seen + 1);
    const family = `${kinds[i]} ${form.slice(0, 12)}`;
    const before = families.get(family) ?? 0;
    families.set(family, before + 1);
    own[i] = (own[i] ?? 0) / (1 + seen * 1.5) / (1 + before * 0.06);
  }
}

/** A line without what differs from one of its kind to the next. */
function formOf(line: string): string {
  return line
    .slice(0, 300)
    .trim()
    .replace(/"[^"]{0,200}"|'[^']{0,200}'/g, '""')
    .replace(/[\da-f]*\d[\da-f]*/gi, "0");
}

function withNeighbours(own: Float64Array, lines: readonly string[]): Float64Array {
  const heat = Float64Array.from(own);
  const warm = (i: number, value: number) => {
    if (i < 0 || i >= heat.length) return;
    const share = (lines[i] ?? "").trim() === "" ? value * EMPTY_SHARE : value;
    if (share > (heat[i] ?? 0)) heat[i] = share;
  };
  for (const [i, weight] of own.entries()) {
    if (weight < 3) continue;
    for (const [d, share] of BEFORE.entries()) warm(i - 1 - d, weight * share);
    for (const [d, share] of BEHIND.entries()) warm(i + 1 + d, weight * share);
  }
  return heat;
}
