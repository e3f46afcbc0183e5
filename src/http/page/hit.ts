import type { SearchHit } from "../../search/search-answer.ts";
import { html, NONE, type Html } from "../html.ts";
import { ago, counted, timeAndDay } from "./words.ts";

/** As much of a message as is read at once. */
const HEAD_LINES = 3;
const HEAD_LENGTH = 400;

/** One kind of error as one reads logs: when, who, how alike, what; everything else folds. */
export function hit(one: SearchHit, position: number, press?: string): Html {
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
