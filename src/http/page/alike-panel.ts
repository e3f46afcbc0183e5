import { alikeReason } from "../../analysis/alike-groups.ts";
import type {
  AlikeRow,
  CarriedNote,
  Difference,
  GroupAnswer,
} from "../../analysis/group-answers.ts";
import { html, NONE, type Html } from "../html.ts";
import { badge } from "./errors-page.ts";
import { part } from "./group-forms.ts";
import { empty, panel } from "./panel.ts";
import { ago, counted, oneLine } from "./words.ts";

/** Errors that may be the same one, with why; and what people wrote of them, where nobody wrote of this one. Nothing where there are none. */
export function alikePanel({ alike, carried }: Pick<GroupAnswer, "alike" | "carried">): Html {
  if (alike?.length === 0 && carried?.length === 0) return NONE;
  return panel({
    id: "alike",
    title: "Alike errors",
    aside: html`<p>by the meaning of their texts</p>`,
    body: html`${
      alike === null
        ? empty("Alike errors cannot be looked for now.")
        : html`<ol class="rose">
            ${alike.map(alikeRow)}
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

function alikeRow(one: AlikeRow): Html {
  const { group, state, service, template, cosine, notes } = one;
  const noted = notes === null || notes.length === 0 ? "" : ` · ${counted(notes.length, "note")}`;
  return html`<li>
    ${badge(state)} <a href="/errors/${group}" dir="ltr">${oneLine(template, 160)}</a>
    <small
      >${service ?? "no service"} · ${alikeReason(one)} · cosine ${cosine.toFixed(2)}${noted}</small
    >
  </li>`;
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
