import type { EpisodeRow, GroupAnswer } from "../../analysis/group-answers.ts";
import { episodeId } from "../../domain/memory/episode.ts";
import { varyingParts } from "../../domain/varying-parts.ts";
import { lasted } from "../../telemetry/phrases.ts";
import { html, NONE, type Html } from "../html.ts";
import { alikePanel } from "./alike-panel.ts";
import { badge } from "./errors-page.ts";
import { remarks, unshown } from "./errors-remarks.ts";
import type { GroupView } from "./errors-view.ts";
import { explainButton } from "./explain-page.ts";
import { frame } from "./frame.ts";
import { groupCharts } from "./group-charts.ts";
import { decisionPanel, notesPanel } from "./group-forms.ts";
import { empty, figures, panel } from "./panel.ts";
import { wherePanel } from "./where-panel.ts";
import { ago, counted, number, oneLine, sentence, timeAndDay, withCode } from "./words.ts";

/** One error with all that is known of it. */
export function renderGroup(
  view: GroupView,
  { signedIn, said }: { signedIn: boolean; said: string | undefined },
): string {
  const { now } = view;
  return frame({
    title: view.kind === "answer" ? oneLine(view.answer.template, 60) : "Error",
    here: "/errors",
    script: "errors",
    signedIn,
    said,
    main: view.kind === "answer" ? shown(view) : notShown(view),
    foot: html`<p data-now="${now}">
      As of ${timeAndDay(now)}. <a href="/errors/${encodeURIComponent(view.group)}">Ask again</a>
    </p>`,
  });
}

function notShown(view: Exclude<GroupView, { kind: "answer" }>): Html {
  return panel({
    id: "error",
    title: `Error ${view.group}`,
    body: html`${unshown(view)}
      <p><a href="/errors">All errors</a></p>`,
  });
}

type Shown = Extract<GroupView, { kind: "answer" }>;

function shown(view: Shown): Html {
  const { answer } = view;
  return html`${whatItIs(view)} ${groupCharts(view)}
    <div class="columns">${examplePanel(view)} ${episodesPanel(answer)}</div>
    ${wherePanel(answer)}
    <div class="columns">${notesPanel(view)} ${decisionPanel(view)}</div>
    ${alikePanel(view)}`;
}

function whatItIs({ group, answer, undone }: Shown): Html {
  const { state, service, exception, template, merged } = answer;
  const sum = answer.hours.reduce((all, one) => all + one, 0);
  return panel({
    id: "error",
    title: `Error ${answer.group}`,
    aside: html`${explainButton({ group: answer.group })}
      <p><a href="/errors">All errors</a></p>`,
    body: html`<p class="what">
        ${badge(state)} ${service === null ? NONE : html`<b>${service}</b>`}
        ${exception === null ? NONE : html`<span class="name">${exception}</span>`}
      </p>
      <p class="template message" dir="ltr">${template.trim() === "" ? "(no text)" : template}</p>
      ${figures([
        { name: "Records", value: number(answer.count), note: recordsNote(answer) },
        { name: "Last 24 h", value: number(sum) },
        { name: "First seen", value: timeOf(answer.first_seen) },
        { name: "Last seen", value: timeOf(answer.last_seen) },
      ])}
      ${group === answer.group ? NONE : html`<p class="note">Error ${group} was merged into this one.</p>`}
      ${merged.length === 0 ? NONE : mergedNote(answer)} ${remarks(answer)}
      ${undone === undefined ? NONE : notDone(undone)}`,
  });
}

function recordsNote({ count }: GroupAnswer): string {
  return count === 0 ? "all are deleted; shown as it was kept" : "";
}

function timeOf(iso: string | null): Html | string {
  return iso === null ? "–" : ago(iso);
}

