import { NOTE_LIMITS, VERDICTS, type Note } from "../../domain/memory/note.ts";
import { html, NONE, type Html } from "../html.ts";
import type { GroupView } from "./errors-view.ts";
import { empty, panel } from "./panel.ts";
import type { Given } from "./search-view.ts";
import { ago, counted, withCode } from "./words.ts";

type Shown = Extract<GroupView, { kind: "answer" }>;

/** Enter in a field would press the first button; this one does nothing. */
export const NO_DEFAULT = html`<button disabled hidden></button>`;

const NOT_KEPT = "Notes and decisions are not kept here yet.";
const MAKE_THEM = "log-vectorizer init --memory makes the indices for them.";

/** What people wrote of an error, newest first, and the form to write more. */
export function notesPanel({ answer, undone }: Shown): Html {
  const { notes, more_notes: hasMore, memory, group } = answer;
  return panel({
    id: "notes",
    title: "Notes",
    aside: notes && notes.length > 0 ? html`<p>newest first</p>` : NONE,
    body: memory.kept
      ? html`${listed(notes, group)}
        ${hasMore ? html`<p class="note">There are older ones: ${withCode("log-vectorizer note list")} ${group}</p>` : NONE}
        ${noteForm(group, undone?.given ?? {})}`
      : empty(NOT_KEPT, MAKE_THEM),
  });
}

function listed(notes: readonly Note[] | null, group: string): Html {
  if (notes === null) return empty("The notes cannot be read now.");
  if (notes.length === 0) return empty("Nobody has written about this error yet.");
  return html`<ol class="notes">
    ${notes.map((one, i) => note(one, i, group))}
  </ol>`;
}

function note(one: Note, position: number, group: string): Html {
  const { id, cause, fix, link, author, at, verdicts } = one;
  return html`<li>
    ${part("Cause", cause)} ${part("Fix", fix)}
    ${
      link === null
        ? NONE
        : html`<p class="note-link"><a href="${safeLink(link)}" rel="noreferrer">${link}</a></p>`
    }
    <p class="when"><b>${author}</b>, ${ago(at)}</p>
    ${
      verdicts.length === 0
        ? NONE
        : html`<ul class="verdicts">
            ${verdicts.map(
              ({ verdict, by, at: saidAt }) =>
                html`<li>
                  <span class="verdict-${verdict}">${verdict}</span> by ${by}, ${ago(saidAt)}
                </li>`,
            )}
          </ul>`
    }
    <details id="judge-${position}">
      <summary>Is it right?<span class="unseen"> note ${position + 1}</span></summary>
      <form method="post" action="/errors/${group}" class="judge">
        ${NO_DEFAULT}
        <input type="hidden" name="note" value="${id}" />
        <p>
          <label for="judge-by-${position}">Your name</label>
          <input
            id="judge-by-${position}"
            name="by"
            required
            maxlength="${NOTE_LIMITS.author}"
            autocomplete="name"
          />
        </p>
        ${VERDICTS.map((verdict) => html`<button class="small" name="verdict" value="${verdict}">${VERDICT_LABELS[verdict]}</button>`)}
      </form>
    </details>
  </li>`;
}

const VERDICT_LABELS = { confirmed: "Confirm", wrong: "It is wrong", outdated: "It is outdated" };

/** What a note says of one thing, as it was written; nothing where it says nothing. */
export function part(name: string, text: string | null): Html {
  if (text === null) return NONE;
  return html`<h3>${name}</h3>
    <p class="said written" dir="auto">${text}</p>`;
}

/** What was kept by another program may be anything. */
function safeLink(link: string): string {
  return /^https?:\/\//i.test(link) ? link : "";
}

const TEXTS = [
  { name: "cause", label: "Cause", placeholder: "What it was" },
  { name: "fix", label: "Fix", placeholder: "What mended it" },
] as const;

function noteForm(group: string, given: Given): Html {
  const open = given["act"] === "note";
  const of = (name: string) => (open ? (given[name] ?? "") : "");
  return html`<details id="write" ${open ? html`open` : NONE}>
    <summary>Write a note</summary>
    <form method="post" action="/errors/${group}" class="write">
      <input type="hidden" name="act" value="note" />
      ${TEXTS.map(
        ({ name, label, placeholder }) =>
          html`<p>
            <label for="note-${name}">${label}</label>
            <textarea
              id="note-${name}"
              name="${name}"
              rows="2"
              maxlength="${NOTE_LIMITS[name]}"
              placeholder="${placeholder}"
            >
${of(name)}</textarea>
          </p>`,
      )}
      <p>
        <label for="note-link">Link</label>
        <input
          id="note-link"
          name="link"
          type="url"
          value="${of("link")}"
          maxlength="${NOTE_LIMITS.link}"
          placeholder="https://"
        />
      </p>
      <p>
        <label for="note-author">Your name</label>
        <input
          id="note-author"
          name="author"
          value="${of("author")}"
          required
          maxlength="${NOTE_LIMITS.author}"
          autocomplete="name"
        />
      </p>
      <button class="primary">Add the note</button>
      <p class="hint">
        It needs a cause or a fix, and stays as it is: what turns out wrong gets another note.
      </p>
    </form>
  </details>`;
}

const DECISIONS = [
  { state: "known", label: "Known", says: "people know of it" },
  { state: "muted", label: "Mute", says: "nobody wants to hear of it" },
  { state: "resolved", label: "Resolve", says: "it is mended; another record brings it back" },
  { state: "open", label: "Open", says: "takes back what was said of it" },
] as const;

const ENDS = [
  { until: "", label: "for good" },
  { until: "1d", label: "for a day" },
  { until: "7d", label: "for a week" },
  { until: "30d", label: "for 30 days" },
] as const;

/** What somebody can say of an error as a whole. */
export function decisionPanel({ answer, undone }: Shown): Html {
  const { group, memory, merged } = answer;
  const given = undone?.given ?? {};
  const all = merged.length === 0 ? "" : `, with ${counted(merged.length, "other")} merged into it`;
  return panel({
    id: "decide",
    title: "Decide",
    aside: html`<p>${answer.state} now${all}</p>`,
    body: memory.kept
      ? html`<form method="post" action="/errors/${group}" class="decide">
          ${NO_DEFAULT}
          <p>
            <label for="by">Your name</label>
            <input
              id="by"
              name="by"
              value="${given["state"] === undefined ? "" : (given["by"] ?? "")}"
              maxlength="${NOTE_LIMITS.author}"
              placeholder="shown to others; may be left out"
              autocomplete="name"
            />
          </p>
          <p>
            <label for="until">A mute holds</label>
            <select id="until" name="until">
              ${ENDS.map(({ until, label }) => html`<option value="${until}">${label}</option>`)}
            </select>
          </p>
          <ul class="decisions">
            ${DECISIONS.map(
              ({ state, label, says }) =>
                html`<li>
                  <button name="state" value="${state}" aria-describedby="says-${state}">
                    ${label}
                  </button>
                  <span id="says-${state}" class="hint">${says}</span>
                </li>`,
            )}
          </ul>
        </form>`
      : empty(NOT_KEPT, MAKE_THEM),
  });
}
