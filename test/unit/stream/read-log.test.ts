import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { createLogReader, type LogFields } from "../../../src/stream/read-log.ts";
import type { Reading } from "../../../src/stream/reading.ts";

const FIELDS: LogFields = { levels: ["ERROR"], messageFields: ["message"], idField: "log_id" };
const read = (value: unknown, changes: Partial<LogFields> = {}) =>
  createLogReader({ ...FIELDS, ...changes })(
    Buffer.isBuffer(value)
      ? value
      : Buffer.from(typeof value === "string" ? value : JSON.stringify(value)),
  );
const ok = { level: "ERROR", log_id: "a", message: "it failed" };

/** What a message comes to, in short. */
function brief({ passedOver, targets, problems }: Reading): string {
  return [
    ...targets.map(({ id, index }) => (index === undefined ? id : `${index}/${id}`)),
    ...problems.map(({ code }) => `!${code}`),
    ...(passedOver > 0 ? [`-${passedOver}`] : []),
  ].join(" ");
}

const CASES: [message: unknown, comesTo: string, why: string, changes?: Partial<LogFields>][] = [
  [ok, "a", "flat fields"],
  [{ ...ok, level: "error" }, "a", "the level in another case"],
  [{ ...ok, level: "INFO" }, "-1", "another level"],
  [{ ...ok, level: undefined, severity: "ERROR" }, "a", "severity"],
  [{ ...ok, level: undefined, log: { level: "error" } }, "a", "ECS, nested"],
  [{ ...ok, level: undefined, "log.level": "error" }, "a", "ECS, dotted"],
  [{ ...ok, level: ["ERROR"] }, "a", "a level in a list of one"],
  [{ ...ok, level: undefined }, "-1", "the word ERROR nowhere"],
  [{ ...ok, level: { a: "ERROR" } }, "-1", "a level that is an object"],
  [
    { ...ok, level: "INFO", sev: "ERROR" },
    "a",
    "the level field of the settings",
    { levelFields: ["sev"] },
  ],
  [
    { ...ok, sev: "INFO" },
    "-1",
    "the level field of the settings and no other",
    { levelFields: ["sev"] },
  ],
  ...(
    ["ERROR ", "[ERROR]", "E", "err", "17", 17, 50, 3, "3", "ERROR2", "SEVERE", "Error:"] as const
  ).map((level): (typeof CASES)[number] => [{ ...ok, level }, "a", `${level} looks like ERROR`]),
  ...(["I", "WARN", 6, 13, 30, 40, 60, "", "FATAL", "no error", "ERRORS"] as const).map(
    (level): (typeof CASES)[number] => [
      { ...ok, level },
      "-1",
      `${level} does not look like ERROR`,
    ],
  ),
  [{ ...ok, level: undefined, severityText: "ERROR" }, "a", "severityText"],
  [{ ...ok, level: undefined, SeverityNumber: 17 }, "a", "SeverityNumber"],
  [
    { ...ok, level: undefined, severityText: "", severityNumber: 17 },
    "a",
    "an empty text and a number",
  ],
  [{ ...ok, level: undefined, severityNumber: 9 }, "-1", "the number of another level"],
  [{ ...ok, level: "INFO", severity: 3 }, "-1", "a number beside a name"],
  [{ ...ok, level: undefined, PRIORITY: "3" }, "a", "the journal's priority"],
  [
    { ...ok, level: 50 },
    "-1",
    "no number where names alone are wanted of a custom level",
    { levels: ["oops"] },
  ],
  [{ ...ok, level: "ERROR" }, "-1", "a name where a number is wanted", { levels: ["17"] }],
  [`\uFEFF${JSON.stringify(ok)}`, "a", "a byte order mark"],
  [Buffer.from(`\uFEFF${JSON.stringify(ok)}`, "utf16le"), "a", "UTF-16 with its mark"],
  [`${JSON.stringify(ok)}\n${JSON.stringify({ ...ok, log_id: "b" })}\n`, "a b", "JSON in lines"],
  [
    `${JSON.stringify(ok, null, 2)}\n${JSON.stringify({ ...ok, level: "INFO" }, null, 2)}`,
    "a -1",
    "JSON over several lines",
  ],
  [
    `${JSON.stringify(ok)}\n${JSON.stringify(ok).slice(0, 20)}`,
    "!not_json",
    "a second line that is cut off",
  ],
  [
    {
      resourceLogs: [
        {
          resource: { attributes: [{ key: "service.name", value: { stringValue: "shop" } }] },
          scopeLogs: [
            {
              logRecords: [
                {
                  timeUnixNano: "1764403200000000000",
                  severityNumber: 17,
                  body: { stringValue: "it failed" },
                  attributes: [{ key: "log_id", value: { stringValue: "a" } }],
                },
                { severityText: "INFO", body: { stringValue: "it works" } },
              ],
            },
          ],
        },
      ],
    },
    "a -1",
    "an OTLP export",
  ],
  [
    {
      records: [
        { level: "Error", log_id: "a", resultDescription: "x", message: "x" },
        { level: "Info" },
      ],
    },
    "a -1",
    "what Azure sends together",
  ],
  [
    { messageType: "DATA_MESSAGE", logEvents: [ok, { ...ok, log_id: "b" }] },
    "a b",
    "a subscription of CloudWatch",
  ],
  [
    { ...ok, records: [{ level: "ERROR", log_id: "b", message: "x" }] },
    "a",
    "a record with a list",
  ],
  [{ ...ok, level: "FATAL" }, "a", "several levels", { levels: ["ERROR", "fatal"] }],
  [{ ...ok, log_id: 42 }, "42", "a number as its id"],
  [{ ...ok, log_id: ["b"] }, "b", "an id in a list of one"],
  [
    { ...ok, log_id: undefined, event: { id: "e" } },
    "e",
    "an id further in",
    { idField: "event.id" },
  ],
  [{ ...ok, log_id: undefined, "event.id": "e" }, "e", "a dotted id", { idField: "event.id" }],
  [{ ...ok, log_id: undefined }, "!no_id", "no id"],
  [{ ...ok, log_id: null }, "!no_id", "a null as id"],
  [{ ...ok, log_id: "" }, "!no_id", "an empty id"],
  [{ ...ok, log_id: "x".repeat(512) }, "x".repeat(512), "the longest id"],
  [{ ...ok, log_id: "x".repeat(513) }, "!no_id", "an id that no index takes"],
  [{ ...ok, log_id: "ü".repeat(257) }, "!no_id", "an id that is too long in bytes"],
  [{ ...ok, message: undefined }, "!no_text", "no text"],
  [{ ...ok, message: " \n" }, "!no_text", "a blank text"],
  [{ ...ok, message: null }, "!no_text", "a null as text"],
  [{ ...ok, message: { a: 1 } }, "a", "a text that is an object"],
  [
    { ...ok, message: undefined, msg: "x" },
    "a",
    "the message field of the settings",
    { messageFields: ["msg"] },
  ],
  ["not json, ERROR", "!not_json", "no JSON"],
  [`{"level":"ERROR","log_id":`, "!not_json", "cut off"],
  ["", "!not_json", "empty"],
  [Buffer.from([0xff, 0xfe]), "!not_json", "bytes that are no text"],
  [`"ERROR"`, "!not_an_object", "a text"],
  ["null", "!not_an_object", "null"],
  [[[ok]], "!not_an_object", "a list in a list"],
  [[ok, { ...ok, log_id: "b" }], "a b", "a list"],
  [
    [ok, 7, { ...ok, level: "INFO" }, { level: "ERROR" }],
    "a !not_an_object !no_id -1",
    "a list of all kinds",
  ],
  [[], "-1", "an empty list"],
];

