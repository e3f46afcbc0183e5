import {
  SHOWN_STATES,
  type GroupsAnswer,
  type ListedRow,
  type ShownState,
} from "../../analysis/group-answers.ts";
import { html, NONE, type Html } from "../html.ts";
import { ERRORS_A_PAGE, type ErrorsView } from "./errors-view.ts";
import { askForm } from "./explain-page.ts";
import { frame } from "./frame.ts";
import { panel } from "./panel.ts";
import { remarks, unshown } from "./errors-remarks.ts";
import type { Given } from "./search-view.ts";
import { sparkSvg } from "./svg.ts";
import { ago, counted, number, oneLine, timeAndDay, withCode } from "./words.ts";

const FIELDS = [
  { name: "service", label: "Service", placeholder: "checkout" },
  { name: "since", label: "Since", placeholder: "2h or a time" },
  { name: "until", label: "Until", placeholder: "2h or a time" },
  { name: "level", label: "Level", placeholder: "ERROR" },
  { name: "index", label: "Indices", placeholder: "app-*,web-*" },
] as const;

const ORDERS = [
  { order: "last", label: "Last seen", says: "latest seen first" },
  { order: "first", label: "First seen", says: "newest errors first" },
  { order: "count", label: "Count", says: "most records first" },
] as const;

const FILTERS = ["state", ...FIELDS.map(({ name }) => name)];

/** All errors, each once, as far as they can be read. */
export function renderErrors(view: ErrorsView, { signedIn }: { signedIn: boolean }): string {
  const { now } = view;
  return frame({
    title: "Errors",
    here: "/errors",
    script: "errors",
    signedIn,
    said: undefined,
    main: html`${panel({ id: "ask", title: "Ask", body: askForm() })}
    ${panel({
      id: "errors",
      title: "Errors",
      aside: view.kind === "answer" ? html`<p>${summary(view.answer)}</p>` : NONE,
      body: html`${form(view.given)} ${view.kind === "answer" ? list(view) : unshown(view)}`,
    })}`,
    foot: html`<p data-now="${now}">
      As of ${timeAndDay(now)}. <a href="${linkTo(view.given, {})}">Ask again</a>
    </p>`,
  });
}

function summary({ total, records }: GroupsAnswer): string {
  return `${counted(total, "error")} in ${counted(records, "record")}`;
}

function form(given: Given): Html {
  const order = given["order"] ?? "last";
  return html`<form method="get" action="/errors" class="errors-form" aria-label="Filters">
    <div class="filters">
      <p>
        <label for="state">State</label>
        <select id="state" name="state">
          <option value="">any</option>
          ${SHOWN_STATES.map((state) => option(state, state, given["state"]))}
        </select>
      </p>
      ${FIELDS.map(
        ({ name, label, placeholder }) =>
          html`<p>
            <label for="${name}">${label}</label>
            <input
              id="${name}"
              name="${name}"
              value="${given[name] ?? ""}"
              placeholder="${placeholder}"
              autocapitalize="off"
              spellcheck="false"
            />
          </p>`,
      )}
      <p>
        <label for="order">Sort by</label>
        <select id="order" name="order">
          ${ORDERS.map((one) => option(one.order, one.label.toLowerCase(), order))}
        </select>
      </p>
      <p class="press"><button class="primary">Show</button></p>
    </div>
  </form>`;
}

function option(value: string, label: string, chosen: string | undefined): Html {
  return html`<option value="${value}" ${value === chosen ? html`selected` : NONE}>
    ${label}
  </option>`;
}

function list({ given, answer, page }: Extract<ErrorsView, { kind: "answer" }>): Html {
  const { groups } = answer;
  return html`${remarks(answer)}
  ${groups.length === 0 ? nothing(given, answer, page) : table(given, answer)}
  ${pages(given, answer, page)}`;
}

/** Why there is none, and what to do. */
function nothing(given: Given, { total, ungrouped, gaps }: GroupsAnswer, page: number): Html {
  if (total > 0) {
    return html`<p class="empty">
      There are no errors on page ${page}.
      <span><a href="${linkTo(given, { page: "" })}">To the first page</a></span>
    </p>`;
  }
  if (FILTERS.some((name) => given[name] !== undefined)) {
    return html`<p class="empty">
      No error matches these filters. <span><a href="/errors">Show all errors</a></span>
    </p>`;
  }
  if (gaps.length > 0) return html`<p class="empty">There is no error in what could be seen.</p>`;
  const next =
    ungrouped === null || ungrouped > 0
      ? "Records that were enriched by an earlier version name no error: log-vectorizer groups assign gives them theirs."
      : "A record is counted here as soon as it has its vector; the status page shows how far that is.";
  return html`<p class="empty">There is no error yet. <span>${withCode(next)}</span></p>`;
}

