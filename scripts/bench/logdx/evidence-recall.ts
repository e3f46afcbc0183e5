import { estimateTokens } from "../../../src/domain/explanation/estimate-tokens.ts";
import { excerpt, type Excerpt } from "../../../src/domain/explanation/excerpt.ts";
import type { LogdxCase } from "./read-cases.ts";

/** How a long log is cut: `excerpt`, or what one would write in an afternoon. */
export const CUTS = {
  excerpt: (text: string, maxTokens: number) => excerpt(text, { maxTokens }),
  tail: (text: string, maxTokens: number) => lastLines(text, maxTokens, () => true),
  "grep | tail": (text: string, maxTokens: number) =>
    lastLines(text, maxTokens, (line) => ERROR_WORDS.test(line)),
} satisfies Record<string, (text: string, maxTokens: number) => Pick<Excerpt, "text" | "lines">>;

export type Cut = keyof typeof CUTS;

const ERROR_WORDS =
  /error|fail|fatal|exception|panic|traceback|denied|refused|timed out|not found|exit code/i;

/** The last lines that are wanted, as many as fit. */
function lastLines(text: string, maxTokens: number, isWanted: (line: string) => boolean) {
  const all = text.split("\n");
  const out: string[] = [];
  const lines: Excerpt["lines"] = [];
  let left = maxTokens;
  for (let i = all.length - 1; i >= 0; i--) {
    const line = all[i] ?? "";
    if (!isWanted(line)) continue;
    left -= estimateTokens(line) + 1;
    if (left < 0) break;
    out.unshift(line);
    lines.unshift({ from: i + 1, to: i + 1 });
  }
  return { text: out.join("\n"), lines };
}

/** Found and wanted. */
export type Share = { found: number; of: number };
export type Recall = { signals: Share; critical: Share; mentions: Share };

/**
 * What of a case's truth is in an excerpt: a signal of which one evidence line is kept, and terms that an explanation must
 * mention, in any case; of these only such as the log itself holds.
 */
export function evidenceRecall(
  { text, truth }: Pick<LogdxCase, "text" | "truth">,
  cut: Pick<Excerpt, "text" | "lines">,
): Recall {
  const isKept = ([from, to]: readonly [number, number]) =>
    cut.lines.some((kept) => kept.from <= to && from <= kept.to);
  const signals = truth.required_signals;
  const critical = signals.filter(({ importance }) => importance === "critical");
  const found = (some: typeof signals): Share => ({
    found: some.filter(({ evidence_lines: lines }) => lines.some(isKept)).length,
    of: some.length,
  });
  const whole = text.toLowerCase();
  const part = cut.text.toLowerCase();
  const terms = truth.expected_diagnosis.must_mention
    .map((term) => term.toLowerCase())
    .filter((term) => whole.includes(term));
  const mentions = { found: terms.filter((term) => part.includes(term)).length, of: terms.length };
  return { signals: found(signals), critical: found(critical), mentions };
}

export function addRecall(a: Recall, b: Recall): Recall {
  const add = (x: Share, y: Share) => ({ found: x.found + y.found, of: x.of + y.of });
  return {
    signals: add(a.signals, b.signals),
    critical: add(a.critical, b.critical),
    mentions: add(a.mentions, b.mentions),
  };
}

export const NO_RECALL: Recall = {
  signals: { found: 0, of: 0 },
  critical: { found: 0, of: 0 },
  mentions: { found: 0, of: 0 },
};
