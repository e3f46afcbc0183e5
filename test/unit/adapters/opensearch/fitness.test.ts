import assert from "node:assert/strict";
import { test } from "node:test";
import type { FieldMapping, Properties } from "../../../../src/adapters/opensearch/fields.ts";
import type { IndexShape } from "../../../../src/adapters/opensearch/index-shape.ts";
import {
  assessIndex,
  type IndexFacts,
  type Wanted,
} from "../../../../src/adapters/opensearch/fitness.ts";
import { STAMP_PROPERTIES } from "../../../../src/adapters/opensearch/mapping.ts";
import { FACTS, WANTED } from "./index-facts.ts";

const STAMP = { properties: STAMP_PROPERTIES };
const VECTOR = { type: "knn_vector", dimension: 8 };
const TEXT: FieldMapping = { type: "text" };

/** The plain index with other fields, or without some. */
function fields(changes: Record<string, Properties[string] | undefined>): Partial<IndexFacts> {
  const properties: Properties = {};
  for (const [name, mapping] of Object.entries({ ...FACTS.properties, ...changes })) {
    if (mapping) properties[name] = mapping;
  }
  return { properties };
}

function attributed(facts: Partial<IndexFacts>, wanted: Partial<Wanted> = {}) {
  return assessIndex({ ...FACTS, ...facts }, { ...WANTED, ...wanted });
}

function fitOf(facts: Partial<IndexFacts>, wanted: Partial<Wanted> = {}) {
  const judgement = attributed(facts, wanted);
  assert.ok("fit" in judgement, JSON.stringify(judgement));
  return judgement;
}

type Unfit = [string, Partial<IndexFacts>, Partial<Wanted>, RegExp, RegExp | undefined];

