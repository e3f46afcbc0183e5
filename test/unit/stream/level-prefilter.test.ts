import assert from "node:assert/strict";
import { test } from "node:test";
import { createLevelPrefilter } from "../../../src/stream/read-log.ts";

const CASES: [levels: string[], text: string, mustBeRead: boolean, why: string][] = [
  [["ERROR"], `{"level":"ERROR"}`, true, "the level as it is"],
  [["ERROR"], `{"level":"error"}`, true, "in another case"],
  [["error"], `{"level":"Error"}`, true, "in mixed case"],
  [["ERROR"], `{"level":"INFO"}`, false, "of another level"],
  [["ERROR"], `{"level":"E"}`, true, "one letter"],
  [["ERROR"], `{"level":" [e] "}`, true, "one letter in brackets"],
  [["ERROR"], `{"level":"I","e":"a"}`, false, "another letter, and that one as a name of a field"],
  [["ERROR"], `{"severityNumber": 17}`, true, "OpenTelemetry's number"],
  [["ERROR"], `{"level":["50"]}`, true, "pino's number as a text in a list"],
  [["ERROR"], `{"level":30,"time":1795989427123,"pid":5012}`, false, "another number"],
  [["ERROR"], `{"level":"INFO","message":"interrupted"}`, false, "a short spelling in a word"],
  [["ERROR"], `{"level":"fail"}`, true, "the name that .NET has for it"],
  [["FATAL"], `{"level":60}`, true, "pino's number for another level"],
  [["ERROR"], `{"level":"INFO","message":"no error"}`, true, "the word stands elsewhere"],
  [["ERROR", "FATAL"], `{"level":"fatal"}`, true, "the second of two levels"],
  [["ERROR"], String.raw`{"level":"\u0045RROR"}`, true, "written with an escape"],
  [["ERROR"], String.raw`{"level":"\u0065rror"}`, true, "written with another escape"],
  [
    ["ERROR"],
    String.raw`{"level":"INFO","path":"C:\\up"}`,
    false,
    "a backslash that hides nothing",
  ],
  [["ERROR"], ` \t\r\n{"level":"INFO"}\n `, false, "blanks round it"],
  [["ERROR"], `[{"level":"INFO"}]`, false, "a list"],
  [["ERROR"], `{"level":"INFO"`, true, "cut off at the end"],
  [["ERROR"], `"level":"INFO"}`, true, "cut off at the start"],
  [["ERROR"], `{`, true, "one brace"],
  [["ERROR"], ``, true, "nothing"],
  [["ERROR"], `  \n `, true, "nothing but blanks"],
  [["ERROR"], `42`, true, "a number"],
  [["E.R"], `{"level":"EXR"}`, false, "a level with a sign that means something in patterns"],
  [["E.R"], `{"level":"e.r"}`, true, "that level itself"],
  [["a|b"], `{"level":"a"}`, false, "a level that looks like two"],
  [
    ["error/critical"],
    String.raw`{"level":"error\/critical"}`,
    true,
    "a slash that may be escaped",
  ],
  [[`so "bad"`], String.raw`{"level":"so \"bad\""}`, true, "a quote that must be escaped"],
  [[String.raw`a\b`], String.raw`{"level":"a\\b"}`, true, "a backslash that must be escaped"],
  [["错误"], `{"level":"错误"}`, true, "beyond ASCII"],
  [["错误"], `{"level":"info"}`, true, "beyond ASCII everything is read"],
  [["GRÜN"], `{"level":"grün"}`, true, "beyond ASCII in another case"],
];

for (const [levels, text, mustBeRead, why] of CASES) {
  test(`wanted ${levels.join(", ")}: ${text.trim() || "(blank)"} is ${mustBeRead ? "read" : "passed over"}: ${why}`, () => {
    assert.equal(createLevelPrefilter(levels)(Buffer.from(text)), mustBeRead);
  });
}
