import type { Permit } from "../limits/embedder-limits.ts";
import { Fault } from "../domain/faults.ts";
import { vectorProblem } from "../domain/vector.ts";
import type { EmbedAnswer, Embedder, EmbedInput } from "../ports/embedder.ts";
import type { PreparedText } from "./batches.ts";
import type { Run } from "./embed.ts";

/** Sends exactly one request and counts what it was billed for, and its texts. Throws a Fault. */
export async function ask(
  run: Run,
  inputs: readonly EmbedInput[],
  permit: Permit,
  texts: readonly string[] = inputs.map(({ text }) => text),
): Promise<EmbedAnswer> {
  run.use.requests++;
  try {
    const answer = await run.embedder.embed(inputs, run.stop.embedding);
    const tokens = answer.tokens ?? (await countTokens(run, inputs));
    permit.answered(tokens, answer.allowance);
    run.accepted = true;
    run.heardOf = true;
    bill(run, texts, tokens);
    return answer;
  } catch (error) {
    permit.failed(error instanceof Fault ? error : undefined);
    throw error;
  }
}

/** Sends a harmless text; the fault where it is refused too, or could not be sent. */
export async function sendProbe(run: Run): Promise<Fault | undefined> {
  const { admission, embedder, stop } = run;
  const permit = await admission.admit([PROBE_TOKENS], stop.requested);
  if (!permit) return new Fault("outage", `${embedder.name}: stopped while waiting`);
  if (!("texts" in permit)) {
    run.news = permit.news;
    return permit.fault;
  }
  try {
    const probing = { ...permit, failed: (fault?: Fault) => permit.failed(refusesAll(run, fault)) };
    // It is nobody's text.
    await ask(run, [PROBE], probing, []);
    return undefined;
  } catch (error) {
    if (!(error instanceof Fault)) throw error;
    return refusesAll(run, error);
  }
}

/** A harmless text that is refused shows that something is set up wrongly. */
function refusesAll<F extends Fault | undefined>({ embedder }: Run, fault: F): F | Fault {
  if (fault?.kind !== "record") return fault;
  const { message, hint } = fault;
  const details = hint === undefined ? {} : { hint };
  return new Fault("configuration", `${embedder.name} refuses every text: ${message}`, details);
}

const PROBE: EmbedInput = { text: "connection refused", logId: "probe" };
/** At most: no tokenizer makes more than a token of a byte, or puts more than two round a text. */
const PROBE_TOKENS = 20;

/** Checks every vector before it is believed. */
export function takeAnswer(run: Run, texts: readonly PreparedText[], answer: EmbedAnswer): void {
  const { embedder, byHash } = run;
  texts.forEach(({ hash, truncated }, i) => {
    const vector = answer.vectors[i];
    if (!vector) {
      byHash.set(hash, { fault: unusable(embedder, "no vector for this text") });
      return;
    }
    const problem = vectorProblem(vector, embedder.dimensions);
    if (problem) byHash.set(hash, { fault: unusable(embedder, `a vector with ${problem}`) });
    else byHash.set(hash, { vector, truncated });
  });
  run.fresh = true;
}

function bill({ use, embedder, events }: Run, texts: readonly string[], tokens: number): void {
  const { pricePerMillionTokens: price } = embedder;
  const costUsd = price === null ? null : (tokens * price) / 1e6;
  use.texts += texts.length;
  use.tokens += tokens;
  if (use.cost_usd !== null && costUsd !== null) use.cost_usd += costUsd;
  events.textsAnswered({ texts, tokens, costUsd });
}

async function countTokens({ tokens }: Run, texts: readonly EmbedInput[]): Promise<number> {
  const counter = await tokens();
  return texts.reduce((sum, { text }) => sum + counter.count(text), 0);
}

function unusable({ name }: Embedder, what: string): Fault {
  return new Fault("outage", `${name} answered ${what}`);
}
