import type { Verdict } from "./judge-line.ts";

/** How much less a line weighs for each one of its form, and each form that says it in the same way, before it. */
const AGAIN = 0.4;
const ALIKE = 0.1;
/** Lines of failed steps, and not those of the others: what share of the highest weight of their kind they have at least. */
const STRONG = 0.7;
/**
 * What is told again and again is worth less each time: a line of one form, and forms that say it in one way. Of these the first
 * and the last ones are worth most, in turns. Returns what share of its weight each line keeps.
 */
export function fewOfAKind(
  own: Float64Array,
  lines: readonly string[],
  verdicts: readonly Verdict[],
): Float64Array {
  const again = new Float64Array(own.length).fill(1);
  const telling = [...own.keys()].filter((i) => own[i] !== 0);
  for (const ofRule of Map.groupBy(telling, (i) => verdicts[i]?.rule ?? -1).values()) {
    const forms = [...Map.groupBy(ofRule, (i) => formOf(lines[i] ?? "")).values()];
    const most = ofRule.reduce((high, i) => Math.max(high, own[i] ?? 0), 0);
    const isStrong = (form: number[]) => form.some((i) => (own[i] ?? 0) > most * STRONG);
    const strong = fromBothEnds(forms.filter(isStrong));
    const weak = forms.filter((form) => !isStrong(form));
    for (const [alike, form] of [...strong, ...weak].entries()) {
      // Of errors the first one says most, of results the last one.
      const order = isResult(verdicts[form[0] ?? 0])
        ? [form.at(-1) ?? 0, ...form.slice(0, -1)]
        : form;
      for (const [seen, i] of order.entries()) {
        const share = 1 / (1 + seen * AGAIN) / (1 + alike * ALIKE);
        own[i] = (own[i] ?? 0) * share;
        again[i] = share;
      }
    }
  }
  return again;
}

function isResult(verdict: Verdict | undefined): boolean {
  return verdict?.kind === "exit" || verdict?.kind === "summary";
}

/** The first, the last, the second, the last but one, and so on. */
function fromBothEnds<T>(all: readonly T[]): T[] {
  const ordered: T[] = [];
  for (let i = 0; i < all.length; i++) {
    const one = all[i % 2 === 0 ? i / 2 : all.length - (i + 1) / 2];
    if (one !== undefined) ordered.push(one);
  }
  return ordered;
}

/** A line without what differs from one of its kind to the next: quoted values, paths, names with a sign or digit in them. */
function formOf(line: string): string {
  return line
    .slice(0, 300)
    .trim()
    .replace(/"[^"]{0,200}"|'[^']{0,200}'|\[[^[\]]{0,200}\]/g, "*")
    .replace(/[^\s(){},;=]+/g, (word) => (/[\d/\\_]|[.:]./.test(word) ? "*" : word));
}