/** The column of what is alike is there where there is a memory that could know it. */
function table(given: Given, { groups, memory }: GroupsAnswer): Html {
  const order = given["order"] ?? "last";
  const sorted = (by: (typeof ORDERS)[number]["order"]) => {
    const { label = "", says = "" } = ORDERS.find((one) => one.order === by) ?? {};
    return html`<th
      scope="col"
      role="columnheader"
      class="is-${by}"
      ${order === by ? html`aria-sort="descending"` : NONE}
    >
      <a href="${linkTo(given, { order: by, page: "" })}" title="${says}">${label}</a>
    </th>`;
  };
  const plain = (label: string, name: string) =>
    html`<th scope="col" role="columnheader" class="is-${name}">${label}</th>`;
  return html`<table class="errors" role="table">
    <caption class="unseen">
      Errors, each once; the link of each leads to its page
    </caption>
    <thead role="rowgroup">
      <tr role="row">
        ${plain("State", "state")} ${plain("Service", "service")} ${plain("Error", "template")}
        ${sorted("count")} ${plain("Last 24 h", "hours")} ${sorted("first")} ${sorted("last")}
        ${memory.kept ? plain("Like", "like") : NONE}
      </tr>
    </thead>
    <tbody role="rowgroup">
      ${groups.map((one) => row(one, memory.kept))}
    </tbody>
  </table>`;
}

function row(one: ListedRow, isKept: boolean): Html {
  const { group, merged, state, service, exception, template, count, hours } = one;
  const more = [
    ...(exception === null || template.includes(exception) ? [] : [exception]),
    ...(merged.length === 0 ? [] : [`with ${counted(merged.length, "other")} merged into it`]),
  ];
  return html`<tr role="row">
    <td role="cell" class="is-state">${badge(state)}</td>
    <td role="cell" class="is-service">${service === null ? "" : oneLine(service, 80)}</td>
    <th scope="row" role="rowheader" class="is-template">
      <a href="/errors/${group}" dir="ltr">${oneLine(template, 300)}</a>
      ${more.length === 0 ? NONE : html`<small dir="ltr">${more.join(" · ")}</small>`}
    </th>
    <td role="cell" class="is-count">${number(count)}</td>
    <td role="cell" class="is-hours">${spark(hours)}</td>
    <td role="cell" class="is-first">${timeOrNone(one.first_seen)}</td>
    <td role="cell" class="is-last">${timeOrNone(one.last_seen)}</td>
    ${isKept ? html`<td role="cell" class="is-like">${likeOf(one)}</td>` : NONE}
  </tr>`;
}

/** The one error that it is most like, with what makes that worth a look. */
function likeOf({ like, service: own }: ListedRow): Html {
  if (!like) return NONE;
  const { group, service, template, surely, note } = like;
  const words = [
    surely ? "surely" : "perhaps",
    ...(service === own ? [] : [service === null ? "no service" : oneLine(service, 40)]),
  ].join(" · ");
  return html`<a href="/errors/${group}" dir="ltr">${oneLine(template, 80)}</a>
    <small>${words}${note === true ? html` · <b>note</b>` : NONE}</small>`;
}

export function badge(state: ShownState): Html {
  return html`<span class="badge badge-${state}">${state}</span>`;
}

/** The last 24 hours, as a drawing and in words. */
function spark(hours: readonly number[]): Html {
  const sum = hours.reduce((all, one) => all + one, 0);
  const words =
    sum === 0 ? "none" : `${number(sum)}, at most ${number(Math.max(...hours))} in an hour`;
  return html`<span title="${words}">${sparkSvg(hours)}<span class="unseen">${words}</span></span>`;
}

function timeOrNone(iso: string | null): Html {
  return iso === null ? html`<span>no time</span>` : ago(iso);
}

function pages(given: Given, { total, groups }: GroupsAnswer, page: number): Html {
  if (groups.length === 0 || total <= ERRORS_A_PAGE) return NONE;
  const first = (page - 1) * ERRORS_A_PAGE + 1;
  const last = first + groups.length - 1;
  const at = (to: number) => linkTo(given, { page: to === 1 ? "" : String(to) });
  return html`<nav class="pages" aria-label="Pages of the list">
    ${page > 1 ? html`<a href="${at(page - 1)}" rel="prev">← Previous</a>` : NONE}
    <span>${number(first)} to ${number(last)} of ${number(total)}</span>
    ${last < total ? html`<a href="${at(page + 1)}" rel="next">Next →</a>` : NONE}
  </nav>`;
}

/** The list as it is shown, with these changes; an empty value takes a field out. */
function linkTo(given: Given, changes: Given): string {
  const fields = [...FILTERS, "order", "page"].flatMap((name): [string, string][] => {
    const value = changes[name] ?? given[name] ?? "";
    return value === "" ? [] : [[name, value]];
  });
  return fields.length === 0 ? "/errors" : `/errors?${new URLSearchParams(fields).toString()}`;
}
