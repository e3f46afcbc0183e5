import type { Evidence } from "../../domain/explanation/claim.ts";
import type { ExplainAnswer, ShownClaim } from "./explain-answer.ts";

/** What a verdict means, for people. */
const VERDICT_SENTENCES: Readonly<Record<ExplainAnswer["verdict"], string>> = {
  known: "This error was there before.",
  like: "This error is new; one like it was there before.",
  unknown: "Neither this error nor one like it is known from before.",
};

/** The first line of an answer: its verdict, or the question. */
export function headlineOf({
  subject,
  verdict,
}: Pick<ExplainAnswer, "subject" | "verdict">): string {
  return subject.question ?? VERDICT_SENTENCES[verdict];
}

/** What a kind of claim is called before its sentence; `fact` of those that say what the evidence shows. */
export const KIND_WORDS: Readonly<Record<ShownClaim["kind"], string>> = {
  observed: "Observed",
  same_as: "Same as before",
  differs: "Differs",
  hypothesis: "Hypothesis",
  fix: "Helped before",
  suggestion: "Suggestion that no case supports",
};

/** The references that a claim cites, such as `E1, N2`. */
export function refsOf({ cites }: ShownClaim): string {
  return [...new Set(cites.map(({ ref }) => ref))].join(", ");
}

/** Where a piece of evidence stands, and since when; blank for what stands nowhere. */
export function placeWords({ index, id, at }: Evidence): string {
  const place = index === null || id === null ? [] : [`${index}/${id}`];
  return [...(at === null ? [] : [at]), ...place].join(" · ");
}

/** Why nothing of the model is shown, or what of it is not; undefined where all is. */
export function modelRemark({
  model,
  claims,
  dropped,
  problem,
}: ExplainAnswer): string | undefined {
  if (problem) {
    const todo = problem.hint === null ? "" : ` ${problem.hint}`;
    return `The language model's answer is missing: ${problem.message}.${todo}`;
  }
  if (model === null) return undefined;
  const one = dropped.length === 1 ? "sentence does" : "sentences do";
  const left = `${dropped.length} ${one} not hold against the evidence`;
  if (claims.length === 0) {
    const why = dropped.length === 0 ? "the model says nothing" : `${left} and are not shown`;
    return `No explanation that holds: ${why}.`;
  }
  return dropped.length === 0
    ? undefined
    : `${left}, and ${dropped.length === 1 ? "is" : "are"} not shown.`;
}

/** As Markdown, to be put into a ticket. `version`: of this program. Texts of logs stand in code blocks that they cannot close. */
export function explainReport(answer: ExplainAnswer, { version }: { version: string }): string {
  const { subject, claims, evidence, cause, action, missing, model } = answer;
  const first = subject.text.split("\n").find((line) => line.trim() !== "") ?? "";
  const list = (items: readonly string[]) => items.map((one) => `- ${one}`).join("\n");
  const documents = evidence.filter(({ sort }) => sort === "document");
  const others = evidence.filter(({ sort }) => sort !== "document");
  const remark = modelRemark(answer);
  const sections = [
    `# Error report: ${inline(first.slice(0, 120))}`,
    [
      `**${inline(headlineOf(answer))}**`,
      ...(subject.service === null ? [] : [`Service: ${inline(subject.service)}`]),
      ...(subject.group === null ? [] : [`Group: ${subject.group}`]),
      ...(subject.index === null
        ? []
        : [`Record: ${inline(`${subject.index}/${subject.id ?? ""}`)}`]),
    ].join("  \n"),
    cause ? `## Cause\n\n${claimLine(cause)}` : "",
    action ? `## Action\n\n${claimLine(action)}` : "",
    claims.length === 0 ? "" : `## What the evidence says\n\n${list(claims.map(claimLine))}`,
    remark === undefined ? "" : remark,
    `## Facts and notes\n\n${others.map(pieceBlock).join("\n\n")}`,
    `## Documents\n\n${documents.map(pieceBlock).join("\n\n")}`,
    missing.length === 0 ? "" : `## What would settle it\n\n${list(missing.map(inline))}`,
    `---\n\nModel: ${model === null ? "none" : inline(model)} · log-vectorizer ${version}`,
  ];
  return `${sections.filter((one) => one !== "").join("\n\n")}\n`;
}

function claimLine(claim: ShownClaim): string {
  return `${KIND_WORDS[claim.kind]}: ${inline(claim.text)} [${refsOf(claim)}]`;
}

function pieceBlock(piece: Evidence): string {
  const place = placeWords(piece);
  const runs = piece.text.match(/`+/g) ?? [];
  const fence = "`".repeat(Math.max(3, ...runs.map((run) => run.length + 1)));
  const head = `**${piece.ref}** ${inline(piece.title)}${place === "" ? "" : ` · ${inline(place)}`}`;
  return `${head}\n\n${fence}\n${piece.text}\n${fence}`;
}

/** Words between Markdown: nothing of them is markup, a link or HTML. */
function inline(text: string): string {
  return text.replace(/\s+/gu, " ").replace(/[\\`*_[\]<>#|!~]/g, String.raw`\$&`);
}
