import { html, type Html, NONE } from "../html.ts";
import { coveragePanel } from "./coverage-panel.ts";
import { cyclesPanel } from "./cycles-panel.ts";
import { quarantinePanel } from "./quarantine-panel.ts";
import { statePanel } from "./state-panel.ts";
import { tailPanel } from "./tail-panel.ts";
import type { MaybeView } from "./view.ts";
import {
  timeAndDay,
  ago,
  countdown,
  sentence,
  withCode,
  atLeast,
  counted,
  money,
  shortCount,
  shortNumber,
  number,
} from "./words.ts";
import { capitalized, nounFor } from "../../domain/count.ts";
import { groupIssues } from "../../status/issues/group-issues.ts";
import type { Issue } from "../../status/issues/issue.ts";
import { panel, empty, figures } from "./panel.ts";
import type { Dependency } from "../../status/ready-answer.ts";
import { count, duration } from "../../telemetry/phrases.ts";
import { SET_PRICE } from "../../domain/summary.ts";
import type { BacklogPoint } from "../../status/overview/backlog-history.ts";
import { chart } from "./chart.ts";
import { lineSvg } from "./svg.ts";

/** More than that no screen shows. */
const MAX_POINTS = 240;
const ROWS = 12;

function backlogPanel(view: MaybeView): Html {
  const points = fewer(view?.overview.backlog ?? [], MAX_POINTS);
  const last = points.at(-1);
  return panel({
    id: "backlog",
    title: "Backlog over time",
    aside: last ? html`<p>${number(last.pending)} pending</p>` : NONE,
    body:
      points.length < 2
        ? empty("No history yet.", "It is drawn from the counts of pending records.")
        : chart({
            id: "backlog-chart",
            label: summary(points),
            data: {
              kind: "backlog",
              x: points.map(({ at }) => Date.parse(at) / 1000),
              pending: points.map(({ pending }) => pending),
            },
            svg: lineSvg(points.map(({ at, pending }) => ({ x: Date.parse(at), y: pending }))),
            heads: ["Time (UTC)", "Pending"],
            rows: fewer(points, ROWS)
              .toReversed()
              .map(({ at, pending }) => [timeAndDay(at).replace(" UTC", ""), number(pending)]),
          }),
  });
}

function summary(points: readonly BacklogPoint[]): string {
  const counts = points.map(({ pending }) => pending);
  const [first] = points;
  const from = first ? timeAndDay(first.at) : "";
  return `Backlog since ${from}: ${number(counts.at(-1) ?? 0)} now, at most ${number(Math.max(...counts))}`;
}

/** So many at most, evenly spread; the first and the last are always among them. */
function fewer<T>(all: readonly T[], most: number): T[] {
  if (all.length <= most) return [...all];
  const step = (all.length - 1) / (most - 1);
  return Array.from({ length: most }, (_, i) => all[Math.round(i * step)]).filter(
    (one) => one !== undefined,
  );
}

/** What it costs, what it will, and what did not have to be paid. */
function moneyPanel(view: MaybeView): Html {
  return panel({ id: "money", title: "Money", body: view ? body(view) : empty("Looking…") });
}

function body({ overview: { money: spent } }: NonNullable<MaybeView>): Html {
  const { today, month, saved } = spent;
  const limit = today?.limit_usd ?? null;
  const used = limit !== null && today?.cost_usd ? today.cost_usd / limit : 0;
  const unpriced = month.cost_usd === null ? month.tokens : (month.unpriced_tokens ?? 0);
  return html`${figures([
    {
      name: "Today",
      value: today ? atLeast(today) : money(null),
      note: today
        ? `${shortCount(today.tokens, "token")}${limit === null ? "" : ` · limit ${money(limit)}`}`
        : "",
      ...(used >= 1 ? { tone: "bad" as const } : {}),
    },
    {
      name: "This month so far",
      value: atLeast(month),
      note: shortCount(month.tokens, "token"),
    },
    { name: "Forecast, whole month", value: money(month.forecast_usd), note: "at this pace" },
    {
      name: "Saved this month",
      value: saved.usd === null ? shortNumber(saved.vectors) : money(saved.usd),
      note:
        saved.usd === null
          ? `${nounFor(saved.vectors, "vector")} reused`
          : `${counted(saved.vectors, "vector")} not paid for again`,
      ...(saved.vectors > 0 ? { tone: "good" as const } : {}),
    },
  ])}
  ${unpriced > 0 ? html`<p class="note">${withCode(unpricedNote(unpriced, limit))}</p>` : NONE}`;
}

