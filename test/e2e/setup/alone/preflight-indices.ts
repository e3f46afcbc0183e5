import type { OpenSearchVersion } from "../../../../scripts/local-servers/opensearch.ts";
import {
  DIMENSIONS,
  errorLog,
  LOG_PROPERTIES,
  takesFlatVectors,
} from "../../../support/servers/open-search-fixture.ts";
import type {
  OpenSearchFixture,
  StoredDocument,
} from "../../../support/servers/open-search-fixture.ts";

type Json = Record<string, unknown>;

export type IndexCase = {
  name: string;
  mappings?: Json;
  settings?: Json;
  documents: Json[];
  /** After the documents are in: closes it, blocks it. */
  state?: (fixture: OpenSearchFixture, index: string) => Promise<unknown>;
};

export type FitCase = IndexCase & {
  /** Ids of the records that get a vector. */
  taken: string[];
  search?: "exact";
};

export type UnfitCase = IndexCase & {
  reason: RegExp;
  fix?: RegExp;
  /** Where it cannot be read as it stands. */
  reopen?: (fixture: OpenSearchFixture, index: string) => Promise<unknown>;
};

/** Two that count, and one that does not. Keys in no order, numbers and nulls that must stay as they are. */
const LOGS = [
  { zone: 1.5, ...errorLog("Connection to 10.0.0.7:9000 refused"), tags: ["b", null, "a"] },
  { ...errorLog("Disk /dev/sda1 is full", 1), nothing: null, big: 9_007_199_254_740_991 },
  { ...errorLog("Started", 2), level: "INFO" },
];
const TAKEN = ["0", "1"];
/** As LOGS, without fields that a strict mapping would refuse. */
const PLAIN = [errorLog("Connection refused"), errorLog("Disk full", 1)];

const withLevel = (mapping: Json) => ({ properties: { ...LOG_PROPERTIES, level: mapping } });
const withVector = (vector: Json) => ({ properties: { ...LOG_PROPERTIES, log_vector: vector } });
const levels = (...words: string[]) =>
  words.map((level, i) => ({ ...errorLog(`Failure ${i}`, i), level }));
const { level: _, ...NO_LEVEL } = LOG_PROPERTIES;

const FIT: readonly FitCase[] = [
  { name: "keyword-level", documents: LOGS, taken: TAKEN },
  {
    name: "any-case",
    documents: levels("ERROR", "error", "Error", "ERRORS", "WARN"),
    taken: ["0", "1", "2"],
  },
  {
    name: "no-timestamp",
    mappings: { properties: { level: { type: "keyword" }, message: { type: "text" } } },
    documents: PLAIN.map(({ level, message }) => ({ level, message })),
    taken: TAKEN,
  },
  {
    name: "timestamp-no-date",
    mappings: { properties: { ...LOG_PROPERTIES, "@timestamp": { type: "keyword" } } },
    documents: PLAIN,
    taken: TAKEN,
  },
  { name: "text-level", mappings: withLevel({ type: "text" }), documents: LOGS, taken: TAKEN },
  {
    name: "text-keyword-level",
    mappings: withLevel({ type: "text", fields: { keyword: { type: "keyword" } } }),
    documents: levels("error", "ERROR: disk", "info"),
    taken: ["0"],
  },
  {
    name: "log-level",
    mappings: {
      properties: { ...NO_LEVEL, log: { properties: { level: { type: "keyword" } } } },
    },
    documents: [
      { "@timestamp": "2026-01-01T00:00:00Z", "log.level": "error", message: "Dotted key" },
      { "@timestamp": "2026-01-01T00:00:00Z", log: { level: "ERROR" }, message: "Nested key" },
      { "@timestamp": "2026-01-01T00:00:00Z", log: { level: "debug" }, message: "Chatter" },
    ],
    taken: TAKEN,
  },
  {
    name: "flat-object",
    mappings: { properties: { ...NO_LEVEL, log: { type: "flat_object" } } },
    documents: [
      { log: { level: "ERROR", logger: "main" }, message: "In a flat object" },
      { log: { level: "INFO", logger: "ERROR" }, message: "Another key says so" },
    ],
    taken: ["0"],
  },
  {
    name: "strict",
    mappings: { dynamic: "strict", properties: LOG_PROPERTIES },
    documents: PLAIN,
    taken: TAKEN,
  },
  {
    name: "dynamic-false",
    mappings: { dynamic: false, properties: LOG_PROPERTIES },
    documents: LOGS,
    taken: TAKEN,
  },
  {
    name: "date-nanos",
    mappings: { properties: { ...LOG_PROPERTIES, "@timestamp": { type: "date_nanos" } } },
    documents: LOGS,
    taken: TAKEN,
  },
  {
    name: "no-texts",
    documents: [{ level: "ERROR" }, errorLog(null), errorLog([]), errorLog("Has one")],
    taken: ["3"],
  },
];

