import type { LogdxCase } from "./read-cases.ts";

const WORDS =
  "order cart stream node leader quorum shard cache token session bucket queue offset replica index socket channel worker lease vote".split(
    " ",
  );

/**
 * The case with `count` lines spread over its log that tell of errors which nobody has to explain, all different, as those of a
 * noisy service or of tests that expect them. The truth's lines are moved with their text.
 */
export function amongOtherErrors({ name, text, truth }: LogdxCase, count: number): LogdxCase {
  const lines = text.split("\n");
  const before = (line: number) => Math.floor((line * count) / lines.length);
  const out: string[] = [];
  for (const [i, line] of lines.entries()) {
    const [time = ""] = /^\uFEFF?\d{4}-\S+ /.exec(line) ?? [];
    for (let n = before(i); n < before(i + 1); n++) out.push(time + otherError(n));
    out.push(line);
  }
  const moved = (line: number) => line + before(line);
  const signals = truth.required_signals.map((signal) => ({
    ...signal,
    evidence_lines: signal.evidence_lines.map(([from, to]): [number, number] => [
      moved(from),
      moved(to),
    ]),
  }));
  return { name, text: out.join("\n"), truth: { ...truth, required_signals: signals } };
}

function otherError(n: number): string {
  const word = (place: number) => {
    const at = Math.floor(n / WORDS.length ** place) * 7 + n * (place + 1);
    return `${WORDS[at % WORDS.length]}${String.fromCharCode(97 + ((n * (place + 3)) % 26))}`;
  };
  const [a, b, c] = [word(0), word(1), word(2)];
  const forms = [
    `level=error msg="${a} of ${b} failed: ${c} not found"`,
    `ERROR: ${a} ${b} was taken by ${c}`,
    `[${a}] error while closing the ${b}: ${c} is gone`,
    `WARN ${a} tries ${b} again after a timeout of ${c}`,
    `shop.${a}.LostException: ${b} of ${c}`,
  ];
  return forms[n % forms.length] ?? "";
}