function unpricedNote(tokens: number, limit: number | null): string {
  const uncounted = limit === null ? "" : ", so MAX_COST_USD_PER_DAY does not count this use";
  return `The price of ${counted(tokens, "token")} of this month is not known${uncounted}. ${SET_PRICE}`;
}

/** Those that this process needs, and whether they answer. */
function connectionsPanel(view: MaybeView): Html {
  return panel({
    id: "connections",
    title: "Connections",
    body: view
      ? html`<ul class="connections">
          ${view.overview.dependencies.map((one) => connection(one, view))}
        </ul>`
      : empty("Looking…"),
  });
}

function connection(one: Dependency, { overview: { embedder } }: NonNullable<MaybeView>): Html {
  const { name, ready, latency_ms: latency, last_success: last } = one;
  const shown = {
    opensearch: "OpenSearch",
    embedder: `Embedder ${embedder.name}`,
    kafka: "Kafka",
  }[name];
  const about =
    name === "embedder"
      ? html`${embedder.model}, ${count(embedder.dimensions, "dimension")} · `
      : html``;
  const took = ready && latency !== null ? `${duration(latency)} · ` : "";
  return html`<li class="${ready ? "is-good" : "is-bad"}">
    <span class="name">${shown}</span>
    <span class="answer">${answerOf(one)}</span>
    <p class="when">
      ${about}${took}${last === null ? html`not needed yet` : html`last success ${ago(last)}`}
    </p>
  </li>`;
}

function answerOf({ ready, error }: Dependency): string {
  if (ready) return "answers";
  return error?.kind === "outage" ? "does not answer" : "refuses";
}

/** What is wrong, since when, what that means and what to do about it; hidden where nothing is. */
function attentionPanel(view: MaybeView): Html {
  const issues = groupIssues(view?.overview.issues ?? []);
  if (issues.length === 0) return html`<section id="attention" hidden></section>`;
  return panel({
    id: "attention",
    title: "Needs attention",
    className: "wide",
    body: html`<ul class="items">
      ${issues.map(issueItem)}
    </ul>`,
  });
}

function issueItem({ severity, title, detail, impact, action, since, until }: Issue): Html {
  return html`<li class="${severity === "critical" ? "is-bad" : "is-wait"}">
    <h3>${title}</h3>
    <p class="said">${withCode(sentence(detail))}</p>
    ${impact === undefined ? NONE : html`<p class="impact">${withCode(sentence(capitalized(impact)))}</p>`}
    <p class="hint">${withCode(sentence(capitalized(action)))}</p>
    ${since === null ? NONE : html`<p class="when">Since ${ago(since)}</p>`}
    ${until === undefined ? NONE : html`<p class="when">Goes on ${countdown(until)}</p>`}
  </li>`;
}

/** The parts that stay up to date, by the id of their element, in the order in which they are read. */
const PANELS = {
  state: statePanel,
  attention: attentionPanel,
  coverage: coveragePanel,
  backlog: backlogPanel,
  cycles: cyclesPanel,
  tail: tailPanel,
  money: moneyPanel,
  quarantine: quarantinePanel,
  connections: connectionsPanel,
  about: aboutLine,
} satisfies Record<string, (view: MaybeView) => Html>;

export type Panels = Record<keyof typeof PANELS, Html>;

export function renderPanels(view: MaybeView): Panels {
  const entries = Object.entries(PANELS).map(([id, render]) => [id, render(view)] as const);
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- its keys are those of PANELS
  return Object.fromEntries(entries) as Panels;
}

/** Who is asked here, and how fresh it is. */
function aboutLine(view: MaybeView): Html {
  if (!view) return html`<p id="about">log-vectorizer</p>`;
  const { version, role, started_at: started, now } = view.overview;
  return html`<p id="about">
    log-vectorizer ${version}, ${role}, running since ${timeAndDay(started)} · as of
    ${timeAndDay(now)}
  </p>`;
}
