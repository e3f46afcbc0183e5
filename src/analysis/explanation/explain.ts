import { hash } from "node:crypto";
import { z } from "zod";
import { cutText } from "../../domain/cut-text.ts";
import {
  EXPLAIN_VERDICTS,
  modelAnswerShape,
  type Evidence,
  type ExplainVerdict,
} from "../../domain/explanation/claim.ts";
import { PROMPT_VERSION, type ExplainLanguage } from "../../domain/explanation/prompt.ts";
import { signatureOf } from "../../domain/signature.ts";
import type { Events, Explained } from "../../ports/events.ts";
import type { LanguageModel } from "../../ports/language-model.ts";
import type { StateStore } from "../../ports/state-store.ts";
import { MAX_SHOWN_BYTES } from "../group-row.ts";
import { askModel, type Asked, type Asking, type AskOnce, type Checked } from "./ask-model.ts";
import type { ExplainAnswer, ShownClaim } from "./explain-answer.ts";
import { HOSTS } from "./group-pieces.ts";
import {
  gatherEvidence,
  type EvidenceDeps,
  type Gathered,
  type Subject,
} from "./gather-evidence.ts";

/** The model that is asked, within its limits. */
export type ModelParts = Pick<LanguageModel, "model"> & {
  /** What of documents is sent: `template` without what varies. */
  send: "text" | "template";
  /** Throws a Fault. */
  ask(question: Parameters<AskOnce>[0], signal: AbortSignal): ReturnType<AskOnce>;
  /** USD; null where the price is unknown. */
  cost(tokens: { input: number; output: number }): number | null;
};

export type ExplainDeps = EvidenceDeps & {
  language: ExplainLanguage;
  state: Pick<StateStore, "load" | "change">;
  /** Undefined: none is asked. */
  llm: ModelParts | undefined;
  events: Pick<Events, "explained">;
};

/** What is shown before the model has answered. */
export type Progress = { evidence?(answer: ExplainAnswer): void; claim?(claim: ShownClaim): void };

/**
 * What an error is, whether it was there before, what helped then: evidence by code, and where a model is set, its sentences that hold
 * against that evidence. A model that fails costs no evidence: `problem` says why its sentences are missing. Throws a SearchRefused where
 * there is no such record or group, and a Fault.
 */
export async function explain(
  deps: ExplainDeps,
  subject: Subject,
  signal: AbortSignal,
  progress: Progress = {},
): Promise<ExplainAnswer> {
  const { clock, llm: model } = deps;
  const startedAt = clock.now();
  const found = await gatherEvidence(deps, subject, signal);
  const gathered = model?.send === "template" ? inTemplates(found) : found;
  const facts = { ...answerOf(gathered, model), duration_ms: clock.now() - startedAt };
  progress.evidence?.(facts);
  if (!model) {
    deps.events.explained(toldOf(facts, { unreadable: 0 }, []));
    return facts;
  }
  const { question } = gathered.subject;
  const asking = { evidence: gathered.evidence, language: deps.language, question };
  const key = keyOf(asking, model);
  const askedMs: number[] = [];
  const timed = async (prompt: Parameters<AskOnce>[0]) => {
    const askedAt = clock.now();
    try {
      return await model.ask(prompt, signal);
    } finally {
      askedMs.push(clock.now() - askedAt);
    }
  };
  const kept = await findKept(deps.state, key);
  const asked: Asked = kept
    ? { checked: kept, use: { requests: 0, input: 0, output: 0 }, unreadable: 0 }
    : await askModel(timed, asking);
  if (!kept && asked.checked && !asked.fault) await keep(deps.state, key, asked.checked);
  const answer: ExplainAnswer = {
    ...facts,
    ...claimsOf(gathered, asked.checked),
    problem: asked.fault ? { message: asked.fault.message, hint: asked.fault.hint ?? null } : null,
    usage: {
      requests: asked.use.requests,
      input_tokens: asked.use.input,
      output_tokens: asked.use.output,
      cost_usd: model.cost(asked.use),
    },
    duration_ms: clock.now() - startedAt,
  };
  for (const claim of answer.claims) progress.claim?.(claim);
  deps.events.explained(toldOf(answer, asked, askedMs));
  return answer;
}

function toldOf(
  { model, verdict, claims, dropped, usage, duration_ms: durationMs }: ExplainAnswer,
  { unreadable, fault }: Pick<Asked, "unreadable" | "fault">,
  askedMs: readonly number[],
): Explained {
  return {
    model: model ?? "none",
    verdict,
    claims: claims.length,
    dropped: dropped.length,
    askedMs,
    unreadable,
    tokens: { input: usage.input_tokens, output: usage.output_tokens },
    costUsd: usage.cost_usd,
    durationMs,
    ...(fault ? { fault } : {}),
  };
}

