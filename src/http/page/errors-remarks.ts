import type { GroupsAnswer } from "../../analysis/group-answers.ts";
import { gapsLine } from "../../domain/partial.ts";
import { notSearched } from "../../search/search-remarks.ts";
import { html, NONE, type Html } from "../html.ts";
import type { Unshown } from "./errors-view.ts";
import { counted, sentence, withCode } from "./words.ts";

type Answered = Pick<GroupsAnswer, "memory" | "gaps"> &
  Partial<Pick<GroupsAnswer, "ungrouped" | "left_out" | "other_model">>;

/** What an answer about errors does not show, and why; a sentence each. */
export function remarks(answer: Answered): Html {
  const { memory, gaps, ungrouped, left_out: leftOut, other_model: otherModel } = answer;
  const missing = gapsLine(gaps);
  const bad = [
    ...(missing === undefined ? [] : [`Counts are too low, for not all could be seen: ${missing}`]),
    ...memory.problems.map(({ message, hint }) => {
      const todo = hint === null ? "" : ` ${sentence(hint)}`;
      return `States, merges, notes or alike errors may be missing here: ${sentence(message)}${todo}`;
    }),
  ];
  const plain = [
    ...(ungrouped === null ? ["How many records name no error yet could not be seen"] : []),
    ...(ungrouped ? [withoutGroup(ungrouped)] : []),
    ...(leftOut ? notSearched({ left_out: leftOut }) : []),
    ...(otherModel ? [ofOtherModel(otherModel)] : []),
    ...(memory.kept
      ? []
      : [
          "States, merges, notes and alike errors are not kept here: log-vectorizer init --memory makes their indices",
        ]),
  ];
  if (bad.length + plain.length === 0) return NONE;
  return html`<ul class="remarks">
    ${bad.map((one) => html`<li class="is-bad">${withCode(sentence(one))}</li>`)}
    ${plain.map((one) => html`<li>${withCode(sentence(one))}</li>`)}
  </ul>`;
}

function withoutGroup(records: number): string {
  const verbs = records === 1 ? "names no error yet and is" : "name no error yet and are";
  return `${counted(records, "record")} with a vector ${verbs} not counted: log-vectorizer groups assign gives them theirs`;
}

function ofOtherModel(errors: number): string {
  const they = errors === 1 ? "it is" : "they are";
  return `${counted(errors, "error")} of this list ${errors === 1 ? "has a vector" : "have vectors"} of another model, so that what ${they} like is not known: log-vectorizer reembed makes new ones`;
}

/** In place of what could not be shown. */
export function unshown({ kind, message, hint }: Unshown): Html {
  return html`<div class="refused" role="alert">
    ${kind === "unreadable" ? html`<p>The errors cannot be read now.</p>` : NONE}
    <p>${withCode(sentence(message))}</p>
    ${hint === undefined ? NONE : html`<p class="hint">${withCode(sentence(hint))}</p>`}
  </div>`;
}
