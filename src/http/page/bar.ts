import { html, NONE, type Html } from "../html.ts";

type Parts = { vectorized: number; other_model: number; pending: number; quarantined: number };

/** Shares side by side; what it shows stands beside it in words. */
export function coverageBar(row: Parts): Html {
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
