/** Which part of a log a line is in. */
export type Steps = {
  /** Of each line what its step lets stay of its weight: 1 in a failed step, less in others, least behind the last failed one. */
  shares: Float64Array;
  /** Of each line how much it says as the name or command of a failed step; -1: the preamble of a step, which says nothing. */
  names: Float64Array;
  /** Where each failed step ended: its last line that says so. */
  ends: number[];
};

/**
 * How services of continuous integration begin a step: GitHub, Azure, GitLab, Buildkite, Travis; what GitHub does after the
 * last step.
 */
const START =
  /^##\[group\]Run |^##\[section\]Starting: |^section_start:\d|^(?:~~~|---|\+\+\+) :|^travis_fold:start|^Post job cleanup\.$/;
const MARKED_END = /^##\[error\]|^::error\b/;
/** Of GitHub, behind the command of a step and before its output. */
const PREAMBLE = /^##\[group\]Run /;
const AFTER_SCRIPT = /^(?:shell|with|env):/;
const COMMAND = /^(?:\[command\]|\$ |\+{1,3} |> )\S/;

const FIRST_FAILED = 1.15;
const BEFORE = 0.6;
const BETWEEN = 0.5;
const BEHIND = 0.35;
const SCRIPT_LINES = 3;
/** How far above its failure a command is looked for. */
const COMMAND_REACH = 200;

/** `isExit`: the line says that a process failed. A text without steps is one step. Linear. */
export function stepsOf(lines: readonly string[], isExit: (index: number) => boolean): Steps {
  const starts = [0];
  let marked = false;
  for (const [i, line] of lines.entries()) {
    if (i > 0 && START.test(line)) starts.push(i);
    marked ||= MARKED_END.test(line);
  }
  const shares = new Float64Array(lines.length).fill(1);
  const names = new Float64Array(lines.length);
  const isEnd = (i: number) => (marked ? MARKED_END.test(lines[i] ?? "") : isExit(i));
  const steps = starts.map((from, n) => {
    const to = starts[n + 1] ?? lines.length;
    let end = -1;
    for (let i = from; i < to; i++) if (isEnd(i)) end = i;
    return { from, to, end };
  });
  const failed = steps.filter(({ end }) => end !== -1);
  const [first] = failed;
  const last = failed.at(-1);
  for (const step of steps) {
    const { from, to, end } = step;
    if (first && last) {
      const share =
        step === first
          ? FIRST_FAILED
          : end !== -1
            ? 1
            : from < first.from
              ? BEFORE
              : from < last.from
                ? BETWEEN
                : BEHIND;
      shares.fill(share, from, to);
      if (end !== -1) shares.fill(share * BETWEEN, end + 1, to);
    }
    namePreamble(lines, step, names);
    if (end !== -1) nameCommand(lines, step, names);
  }
  return { shares, names, ends: failed.map(({ end }) => end) };
}

type Step = { from: number; to: number; end: number };

/** The command that GitHub prints before its output; settings and environment are not of interest. */
function namePreamble(
  lines: readonly string[],
  { from, to, end }: Step,
  names: Float64Array,
): void {
  if (!PREAMBLE.test(lines[from] ?? "")) return;
  let isScript = true;
  for (let i = from; i < to; i++) {
    const line = lines[i] ?? "";
    if (AFTER_SCRIPT.test(line)) isScript = false;
    const isName = end !== -1 && isScript && i - from <= SCRIPT_LINES;
    names[i] = isName ? 6 : -1;
    if (line === "##[endgroup]") return;
  }
}

/** The last command that was echoed before a step failed. */
function nameCommand(lines: readonly string[], { from, end }: Step, names: Float64Array): void {
  for (let i = end - 1; i >= Math.max(from, end - COMMAND_REACH); i--) {
    if (!COMMAND.test(lines[i] ?? "")) continue;
    names[i] = 5;
    return;
  }
}