/** What varies of documents is masked, so that it is not sent; nor are names of hosts. */
function inTemplates(gathered: Gathered): Gathered {
  const evidence = gathered.evidence
    .filter(({ title }) => title !== HOSTS)
    .map((one) => (one.sort === "document" ? { ...one, text: signatureOf(one.text) } : one));
  return { ...gathered, evidence };
}

function answerOf(
  { subject, evidence, verdict, memory, gaps }: Gathered,
  model: ModelParts | undefined,
): ExplainAnswer {
  const { group, record, text, question = null } = subject;
  return {
    subject: {
      group,
      service: record?.service ?? null,
      index: record?.index ?? null,
      id: record?.id ?? null,
      text: cutText(text, MAX_SHOWN_BYTES).text,
      question: question === null ? null : cutText(text, MAX_SHOWN_BYTES).text,
    },
    verdict,
    claims: [],
    dropped: [],
    evidence,
    cause: null,
    action: null,
    missing: [],
    model: model?.model ?? null,
    problem: null,
    usage: { requests: 0, input_tokens: 0, output_tokens: 0, cost_usd: model ? 0 : null },
    memory,
    gaps: [...gaps],
    duration_ms: 0,
  };
}

function claimsOf(
  { evidence, verdict }: Gathered,
  checked: Checked | undefined,
): Partial<ExplainAnswer> {
  if (!checked) return {};
  const byRef = new Map(evidence.map((one) => [one.ref, one]));
  const claims = checked.claims.map(({ text, kind, cites }): ShownClaim => {
    const shown = cites.map(({ ref, quote }) => {
      const { index = null, id = null } = byRef.get(ref) ?? {};
      return { ref, quote, index, id };
    });
    return { text, kind, cites: shown };
  });
  return {
    claims,
    verdict: weaker(verdict, checked.verdict),
    dropped: checked.dropped,
    cause: causeIn(claims, byRef),
    action:
      claims.find(({ kind }) => kind === "fix") ??
      claims.find(({ kind }) => kind === "suggestion") ??
      null,
    missing: checked.missing,
  };
}

/** `known` before `like` before `unknown`. */
function weaker(a: ExplainVerdict, b: ExplainVerdict): ExplainVerdict {
  return EXPLAIN_VERDICTS[Math.max(EXPLAIN_VERDICTS.indexOf(a), EXPLAIN_VERDICTS.indexOf(b))] ?? a;
}

/** What a confirmed note says of the cause comes before what may be. */
function causeIn(
  claims: readonly ShownClaim[],
  byRef: ReadonlyMap<string, Evidence>,
): ShownClaim | null {
  const isCertain = ({ kind, cites }: ShownClaim) =>
    (kind === "observed" || kind === "same_as") &&
    cites.some(({ ref, quote }) => {
      const note = byRef.get(ref);
      return note?.confirmed === true && causeOf(note).includes(quote.trim());
    });
  return claims.find(isCertain) ?? claims.find(({ kind }) => kind === "hypothesis") ?? null;
}

function causeOf({ text }: Evidence): string {
  return /^Cause: ([\s\S]*?)(?=\n(?:Fix|Link|Other): |$(?![\s\S]))/m.exec(text)?.[1] ?? "";
}

const DOCUMENT = "explanations";
/** A few kilobytes each. */
const MAX_KEPT = 100;
const checkedShape = z.object({
  verdict: modelAnswerShape.shape.verdict,
  claims: modelAnswerShape.shape.claims,
  dropped: z.array(z.object({ text: z.string(), reason: z.string() })),
  missing: z.array(z.string()),
});
const keptShape = z.array(z.tuple([z.string(), checkedShape]));

/** Answers by evidence and model, latest last. The evidence itself is not kept. */
async function findKept(state: ExplainDeps["state"], key: string): Promise<Checked | undefined> {
  const kept = keptShape.safeParse(await state.load(DOCUMENT)).data ?? [];
  return kept.find(([name]) => name === key)?.[1];
}

async function keep(state: ExplainDeps["state"], key: string, checked: Checked): Promise<void> {
  await state.change(DOCUMENT, (current) => {
    const others = (keptShape.safeParse(current).data ?? []).filter(([name]) => name !== key);
    return [...others.slice(1 - MAX_KEPT), [key, checked]];
  });
}

/** The whole evidence counts: while an error goes on its counts change, and it is another question. */
function keyOf(asking: Asking, { model, send }: ModelParts): string {
  return hash("sha256", JSON.stringify([PROMPT_VERSION, model, send, asking]));
}
