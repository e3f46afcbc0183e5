import type { GroupAnswer, PlacesAnswer, WhereAnswer } from "../../analysis/group-answers.ts";
import { placesUnknown } from "../../analysis/where-seen.ts";
import { html, NONE, type Html } from "../html.ts";
import { empty, panel } from "./panel.ts";
import { number, percent, sentence, timeAndDay } from "./words.ts";

/** On which hosts and versions an error is now, against usually. */
export function wherePanel(answer: Pick<GroupAnswer, "where" | "count" | "gaps">): Html {
  const { where } = answer;
  return panel({
    id: "where",
    title: "Where",
    aside: html`<p>now against usually</p>`,
    body: where
      ? html`<div class="columns thin">
            ${table("host", where.hosts, where)} ${table("version", where.versions, where)}
          </div>
          <p class="note">${timesOf(where)}</p>`
      : empty(whyNot(answer)),
  });
}

function whyNot({ count, gaps }: Pick<GroupAnswer, "count" | "gaps">): string {
  if (count === 0) return "Its records are deleted.";
  return gaps.length > 0 ? "They cannot be counted now." : "None of its records has a time.";
}

function timesOf({ from, to, usual_count: usual }: WhereAnswer): string {
  const short = (iso: string) => timeAndDay(iso).slice(0, 16);
  const before = usual > 0 ? "" : ", in which it was not seen";
  return `Now: ${short(from)} to ${short(to)} UTC. Usually: the 30 days before${before}.`;
}

const HEADS = { host: "Host", version: "Version" };

function table(
  kind: "host" | "version",
  places: PlacesAnswer,
  { count, usual_count: usual }: WhereAnswer,
): Html {
  const unknown = placesUnknown(kind, places);
  if (unknown !== undefined) return empty(sentence(unknown));
  const { names, others, unnamed } = places;
  const cells = (now: number, before: number | null) =>
    html`<td>${number(now)}</td>
      <td>${shareOf(now, count)}</td>
      <td>${before === null ? "?" : shareOf(before, usual)}</td>`;
  const rest = [
    { name: "others", ...others },
    { name: "none named", ...unnamed },
  ].filter((one) => one.count + one.usual_count > 0);
  return html`<div
    class="scroll"
    tabindex="0"
    role="region"
    aria-label="${HEADS[kind]}s, the most frequent now first"
  >
    <table class="places">
      <thead>
        <tr>
          <th scope="col">${HEADS[kind]}</th>
          <th scope="col">Now</th>
          <th scope="col">Share</th>
          <th scope="col">Usually</th>
        </tr>
      </thead>
      <tbody>
        ${names.map(
          (one) =>
            html`<tr>
              <td>
                <span class="name">${one.name}</span>
                ${one.new ? html`<span class="badge badge-new">new</span>` : NONE}
              </td>
              ${cells(one.count, one.usual_count)}
            </tr>`,
        )}
        ${rest.map(
          (one) =>
            html`<tr>
              <td><em>${one.name}</em></td>
              ${cells(one.count, one.usual_count)}
            </tr>`,
        )}
      </tbody>
    </table>
  </div>`;
}

function shareOf(part: number, whole: number): string {
  return whole === 0 ? "–" : percent(part / whole);
}
