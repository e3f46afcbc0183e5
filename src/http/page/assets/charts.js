// @ts-check
// oxlint-disable-next-line import/no-absolute-path -- an address of the server, where this file is beside it
import uPlot from "/assets/uplot/uPlot.esm.js";

const HEIGHT_REM = 13;

/** @type {Map<Element, { plot: uPlot, told: string }>} */
const drawn = new Map();

/** Draws each chart over the one that came from the server, or gives it what is new. */
export function drawCharts() {
  for (const figure of document.querySelectorAll("[data-chart]")) {
    const told = figure.getAttribute("data-chart") ?? "";
    const known = drawn.get(figure);
    if (known?.told === told) continue;
    const place = figure.querySelector(".live-drawing");
    if (!(place instanceof HTMLElement)) continue;
    const chart = chartOf(JSON.parse(told));
    if (known) {
      known.told = told;
      known.plot.setData(chart.data);
    } else {
      place.hidden = false;
      drawn.set(figure, { plot: draw(place, chart), told });
    }
  }
  // The drawings from the server make way; their sentences stay for who cannot see either.
  document.documentElement.classList.add("draws");
  for (const [figure, { plot }] of drawn) {
    if (figure.isConnected) continue;
    plot.destroy();
    drawn.delete(figure);
  }
}

/** Colours and sizes are those of the page. */
export function redrawCharts() {
  for (const [figure, { plot }] of drawn) {
    plot.destroy();
    figure.querySelector(".live-drawing")?.replaceChildren();
  }
  drawn.clear();
  drawCharts();
}

/**
 * @typedef {{ data: uPlot.AlignedData, options: Omit<uPlot.Options, "width" | "height">,
 *   said: (i: number) => string }} Chart
 */

/**
 * @param {HTMLElement} place
 * @param {Chart} chart
 */
function draw(place, { data, options, said }) {
  const readout = document.createElement("p");
  readout.className = "readout";
  const rem = Number.parseFloat(getComputedStyle(document.documentElement).fontSize);
  const size = () => ({ width: Math.max(200, place.clientWidth), height: HEIGHT_REM * rem });
  /** @type {uPlot} */
  const plot = new uPlot(
    {
      ...options,
      ...size(),
      legend: { show: false },
      cursor: { y: false, drag: { x: false, y: false } },
      hooks: {
        setCursor: [
          ({ cursor: { idx } }) => {
            const figure = place.closest("[data-chart]");
            const now = figure && drawn.get(figure);
            const tell = now ? chartOf(JSON.parse(now.told)).said : said;
            readout.textContent = typeof idx === "number" ? tell(idx) : "";
          },
        ],
      },
    },
    data,
    place,
  );
  place.append(readout);
  new ResizeObserver(() => {
    if (plot.width !== size().width) plot.setSize(size());
  }).observe(place);
  return plot;
}

/**
 * @param {Record<string, any>} told
 * @returns {Chart}
 */
function chartOf(told) {
  return told["kind"] === "cycles" ? cycles(told) : backlog(told);
}

/**
 * @param {Record<string, any>} told
 * @returns {Chart}
 */
function backlog({ x, pending }) {
  return {
    data: [x, pending],
    said: (i) => `${utc(x[i])} · ${pending[i]} pending`,
    options: {
      scales: { y: { range: fromZero } },
      axes: [timeAxis(), countAxis()],
      series: [
        {},
        {
          stroke: colour("--accent"),
          fill: `${colour("--accent")}30`,
          width: 2,
          points: { show: false },
        },
      ],
    },
  };
}

/**
 * Vectors and what failed as columns from the left axis, and how long each took as a line from the right one.
 * @param {Record<string, any>} told
 * @returns {Chart}
 */
