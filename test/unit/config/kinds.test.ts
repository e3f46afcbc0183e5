import assert from "node:assert/strict";
import { test } from "node:test";
import * as kinds from "../../../src/config/kinds.ts";
import type { Kind } from "../../../src/config/kinds.ts";

function accepts<T>(name: string, kind: Kind<T>, table: [text: string, value: T][]): void {
  for (const [text, value] of table) {
    test(`${name}: ${JSON.stringify(text)} is read as ${JSON.stringify(value)}`, () => {
      assert.deepEqual(kind.schema.safeParse(text).data, value);
    });
  }
}

function refuses(name: string, kind: Kind<unknown>, texts: string[]): void {
  for (const text of texts) {
    test(`${name}: ${JSON.stringify(text)} is refused`, () => {
      assert.equal(kind.schema.safeParse(text).success, false);
    });
  }
}

const same = (text: string): [string, string] => [text, text];

const anyText = kinds.text("text");
accepts("text", anyText, ["a", " a b ", "Admin123!@#", "ümlaut"].map(same));
refuses("text", anyText, ["", "  ", "a\nb", "a\0", "\x1b[31mred"]);

const port = kinds.integer(1, 65_535);
accepts("integer", port, [
  ["1", 1],
  ["65535", 65_535],
  ["0080", 80],
]);
refuses("integer", port, [
  "",
  "0",
  "65536",
  "-1",
  "+1",
  "1.0",
  "1e3",
  "0x10",
  "5 ",
  "٣",
  "9".repeat(400),
]);

const price = kinds.decimal(0, 1_000_000, "0.13");
accepts("price", price, [
  ["0", 0],
  ["0.13", 0.13],
  ["1000000", 1_000_000],
]);
refuses("price", price, ["", "-0.1", ".5", "1.", "1e3", "0,13", "$1", "1000001", "9".repeat(400)]);

const seconds = kinds.decimal(0.05, 300, "2.5");
accepts("decimal", seconds, [
  ["0.05", 0.05],
  ["5", 5],
  ["300.0", 300],
]);
refuses("decimal", seconds, ["", "0", "0.049", "300.1", "-1", "5s", ".5", "1e1", " 5"]);

accepts("boolean", kinds.boolean, [
  ["true", true],
  ["YES", true],
  ["1", true],
  ["On", true],
  ["False", false],
  ["no", false],
  ["0", false],
  ["OFF", false],
]);
refuses("boolean", kinds.boolean, ["", "2", "y", "truee", " true"]);

const mapping = kinds.oneOf(["auto", "strict"]);
accepts("one of", mapping, [
  ["auto", "auto"],
  ["STRICT", "strict"],
]);
refuses("one of", mapping, ["", "automatic", "auto,strict"]);

const levels = kinds.levels;
accepts("list", levels, [
  ["ERROR", ["ERROR"]],
  [" ERROR , fatal,,", ["ERROR", "fatal"]],
  ["Error,ERROR,error,WARN", ["Error", "WARN"]],
  ['ERROR,"ERROR ", "a,b" ,[ERROR],17', ["ERROR", "ERROR ", "a,b", "[ERROR]", "17"]],
  ['"a', ['"a']],
  ['"",a', ["a"]],
]);
refuses("list", levels, ["", " ", ",", " , ,", "ERROR\nWARN"]);

accepts(
  "cron line",
  kinds.cronLine,
  ["*/10 * * * *", "0 */10 * * * *", "0 4 * * 1-5", "30 2 1 jan *"].map(same),
);
refuses("cron line", kinds.cronLine, [
  "",
  "99 * * * *",
  "* 24 * * *",
  "* * * *",
  "* * * * * * *",
  "*/0 * * * *",
  "*/-1 * * * *",
  "0 0 31 2 *",
  "every minute of the day",
  "@daily",
  "@every 5m",
  "* * * * *\n",
]);

accepts("host name", kinds.hostName, [
  ["localhost", "localhost"],
  ["os-1.example.com", "os-1.example.com"],
  ["10.0.0.1", "10.0.0.1"],
  ["::1", "::1"],
  ["[2001:db8::1]", "2001:db8::1"],
]);
refuses("host name", kinds.hostName, [
  "",
  "http://a",
  "a:9200",
  "a/b",
  "u:p@a",
  "a b",
  "-a",
  "[a]:1",
]);

accepts(
  "index pattern",
  kinds.indexPattern,
  ["*_*", "logs-*", "logs-*,-logs-debug-*", "a,b", ".ds-logs-app-2025.01.01-000001"].map(same),
);
refuses("index pattern", kinds.indexPattern, [
  "",
  "a b",
  "a, b",
  "west:logs-*",
  "Logs-*",
  "a,,b",
  "a,",
  "-",
  "-a,-b",
  "<logs-{now/d}>",
  "a?",
  "a#",
]);

accepts("field path", kinds.fieldPath, ["message", "@timestamp", "log.level", "a_b-c"].map(same));
refuses("field path", kinds.fieldPath, ["", "a b", "a*", "a,b", ".a", "a.", "a..b", "a\n"]);

const longest = "x".repeat(249);
const NO_TOPICS = ["", " ", ".", "..", "a b", "a/b", "tópico", "a\n", `${longest}x`];

accepts("topic name", kinds.topicName(), ["application-logs", "a.b_C-1", "...", longest].map(same));
refuses("topic name", kinds.topicName(), [...NO_TOPICS, "a,b"]);

const withSuffix = kinds.topicName("-leader");
accepts("topic name that takes a suffix", withSuffix, [same("x".repeat(242))]);
refuses("topic name that takes a suffix", withSuffix, ["", "..", "x".repeat(243)]);

accepts("topic names", kinds.topicNames, [
  ["application-logs", ["application-logs"]],
  [" b , a,,b,", ["b", "a"]],
  ["logs,Logs", ["logs", "Logs"]],
]);
refuses("topic names", kinds.topicNames, [...NO_TOPICS, ",", "a,..", "a,b c"]);

const even = kinds.parsedBy<number>(
  "an even number",
  (text) =>
    Number(text) % 2 === 0 ? { ok: true, value: Number(text) } : { ok: false, reason: "it is odd" },
  { placeholder: "number" },
);
accepts("parsed", even, [["4", 4]]);
refuses("parsed", even, ["", "3", "4\n"]);

test("a parser's reason is to be had for what it refuses, and for nothing else", () => {
  assert.equal(even.whyNot?.("3"), "it is odd");
  assert.equal(even.whyNot?.("4"), undefined);
});
