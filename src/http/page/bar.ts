import { html, type Html } from "../html.ts";

type Parts = { vectorized: number; pending: number; quarantined: number };

/** Shares side by side; what it shows stands beside it in words. */
export function coverageBar({ vectorized, pending, quarantined }: Parts): Html {
  const all = vectorized + pending + quarantined;
  const share = (value: number) => (all === 0 ? 0 : (value / all) * 100);
  const done = share(vectorized);
  // What is there must be seen, however little it is.
  const refused = quarantined > 0 ? Math.max(1, share(quarantined)) : 0;
  const waits = pending > 0 ? Math.max(1, share(pending)) : 0;
  const start = Math.max(0, Math.min(done, 100 - refused - waits));
  return html`<svg class="bar" aria-hidden="true" focusable="false">
    <rect class="fill-done" width="${percentage(start)}" height="100%" />
    <rect class="fill-bad" x="${percentage(start)}" width="${percentage(refused)}" height="100%" />
    <rect
      class="fill-wait"
      x="${percentage(start + refused)}"
      width="${percentage(waits)}"
      height="100%"
    />
  </svg>`;
}

function percentage(value: number): string {
  return `${Math.round(value * 100) / 100}%`;
}