function cycles({ at, vectors, seconds, errors, said }) {
  const bars = uPlot.paths.bars?.({ size: [0.7, 40] });
  const columns = bars ? { paths: bars } : {};
  /** @type {number[]} */
  const all = vectors.map((/** @type {number} */ one, /** @type {number} */ i) => one + errors[i]);
  return {
    data: [all.map((_, i) => i), all, vectors, seconds],
    said: (i) => said[i] ?? "",
    options: {
      scales: {
        x: { time: false, range: (_, min, max) => [min - 0.6, Math.max(max, 7) + 0.6] },
        y: { range: fromZero },
        seconds: { range: fromZero },
      },
      axes: [
        {
          ...axis(),
          size: 30,
          grid: { show: false },
          splits: (_, __, min, max) => {
            const last = Math.min(at.length - 1, Math.floor(max));
            const first = Math.max(0, Math.ceil(min));
            // Labels of neighbours would lie on each other.
            return [first, Math.round((first + last) / 2), last].filter(
              (place, i, places) => i === 0 || place - (places[i - 1] ?? 0) > (max - min) / 4,
            );
          },
          values: (_, splits) => splits.map((i) => shortTime(at[i])),
        },
        countAxis(),
        {
          ...axis(),
          side: 1,
          scale: "seconds",
          size: 44,
          grid: { show: false },
          values: (_, splits) => splits.map((s) => `${s} s`),
        },
      ],
      series: [
        {},
        { fill: colour("--fill-bad"), stroke: "transparent", points: { show: false }, ...columns },
        { fill: colour("--fill-done"), stroke: "transparent", points: { show: false }, ...columns },
        {
          scale: "seconds",
          stroke: colour("--text"),
          paths: () => null,
          points: { show: true, size: 4, fill: colour("--text"), stroke: colour("--text") },
        },
      ],
    },
  };
}

/** @type {uPlot.Range.Function} */
function fromZero(_, __, max) {
  return [0, Math.max(1, max * 1.1)];
}

function timeAxis() {
  return {
    ...axis(),
    size: 30,
    space: 80,
    values: (/** @type {uPlot} */ _, /** @type {number[]} */ splits) => {
      const [first = 0, second = Infinity] = splits;
      // In the first minutes the lines are closer than the minutes.
      if (second - first < 60) return splits.map((at) => utc(at).slice(11, 19));
      return splits.map((at, i) =>
        i > 0 && day(at) === day(splits[i - 1] ?? 0) ? time(at) : shortTime(at),
      );
    },
  };
}

function countAxis() {
  const short = new Intl.NumberFormat("en-US", { notation: "compact", maximumFractionDigits: 1 });
  return {
    ...axis(),
    size: 44,
    incrs: [1, 2, 5, ...[1, 2, 3, 4, 5, 6, 7, 8].flatMap((n) => [1, 2, 5].map((m) => m * 10 ** n))],
    values: (/** @type {uPlot} */ _, /** @type {number[]} */ splits) =>
      splits.map((value) => short.format(value)),
  };
}

function axis() {
  const line = { stroke: colour("--line"), width: 1 };
  const { fontFamily, fontSize } = getComputedStyle(document.documentElement);
  const font = `${Math.round(Number.parseFloat(fontSize) * 0.75)}px ${fontFamily}`;
  return { stroke: colour("--quiet"), grid: line, ticks: { show: false }, font };
}

/**
 * A colour of the style sheet, for one scheme or the other, as #rrggbb.
 * @param {string} name
 */
function colour(name) {
  const probe = document.createElement("span");
  probe.style.color = `var(${name})`;
  document.body.append(probe);
  const rgb = getComputedStyle(probe).color.match(/\d+/g) ?? [];
  probe.remove();
  return `#${rgb
    .slice(0, 3)
    .map((part) => Number(part).toString(16).padStart(2, "0"))
    .join("")}`;
}

/** @param {number} at */
function utc(at) {
  return `${new Date(at * 1000).toISOString().slice(0, 19).replace("T", " ")} UTC`;
}

/** @param {number} at */
function day(at) {
  return utc(at).slice(0, 10);
}

/** @param {number} at */
function time(at) {
  return utc(at).slice(11, 16);
}

/** @param {number | undefined} at */
function shortTime(at) {
  return at === undefined ? "" : `${utc(at).slice(5, 10)} ${time(at)}`;
}
