import { z } from "zod";
import { CLAIM_KINDS, evidenceShape, EXPLAIN_VERDICTS } from "../../domain/explanation/claim.ts";
import { gapsShape } from "../../domain/partial.ts";
import { groupsAnswerShape } from "../group-answers.ts";

const whole = z.int().nonnegative();
const nullable = z.string().nullable();

const citeShape = z.object({
  ref: z.string().describe("The piece of evidence."),
  quote: z.string().describe("Stands there word for word, apart from blanks."),
  index: nullable.describe("Of the document, to open it; null for facts and notes."),
  id: nullable,
});
const claimShape = z.object({
  text: z.string(),
  kind: z
    .enum(CLAIM_KINDS)
    .describe(
      "observed: the evidence shows it; same_as, differs: beside an earlier case; hypothesis: what may be the cause; fix: helped before, by a note; suggestion: no case supports it.",
    ),
  cites: z.array(citeShape),
});
export type ShownClaim = z.infer<typeof claimShape>;

/** What `explain` prints with `--json`, and its route answers. */
export const explainAnswerShape = z.object({
  subject: z.object({
    group: nullable.describe("The error; null where no record has the text's."),
    service: nullable,
    index: nullable,
    id: nullable,
    text: z.string().describe("What is explained: a message, cut where it is long."),
    question: nullable.describe("What was asked, in words; null where an error was named."),
  }),
  verdict: z
    .enum(EXPLAIN_VERDICTS)
    .describe(
      "known: this error was there before; like: one like it was; unknown: neither. Code derives it; a model can only weaken it.",
    ),
  claims: z.array(claimShape).describe("Sentences of the model that hold; none without a model."),
  dropped: z
    .array(z.object({ text: z.string(), reason: z.string() }))
    .describe("Sentences of the model that do not hold, and why. Not to be believed."),
  evidence: z.array(evidenceShape).describe("All that the model was given, or would be."),
  cause: claimShape
    .nullable()
    .describe("The claim that says why: certain only with a confirmed note, else a hypothesis."),
  action: claimShape
    .nullable()
    .describe("The claim that says what to do: a fix, else a suggestion."),
  missing: z.array(z.string()).describe("Questions of the model whose answers would settle it."),
  model: nullable.describe("Null where LLM_MODEL is not set or EXPLAIN_SEND=none."),
  problem: z
    .object({ message: z.string(), hint: nullable })
    .nullable()
    .describe("Why the model's answer is missing, where one was asked for; the evidence holds."),
  usage: z.object({
    requests: whole.describe("0 where the answer was kept from before."),
    input_tokens: whole,
    output_tokens: whole,
    cost_usd: z.number().nullable().describe("null where the price is not known."),
  }),
  memory: groupsAnswerShape.shape.memory,
  gaps: gapsShape.describe("Parts of the indices that did not answer: evidence may be missing."),
  duration_ms: z.number(),
});
export type ExplainAnswer = z.infer<typeof explainAnswerShape>;