/** Without `index.knn`; nothing in them may change their mapping where OpenSearch cannot take that. */
const WITHOUT_KNN: readonly IndexCase[] = [
  { name: "knn-off", settings: { knn: false }, documents: PLAIN },
  {
    name: "own-vector-mapping",
    mappings: withVector({ type: "knn_vector", dimension: DIMENSIONS }),
    settings: { knn: false },
    documents: PLAIN,
  },
];

/** The cases of an OpenSearch version, each with its verdict. */
export function casesOf(version: OpenSearchVersion): { fit: FitCase[]; unfit: UnfitCase[] } {
  const reason = /index\.knn is not set, and before 2\.19\.4 OpenSearch then fails the shard/;
  return takesFlatVectors(version)
    ? {
        fit: [...FIT, ...WITHOUT_KNN.map((one) => ({ ...one, taken: TAKEN, search: EXACT }))],
        unfit: [...UNFIT],
      }
    : {
        fit: [...FIT],
        unfit: [...UNFIT, ...WITHOUT_KNN.map((one) => ({ ...one, reason, fix: /upgrade/ }))],
      };
}
const EXACT = "exact" as const;

const block = (setting: string) => (fixture: OpenSearchFixture, index: string) =>
  fixture.send("PUT", `/${index}/_settings`, { [`index.blocks.${setting}`]: true });

