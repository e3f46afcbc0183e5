import { tracesIn, type Trace } from "./frames.ts";
import { judgeLine } from "./judge-line.ts";
import { fewOfAKind } from "./few-of-a-kind.ts";
import { stepsOf, type Steps } from "./steps.ts";

/** How much of its weight a telling line gives to the lines before and behind it. */
const BEFORE = [0.45, 0.3, 0.2, 0.12];
const BEHIND = [0.6, 0.5, 0.42, 0.36, 0.3, 0.26, 0.22, 0.18, 0.15, 0.12];
/** What was printed last before a step failed, from its end upwards. */
const LAST_LINES = 30;
const LAST_WEIGHT = 5;
/** What is kept of the rest where there is room: the output of the failed step, from its end upwards. */
const REST_LINES = 2000;
const REST_WEIGHT = 0.6;
/** The line by which a step ended. */
const END_WEIGHT = 20;
/** Steps of which the end is of interest: the first failed one and the last ones. */
const STEPS = 6;
const EMPTY_SHARE = 0.3;
const TELLING = 3;
/** Of the weight of an exception: its first frames of the application, and where in a library it was thrown. */
const OWN_FRAMES = [0.7, 0.65, 0.6, 0.4, 0.3, 0.15, 0.15, 0.1, 0.1, 0.1];
const LIBRARY_FRAMES = [0.5, 0.15, 0.1];
const WITHOUT_EXCEPTION = 1.5;
/** How many lines above its frames an exception is looked for. */
const EXCEPTION_REACH = 20;
const FAR_EXCEPTION = 0.8;

/** Of each line how much it says about a failure; 0: nothing. `lines` are plain. Linear. */
export function weighLines(lines: readonly string[]): Float64Array {
  const verdicts = lines.map(judgeLine);
  const own = Float64Array.from(verdicts, ({ weight }) => weight);
  const traces = tracesIn(lines);
  for (const { from, to } of traces) own.fill(0, from, to);
  const steps = stepsOf(lines, (index) => verdicts[index]?.kind === "exit" && own[index] !== 0);
  placeInSteps(own, steps);
  const again = fewOfAKind(own, lines, verdicts);
  const [firstEnd = lines.length, ...laterEnds] = steps.ends;
  const ends = [firstEnd, ...laterEnds.slice(-STEPS)];
  for (const end of ends) if (end < lines.length) own[end] = END_WEIGHT;
  const heat = withNeighbours(own, again, lines, new Set(steps.ends));
  for (const end of ends) heatLastLines(heat, lines, end);
  for (const trace of traces) heatFrames(heat, own, trace);
  for (const [i, name] of steps.names.entries()) {
    if (name < 0) heat[i] = 0;
    else if (name > (heat[i] ?? 0)) heat[i] = name;
  }
  return heat;
}

/** What happened in a step that failed says most; of its preamble only the command does. */
function placeInSteps(own: Float64Array, { shares, names }: Steps): void {
  for (const [i, weight] of own.entries()) {
    own[i] = (names[i] ?? 0) === 0 ? weight * (shares[i] ?? 1) : 0;
  }
}

/** `again`: what a line keeps of its weight, and so of that of its neighbours. */
function withNeighbours(
  own: Float64Array,
  again: Float64Array,
  lines: readonly string[],
  ends: ReadonlySet<number>,
): Float64Array {
  const heat = Float64Array.from(own);
  for (const [i, weight] of own.entries()) {
    if (weight < TELLING) continue;
    const give = (to: number, share: number) =>
      warm(heat, lines, to, weight * share * (again[to] ?? 1));
    for (const [d, share] of BEFORE.entries()) give(i - 1 - d, share);
    // What follows the end of a step is another one's.
    if (ends.has(i)) continue;
    for (const [d, share] of BEHIND.entries()) give(i + 1 + d, share);
  }
  return heat;
}

function heatLastLines(heat: Float64Array, lines: readonly string[], end: number): void {
  for (let d = 1; d <= LAST_LINES; d++) {
    warm(heat, lines, end - d, LAST_WEIGHT * (1 - d / (LAST_LINES + 10)));
  }
  for (let d = 1; d < REST_LINES; d++) {
    if (lines[end - d]?.trim() !== "")
      warm(heat, lines, end - d, REST_WEIGHT * (1 - d / REST_LINES));
  }
}

function warm(heat: Float64Array, lines: readonly string[], i: number, value: number): void {
  if (i < 0 || i >= heat.length) return;
  const share = (lines[i] ?? "").trim() === "" ? value * EMPTY_SHARE : value;
  if (share > (heat[i] ?? 0)) heat[i] = share;
}

/** The frames that the application wrote, and where the exception was thrown; few of the others. */
function heatFrames(heat: Float64Array, own: Float64Array, trace: Trace): void {
  const { from, to, frames, isExceptionBehind } = trace;
  const weight = Math.max(
    WITHOUT_EXCEPTION,
    isExceptionBehind ? Math.max(own[to] ?? 0, own[to + 1] ?? 0) : exceptionAbove(own, from),
  );
  let ownFrames = 0;
  for (const [n, { lines, isOwn }] of frames.entries()) {
    const share = isOwn ? OWN_FRAMES[ownFrames++] : LIBRARY_FRAMES[n];
    for (const line of lines) heat[line] = weight * (share ?? 0);
  }
}

/** The weight of the exception whose frames begin here. */
function exceptionAbove(own: Float64Array, from: number): number {
  let most = 0;
  for (let d = 1; d <= EXCEPTION_REACH; d++) {
    most = Math.max(most, (own[from - d] ?? 0) * (d <= 3 ? 1 : FAR_EXCEPTION));
  }
  return most;
}
