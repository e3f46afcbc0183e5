import type { GroupsAnswer } from "../../analysis/group-answers.ts";
import { gapsLine } from "../../domain/partial.ts";
import { notSearched } from "../../search/search-remarks.ts";
import { html, NONE, type Html } from "../html.ts";
import type { Unshown } from "./errors-view.ts";
import { counted, sentence, withCode } from "./words.ts";

type Answered = Pick<GroupsAnswer, "memory" | "gaps"> &
  Partial<Pick<GroupsAnswer, "ungrouped" | "left_out">>;

/** What an answer about errors does not show, and why; a sentence each. */
export function remarks({ memory, gaps, ungrouped, left_out: leftOut }: Answered): Html {
  const missing = gapsLine(gaps);
  const bad = [
    ...(missing === undefined ? [] : [`Counts are too low, for not all could be seen: ${missing}`]),
    ...memory.problems.map(({ message, hint }) => {
      const todo = hint === null ? "" : ` ${sentence(hint)}`;
      return `States, merges or notes may be missing here: ${sentence(message)}${todo}`;
    }),
  ];
  const plain = [
    ...(ungrouped === null ? ["How many records name no error yet could not be seen"] : []),
    ...(ungrouped ? [withoutGroup(ungrouped)] : []),
    ...(leftOut ? notSearched({ left_out: leftOut }) : []),
    ...(memory.kept
      ? []
      : [
          "States, merges and notes are not kept here: log-vectorizer init --memory makes their indices",
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

/** In place of what could not be shown. */
export function unshown({ kind, message, hint }: Unshown): Html {
  return html`<div class="refused" role="alert">
    ${kind === "unreadable" ? html`<p>The errors cannot be read now.</p>` : NONE}
    <p>${withCode(sentence(message))}</p>
    ${hint === undefined ? NONE : html`<p class="hint">${withCode(sentence(hint))}</p>`}
  </div>`;
}
