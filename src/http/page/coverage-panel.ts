import type { SeenRow } from "../../status/status-shape.ts";
import { known } from "../../telemetry/phrases.ts";
import type { Overview } from "../../status/overview/overview.ts";
import { html, NONE, type Html } from "../html.ts";
import { empty, panel } from "./panel.ts";
import type { MaybeView } from "./view.ts";
import { counted, number, percent } from "./words.ts";

type Row = NonNullable<Overview["coverage"]>["indices"][number];

/** Beyond that a list is no longer read; the rest folds. */
const SHOWN = 10;

/** Each index with its bar, those with the longest backlog first. */
export function coveragePanel(view: MaybeView): Html {
  const coverage = view?.overview.coverage;
  return panel({
    id: "coverage",
    title: "Coverage",
    aside: coverage ? html`<p>${counted(coverage.indices.length, "index")}</p>` : NONE,
    body: body(view),
  });
}

function body(view: MaybeView): Html {
  const coverage = view?.overview.coverage;
  if (!coverage) {
    return empty(
      view ? "Unknown while OpenSearch does not answer." : "Looking…",
      view ? "Records that have a vector keep it." : "",
    );
  }
  if (coverage.indices.length === 0) {
    return empty(
      "No index behind OPENSEARCH_INDEX_PATTERN can take vectors.",
      "log-vectorizer check shows each and what is wrong with it.",
    );
  }
  const rows = coverage.indices.toSorted(
    (a, b) =>
      rank(b.pending) - rank(a.pending) ||
      rank(b.records) - rank(a.records) ||
      (a.index < b.index ? -1 : 1),
  );
  const rest = rows.slice(SHOWN);
  return html`${list(rows.slice(0, SHOWN))}
    ${
      rest.length === 0
        ? NONE
        : html`<details id="coverage-rest">
            <summary>${counted(rest.length, "more index")}</summary>
            ${list(rest)}
          </details>`
    }
    <p class="legend" aria-hidden="true">
      <span><span class="key fill-done"></span>has its vector</span>
      ${
        coverage.other_models
          ? html`<span><span class="key fill-other"></span>of another model</span>`
          : NONE
      }
      <span><span class="key fill-wait"></span>pending</span>
      <span><span class="key fill-bad"></span>quarantined</span>
    </p>`;
}

function list(rows: readonly Row[]): Html {
  return html`<ul class="indices">
    ${rows.map(
      (row) =>
        html`<li>
          <span class="name">${row.index}</span>
          <span class="share">${shareOf(row)}</span>
          ${row.records === null ? NONE : coverageBar(row)}
          <span class="counts"
            >${row.records === null ? "not counted: it cannot be seen in whole" : wordsOf(row)}</span
          >
        </li>`,
    )}
  </ul>`;
}

/** What cannot be counted comes first. */
function rank(records: number | null): number {
  return records ?? Number.MAX_SAFE_INTEGER;
}

function shareOf({ records, coverage }: Row): string {
  if (coverage === null) return known(null);
  return records === 0 ? "empty" : percent(coverage);
}

function wordsOf({ records, pending, quarantined, search, ...row }: Row & SeenRow): string {
  const { other_model: other, without_text: blank } = row;
  return [
    counted(records, "record"),
    ...(other > 0 ? [`${number(other)} of another model`] : []),
    ...(pending > 0 ? [`${number(pending)} pending`] : []),
    ...(quarantined > 0 ? [`${number(quarantined)} quarantined`] : []),
    ...(blank > 0 ? [`${number(blank)} without text`] : []),
    ...(search === "exact" ? ["searched without a graph"] : []),
  ].join(" · ");
}

type Parts = { vectorized: number; other_model: number; pending: number; quarantined: number };

/** Shares side by side; what it shows stands beside it in words. */
function coverageBar(row: Parts): Html {
  const all = row.vectorized + row.other_model + row.pending + row.quarantined;
  const share = (value: number) => (all === 0 ? 0 : (value / all) * 100);
  // What is there must be seen, however little it is.
  const atLeast = (value: number) => (value > 0 ? Math.max(1, share(value)) : 0);
  const done = share(row.vectorized);
  const other = atLeast(row.other_model);
  const refused = atLeast(row.quarantined);
  const waits = atLeast(row.pending);
  const start = Math.max(0, Math.min(done, 100 - other - refused - waits));
  const part = (name: string, at: number, width: number) =>
    html`<rect
      class="fill-${name}"
      x="${percentage(at)}"
      width="${percentage(width)}"
      height="100%"
    />`;
  return html`<svg class="bar" aria-hidden="true" focusable="false">
    <rect class="fill-done" width="${percentage(start)}" height="100%" />
    ${other > 0 ? part("other", start, other) : NONE} ${part("bad", start + other, refused)}
    ${part("wait", start + other + refused, waits)}
  </svg>`;
}

function percentage(value: number): string {
  return `${Math.round(value * 100) / 100}%`;
}
