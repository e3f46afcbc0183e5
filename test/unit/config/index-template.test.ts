import assert from "node:assert/strict";
import { test } from "node:test";
import { indexTemplate, parseIndexTemplate } from "../../../src/config/index-template.ts";
import type { IndexTemplate } from "../../../src/config/index-template.ts";

const TEMPLATES: [text: string, template: IndexTemplate][] = [
  ["logs", ["logs"]],
  [".logs-app", [".logs-app"]],
  ["{app}", [{ field: "app" }]],
  [
    "{project_uuid}_{@timestamp:yyyy_MM}",
    [{ field: "project_uuid" }, "_", { field: "@timestamp", date: "yyyy_MM" }],
  ],
  [
    "logs-{kubernetes.labels.App}-{time:yyyy.MM.dd-HH}-x",
    [
      "logs-",
      { field: "kubernetes.labels.App" },
      "-",
      { field: "time", date: "yyyy.MM.dd-HH" },
      "-x",
    ],
  ],
  ["{a}{b:yyyyMMddHH}", [{ field: "a" }, { field: "b", date: "yyyyMMddHH" }]],
  ["{a}-x", [{ field: "a" }, "-x"]],
  ["x".repeat(255), ["x".repeat(255)]],
];

for (const [text, template] of TEMPLATES) {
  test(`${text.slice(0, 60)} is read into its pieces`, () => {
    assert.deepEqual(parseIndexTemplate(text), { ok: true, value: template });
    assert.deepEqual(indexTemplate.schema.safeParse(text).data, template);
  });
}

const REFUSED: [text: string, reason: string][] = [
  ["logs-{app", "a { is not closed by a } of its own"],
  ["{{app}}", "a { is not closed by a } of its own"],
  ["{a{b}}", "a { is not closed by a } of its own"],
  ["app}", "a } is not opened by a { of its own"],
  ["{app}}", "a } is not opened by a { of its own"],
  ["x{}", '"" in braces is not the name of one field'],
  ["{:yyyy}", '"" in braces is not the name of one field'],
  ["{a b}", '"a b" in braces is not the name of one field'],
  ["{a..b}", '"a..b" in braces is not the name of one field'],
  ["{log.*}", '"log.*" in braces is not the name of one field'],
  ["{t:}", '"" has none of yyyy, MM, dd, HH'],
  ["{t:-}", '"-" has none of yyyy, MM, dd, HH'],
  ["{t:YYYY-MM}", '"YYYY" is not made of yyyy, MM, dd, HH'],
  ["{t:yyyy.ww}", '"ww" is not made of yyyy, MM, dd, HH'],
  ["{t:yyyyy}", '"yyyyy" is not made of yyyy, MM, dd, HH'],
  ["{t:yyyy-MM-ddTHH}", '"ddTHH" is not made of yyyy, MM, dd, HH'],
  ["{t:yyyy/MM}", '"/" cannot stand in the name of an index'],
  ["{t:HH:dd}", '":" cannot stand in the name of an index'],
  ["Logs-{app}", '"L" is upper case, which no index name has'],
  ["logs-É", '"É" is upper case, which no index name has'],
  ["logs {app}", '" " cannot stand in the name of an index'],
  ["logs-*", '"*" cannot stand in the name of an index'],
  ["west:{app}", '":" cannot stand in the name of an index'],
  ["{a},{b}", '"," cannot stand in the name of an index'],
  ["a#b", '"#" cannot stand in the name of an index'],
  ["_{app}", 'no index name begins with "_"'],
  ["-{app}", 'no index name begins with "-"'],
  ["+a", 'no index name begins with "+"'],
  ["..", 'no index is named ".."'],
  ["{a}".concat("ü".repeat(128)), "no index name is longer than 255 bytes"],
];

for (const [text, reason] of REFUSED) {
  test(`${text.slice(0, 60)} is refused: ${reason}`, () => {
    assert.deepEqual(parseIndexTemplate(text), { ok: false, reason });
    assert.equal(indexTemplate.schema.safeParse(text).success, false);
    assert.equal(indexTemplate.whyNot?.(text), reason);
  });
}

test("a reason stays short, however long the template", () => {
  const parsed = parseIndexTemplate(`{${"a b".repeat(10_000)}}`);
  assert.ok(!parsed.ok && (parsed.reason ?? "").length < 120);
});
