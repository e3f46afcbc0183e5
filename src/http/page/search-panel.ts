import type { SearchAnswer, SearchHit } from "../../search/search-answer.ts";
import { searchRemarks, whyNothingCompared } from "../../search/search-remarks.ts";
import type { SearchMode } from "../../search/query-words.ts";
import { html, NONE, type Html } from "../html.ts";
import { explainButton } from "./explain-page.ts";
import type { Given, SearchView } from "./search-view.ts";
import { ago, counted, sentence, timeAndDay, withCode } from "./words.ts";

const FILTERS = [
  { name: "since", label: "Since", placeholder: "2h, 3d or 2026-01-31T12:00:00Z" },
  { name: "until", label: "Until", placeholder: "a time or an age" },
  { name: "service", label: "Service", placeholder: "checkout" },
  { name: "level", label: "Level", placeholder: "ERROR" },
  { name: "index", label: "Indices", placeholder: "app-*,web-*" },
  { name: "min_score", label: "Least score", placeholder: "0 to 1" },
  { name: "limit", label: "At most", placeholder: "10" },
] as const;

const MODES: readonly { mode: SearchMode; label: string; says: string }[] = [
  { mode: "both", label: "Words and meaning", says: "merged; the best of both come first" },
  { mode: "words", label: "Words", says: "names, codes and ids; nothing is embedded" },
  { mode: "meaning", label: "Meaning", says: "alike, whatever the words" },
];

/** The box, and what was found. Not live: text that is being read must not move. */
export function searchPanel(view: SearchView): Html {
  const { given } = view;
  const filtered = FILTERS.some(({ name }) => given[name] !== undefined);
  return html`<section class="panel wide search" id="search" aria-labelledby="search-title">
    <h2 id="search-title" class="unseen">Search</h2>
    <form method="get" action="/" role="search">
      <div class="box">
        <label class="unseen" for="q">An error, or words about one</label>
        <textarea
          id="q"
          name="q"
          rows="1"
          maxlength="32768"
          spellcheck="false"
          autocapitalize="off"
          placeholder="Paste an error, or describe one, to see those like it"
          aria-keyshortcuts="/"
        >
${given["q"] ?? ""}</textarea>
        ${pressField(view.press)}
        <button class="primary">Search</button>
      </div>
      <fieldset class="modes">
        <legend class="unseen">Search by</legend>
        ${MODES.map(
          ({ mode, label, says }) =>
            html`<label title="${says}">
              <input
                type="radio"
                name="mode"
                value="${mode}"
                ${(given["mode"] ?? "both") === mode ? html`checked` : NONE}
              />
              ${label}
            </label>`,
        )}
      </fieldset>
      <details id="filters" ${filtered ? html`open` : NONE}>
        <summary>Filters</summary>
        <div class="filters">
          ${FILTERS.map(({ name, label, placeholder }) => {
            const id = `filter-${name}`;
            return html`<p>
              <label for="${id}">${label}</label>
              <input
                id="${id}"
                name="${name}"
                value="${given[name] ?? ""}"
                placeholder="${placeholder}"
              />
            </p>`;
          })}
        </div>
      </details>
    </form>
    ${found(view)}
  </section>`;
}

function found(view: SearchView): Html {
  switch (view.kind) {
    case "none":
      return NONE;
    case "not_begun":
      return notBegun(view);
    case "refused":
      return html`<div class="refused" role="alert">
        <p>${withCode(sentence(view.message))}</p>
        ${view.hint === undefined ? NONE : html`<p class="hint">${withCode(sentence(view.hint))}</p>`}
      </div>`;
    case "answer":
      return results(view.answer, view);
  }
}

/** What was searched for stands in the box, save where it is a record that others are to be similar to. */
function notBegun({ given, press }: SearchView): Html {
  const { of_index: index, of_id: id } = given;
  if (index === undefined || id === undefined || given["q"] !== undefined) {
    return html`<p class="note" role="status">
      A link led here, so nothing was searched yet: press Search.
    </p>`;
  }
  const fields = [
    "of_index",
    "of_id",
    "of_shard_key",
    "of_routing",
    ...FILTERS.map(({ name }) => name),
  ];
  return html`<form method="get" action="/" class="not-begun">
    <p class="note" role="status">
      A link led here, so nothing was searched yet: records similar to ${index}/${id}.
    </p>
    ${fields.map((name) => {
      const value = given[name];
      return value === undefined
        ? NONE
        : html`<input type="hidden" name="${name}" value="${value}" />`;
    })}
    ${pressField(press)}
    <button class="primary">Show similar records</button>
  </form>`;
}

function pressField(press: string | undefined): Html {
  return press === undefined ? NONE : html`<input type="hidden" name="press" value="${press}" />`;
}

function results(answer: SearchAnswer, { given, press }: SearchView): Html {
  const { hits, query } = answer;
  const why = whyNothingCompared(answer);
  return html`<div class="results" id="results" tabindex="-1" aria-labelledby="results-title">
    <header>
      <h3 id="results-title">${title(answer)}</h3>
      <a href="/">Clear</a>
    </header>
    ${query.id === null ? NONE : html`<p class="like"><q>${shortened(query.text)}</q></p>`}
    <p class="note">
      ${[...whatWasCompared(answer), ...(why !== undefined && hits.length > 0 ? [why] : []), ...searchRemarks(answer)].map((one) => html`${withCode(sentence(one))} `)}
    </p>
    ${
      hits.length === 0
        ? html`<p class="empty">
            ${why !== undefined ? withCode(sentence(why)) : emptyHint(answer, given)}
          </p>`
        : html`<ol class="hits">
            ${hits.map((one, i) => hit(one, i, press))}
          </ol>`
    }
  </div>`;
}

