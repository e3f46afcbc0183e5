import type { Claim, Evidence, ExplainVerdict } from "../../domain/explanation/claim.ts";
import {
  judgeClaims,
  judgeMissing,
  type DroppedClaim,
  type PassedClaim,
} from "../../domain/explanation/gates.ts";
import {
  explainPrompt,
  modelAnswerSchema,
  repairPrompt,
  type ExplainLanguage,
  type Prompt,
} from "../../domain/explanation/prompt.ts";
import { squeezed } from "../../domain/explanation/names.ts";
import { readModelAnswer } from "../../domain/explanation/read-model-answer.ts";
import { Fault } from "../../domain/faults.ts";
import type { ModelReply } from "../../ports/language-model.ts";

/** What came of a model's answer once it is checked. */
export type Checked = {
  verdict: ExplainVerdict;
  claims: PassedClaim[];
  dropped: DroppedClaim[];
  missing: string[];
};

type ModelUse = { requests: number; input: number; output: number };

export type Asked = {
  /** Absent where the model gave no answer that can be read. */
  checked?: Checked;
  /** Why the answer is missing, or not whole. */
  fault?: Fault;
  use: ModelUse;
  /** Answers that were not of the form. */
  unreadable: number;
};

/** What a model is asked about. `question`: undefined where it is to explain an error. */
export type Asking = {
  evidence: readonly Evidence[];
  language: ExplainLanguage;
  question: string | undefined;
};

/** One question, once it is admitted. Throws a Fault. */
export type AskOnce = (prompt: Prompt & { schema: Record<string, unknown> }) => Promise<ModelReply>;

const NOT_READABLE_HINT =
  "Set LLM_MODEL to one that answers in JSON, or raise LLM_MAX_OUTPUT_TOKENS where its answers are cut off.";
const NOT_READABLE = "the model's answer is not the JSON that was asked for";

/**
 * Asks for claims about the evidence and checks them; asks once more with the reasons where some do not hold, or the answer cannot be
 * read. Two questions at most. What fails then is dropped. Throws no Fault: what the first answer brought is not lost by the second.
 */
export async function askModel(
  ask: AskOnce,
  { evidence, language, question }: Asking,
): Promise<Asked> {
  const prompt = explainPrompt(evidence, language, question);
  const schema = modelAnswerSchema();
  const use: ModelUse = { requests: 0, input: 0, output: 0 };
  let unreadable = 0;
  const answerTo = async (one: Prompt) => {
    use.requests++;
    const reply = await ask({ ...one, schema });
    use.input += reply.tokens?.input ?? 0;
    use.output += reply.tokens?.output ?? 0;
    const read = readModelAnswer(reply.text);
    if (!read) unreadable++;
    return read?.answer;
  };
  try {
    const first = await answerTo(prompt);
    const judged = first && judgeClaims(first.claims, evidence);
    if (judged && judged.dropped.length === 0) {
      return { checked: whole(first, judged, evidence), use, unreadable };
    }
    const kept = first && judged ? { first, judged } : undefined;
    return { ...(await repaired(answerTo, prompt, kept, evidence)), use, unreadable };
  } catch (error) {
    if (!(error instanceof Fault)) throw error;
    return { fault: error, use, unreadable };
  }
}

type Answer = { verdict: ExplainVerdict; claims: Claim[]; missing: string[] };
type Kept = { first: Answer; judged: ReturnType<typeof judgeClaims> };

async function repaired(
  answerTo: (prompt: Prompt) => Promise<Answer | undefined>,
  prompt: Prompt,
  kept: Kept | undefined,
  evidence: readonly Evidence[],
): Promise<Pick<Asked, "checked" | "fault">> {
  const before = kept && whole(kept.first, kept.judged, evidence);
  let second: Answer | undefined;
  try {
    second = await answerTo(repairPrompt(prompt, kept?.judged.dropped.map(shownReason)));
  } catch (error) {
    if (!(error instanceof Fault)) throw error;
    return before ? { checked: before, fault: error } : { fault: error };
  }
  if (!second) {
    return before
      ? { checked: before }
      : { fault: new Fault("outage", NOT_READABLE, { hint: NOT_READABLE_HINT }) };
  }
  // Those that held stay; an answer that repeats one of them says nothing wrong.
  const passed = kept?.judged.passed ?? [];
  const held = new Set(passed.map(({ text }) => text));
  const mended = second.claims.filter(({ text }) => !held.has(squeezed(text)));
  const judged = judgeClaims([...passed, ...mended], evidence);
  const told = kept ? kept.first : second;
  const answer = whole(told, judged, evidence);
  // What was dropped first and not mended counts as dropped too.
  const lost = kept ? unmended(kept, mended.length) : [];
  return { checked: { ...answer, dropped: [...lost, ...answer.dropped] } };
}

/** Of the dropped claims those for which no mended one came. */
function unmended({ judged }: Kept, mended: number): DroppedClaim[] {
  return judged.dropped.slice(mended).map(shownReason);
}

function whole(
  { verdict, missing }: Answer,
  { passed, dropped }: ReturnType<typeof judgeClaims>,
  evidence: readonly Evidence[],
): Checked {
  return {
    verdict,
    claims: passed,
    dropped: dropped.map(shownReason),
    missing: judgeMissing(missing, evidence),
  };
}

function shownReason({ text, reason }: DroppedClaim): DroppedClaim {
  return { text, reason };
}