suite("a message comes to", () => {
  for (const [message, comesTo, why, changes] of CASES) {
    test(`${comesTo.slice(0, 40)}: ${why}`, () => {
      assert.equal(brief(read(message, changes)), comesTo);
    });
  }

  test("a null value is a dead letter, not a mistake", () => {
    assert.equal(brief(createLogReader(FIELDS)(null)), "!null_value");
  });

  test("invalid UTF-8 inside a text is no problem: the document's text counts", () => {
    const value = Buffer.from(JSON.stringify({ ...ok, message: "caf?" }));
    value[value.indexOf("?")] = 0xe9;
    assert.equal(brief(read(value)), "a");
  });

  test("__proto__ as a field is nothing but a field", () => {
    assert.equal(brief(read(`{"__proto__":{"level":"ERROR"},"message":"x"}`)), "-1");
  });
});

suite("the reason given for a broken message", () => {
  const reason = (value: unknown, changes?: Partial<LogFields>) =>
    read(value, changes).problems.map((problem) => problem.reason);

  test("where the JSON breaks, and nothing of what stands there", () => {
    const [said] = reason(`{"level":"ERROR","password":"hunter2" hunter2}`);
    assert.equal(said, "not valid JSON from character 38 on");
    assert.deepEqual(reason(`{"a":"ERROR`), ["not valid JSON from character 11 on"]);
    assert.deepEqual(reason(""), ["not valid JSON: it ends too early"]);
  });

  test("which field is missing", () => {
    assert.deepEqual(reason({ ...ok, log_id: undefined }), ["the record has no log_id"]);
    assert.deepEqual(reason({ ...ok, message: "" }), ["the record has no text in message"]);
    assert.deepEqual(reason({ ...ok, log_id: "x".repeat(600) }), [
      "log_id is longer than 512 bytes",
    ]);
    assert.deepEqual(reason([["ERROR"]]), ["a JSON list, not an object"]);
    assert.deepEqual(reason({ ...ok }, { indexTemplate: ["logs-", { field: "app" }] }), [
      "app, which TAIL_INDEX names, is missing or no time",
    ]);
  });

  test("a value nested too deeply to be read is one dead letter", () => {
    const deep = "[".repeat(100_000) + "]".repeat(100_000);
    for (const text of [`{"level":"ERROR","log_id":${deep}}`, `{"log":${deep},"m":"error"}`]) {
      assert.deepEqual(read(text).problems, [
        { code: "not_json", reason: "nested too deeply to be read" },
      ]);
    }
  });
});

