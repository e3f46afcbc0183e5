import type { SearchAnswer, SearchHit } from "../../search/search-answer.ts";
import { searchRemarks, whyNothingCompared } from "../../search/search-remarks.ts";
import { html, NONE, type Html } from "../html.ts";
import type { SearchView } from "./search-view.ts";
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
      ${[...whatWasCompared(answer), ...searchRemarks(answer)].map((one) => html`${withCode(sentence(one))} `)}
    </p>
    ${
      hits.length === 0
        ? html`<p class="empty">
            ${
              why !== undefined
                ? withCode(sentence(why))
                : given["min_score"] === undefined && answer.searched.records === 0
                  ? "No record with a vector is there to compare it with."
                  : "Try fewer filters, or a lower least score."
            }
          </p>`
        : html`<ol class="hits">
            ${hits.map((one, i) => hit(one, i, press))}
          </ol>`
    }
  </div>`;
}

function title({ hits, query, nothing_comparable: others }: SearchAnswer): string {
  if (others) return "Nothing can be compared";
  const what = query.id === null ? "" : ` to ${query.index}/${query.id}`;
  if (hits.length === 0)
    return query.id === null ? "No similar record found" : `Nothing similar${what}`;
  return query.id === null
    ? `${counted(hits.length, "kind")} of ${hits.length === 1 ? "error" : "errors"}, the most similar first`
    : `Similar${what}`;
}

function shortened(text: string): string {
  return text.length > 300 ? `${text.slice(0, 299)}…` : text;
}

function whatWasCompared({ searched, model, more }: SearchAnswer): string[] {
  const records =
    searched.records === null
      ? "An unknown number of records"
      : counted(searched.records, "record");
  return [
    `${records} in ${counted(searched.indices, "index")} compared by ${model}`,
    ...(more ? ["There are more; At most, under Filters, shows them"] : []),
  ];
}

/** As much of a message as is read at once. */
const HEAD_LINES = 3;
const HEAD_LENGTH = 400;

/** One kind of error as one reads logs: when, who, how alike, what; everything else folds. */
function hit(one: SearchHit, position: number, press?: string): Html {
  const { score, service, level, message, count, last_seen: last, first_seen: first } = one;
  const { head, isWhole } = headOf(message);
  return html`<li class="hit">
    <p class="meta">
      ${last === null ? html`<span>no time</span>` : html`<time datetime="${last}">${timeAndDay(last)}</time>`}
      ${level === null ? NONE : html`<span class="level">${level}</span>`}
      ${service === null ? NONE : html`<b>${service}</b>`}
      ${count > 1 ? html`<span class="times" title="records that say the same">× ${count}</span>` : NONE}
      <span class="score" title="cosine similarity, at most 1">${score.toFixed(3)}</span>
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
    </div>
  </li>`;
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
