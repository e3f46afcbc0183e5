import { Fault } from "../domain/faults.ts";
import type { LanguageModel, ModelQuestion, ModelReply } from "../ports/language-model.ts";
import type { EmbedderLimits } from "./embedder-limits.ts";

/** USD per million of the dearer tokens, which the budget counts in; null where unknown. */
export function budgetPrice({ price }: Pick<LanguageModel, "price">): number | null {
  return price && Math.max(price.input, price.output);
}

/** USD; null where unknown. */
export function costOfReply(
  { price }: Pick<LanguageModel, "price">,
  { input, output }: { input: number; output: number },
): number | null {
  return price && (input * price.input + output * price.output) / 1e6;
}

/** A token of any model is at least about two bytes of a log. */
const BYTES_PER_TOKEN = 2;

/**
 * The model behind limits of its own (budget of the day, circuit breaker, concurrency): one question waits for its turn, and is paid for
 * by what the server says, or by what it can have been. Throws a Fault, also where the budget is used up.
 */
export async function askWithinLimits(
  model: LanguageModel,
  limits: Pick<EmbedderLimits, "for">,
  question: ModelQuestion,
  signal: AbortSignal,
): Promise<ModelReply> {
  const atMost = {
    input: Math.ceil(Buffer.byteLength(question.system + question.user) / BYTES_PER_TOKEN),
    output: model.maxOutputTokens,
  };
  const permit = await limits.for("search").admit([inBudgetTokens(model, atMost)], signal);
  if (!permit) throw new Fault("outage", `${model.model}: stopped while waiting`);
  if (!("texts" in permit)) throw permit.fault;
  try {
    const reply = await model.ask(question, signal);
    const tokens = reply.tokens ?? atMost;
    const usd = costOfReply(model, tokens) ?? 0;
    permit.answered(tokens.input + tokens.output, reply.allowance, usd);
    return { ...reply, tokens };
  } catch (error) {
    permit.failed(error instanceof Fault ? error : undefined);
    throw error;
  }
}

/** As many of the dearer tokens as cost the same. */
function inBudgetTokens(
  model: Pick<LanguageModel, "price">,
  tokens: { input: number; output: number },
): number {
  const usd = costOfReply(model, tokens) ?? 0;
  const price = budgetPrice(model) ?? 0;
  return price === 0 ? tokens.input + tokens.output : (usd * 1e6) / price;
}
