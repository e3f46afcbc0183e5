import { z } from "zod";

/** What a piece of evidence is: a log document, a fact that this program computed, or what a person wrote. */
const EVIDENCE_SORTS = ["document", "fact", "note"] as const;

const nullable = z.string().nullable();

/** One piece of evidence: what a claim may cite. */
export const evidenceShape = z.object({
  ref: z.string().describe("E1 … of documents, F1 … of facts, N1 … of notes; within one answer."),
  sort: z.enum(EVIDENCE_SORTS),
  title: z.string().describe("What it is, in a few words."),
  text: z
    .string()
    .describe("What is known: a message, cut to what matters; a fact; a note. Secrets are masked."),
  index: nullable.describe("Where the document is; null for facts and notes."),
  id: nullable,
  shard_key: nullable,
  group: nullable.describe("The error that it is about."),
  at: nullable.describe("ISO 8601, UTC."),
  confirmed: z
    .boolean()
    .exactOptional()
    .describe("Of a note: somebody else confirmed it, and nobody said otherwise since."),
  past: z
    .boolean()
    .exactOptional()
    .describe("It is about an earlier run of this error, or about an error like it."),
});
export type Evidence = z.infer<typeof evidenceShape>;

/**
 * What a claim says: what the evidence shows; that it is the same as something earlier; what differs from it; what may be the cause;
 * what helped, by a note; what might help, without a note.
 */
export const CLAIM_KINDS = [
  "observed",
  "same_as",
  "differs",
  "hypothesis",
  "fix",
  "suggestion",
] as const;
export type ClaimKind = (typeof CLAIM_KINDS)[number];

export const EXPLAIN_VERDICTS = ["known", "like", "unknown"] as const;
/** The error was there before; one like it was; neither is known. */
export type ExplainVerdict = (typeof EXPLAIN_VERDICTS)[number];

const citeShape = z.object({ ref: z.string(), quote: z.string() });
const claimShape = z.object({
  text: z.string(),
  kind: z.enum(CLAIM_KINDS),
  cites: z.array(citeShape),
});
/** A sentence of a model, as it said it. */
export type Claim = z.infer<typeof claimShape>;

/** What a model is asked for. */
export const modelAnswerShape = z.object({
  verdict: z.enum(EXPLAIN_VERDICTS),
  claims: z.array(claimShape),
  missing: z.array(z.string()),
});
export type ModelAnswer = z.infer<typeof modelAnswerShape>;