function emptyHint({ query, searched, mode }: SearchAnswer, given: Given): string {
  if (query.must_have.length > 0) return "Try without the quotation marks.";
  if (mode === "words") return "Try fewer filters, other words, or by meaning.";
  return given["min_score"] === undefined && searched.records === 0
    ? "No record with a vector is there to compare it with."
    : "Try fewer filters, or a lower least score.";
}

function title({ hits, query, searched_by: by, nothing_comparable: others }: SearchAnswer): string {
  if (others && hits.length === 0) return "Nothing can be compared";
  if (query.id !== null) {
    const what = ` to ${query.index}/${query.id}`;
    return hits.length === 0 ? `Nothing similar${what}` : `Similar${what}`;
  }
  const words = by.includes("words");
  if (hits.length === 0) return words ? "No record found" : "No similar record found";
  const kinds = `${counted(hits.length, "kind")} of ${hits.length === 1 ? "error" : "errors"}`;
  if (others) return `Nothing can be compared; ${kinds} by words`;
  return `${kinds}, the ${words ? "best" : "most similar"} first`;
}

function shortened(text: string): string {
  return text.length > 300 ? `${text.slice(0, 299)}…` : text;
}

function whatWasCompared({ searched, searched_by: by, model, more }: SearchAnswer): string[] {
  const records =
    searched.records === null
      ? "An unknown number of records"
      : counted(searched.records, "record");
  const indices = counted(searched.indices, "index");
  return [
    ...(by.includes("meaning") ? [`${records} in ${indices} compared by ${model}`] : []),
    ...(by.includes("words") ? [`All records of ${indices} searched by words`] : []),
    ...(more ? ["There are more; At most, under Filters, shows them"] : []),
  ];
}

/** As much of a message as is read at once. */
const HEAD_LINES = 3;
const HEAD_LENGTH = 400;

/** One kind of error as one reads logs: when, who, how alike, what; everything else folds. */
function hit(one: SearchHit, position: number, press?: string): Html {
  const { service, level, message, count, last_seen: last, first_seen: first } = one;
  const { head, isWhole } = headOf(message);
  return html`<li class="hit">
    <p class="meta">
      ${last === null ? html`<span>no time</span>` : html`<time datetime="${last}">${timeAndDay(last)}</time>`}
      ${level === null ? NONE : html`<span class="level">${level}</span>`}
      ${service === null ? NONE : html`<b>${service}</b>`}
      ${count > 1 ? html`<span class="times" title="records that say the same">× ${count}</span>` : NONE}
      ${scoreOf(one)}
    </p>
    <p class="message" dir="ltr">${head}</p>
    <div class="more">
      <details id="hit-${position}">
        <summary>
          ${isWhole ? "Details" : one.message_truncated ? "More of it" : "All of it"}
        </summary>
        ${isWhole ? NONE : html`<p class="message" dir="ltr">${message}${one.message_truncated ? "…" : ""}</p>`}
        ${one.message_truncated ? html`<p class="cut">Cut here. <a href="${wholeOf(one)}">Show the whole message</a></p>` : NONE}
        <dl class="facts">
          <div>
            <dt>Index</dt>
            <dd>${one.index}</dd>
          </div>
          <div>
            <dt>Id</dt>
            <dd>${one.id}</dd>
          </div>
          ${
            one.shard_key === null
              ? NONE
              : html`<div>
                  <dt>Shard key</dt>
                  <dd>${one.shard_key}</dd>
                </div>`
          }
          ${
            count > 1 && first !== null && last !== null
              ? html`<div>
                  <dt>Seen</dt>
                  <dd>${counted(count, "time")}, first ${ago(first)}, last ${ago(last)}</dd>
                </div>`
              : NONE
          }
        </dl>
      </details>
      <a href="${similarTo(one, press)}"
        >Similar<span class="unseen"> to hit ${position + 1}</span></a
      >
      ${explainButton({ index: one.index, id: one.id, shard_key: one.shard_key })}
    </div>
  </li>`;
}

function scoreOf({ score, vectorized }: SearchHit): Html {
  if (!vectorized) {
    return html`<span class="score" title="it has no vector yet: words found it">no vector</span>`;
  }
  if (score === null) return NONE;
  return html`<span class="score" title="cosine similarity, at most 1">${score.toFixed(3)}</span>`;
}

function wholeOf({ index, id, shard_key }: SearchHit): string {
  const query = shard_key === null ? "" : `?${new URLSearchParams({ shard_key }).toString()}`;
  return `/logs/${encodeURIComponent(index)}/${encodeURIComponent(id)}${query}`;
}

function similarTo({ index, id, shard_key }: SearchHit, press: string | undefined): string {
  const query = new URLSearchParams({ of_index: index, of_id: id });
  if (shard_key !== null) query.set("of_shard_key", shard_key);
  if (press !== undefined) query.set("press", press);
  return `/?${query.toString()}#results`;
}

function headOf(message: string): { head: string; isWhole: boolean } {
  const lines = message.trimEnd().split("\n");
  const head = lines.slice(0, HEAD_LINES).join("\n");
  const isWhole = lines.length <= HEAD_LINES && head.length <= HEAD_LENGTH;
  return { head: isWhole ? head : `${head.slice(0, HEAD_LENGTH)}…`, isWhole };
}