const UNFIT: readonly UnfitCase[] = [
  {
    name: "integer-level",
    mappings: withLevel({ type: "integer" }),
    documents: PLAIN.map((log) => ({ ...log, level: 3 })),
    reason: /level is integer: no such level as ERROR/,
  },
  {
    name: "float-vector",
    mappings: withVector({ type: "float" }),
    documents: PLAIN,
    reason: /log_vector is float, not knn_vector/,
    fix: /reindex/,
  },
  {
    name: "other-dimension",
    mappings: withVector({ type: "knn_vector", dimension: DIMENSIONS + 1 }),
    settings: { knn: false },
    documents: PLAIN,
    reason: new RegExp(`${DIMENSIONS + 1} dimensions, not ${DIMENSIONS}`),
    fix: new RegExp(`EMBEDDING_DIMENSIONS=${DIMENSIONS + 1}`),
  },
  {
    name: "stamp-taken",
    mappings: { properties: { ...LOG_PROPERTIES, log_vector_meta: { type: "keyword" } } },
    documents: PLAIN,
    reason: /log_vector_meta is keyword/,
    fix: /VECTOR_FIELD/,
  },
  {
    name: "closed",
    documents: PLAIN,
    state: (fixture, index) => fixture.send("POST", `/${index}/_close`),
    reopen: (fixture, index) => fixture.send("POST", `/${index}/_open?wait_for_active_shards=1`),
    reason: /^closed$/,
    fix: /_open/,
  },
  {
    name: "write-blocked",
    documents: PLAIN,
    state: block("write"),
    reason: /blocks\.write$/,
    fix: /_settings.*"index\.blocks\.write": false/,
  },
  {
    name: "flood-stage",
    documents: PLAIN,
    state: block("read_only_allow_delete"),
    reason: /read_only_allow_delete \(flood stage/,
    fix: /null/,
  },
  {
    name: "vector-not-in-source",
    mappings: { _source: { excludes: ["log_vector"] }, properties: LOG_PROPERTIES },
    documents: PLAIN,
    reason: /_source excludes log_vector/,
  },
  {
    name: "field-not-in-source",
    mappings: { _source: { excludes: ["secret"] }, properties: LOG_PROPERTIES },
    documents: PLAIN,
    reason: /_source excludes secret/,
  },
  {
    name: "no-source",
    mappings: { _source: { enabled: false }, properties: LOG_PROPERTIES },
    documents: PLAIN,
    reason: /_source is disabled/,
  },
  {
    name: "no-message",
    mappings: { properties: { "@timestamp": { type: "date" }, level: { type: "keyword" } } },
    documents: [{ "@timestamp": "2026-01-01T00:00:00Z", level: "ERROR" }],
    reason: /no field message/,
    fix: /MESSAGE_FIELD/,
  },
  {
    name: "no-level",
    mappings: { properties: NO_LEVEL },
    documents: [{ "@timestamp": "2026-01-01T00:00:00Z", message: "ERROR: which?" }],
    reason: /no level field \(looked for level, log\.level, severity, severity\.text, /,
    fix: /LEVEL_FIELD/,
  },
  {
    name: "hidden",
    settings: { hidden: true },
    documents: PLAIN,
    reason: /^hidden; name it/,
  },
];

/** Looks fit until its mapping is refused: it has as many fields as it may. */
export const FULL: IndexCase = {
  name: "field-limit",
  mappings: { properties: LOG_PROPERTIES },
  settings: { "mapping.total_fields.limit": 3 },
  documents: PLAIN,
};

export type SetUp = { index: string; before: Map<string, StoredDocument> };

/** Creates the index of a case, fills it, notes what is in it, and brings it into its state. */
export async function setUp(fixture: OpenSearchFixture, one: IndexCase): Promise<SetUp> {
  const { mappings, settings, documents } = one;
  const index = fixture.name(one.name);
  await fixture.create(index, {
    ...(mappings ? { mappings } : {}),
    ...(settings ? { settings } : {}),
  });
  await fixture.fill(index, documents);
  const before = await fixture.documents(index);
  await one.state?.(fixture, index);
  return { index, before };
}

/** Records that are reached by another name than their index's; keys of those that are to get a vector. */
export async function setUpOtherNames(fixture: OpenSearchFixture) {
  const stream = fixture.name("stream");
  await fixture.send("PUT", `/_index_template/${stream}`, {
    index_patterns: [stream],
    data_stream: {},
    template: { settings: { "index.knn": true }, mappings: { properties: LOG_PROPERTIES } },
  });
  await fixture.fill(stream, PLAIN);
  const plain = `out-${fixture.name("plain")}`;
  await fixture.create(plain, { aliases: { [fixture.name("alias")]: {} } });
  await fixture.fill(plain, PLAIN);
  const filtered = `out-${fixture.name("filtered")}`;
  const filter = { match: { message: "full" } };
  await fixture.create(filtered, { aliases: { [fixture.name("some")]: { filter } } });
  await fixture.fill(filtered, PLAIN);
  const dotted = `.${fixture.name("dotted")}`;
  await fixture.create(dotted, { aliases: { [fixture.name("to-dotted")]: {} } });
  await fixture.fill(dotted, PLAIN);

  const [backing = ""] = [...(await fixture.documents(stream)).values()].map(({ index }) => index);
  const fit = new Map([
    [backing, TAKEN],
    [plain, TAKEN],
    [filtered, ["1"]],
  ]);
  const before = await fixture.documents([...fit.keys(), dotted].join(","));
  return { fit, dotted, before };
}
