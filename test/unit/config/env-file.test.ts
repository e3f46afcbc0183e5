import assert from "node:assert/strict";
import { test } from "node:test";
import { parseEnvFile } from "../../../src/config/sources.ts";

const LINES: [line: string, value: string | undefined][] = [
  ["NAME=value", "value"],
  ["NAME=Admin123!@#", "Admin123!@#"],
  ["NAME=value # not a comment", "value # not a comment"],
  ["NAME=a=b", "a=b"],
  ["NAME=", ""],
  ["NAME = value \t", "value"],
  ["  export NAME=value", "value"],
  ["export\tNAME=value", "value"],
  ['NAME="two words "', "two words "],
  ["NAME='$HOME'", "$HOME"],
  [`NAME='"both"'`, '"both"'],
  [`NAME="it's"`, "it's"],
  ['NAME=""', ""],
  ['NAME="', '"'],
  ["NAME=\"one'", "\"one'"],
  ['NAME="a" b', '"a" b'],
  ["NAME=a\\nb", "a\\nb"],
  ["# NAME=value", undefined],
  ["", undefined],
];

for (const [line, value] of LINES) {
  test(`${JSON.stringify(line)} gives ${JSON.stringify(value)}`, () => {
    const { values, problems } = parseEnvFile(line, ".env");
    assert.deepEqual([...values], value === undefined ? [] : [["NAME", value]]);
    assert.deepEqual(problems, []);
  });
}

test("a file from Windows reads like any other", () => {
  const { values, problems } = parseEnvFile("\uFEFFA=1\r\n\r\n# x\r\nB=two\r\n", ".env");
  assert.deepEqual(Object.fromEntries(values), { A: "1", B: "two" });
  assert.deepEqual(problems, []);
});

test("of two lines for one name the later counts", () => {
  assert.equal(parseEnvFile("A=1\nA=2", ".env").values.get("A"), "2");
});

test("every malformed line is named by file and number, never by its text", () => {
  const { values, problems } = parseEnvFile(
    "A=1\nhunter2secret\nB=2\nMY-KEY=hunter2secret\n=x",
    "/etc/app/.env",
  );
  assert.deepEqual([...values.keys()], ["A", "B"]);
  assert.deepEqual(
    problems.map((problem) => problem.split(":")[0]),
    ["/etc/app/.env, line 2", "/etc/app/.env, line 4", "/etc/app/.env, line 5"],
  );
  assert.doesNotMatch(problems.join(), /hunter2/);
});
