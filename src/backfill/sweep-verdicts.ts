import { setImmediate as othersTurn } from "node:timers/promises";
import type { LogRecord } from "../domain/log-record.ts";
import { isOfModel, type VectorModel } from "../domain/stamp.ts";
import { SAMPLE_FOR_COST, type Pricing } from "../pipeline/estimate-cost.ts";
import type { Signer } from "../pipeline/signer.ts";
import { maskAhead, type ToText } from "../pipeline/text.ts";

export type JudgeDeps = {
  signer: Pick<Signer, "textOf" | "textVersion">;
  toText: ToText;
  inForce: VectorModel;
  pricing: Pick<Pricing, "tokens" | "maxTokensPerText" | "pricePerMillionTokens">;
};

/** What a stamp says of the vector beside it, as the counts of the summary are called. */
export type SweepVerdict =
  | "current"
  | "text_changed"
  | "other_model"
  | "other_text_version"
  | "other_key"
  | "unsigned";

/** Texts are masked in parts of so many, a few milliseconds each; between two of them other work runs. */
const AT_ONCE = 50;

/** The records of a page by verdict. Only their texts and stamps are compared: nothing is asked, read or paid. */
export async function judgePage(
  deps: JudgeDeps,
  records: readonly LogRecord[],
  samples: Samples,
): Promise<Map<SweepVerdict, LogRecord[]>> {
  const toText = await maskAhead(
    deps.toText,
    records.map(({ text }) => text),
  );
  const judged = new Map<SweepVerdict, LogRecord[]>();
  for (const [i, record] of records.entries()) {
    if (i > 0 && i % AT_ONCE === 0) await othersTurn();
    const text = toText(record.text);
    const verdict = verdictOn(record, text, deps);
    const same = judged.get(verdict);
    if (same) same.push(record);
    else judged.set(verdict, [record]);
    await samples.add(verdict, text);
  }
  return judged;
}

/**
 * A text is proven to have changed only where our own key signed another one that the same rules made. Without a version
 * other masks may have made it, and a stamp of another key can be read by its holder only.
 */
function verdictOn(
  { stamp = {} }: LogRecord,
  text: string,
  { signer, inForce }: Pick<JudgeDeps, "signer" | "inForce">,
): SweepVerdict {
  if (!isOfModel(stamp, inForce)) return "other_model";
  const said = signer.textOf(stamp, text);
  if (said === "this") return "current";
  if (said === "foreign") return "other_key";
  const { key, text: version } = stamp;
  if (typeof key !== "string" || typeof version !== "string") return "unsigned";
  return version === signer.textVersion ? "text_changed" : "other_text_version";
}

/** Counts the tokens of the first texts of each verdict that an estimate is wanted for. */
export type Samples = {
  add(verdict: SweepVerdict, text: string): Promise<void>;
  /** On average; undefined without a text. */
  perText(verdict: SweepVerdict): number | undefined;
};

export function createSamples(
  { tokens, maxTokensPerText }: JudgeDeps["pricing"],
  wanted: readonly SweepVerdict[],
): Samples {
  const sums = new Map<SweepVerdict, { texts: number; tokens: number }>();
  return {
    async add(verdict, text) {
      if (!wanted.includes(verdict)) return;
      const sum = sums.get(verdict) ?? { texts: 0, tokens: 0 };
      if (sum.texts >= SAMPLE_FOR_COST) return;
      sums.set(verdict, sum);
      sum.texts++;
      sum.tokens += Math.min(maxTokensPerText, (await tokens()).count(text));
    },
    perText(verdict) {
      const sum = sums.get(verdict);
      return sum && sum.tokens / sum.texts;
    },
  };
}
