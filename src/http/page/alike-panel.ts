import { alikeReason } from "../../analysis/alike-groups.ts";
import type { AlikeRow, CarriedNote, Difference } from "../../analysis/group-answers.ts";
import { NOTE_LIMITS } from "../../domain/memory/note.ts";
import { html, NONE, type Html } from "../html.ts";
import { badge } from "./errors-page.ts";
import type { GroupView } from "./errors-view.ts";
import { NO_DEFAULT, part } from "./group-forms.ts";
import { empty, panel } from "./panel.ts";
import { ago, counted, oneLine } from "./words.ts";

type Shown = Extract<GroupView, { kind: "answer" }>;

/**
 * Errors that may be the same one, with why, and the forms that decide it; and what people wrote of them, where nobody wrote of this one.
 * Nothing where there are none.
 */
export function alikePanel(view: Shown): Html {
  const { alike, carried } = view.answer;
  if (alike?.length === 0 && carried?.length === 0) return NONE;
  return panel({
    id: "alike",
    title: "Alike errors",
    aside: html`<p>by the meaning of their texts</p>`,
    body: html`${
      alike === null
        ? empty("Alike errors cannot be looked for now.")
        : html`<ol class="rose">
            ${alike.map((one, position) => alikeRow(one, position, view))}
          </ol>`
    }
    ${
      carried === null || carried.length === 0
        ? NONE
        : html`<h3 class="rose-title">What people wrote of them</h3>
            <ol class="notes">
              ${carried.map(carriedNote)}
            </ol>`
    }`,
  });
}

function alikeRow(one: AlikeRow, position: number, view: Shown): Html {
  const { group, state, service, template, cosine, notes } = one;
  const noted = notes === null || notes.length === 0 ? "" : ` · ${counted(notes.length, "note")}`;
  return html`<li>
    ${badge(state)} <a href="/errors/${group}" dir="ltr">${oneLine(template, 160)}</a>
    <small
      >${service ?? "no service"} · ${alikeReason(one)} · cosine ${cosine.toFixed(2)}${noted}</small
    >
    ${ruleForm(group, position, view)}
  </li>`;
}

/** Whether the two are one error: it is opened first, so that no press is by mistake. */
function ruleForm(other: string, position: number, { answer, undone }: Shown): Html {
  const given = undone?.given["other"] === other ? undone.given : undefined;
  return html`<details id="same-${position}" ${given ? html`open` : NONE}>
    <summary>Is it the same error?<span class="unseen"> alike error ${position + 1}</span></summary>
    <form method="post" action="/errors/${answer.group}" class="judge">
      ${NO_DEFAULT}
      <input type="hidden" name="other" value="${other}" />
      <p>
        <label for="same-by-${position}">Your name</label>
        <input
          id="same-by-${position}"
          name="by"
          value="${given?.["by"] ?? ""}"
          maxlength="${NOTE_LIMITS.author}"
          placeholder="may be left out"
          autocomplete="name"
        />
      </p>
      <button class="small" name="rule" value="merge" aria-describedby="same-says-${position}">
        Yes, merge
      </button>
      <button class="small" name="rule" value="apart" aria-describedby="same-says-${position}">
        No, not alike
      </button>
    </form>
    <p class="hint" id="same-says-${position}">
      Merged, this error counts as part of that one, with its records and notes, until somebody
      splits it off. Not alike, neither is proposed for the other again.
    </p>
  </details>`;
}

function carriedNote(one: CarriedNote): Html {
  const { alike_group: group, surely, cause, fix, author, at, mark, differs } = one;
  return html`<li>
    ${part("Cause", cause)} ${part("Fix", fix)}
    <p class="when">
      ${surely ? "Surely" : "Perhaps"}, by <b>${author}</b>, ${ago(at)}, of
      <a href="/errors/${group}">${group}</a>
      ${mark === null ? NONE : html`<span class="verdict-${mark}">${mark}</span>`}
    </p>
    ${
      differs.length === 0
        ? NONE
        : html`<p class="note">Other this time: ${differs.map(difference).join("; ")}</p>`
    }
  </li>`;
}

/** Words are blank where there are none. */
function difference({ what, now, before }: Difference): string {
  return `${what} ${oneLine(now || "none", 80)} instead of ${oneLine(before || "none", 80)}`;
}