function mergedNote({ merged }: GroupAnswer): Html {
  return html`<details class="merged">
    <summary>${counted(merged.length, "error")} merged into it, and counted with it</summary>
    <ul>
      ${merged.map((id) => html`<li><code>${id}</code></li>`)}
    </ul>
    <p class="note">
      ${withCode("log-vectorizer groups split")} with one of these makes it count by itself again.
    </p>
  </details>`;
}

function notDone({ message, hint }: NonNullable<Shown["undone"]>): Html {
  return html`<div class="refused" role="alert">
    <p>Nothing was changed. ${withCode(sentence(message))}</p>
    ${hint === undefined ? NONE : html`<p class="hint">${withCode(sentence(hint))}</p>`}
  </div>`;
}

function examplePanel({ answer, press }: Shown): Html {
  const { example, template, index, id, shard_key: key } = answer;
  const parts = varyingParts(example, template);
  const marked = parts.map(({ text, varies }) =>
    varies ? html`<mark>${text}</mark>` : html`${text}`,
  );
  const hasMarks = parts.some(({ varies }) => varies);
  const query = new URLSearchParams({ of_index: index, of_id: id });
  if (key !== null) query.set("of_shard_key", key);
  if (press !== undefined) query.set("press", press);
  const whole = key === null ? "" : `?${new URLSearchParams({ shard_key: key }).toString()}`;
  return panel({
    id: "example",
    title: "Example",
    aside: hasMarks ? html`<p><mark>Marked</mark>: what varies</p>` : NONE,
    body: html`<p class="message" dir="ltr">${marked}</p>
      <p class="counts"><span class="name">${index}/${id}</span></p>
      <p class="links">
        <a href="/logs/${encodeURIComponent(index)}/${encodeURIComponent(id)}${whole}"
          >Whole message</a
        >
        <a href="/?${query.toString()}#results">Similar records</a>
      </p>`,
  });
}

/** What rose with an episode stands in the latest one alone. */
function episodesPanel({ episodes, count }: GroupAnswer): Html {
  const rose = episodes.find((one) => one.rose !== undefined);
  return panel({
    id: "episodes",
    title: "Episodes",
    aside: html`<p>runs between two silences</p>`,
    body:
      episodes.length === 0
        ? empty(count === 0 ? "Its records are deleted." : "None of its records has a time.")
        : html`<div class="scroll" tabindex="0" role="region" aria-label="Episodes, latest first">
              <table>
                <thead>
                  <tr>
                    <th scope="col">From (UTC)</th>
                    <th scope="col">Lasted</th>
                    <th scope="col">Records</th>
                    <th scope="col">State</th>
                  </tr>
                </thead>
                <tbody>
                  ${episodes.map(episode)}
                </tbody>
              </table>
            </div>
            ${rose === undefined ? NONE : roseWith(rose)}`,
  });
}

function episode(one: EpisodeRow): Html {
  const { group, from, to, count, ended, began_before: isCut } = one;
  const seconds = Math.round((Date.parse(to) - Date.parse(from)) / 1000);
  return html`<tr id="${episodeId({ group, from })}">
    <td>${isCut ? "before " : ""}${timeAndDay(from).slice(0, 16)}</td>
    <td>${seconds < 60 ? "under 1 min" : lasted(seconds)}</td>
    <td>${number(count)}</td>
    <td>${ended ? "over" : "goes on"}</td>
  </tr>`;
}

function roseWith({ rose = [], from }: EpisodeRow): Html {
  return html`<h3 class="rose-title">Rose with the latest one</h3>
    ${
      rose.length === 0
        ? html`<p class="empty">
            No other error rose in the 10 minutes before or after ${timeAndDay(from).slice(0, 16)}.
          </p>`
        : html`<ol class="rose">
            ${rose.map(
              (one) =>
                html`<li>
                  <a href="/errors/${one.group}" dir="ltr">${oneLine(one.template, 160)}</a>
                  <small
                    >${one.service ?? ""}${one.service === null ? "" : " · "}${number(one.during)}
                    against ${number(one.before)} before</small
                  >
                </li>`,
            )}
          </ol>`
    }`;
}
