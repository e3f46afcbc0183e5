import { html, NONE, type Html } from "../html.ts";

const WIDTH = 600;
const HEIGHT = 160;
const SPARK_HEIGHT = 24;

/** A line with the area below it, from 0 up; x and y in any unit. */
export function lineSvg(points: readonly { x: number; y: number }[]): Html {
  const [first] = points;
  const last = points.at(-1);
  if (!first || !last) return NONE;
  const span = Math.max(1, last.x - first.x);
  const top = Math.max(1, ...points.map(({ y }) => y));
  const at = ({ x, y }: { x: number; y: number }) =>
    `${round(((x - first.x) / span) * WIDTH)},${round(HEIGHT - (y / top) * (HEIGHT - 8))}`;
  const line = points.map(at).join(" ");
  return frame(
    html`<polygon class="area" points="0,${HEIGHT} ${line} ${WIDTH},${HEIGHT}" />
      <polyline class="line" points="${line}" />`,
  );
}

/** Columns side by side, each from 0 up: what went well, and what went wrong on top of it. */
export function columnsSvg(
  columns: readonly { good: number; bad: number }[],
  places: number,
): Html {
  const top = Math.max(1, ...columns.map(({ good, bad }) => good + bad));
  const step = WIDTH / places;
  const height = (value: number) => (value > 0 ? Math.max(2, (value / top) * (HEIGHT - 8)) : 0);
  return frame(
    html`${columns.map(({ good, bad }, i) => {
      const x = round(i * step + step * 0.15);
      const width = round(step * 0.7);
      const done = round(height(good));
      const failed = round(height(bad));
      return html`<rect
          class="fill-done"
          x="${x}"
          y="${HEIGHT - done}"
          width="${width}"
          height="${done}"
        />
        <rect
          class="fill-bad"
          x="${x}"
          y="${round(HEIGHT - done - failed)}"
          width="${width}"
          height="${failed}"
        />`;
    })}`,
  );
}

/** Columns side by side in one path, as small as a word; the highest is the most. */
export function sparkSvg(values: readonly number[]): Html {
  const top = Math.max(1, ...values);
  const columns = values.map((value, i) => {
    const height = value > 0 ? Math.max(2, round((value / top) * SPARK_HEIGHT)) : 0;
    return height === 0 ? "" : `M${i * 4} ${SPARK_HEIGHT}v-${height}h3v${height}z`;
  });
  return html`<svg
    class="spark"
    viewBox="0 0 ${values.length * 4 - 1} ${SPARK_HEIGHT}"
    preserveAspectRatio="none"
    aria-hidden="true"
    focusable="false"
  >
    <path d="${columns.join("")}" />
  </svg>`;
}

function frame(inner: Html): Html {
  return html`<svg
    viewBox="0 0 ${WIDTH} ${HEIGHT}"
    preserveAspectRatio="none"
    aria-hidden="true"
    focusable="false"
  >
    ${inner}
    <line class="ground" x1="0" x2="${WIDTH}" y1="${HEIGHT}" y2="${HEIGHT}" />
  </svg>`;
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
