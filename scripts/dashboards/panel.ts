import { SOURCES, type Query, type Source } from "./sources.ts";

export type Panel = {
  title: string;
  type: "stat" | "timeseries" | "gauge" | "state-timeline" | "piechart" | "table" | "row";
  /** As Grafana names units. */
  unit?: string;
  description?: string;
  queries?: readonly Query[];
  /** Of the 24 columns; default: 6 for a number, 12 for a graph. */
  width?: number;
  decimals?: number;
  min?: number;
  max?: number;
  /** `share`: stacked too, as parts of 100 %. */
  stacked?: boolean | "share";
  /** Of a number or a pie: the sum of what was found in the time shown, not the newest. */
  summed?: boolean;
  /** Where colours change: the target, the warning and the critical limit. `falling`: less is worse. */
  limits?: readonly [target: number, warning: number, critical: number];
  falling?: boolean;
  /** Of a table: a regular expression for the columns that are shown. */
  columns?: string;
  /** Of a table: a regular expression for the columns that hold times, in milliseconds. */
  times?: string;
  /** What it asks, where that is not what its dashboard asks. */
  source?: Source;
  /** Words for values. */
  words?: Readonly<Record<string, { text: string; color: string }>>;
};

export type Dashboard = {
  uid: string;
  title: string;
  description: string;
  /** Grafana's words for the time that is shown at first. */
  from: string;
  refresh: string;
  /** What it asks; default: Prometheus. */
  source?: Source;
  annotations?: readonly Annotation[];
  panels: readonly Panel[];
};

/** Documents that are drawn over the graphs, from one time to another. All but the query are fields of them. */
type Annotation = {
  name: string;
  source: Source;
  lucene: string;
  time: string;
  timeEnd: string;
  text: string;
  tags: string;
};

const COLUMNS = 24;
const HEIGHTS = {
  row: 1,
  stat: 4,
  gauge: 5,
  timeseries: 8,
  "state-timeline": 6,
  piechart: 8,
  table: 10,
} as const;

/** A dashboard as Grafana reads it from a file. */
export function toGrafana(dashboard: Dashboard) {
  const { uid, title, description, from, refresh, source = "prometheus", panels } = dashboard;
  const { annotations = [] } = dashboard;
  return {
    uid,
    title,
    description,
    tags: ["log-vectorizer"],
    schemaVersion: 39,
    editable: true,
    graphTooltip: 1,
    time: { from, to: "now" },
    timezone: "utc",
    refresh,
    links: [
      {
        type: "dashboards",
        title: "log-vectorizer",
        tooltip: "The other dashboards",
        icon: "external link",
        tags: ["log-vectorizer"],
        targetBlank: false,
        includeVars: true,
        keepTime: false,
        asDropdown: false,
      },
    ],
    annotations: { list: annotations.map(annotationJson) },
    templating: { list: SOURCES[source].variables },
    panels: placed(panels).map(({ panel, gridPos }, i) =>
      panelJson(panel, { source, gridPos, id: i + 1 }),
    ),
  };
}

function annotationJson({ name, source, lucene, time, timeEnd, text, tags }: Annotation) {
  return {
    name,
    datasource: SOURCES[source].datasource,
    enable: true,
    iconColor: "orange",
    target: { refId: "Annotation", query: lucene },
    timeField: time,
    timeEndField: timeEnd,
    textField: text,
    tagsField: tags,
  };
}

type Place = { x: number; y: number; w: number; h: number };

/** From left to right; what does not fit into a line begins the next. */
function placed(panels: readonly Panel[]): { panel: Panel; gridPos: Place }[] {
  let x = 0;
  let y = 0;
  let lineHeight = 0;
  return panels.map((panel) => {
    const small = panel.type === "stat" || panel.type === "gauge";
    const w = panel.type === "row" ? COLUMNS : (panel.width ?? (small ? 6 : 12));
    const h = HEIGHTS[panel.type];
    if (x + w > COLUMNS) {
      y += lineHeight;
      x = 0;
      lineHeight = 0;
    }
    const gridPos = { x, y, w, h };
    x += w;
    lineHeight = Math.max(lineHeight, h);
    return { panel, gridPos };
  });
}

