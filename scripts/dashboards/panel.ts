/** One query of a panel. `instant`: its value now, not over time. */
type Query = { expr: string; legend?: string; instant?: boolean };

export type Panel = {
  title: string;
  type: "stat" | "timeseries" | "gauge" | "state-timeline" | "row";
  /** As Grafana names units. */
  unit?: string;
  description?: string;
  queries?: readonly Query[];
  /** Of the 24 columns; default: 6 for a number, 12 for a graph. */
  width?: number;
  decimals?: number;
  min?: number;
  max?: number;
  stacked?: boolean;
  /** Where colours change: the target, the warning and the critical limit. `falling`: less is worse. */
  limits?: readonly [target: number, warning: number, critical: number];
  falling?: boolean;
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
  panels: readonly Panel[];
};

const SOURCE = { type: "prometheus", uid: "${datasource}" };
const COLUMNS = 24;
const HEIGHTS = { row: 1, stat: 4, gauge: 5, timeseries: 8, "state-timeline": 6 } as const;

/** A dashboard as Grafana reads it from a file. */
export function toGrafana({ uid, title, description, from, refresh, panels }: Dashboard) {
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
    annotations: { list: [] },
    templating: {
      list: [
        { name: "datasource", label: "Prometheus", type: "datasource", query: "prometheus" },
        {
          name: "job",
          label: "Service",
          type: "query",
          datasource: SOURCE,
          query: { query: "label_values(log_vectorizer_build_info, job)", refId: "jobs" },
          refresh: 2,
          sort: 1,
          multi: true,
          includeAll: true,
          allValue: "log-vectorizer.*",
          current: { text: "All", value: "$__all" },
        },
      ],
    },
    panels: placed(panels).map(({ panel, gridPos }, i) => panelJson(panel, gridPos, i + 1)),
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

function panelJson(panel: Panel, gridPos: Place, id: number) {
  const { type, title, description, queries = [] } = panel;
  if (type === "row") return { id, type, title, gridPos, collapsed: false, panels: [] };
  return {
    id,
    type,
    title,
    ...(description === undefined ? {} : { description }),
    gridPos,
    datasource: SOURCE,
    fieldConfig: { defaults: fieldDefaults(panel), overrides: [] },
    options: OPTIONS[type],
    targets: queries.map(({ expr, legend, instant = false }, i) => ({
      refId: String.fromCodePoint(65 + i),
      datasource: SOURCE,
      expr,
      instant,
      range: !instant,
      legendFormat: legend ?? "",
    })),
  };
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
            fillOpacity: stacked ? 30 : 5,
            showPoints: "auto",
            spanNulls: false,
            stacking: { mode: stacked ? "normal" : "none", group: "A" },
            ...(limits ? { thresholdsStyle: { mode: "dashed" } } : {}),
          },
        }
      : {}),
  };
}

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
