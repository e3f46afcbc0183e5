import { html, NONE, type Html } from "../html.ts";

type Chart = {
  id: string;
  /** What it shows, in a sentence. */
  label: string;
  /** For the script that draws it with a cursor; see assets/charts.js. */
  data: Record<string, unknown>;
  /** Where there is no script. */
  svg: Html;
  legend?: Html;
  heads: readonly string[];
  rows: readonly (readonly string[])[];
};

/** A drawing, and the same as a table for who cannot see it or wants the numbers. */
export function chart({ id, label, data, svg, legend = NONE, heads, rows }: Chart): Html {
  return html`<figure class="chart" id="${id}" data-chart="${JSON.stringify(data)}">
    <div class="drawing" role="img" aria-label="${label}">${svg}</div>
    <div class="live-drawing" data-keep aria-hidden="true" hidden></div>
    ${legend}
    <details id="${id}-table">
      <summary>As a table</summary>
      <div class="scroll" tabindex="0" role="region" aria-label="${label}">
        <table>
          <thead>
            <tr>
              ${heads.map((head) => html`<th scope="col">${head}</th>`)}
            </tr>
          </thead>
          <tbody>
            ${rows.map(
              (row) =>
                html`<tr>
                  ${row.map((cell) => html`<td>${cell}</td>`)}
                </tr>`,
            )}
          </tbody>
        </table>
      </div>
    </details>
  </figure>`;
}