function panelJson(
  panel: Panel,
  { source, gridPos, id }: { source: Source; gridPos: Place; id: number },
) {
  const { type, title, description, columns, times, queries = [] } = panel;
  const { datasource, target } = SOURCES[panel.source ?? source];
  if (type === "row") return { id, type, title, gridPos, collapsed: false, panels: [] };
  return {
    id,
    type,
    title,
    ...(description === undefined ? {} : { description }),
    gridPos,
    datasource,
    fieldConfig: {
      defaults: fieldDefaults(panel),
      overrides: times === undefined ? [] : [inUnit(times, "dateTimeAsIso")],
    },
    options: optionsOf(panel, type),
    targets: queries.map((query, i) => ({
      refId: String.fromCodePoint(65 + i),
      datasource,
      ...target(query),
    })),
    ...(columns === undefined
      ? {}
      : {
          transformations: [
            { id: "filterFieldsByName", options: { include: { pattern: columns } } },
          ],
        }),
  };
}

function inUnit(columns: string, unit: string) {
  return {
    matcher: { id: "byRegexp", options: columns },
    properties: [{ id: "unit", value: unit }],
  };
}

function optionsOf({ summed = false }: Panel, type: keyof typeof OPTIONS) {
  const options = OPTIONS[type];
  if (!summed || !("reduceOptions" in options)) return options;
  return { ...options, reduceOptions: { ...options.reduceOptions, calcs: ["sum"] } };
}

const lastValue = { calcs: ["lastNotNull"], fields: "", values: false };
const OPTIONS = {
  stat: {
    reduceOptions: lastValue,
    colorMode: "value",
    graphMode: "area",
    textMode: "auto",
    justifyMode: "auto",
    orientation: "auto",
  },
  gauge: { reduceOptions: lastValue, showThresholdLabels: false, showThresholdMarkers: true },
  piechart: {
    reduceOptions: lastValue,
    pieType: "donut",
    displayLabels: ["percent"],
    legend: { displayMode: "list", placement: "bottom", showLegend: true, values: ["value"] },
    tooltip: { mode: "single", sort: "none" },
  },
  table: { showHeader: true, cellHeight: "sm", footer: { show: false } },
  timeseries: {
    legend: { displayMode: "list", placement: "bottom", showLegend: true, calcs: [] },
    tooltip: { mode: "multi", sort: "desc" },
  },
  "state-timeline": {
    mergeValues: true,
    showValue: "auto",
    rowHeight: 0.8,
    legend: { displayMode: "list", placement: "bottom", showLegend: false, calcs: [] },
    tooltip: { mode: "single", sort: "none" },
  },
};

function fieldDefaults(panel: Panel) {
  const { type, unit, decimals, min, max, words, limits, stacked = false } = panel;
  return {
    ...(unit === undefined ? {} : { unit }),
    ...(decimals === undefined ? {} : { decimals }),
    ...(min === undefined ? {} : { min }),
    ...(max === undefined ? {} : { max }),
    color: { mode: limits && type !== "timeseries" ? "thresholds" : "palette-classic" },
    ...(limits ? { thresholds: thresholds(panel) } : {}),
    ...(words ? { mappings: mappings(words), color: { mode: "thresholds" } } : {}),
    ...(type === "timeseries"
      ? {
          custom: {
            drawStyle: "line",
            lineWidth: 1,
            fillOpacity: stacked === false ? 5 : 30,
            showPoints: "auto",
            spanNulls: false,
            stacking: { mode: STACKING[String(stacked)], group: "A" },
            ...(limits ? { thresholdsStyle: { mode: "dashed" } } : {}),
          },
        }
      : {}),
  };
}

const STACKING: Readonly<Record<string, string>> = {
  false: "none",
  true: "normal",
  share: "percent",
};

function mappings(words: NonNullable<Panel["words"]>) {
  const options = Object.fromEntries(
    Object.entries(words).map(([value, word], index) => [value, { ...word, index }]),
  );
  return [{ type: "value", options }];
}

/** Green up to the target, then yellow, orange from the warning limit on, red from the critical one. */
function thresholds({ limits = [0, 0, 0], falling = false }: Panel) {
  const [target, warning, critical] = limits;
  const steps = falling
    ? [
        { color: "red", value: null },
        { color: "orange", value: critical },
        { color: "yellow", value: warning },
        { color: "green", value: target },
      ]
    : [
        { color: "green", value: null },
        { color: "yellow", value: target },
        { color: "orange", value: warning },
        { color: "red", value: critical },
      ];
  return { mode: "absolute", steps };
}
