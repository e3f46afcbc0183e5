import type { ExplainAnswer, ShownClaim } from "../analysis/explanation/explain-answer.ts";
import {
  headlineOf,
  KIND_WORDS,
  modelRemark,
  placeWords,
  refsOf,
} from "../analysis/explanation/report.ts";
import { gapsLine } from "../domain/partial.ts";
import { printLine } from "./print.ts";
import { printProblems } from "./print-groups.ts";
import { oneLine, type Terminal } from "./print-rows.ts";

/** What code alone knows, before any model has answered. */
export function printEvidence(stream: Terminal, answer: ExplainAnswer): void {
  const { subject, evidence, model } = answer;
  printLine(stream, oneLine(headlineOf(answer)));
  const about = [
    ...(subject.service === null ? [] : [`service ${subject.service}`]),
    ...(subject.group === null ? [] : [`group ${subject.group}`]),
  ];
  if (about.length > 0) printLine(stream, oneLine(about.join(", ")));
  for (const { ref, title, text, ...place } of evidence) {
    const where = placeWords({ ref, title, text, ...place });
    printLine(stream, "");
    printLine(stream, `${ref}  ${oneLine(title)}${where === "" ? "" : ` · ${oneLine(where)}`}`);
    for (const line of text.split("\n")) printLine(stream, `    ${oneLine(line)}`);
  }
  printLine(stream, "");
  if (model !== null) printLine(stream, `What ${oneLine(model)} says, checked against that:`);
}

/** A sentence of the model that holds. */
export function printClaim(stream: Terminal, claim: ShownClaim): void {
  printLine(stream, `  ${KIND_WORDS[claim.kind]}: ${oneLine(claim.text)} [${refsOf(claim)}]`);
}

/** What is said once all is known. */
export function printRest(stream: Terminal, answer: ExplainAnswer): void {
  const { missing, model, gaps, subject } = answer;
  const remark = modelRemark(answer);
  if (remark !== undefined) printLine(stream, oneLine(remark));
  if (missing.length > 0) {
    printLine(stream, "What would settle it:");
    for (const one of missing) printLine(stream, `  ${oneLine(one)}`);
  }
  if (model === null) {
    printLine(stream, "No language model is asked (LLM_MODEL): the above is all that is known.");
  }
  printProblems(stream, answer);
  const unseen = gapsLine(gaps);
  if (unseen !== undefined) {
    printLine(stream, `Evidence may be missing, for not all could be seen: ${unseen}`);
  }
  if (subject.group !== null) {
    printLine(
      stream,
      `Write what it was: log-vectorizer note add ${subject.group} --cause … --fix …`,
    );
  }
}