suite("with an index template", () => {
  const indexTemplate = [{ field: "app" }, "_", { field: "@timestamp", date: "yyyy_MM" }];

  test("a record finds its document in the index that it names", () => {
    const record = { ...ok, app: "Shop", "@timestamp": "2026-01-31T23:59:59Z" };
    assert.equal(brief(read(record, { indexTemplate })), "shop_2026_01/a");
  });

  test("a record that lacks a field for that is a dead letter", () => {
    assert.equal(brief(read({ ...ok, app: "shop" }, { indexTemplate })), "!no_index");
  });
});

suite("with a schema", () => {
  const check = (message: unknown) =>
    JSON.stringify(message).includes("bad") ? "the message is bad" : undefined;
  const reader = createLogReader(FIELDS, check);
  const readChecked = (value: unknown) => brief(reader(Buffer.from(JSON.stringify(value))));

  test("every message is checked, also of a level that is not wanted", () => {
    assert.equal(readChecked({ level: "INFO", note: "bad" }), "!schema");
    assert.equal(readChecked({ level: "INFO" }), "-1");
    assert.equal(readChecked(ok), "a");
    assert.deepEqual(reader(Buffer.from(`"bad"`)).problems, [
      { code: "schema", reason: "the message is bad" },
    ]);
  });

  test("a list is checked as a whole, as it came", () => {
    assert.equal(readChecked([ok, { level: "INFO", note: "bad" }]), "!schema");
  });
});
