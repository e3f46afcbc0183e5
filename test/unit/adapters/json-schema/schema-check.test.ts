import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { createSchemaCheck } from "../../../../src/adapters/json-schema/schema-check.ts";
import { Fault } from "../../../../src/domain/faults.ts";

const SCHEMA = {
  type: "object",
  required: ["log_id"],
  properties: {
    log_id: { type: "string", minLength: 2 },
    n: { type: "object", properties: { k: { enum: [1, 2] } } },
  },
};

suite("a matching value passes; a mismatch is reported with its place and reason", () => {
  const check = createSchemaCheck(SCHEMA);
  const CASES: [value: unknown, objection: string | undefined][] = [
    [{ log_id: "ab", other: true }, undefined],
    [{}, "the message must have required property 'log_id'"],
    [{ log_id: 7 }, "/log_id must be string"],
    [{ log_id: "a" }, "/log_id must NOT have fewer than 2 characters"],
    [{ log_id: "ab", n: { k: 3 } }, "/n/k must be equal to one of the allowed values"],
    ["text", "the message must be object"],
    [null, "the message must be object"],
    [[{ log_id: "ab" }], "the message must be object"],
  ];
  for (const [value, objection] of CASES) {
    test(`${JSON.stringify(value)}: ${objection ?? "passes"}`, () => {
      assert.equal(check(value), objection);
    });
  }
});

test("draft-07 is meant where nothing else is said, and where it is said", () => {
  // `items` as a list is draft-07's; `prefixItems` means nothing to it.
  for (const $schema of [{}, { $schema: "http://json-schema.org/draft-07/schema#" }]) {
    const check = createSchemaCheck({
      ...$schema,
      items: [{ type: "string" }],
      prefixItems: [{ type: "null" }],
    });
    assert.equal(check(["a"]), undefined);
    assert.equal(check([1]), "/0 must be string");
  }
});

test("draft 2020-12 is known by its name", () => {
  const check = createSchemaCheck({
    $schema: "https://json-schema.org/draft/2020-12/schema",
    prefixItems: [{ type: "string" }],
    unevaluatedItems: false,
  });
  assert.equal(check(["a"]), undefined);
  assert.equal(check([1]), "/0 must be string");
  assert.match(
    check(["a", "b"]) ?? "",
    /must NOT have unevaluated items|must NOT have more than 1 items/,
  );
});

test("formats are not checked, and words that the schema language does not know do no harm", () => {
  const check = createSchemaCheck({ type: "string", format: "date-time", "x-owner": "team" });
  assert.equal(check("no date"), undefined);
});

test("true lets everything through, false nothing", () => {
  assert.equal(createSchemaCheck(true)(7), undefined);
  assert.equal(createSchemaCheck(false)(7), "the message boolean schema is false");
});

test("an objection is never longer than a header bears", () => {
  const check = createSchemaCheck({ additionalProperties: { type: "string" } });
  const said = check({ ["x".repeat(5000)]: 1 });
  assert.equal(said?.length, 300);
});

const NO_SCHEMAS: [schema: unknown, why: string][] = [
  [42, "a number"],
  [null, "null"],
  ["text", "a text"],
  [[], "a list"],
  [{ type: "thing" }, "an unknown type"],
  [{ properties: 7 }, "properties that are none"],
  [{ $ref: "#/nowhere" }, "a reference to nothing"],
  [{ $ref: "https://example.com/other.json" }, "a reference to another file"],
  [{ $schema: "http://json-schema.org/draft-04/schema#" }, "a draft that is not known"],
  [{ pattern: "(" }, "a pattern that is none"],
  [{ $async: true, type: "object" }, "a schema that answers later"],
];
for (const [schema, why] of NO_SCHEMAS) {
  test(`${why} is refused at the start, with the setting's name`, () => {
    assert.throws(
      () => createSchemaCheck(schema),
      (error) => {
        assert.ok(error instanceof Fault, String(error));
        assert.equal(error.kind, "configuration");
        assert.match(error.message, /^TAIL_MESSAGE_SCHEMA is no valid JSON Schema: ./);
        return true;
      },
    );
  });
}