const UNFIT: Unfit[] = [
  ["closed", { closed: true }, {}, /^closed$/, /^POST \/app_logs\/_open$/],
  ["hidden", { hidden: true }, {}, /^hidden; name it/, undefined],
  ["a remote snapshot", { remoteSnapshot: true }, {}, /snapshot cannot be written/, undefined],
  [
    "write-blocked",
    { blocks: { write: true } },
    {},
    /^blocked: index\.blocks\.write$/,
    /^PUT \/app_logs\/_settings \{"index\.blocks\.write": false\}$/,
  ],
  [
    "at flood stage",
    { blocks: { read_only_allow_delete: true } },
    {},
    /flood stage: the disk is nearly full/,
    /"index\.blocks\.read_only_allow_delete": null/,
  ],
  ["read-only", { blocks: { read_only: true } }, {}, /blocks\.read_only$/, /read_only": false/],
  ["read-blocked", { blocks: { read: true } }, {}, /blocks\.read$/, /read": false/],
  ["metadata-blocked", { blocks: { metadata: true } }, {}, /blocks\.metadata$/, /metadata/],
  ["without _source", { sourceSettings: { enabled: false } }, {}, /_source is disabled/, undefined],
  [
    "with the vector excluded from _source",
    { sourceSettings: { excludes: ["log_vector"] } },
    {},
    /_source excludes log_vector, and an update would lose/,
    /reindex/,
  ],
  [
    "with another field excluded from _source",
    { sourceSettings: { excludes: ["big"] } },
    {},
    /_source excludes big/,
    /reindex/,
  ],
  [
    "with some fields included in _source",
    { sourceSettings: { includes: ["message"] } },
    {},
    /_source includes message/,
    /reindex/,
  ],
  ["without a message", fields({ message: undefined }), {}, /^no field message$/, /MESSAGE_FIELD/],
  [
    "with an object for a message",
    fields({ message: { properties: { text: { type: "text" } } } }),
    {},
    /message is an object/,
    /MESSAGE_FIELD/,
  ],
  [
    "with nested messages",
    fields({ message: { type: "nested" } }),
    {},
    /message is an object/,
    /MESSAGE_FIELD/,
  ],
  [
    "with a text message that is not indexed",
    fields({ message: { type: "text", index: false } }),
    {},
    /message is not indexed/,
    /^reindex/,
  ],
  [
    "with a keyword message that cannot be found",
    fields({ message: { type: "keyword", index: "false", doc_values: "false" } }),
    {},
    /message is not indexed/,
    /^reindex/,
  ],
  ["without a level", fields({ level: undefined }), {}, /no level field \(looked for/, /LEVEL/],
  [
    "without the level field that was named",
    {},
    { levelFields: ["grade"] },
    /looked for grade\)/,
    /LEVEL_FIELD/,
  ],
  [
    "with a level that is an object",
    fields({ level: { properties: {} } }),
    {},
    /no level field/,
    /LEVEL_FIELD/,
  ],
  [
    "with levels as numbers where a word is wanted",
    fields({ level: { type: "integer" } }),
    {},
    /level is integer: no such level as ERROR/,
    undefined,
  ],
  [
    "with a float vector",
    fields({ log_vector: { type: "float" } }),
    {},
    /log_vector is float, not knn_vector/,
    /reindex/,
  ],
  [
    "with an object for a vector",
    fields({ log_vector: { properties: {} } }),
    {},
    /log_vector is an object/,
    /reindex/,
  ],
  [
    "with another dimension",
    fields({ log_vector: { type: "knn_vector", dimension: 384 } }),
    {},
    /log_vector has 384 dimensions, not 8/,
    /EMBEDDING_DIMENSIONS=384/,
  ],
  [
    "with more dimensions than a local model makes",
    fields({ log_vector: { type: "knn_vector", dimension: 384 } }),
    { ownDimensions: 8 },
    /log_vector has 384 dimensions, not 8/,
    /EMBEDDING_DIMENSIONS=384 and LOCAL_PAD=true .*VECTOR_FIELD.*reindex/,
  ],
  [
    "with a vector of a model",
    fields({ log_vector: { type: "knn_vector", model_id: "m1" } }),
    {},
    /shape from the model m1/,
    undefined,
  ],
  [
    "with a stamp that is no object",
    fields({ log_vector_meta: { type: "keyword" } }),
    {},
    /log_vector_meta is keyword, not an object/,
    /VECTOR_FIELD/,
  ],
  [
    "not mapped under MAPPING=strict",
    {},
    { mapping: "strict" },
    /no mapping for log_vector, and MAPPING=strict/,
    /^log-vectorizer init$/,
  ],
  [
    "half mapped under MAPPING=strict",
    fields({ log_vector: VECTOR }),
    { mapping: "strict" },
    /MAPPING=strict/,
    /init/,
  ],
];

for (const [what, facts, wanted, reason, fix] of UNFIT) {
  test(`an index ${what} is unfit`, () => {
    const judgement = attributed(facts, wanted);
    assert.ok("unfit" in judgement);
    const { unfit } = judgement;
    assert.equal(unfit.index, "app_logs");
    assert.match(unfit.reason, reason);
    if (fix) assert.match(unfit.fix ?? "", fix);
    else assert.equal(unfit.fix, undefined);
  });
}

for (const [what, facts, intentional] of [
  ["closed", { closed: true }, true],
  ["hidden", { hidden: true }, true],
  ["a searchable snapshot", { remoteSnapshot: true }, true],
  ["write-blocked by hand", { blocks: { write: true } }, true],
  [
    "write-blocked by hand before flood stage",
    { blocks: { read_only_allow_delete: true, write: true } },
    true,
  ],
  ["at flood stage", { blocks: { read_only_allow_delete: true } }, undefined],
  ["without a message", { properties: { level: { type: "keyword" } } }, true],
  ["without a level", { properties: { message: { type: "text" } } }, true],
  ["with a message that is an object", { properties: { message: { properties: {} } } }, undefined],
  ["without _source", { sourceSettings: { enabled: false } }, undefined],
] satisfies [string, Partial<IndexFacts>, true | undefined][]) {
  test(`an index ${what} is ${intentional ? "skipped on purpose, or without logs" : "reported as to be fixed"}`, () => {
    const judgement = attributed(facts);
    assert.ok("unfit" in judgement);
    assert.equal(judgement.unfit.intentional, intentional);
  });
}

test("a block that is off is no block", () => {
  fitOf({ blocks: { write: false, read_only: false } });
});

test("a plain index is fit and gets its mapping later", () => {
  const { fit, shape } = fitOf({});
  assert.deepEqual(fit, {
    index: "app_logs",
    mapped: false,
    search: "graph",
    fields: { message: ["message"], level: ["level"], time: "@timestamp" },
  });
  assert.deepEqual(shape, {
    index: "app_logs",
    createdAt: 7,
    knn: true,
    mapped: false,
    vectorMapped: false,
    hashIsKeyword: true,
    marks: "bare",
    seals: false,
    groups: false,
    comparedBy: "graph",
    space: "l2",
    modelField: "log_vector_meta.model",
    level: { term: { level: { value: "ERROR", case_insensitive: true } } },
    levelFields: ["level"],
    levels: [{ name: "level", type: "keyword", mapping: { type: "keyword" } }],
    services: [],
    projects: [],
    hosts: [],
    versions: [],
    messageFields: ["message"],
    texts: [{ name: "message", type: "text", mapping: { type: "text" } }],
    idFields: [],
    timestampField: "@timestamp",
  });
});

test("an index is mapped when vector and every key of the stamp are", () => {
  const { fit } = fitOf(fields({ log_vector: VECTOR, log_vector_meta: STAMP }));
  assert.equal(fit.mapped, true);
  const { skipped: _, ...older } = STAMP_PROPERTIES;
  const half = fitOf(fields({ log_vector: VECTOR, log_vector_meta: { properties: older } }));
  assert.equal(half.fit.mapped, false);
  assert.equal(half.shape.vectorMapped, true);
});

const HASHES: [string, FieldMapping, boolean][] = [
  ["is a keyword", { type: "keyword" }, true],
  [
    "is a text with a keyword beside it",
    { type: "text", fields: { keyword: { type: "keyword" } } },
    false,
  ],
  ["is a keyword without doc_values", { type: "keyword", doc_values: "false" }, false],
  ["is a keyword that is not indexed", { type: "keyword", index: false }, false],
];

for (const [what, textHash, groupable] of HASHES) {
  test(`vectors can be sought by text hash where that ${what}: ${groupable}`, () => {
    const properties = { ...STAMP_PROPERTIES, text_hash: textHash };
    const { shape } = fitOf(fields({ log_vector: VECTOR, log_vector_meta: { properties } }));
    assert.equal(shape.hashIsKeyword, groupable);
  });
}

const SEARCH: [string, Partial<IndexFacts>, "graph" | "exact"][] = [
  ["made with index.knn", { knn: true }, "graph"],
  ["made without index.knn", { knn: false }, "exact"],
  [
    "whose vector is not indexed",
    { knn: true, ...fields({ log_vector: { ...VECTOR, index: false } }) },
    "exact",
  ],
];

for (const [what, facts, search] of SEARCH) {
  test(`an index ${what} is searched by ${search}`, () => {
    assert.equal(fitOf(facts).fit.search, search);
  });
}

const TIMES: [string, Record<string, Properties[string] | undefined>, string | undefined][] = [
  ["@timestamp", {}, "@timestamp"],
  ["timestamp", { "@timestamp": undefined, timestamp: { type: "date_nanos" } }, "timestamp"],
  ["@timestamp before timestamp", { timestamp: { type: "date" } }, "@timestamp"],
  [
    "timestamp where @timestamp is no date",
    { "@timestamp": { type: "keyword" }, timestamp: { type: "date" } },
    "timestamp",
  ],
  ["nothing where it is no date", { "@timestamp": { type: "text" } }, undefined],
  ["nothing where there is none", { "@timestamp": undefined }, undefined],
];

for (const [what, changes, expected] of TIMES) {
  test(`an index is sorted by ${what}`, () => {
    assert.equal(fitOf(fields(changes)).shape.timestampField, expected);
  });
}

test("a time field that was named is the only one looked for", () => {
  assert.equal(fitOf({}, { timestampField: "time" }).shape.timestampField, undefined);
  const dated = fields({ time: { type: "date" } });
  assert.equal(fitOf(dated, { timestampField: "time" }).shape.timestampField, "time");
});

test("every level field that is there is asked", () => {
  const { shape } = fitOf(
    fields({ log: { properties: { level: { type: "text" } } }, severity: { type: "keyword" } }),
  );
  assert.deepEqual(shape.levelFields, ["level", "log.level", "severity"]);
});

const COMPARED: [string, Partial<IndexFacts>, "graph" | "each"][] = [
  ["a graph", fields({ log_vector: { ...VECTOR, method: { engine: "lucene" } } }), "graph"],
  ["faiss", fields({ log_vector: { ...VECTOR, method: { engine: "faiss" } } }), "graph"],
  ["nmslib", fields({ log_vector: { ...VECTOR, method: { engine: "nmslib" } } }), "each"],
  ["no graph", fields({ log_vector: { ...VECTOR, index: false } }), "each"],
  ["index.knn unset", { knn: false }, "each"],
];

for (const [what, facts, expected] of COMPARED) {
  test(`with ${what} vectors are compared by ${expected}`, () => {
    assert.equal(fitOf(facts).shape.comparedBy, expected);
  });
}

test("a service is looked for where logs have it, or where it was said to be", () => {
  const properties = {
    service: { properties: { name: { type: "keyword" } } },
    app: TEXT,
    by: TEXT,
  };
  const names = (serviceField?: string) => {
    const { shape } = fitOf(fields(properties), serviceField ? { serviceField } : {});
    return shape.services.map(({ name }) => name);
  };
  assert.deepEqual(names(), ["service.name", "app"]);
  assert.deepEqual(names("by"), ["by"]);
  assert.deepEqual(names("gone"), []);
});

test("a model whose name was split into words is asked for whole where it stands whole", () => {
  const stamp = (model: FieldMapping) =>
    fitOf(
      fields({
        log_vector: VECTOR,
        log_vector_meta: { properties: { ...STAMP_PROPERTIES, model } },
      }),
    );
  const whole = stamp({ ...TEXT, fields: { keyword: { type: "keyword" } } });
  assert.equal(whole.shape.modelField, "log_vector_meta.model.keyword");
  assert.equal(stamp(TEXT).shape.modelField, "log_vector_meta.model");
});

test("an alias stands for the field that it leads to", () => {
  const { shape } = fitOf(
    fields({
      message: { type: "alias", path: "log.text" },
      log: { properties: { text: { type: "text" } } },
    }),
  );
  assert.equal(shape.messageFields[0], "log.text");
});

test("a message that is only stored as doc values can still be found", () => {
  fitOf(fields({ message: { type: "keyword", index: false } }));
});

test("levels as numbers are asked for as numbers", () => {
  const { shape } = fitOf(fields({ level: { type: "integer" } }), { levels: ["ERROR", "3"] });
  assert.deepEqual(shape.level, { term: { level: { value: 3 } } });
});

const LOG_ID = { name: "log_id", source: "log_id" };
const LONGS = { least: -1e18, most: 1e18 };

const IDS: [string, Record<string, FieldMapping>, IndexShape["idFields"]][] = [
  ["keyword", { log_id: { type: "keyword" } }, [LOG_ID]],
  ["constant keyword", { log_id: { type: "constant_keyword" } }, [LOG_ID]],
  ["wildcard", { log_id: { type: "wildcard" } }, [LOG_ID]],
  [
    "text with a keyword",
    { log_id: { type: "text", fields: { raw: { type: "keyword" }, en: { type: "text" } } } },
    [{ name: "log_id.raw", source: "log_id" }],
  ],
  ["text alone", { log_id: { type: "text" } }, []],
  ["long", { log_id: { type: "long" } }, [{ ...LOG_ID, range: LONGS }]],
  ["byte", { log_id: { type: "byte" } }, [{ ...LOG_ID, range: { least: -128, most: 127 } }]],
  [
    "unsigned long",
    { log_id: { type: "unsigned_long" } },
    [{ ...LOG_ID, range: { least: 0, most: 1e18 } }],
  ],
  [
    "alias",
    {
      log_id: { type: "alias", path: "event.id" },
      event: { properties: { id: { type: "keyword" } } },
    },
    [{ name: "event.id", source: "event.id" }],
  ],
  ["alias that leads nowhere known", { log_id: { type: "alias", path: "event.id" } }, []],
  ["object", { log_id: { properties: {} } }, []],
  ["no mapping", {}, []],
];

for (const [what, properties, expected] of IDS) {
  test(`an id in a field of ${what} is searched in ${expected[0]?.name ?? "no field"}`, () => {
    assert.deepEqual(fitOf(fields(properties)).shape.idFields, expected);
  });
}

test("an index of another length says of which, and how to copy it without its vectors", () => {
  const verdict = attributed(fields({ log_vector: { type: "knn_vector", dimension: 384 } }));
  assert.ok("unfit" in verdict);
  assert.equal(verdict.unfit.dimensions, 384);
  assert.match(
    verdict.unfit.fix ?? "",
    /"source":\{"index":"[^"]+","_source":\{"excludes":\["log_vector","log_vector_meta"\]\}\}/,
  );
});
