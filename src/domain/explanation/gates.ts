import type { Claim, ClaimKind, Evidence } from "./claim.ts";
import { hasNamed, namedIn, squeezed } from "./names.ts";
import { contradiction, saysCause, saysTrend, supportOf } from "./support.ts";

/** A claim that may be shown; `kind` may be weaker than the model said. */
export type PassedClaim = Claim & { kind: ClaimKind };
export type DroppedClaim = { text: string; reason: string };
export type Judged = { passed: PassedClaim[]; dropped: (DroppedClaim & { claim: Claim })[] };

/** UTF-16 units. */
export const CLAIM_LIMITS = { text: 600, quote: 1000, cites: 6, claims: 20 } as const;

/** UTF-16 units of a quote without its blanks: a shorter one would stand in anything, unless it is all that there is. */
const MIN_QUOTE = 8;

/** The least share of a sentence's own words that must stand in what it cites, by kind. */
const SUPPORT: Readonly<Record<ClaimKind, number>> = {
  observed: 0.6,
  same_as: 0.5,
  differs: 0.5,
  fix: 0.5,
  hypothesis: 0.34,
  suggestion: 0.2,
};

/**
 * Checks each sentence of a model against what it cites, in this order: each reference exists; each quote stands in that piece of
 * evidence, word for word apart from blanks; every number, time, name and quoted word of the sentence stands in what it cites; its other
 * words do, for the most part; it does not deny what it quotes, nor the other way round; how it was before rests on a fact or a note. A
 * fix without a note becomes a suggestion, and a cause without a confirmed note a hypothesis. What does not hold is dropped, with the
 * first reason. Nothing here asks a model, and no text of the evidence can change it.
 */
export function judgeClaims(claims: readonly Claim[], evidence: readonly Evidence[]): Judged {
  const byRef = new Map(evidence.map((one) => [one.ref, one]));
  const judged: Judged = { passed: [], dropped: [] };
  const said = new Set<string>();
  for (const [at, claim] of claims.entries()) {
    const text = squeezed(claim.text);
    const cited = claim.cites.flatMap(({ ref }) => byRef.get(ref) ?? []);
    const kind = cited.length === 0 ? claim.kind : shownKind(claim, cited);
    const reason =
      formProblem(text, claim, at) ??
      (said.has(text) ? "It says the same as another claim." : undefined) ??
      citeProblem(claim, byRef) ??
      contentProblem(text, kind, claim, cited);
    if (reason === undefined) {
      said.add(text);
      judged.passed.push({ ...claim, text, kind });
    } else {
      judged.dropped.push({ text, reason, claim });
    }
  }
  return judged;
}

function formProblem(text: string, { cites }: Claim, at: number): string | undefined {
  if (text === "") return "It is blank.";
  if (at >= CLAIM_LIMITS.claims) return `There are more than ${CLAIM_LIMITS.claims} claims.`;
  if (text.length > CLAIM_LIMITS.text) {
    return `It is longer than ${CLAIM_LIMITS.text} characters: no one sentence.`;
  }
  if (cites.length === 0) return "It cites nothing.";
  if (cites.length > CLAIM_LIMITS.cites) return `It cites more than ${CLAIM_LIMITS.cites} pieces.`;
  return undefined;
}

function citeProblem({ cites }: Claim, byRef: ReadonlyMap<string, Evidence>): string | undefined {
  for (const { ref, quote } of cites) {
    const item = byRef.get(ref);
    if (!item) return `It cites ${shownRef(ref)}, which is no piece of evidence.`;
    const [sought, text] = [squeezed(quote), squeezed(item.text)];
    if (sought === "" || !text.includes(sought)) {
      return `Its quote does not stand in ${ref} word for word.`;
    }
    const size = sought.replaceAll(" ", "").length;
    if (size < MIN_QUOTE && sought !== text) {
      return `Its quote of ${ref} is too short to support anything.`;
    }
    if (quote.length > CLAIM_LIMITS.quote) return `Its quote of ${ref} is too long to be one.`;
  }
  return undefined;
}

/** A model may write anything there. */
function shownRef(ref: string): string {
  return /^[A-Z]\d{1,3}$/.test(ref) ? ref : "something";
}

function contentProblem(
  text: string,
  kind: ClaimKind,
  { cites }: Claim,
  cited: readonly Evidence[],
): string | undefined {
  const known = allOf(cited);
  const invented = namedIn(text).find((one) => !hasNamed(one, known));
  if (invented) {
    const what = { number: "The number", quoted: "The quoted part", name: "The name" };
    return `${what[invented.kind]} ${JSON.stringify(invented.whole)} does not stand in what it cites.`;
  }
  const support = supportOf(text, known);
  if (support !== null && support < SUPPORT[kind]) {
    return "Most of its words do not stand in what it cites.";
  }
  const against = contradiction(
    text,
    cites.map(({ quote }) => quote),
  );
  if (against !== undefined && kind !== "suggestion" && kind !== "fix") return against;
  const isDocument = cited.every(({ sort }) => sort === "document");
  if (isDocument && kind !== "hypothesis" && kind !== "suggestion" && saysTrend(text)) {
    return "It says how it was before or is usually, and cites no computed fact or note.";
  }
  if (kind === "same_as" && !cited.some(({ past, sort }) => past === true || sort === "note")) {
    return "It says that this is the same as something earlier, and cites nothing earlier.";
  }
  return undefined;
}

function allOf(evidence: readonly Evidence[]): string {
  return evidence.map(({ title, text, at }) => `${title}\n${text}\n${at ?? ""}`).join("\n");
}

/** The kind that the evidence allows. */
function shownKind({ text, kind, cites }: Claim, cited: readonly Evidence[]): ClaimKind {
  const notes = cited.filter(({ sort }) => sort === "note");
  if (kind === "fix" || kind === "suggestion") {
    return kind === "fix" && notes.some(({ text: note }) => FIX.test(note)) ? "fix" : "suggestion";
  }
  const isConfirmed = notes.some(({ confirmed }) => confirmed === true) && cites.length > 0;
  return saysCause(text) && !isConfirmed ? "hypothesis" : kind;
}

/** The line of a note that says what was done. */
const FIX = /^Fix: /m;

/** What of a model's questions may be shown: those whose names all stand in the evidence. */
export function judgeMissing(missing: readonly string[], evidence: readonly Evidence[]): string[] {
  const known = allOf(evidence);
  const shown = missing.map(squeezed).filter((one) => {
    const isShort = one !== "" && one.length <= 300;
    return isShort && namedIn(one).every((named) => hasNamed(named, known));
  });
  return [...new Set(shown)].slice(0, 5);
}
