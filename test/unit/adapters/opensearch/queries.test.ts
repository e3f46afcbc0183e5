import assert from "node:assert/strict";
import { EXCEPTION_FIELDS } from "../../../../src/domain/document.ts";
import { test } from "node:test";
import type { FieldMapping } from "../../../../src/adapters/opensearch/fields.ts";
import type { Query } from "../../../../src/adapters/opensearch/index-shape.ts";
import { coverageSearch } from "../../../../src/adapters/opensearch/coverage-search.ts";
import {
  levelQuery,
  valueQuery,
  order,
  pendingQuery,
  recordSource,
} from "../../../../src/adapters/opensearch/queries.ts";
import { FIELDS, SHAPE } from "./index-facts.ts";

const WANTED = { ...FIELDS, inForce: { model: "m", dimensions: 8 } };

function caseless(field: string, value = "ERROR"): Query {
  return { term: { [field]: { value, case_insensitive: true } } };
}

const LEVELS: [string, FieldMapping, string, Query | undefined][] = [
  ["a keyword", { type: "keyword" }, "ERROR", caseless("level")],
  ["a constant keyword", { type: "constant_keyword" }, "ERROR", caseless("level")],
  ["a wildcard", { type: "wildcard" }, "ERROR", caseless("level")],
  ["a flat object", { type: "flat_object" }, "ERROR", caseless("level")],
  ["an alias that leads elsewhere", { type: "unknown" }, "ERROR", caseless("level")],
  ["a text", { type: "text" }, "ERROR", caseless("level")],
  ["a text, asked for two words", { type: "text" }, "a-b", { match_phrase: { level: "a-b" } }],
  ["a text for matches only", { type: "match_only_text" }, "ERROR", caseless("level")],
  [
    "a text with a keyword beside it",
    { type: "text", fields: { words: { type: "text" }, raw: { type: "keyword" } } },
    "ERROR",
    caseless("level.raw"),
  ],
  ["an integer, asked for a word", { type: "integer" }, "ERROR", undefined],
  ["an integer, asked for a number", { type: "integer" }, "3", { term: { level: { value: 3 } } }],
  ["a long, asked for a number", { type: "long" }, "17", { term: { level: { value: 17 } } }],
  ["an integer, asked for a fraction", { type: "integer" }, "3.5", undefined],
  ["a date", { type: "date" }, "ERROR", undefined],
  ["a boolean", { type: "boolean" }, "ERROR", undefined],
];

for (const [what, mapping, level, expected] of LEVELS) {
  test(`the level as ${what}`, () => {
    const field = { name: "level", type: mapping.type ?? "object", mapping };
    assert.deepEqual(valueQuery([field], [level]), expected);
  });
}

test("any of several levels in any of several fields", () => {
  const keyword = (name: string) => ({ name, type: "keyword", mapping: { type: "keyword" } });
  const number = { name: "severity", type: "integer", mapping: { type: "integer" } };
  assert.deepEqual(valueQuery([keyword("level"), number], ["ERROR", "3"]), {
    bool: {
      should: [caseless("level"), caseless("level", "3"), { term: { severity: { value: 3 } } }],
      minimum_should_match: 1,
    },
  });
  assert.equal(valueQuery([], ["ERROR"]), undefined);
});

const text = (name: string) => ({ name, type: "keyword", mapping: { type: "keyword" } });
const long = (name: string) => ({ name, type: "long", mapping: { type: "long" } });
/** Neither missing nor empty. */
const said = (field: string): Query => ({
  bool: { filter: [{ exists: { field } }], must_not: [{ term: { [field]: "" } }] },
});

test("OpenTelemetry's number counts where no field says the level in words", () => {
  const fields = [text("level"), long("severityNumber")];
  assert.deepEqual(levelQuery(fields, ["ERROR"], { inOrder: false }), {
    bool: {
      should: [
        caseless("level"),
        {
          bool: {
            filter: [{ terms: { severityNumber: [17, 18, 19, 20] } }],
            must_not: [said("level")],
          },
        },
      ],
      minimum_should_match: 1,
    },
  });
});

test("of fields in order one counts where those before it are blank", () => {
  const query = levelQuery([text("sev"), text("level")], ["ERROR"], { inOrder: true });
  const second = { bool: { filter: [caseless("level")], must_not: [said("sev")] } };
  assert.deepEqual(query, {
    bool: { should: [caseless("sev"), second], minimum_should_match: 1 },
  });
});

test("a field whose type rules the level out keeps no other from saying it", () => {
  const query = levelQuery([long("severity"), long("severityNumber")], ["ERROR"], {
    inOrder: false,
  });
  assert.deepEqual(query, { terms: { severityNumber: [17, 18, 19, 20] } });
});

const REFUSED_BY = "log_vector_meta.refused_by";
/** A mark holds until its next try is due, and only for the fields and the model in force. */
const MARKED = {
  bool: {
    filter: [
      { exists: { field: "log_vector_meta.skipped" } },
      { term: { "log_vector_meta.field": "message" } },
    ],
    must_not: [
      { range: { "log_vector_meta.next_try": { lte: "now" } } },
      {
        bool: {
          filter: [{ exists: { field: REFUSED_BY } }],
          must_not: [{ term: { [REFUSED_BY]: "m" } }],
        },
      },
    ],
  },
};

test("pending is: wanted, with a message, without a vector, not marked, not excluded", () => {
  assert.deepEqual(pendingQuery(SHAPE, WANTED, { exclude: [{ ids: { values: ["1", "2"] } }] }), {
    bool: {
      filter: [
        SHAPE.level,
        {
          bool: {
            should: [{ exists: { field: "message" } }, { term: { _ignored: "message" } }],
            minimum_should_match: 1,
          },
        },
      ],
      must_not: [{ exists: { field: "log_vector" } }, MARKED, { ids: { values: ["1", "2"] } }],
    },
  });
});

test("no ids to exclude make no clause", () => {
  assert.doesNotMatch(JSON.stringify(pendingQuery(SHAPE, WANTED)), /"ids"/);
});

test("a greatest age is asked of indices that have a time", () => {
  const asked = JSON.stringify(pendingQuery(SHAPE, WANTED, { maxAgeDays: 7 }));
  assert.match(asked, /\{"range":\{"@timestamp":\{"gte":"now-7d"\}\}\}/);
  const { timestampField: _, ...timeless } = SHAPE;
  assert.doesNotMatch(JSON.stringify(pendingQuery(timeless, WANTED, { maxAgeDays: 7 })), /now-/);
});

test("documents outside an alias filter are not searched", () => {
  const aliasFilters = [{ term: { team: "a" } }, { term: { team: "b" } }];
  const asked = JSON.stringify(pendingQuery({ ...SHAPE, aliasFilters }, WANTED));
  const shown = { bool: { should: aliasFilters, minimum_should_match: 1 } };
  assert.ok(asked.includes(JSON.stringify(shown)));
});

test("the vector is never fetched with a record", () => {
  assert.deepEqual(recordSource(SHAPE, WANTED), {
    includes: [
      "message",
      "level",
      ...EXCEPTION_FIELDS,
      "trace.id",
      "trace_id",
      "log_vector_meta",
      "@timestamp",
    ],
    excludes: ["log_vector"],
  });
});

test("the order is by time, dates and nanosecond dates alike", () => {
  const sort = { unmapped_type: "date", numeric_type: "date", missing: "_last" };
  assert.deepEqual(order(SHAPE, "newest"), [{ "@timestamp": { order: "desc", ...sort } }]);
  assert.deepEqual(order(SHAPE, "oldest"), [{ "@timestamp": { order: "asc", ...sort } }]);
  const { timestampField: _, ...timeless } = SHAPE;
  assert.deepEqual(order(timeless, "newest"), ["_doc"]);
});

test("coverage counts by index, for as many indices as are asked", () => {
  const search = coverageSearch(SHAPE, WANTED, 42);
  assert.partialDeepStrictEqual(search, {
    size: 1,
    _source: false,
    aggs: { indices: { terms: { field: "_index", size: 42 } } },
  });
});

test("coverage leaves out of its backlog what is too old for the backlog", () => {
  const asked = JSON.stringify(coverageSearch(SHAPE, WANTED, 1, { maxAgeDays: 7 }));
  assert.match(asked, /now-7d/);
});

test("young records are left out, and those ahead of the clock are not waited for", () => {
  const asked = JSON.stringify(pendingQuery(SHAPE, WANTED, { minAgeMs: 1500 }));
  assert.match(asked, /\{"range":\{"@timestamp":\{"gt":"now-2s","lte":"now\+2s"\}\}\}/);
  const { timestampField: _, ...timeless } = SHAPE;
  for (const [shape, minAgeMs] of [
    [SHAPE, 0],
    [timeless, 1500],
  ] as const) {
    assert.doesNotMatch(JSON.stringify(pendingQuery(shape, WANTED, { minAgeMs })), /now[-+]/);
  }
});

test("quarantined are the marked as refused that have no vector", () => {
  assert.partialDeepStrictEqual(coverageSearch(SHAPE, WANTED, 1), {
    aggs: {
      indices: {
        aggs: {
          quarantined: {
            filter: {
              bool: {
                filter: [MARKED, { term: { "log_vector_meta.skipped": "refused" } }],
                must_not: [{ exists: { field: "log_vector" } }],
              },
            },
          },
        },
      },
    },
  });
});
