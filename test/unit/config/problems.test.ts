import assert from "node:assert/strict";
import { test } from "node:test";
import { settingReader } from "../../../src/config/settings.ts";
import { textProblems } from "../../../src/config/problems.ts";
import type { ReadFile } from "../../../src/config/problems.ts";
import { sourcesOf } from "./sources-of.ts";

function problemsOf(env: Record<string, string>, readFile?: ReadFile) {
  const { settings } = sourcesOf(env);
  return textProblems(settings, settingReader(settings), readFile);
}

test("a problem says what was given, where, and what is expected", () => {
  assert.deepEqual(problemsOf({ OPENSEARCH_PORT: "99999" }), [
    {
      name: "OPENSEARCH_PORT",
      sentence: '"99999" (environment), expected a whole number from 1 to 65535',
    },
  ]);
});

test("no setting, no problem", () => assert.deepEqual(problemsOf({}), []));

test("a file that is there is tried out and found good", () => {
  assert.deepEqual(problemsOf({ OPENSEARCH_CA_FILE: import.meta.filename }), []);
});

test("a file that is not there and a folder in its place are told apart", () => {
  const [missing] = problemsOf({ OPENSEARCH_CA_FILE: "/no/such/ca.pem" });
  const [folder] = problemsOf({ OPENSEARCH_CA_FILE: import.meta.dirname });
  assert.match(missing?.sentence ?? "", /"\/no\/such\/ca\.pem" .*there is no such file$/);
  assert.match(folder?.sentence ?? "", /it is a folder$/);
});

const CODES: [code: string | undefined, reason: RegExp][] = [
  ["EACCES", /there is no permission to read it$/],
  ["ELOOP", /it cannot be read \(ELOOP\)$/],
  [undefined, /it cannot be read \(unknown error\)$/],
];

for (const [code, reason] of CODES) {
  test(`a file that fails with ${code ?? "no code"} is a problem with its reason`, () => {
    const readFile = () => {
      throw Object.assign(new Error("no"), code === undefined ? {} : { code });
    };
    const problems = problemsOf({ OPENSEARCH_KEY_FILE: "key.pem" }, readFile);
    assert.deepEqual(
      problems.map(({ name }) => name),
      ["OPENSEARCH_KEY_FILE"],
    );
    assert.match(problems[0]?.sentence ?? "", reason);
  });
}

test("a path that is none is not tried out", () => {
  const read: string[] = [];
  problemsOf({ OPENSEARCH_CA_FILE: "a\nb" }, (path) => {
    read.push(path);
    return "pem";
  });
  assert.deepEqual(read, []);
});

const SCHEMAS: [content: string, reason: RegExp | undefined][] = [
  ['{"type":"object"}', undefined],
  ["", /, but it is no JSON$/],
  ["hunter2", /, but it is no JSON$/],
  ['{\n"hunter2": tru}', /, but it is no JSON( \(line 2 column \d+\))?$/],
  ['{"a": "hunter2",\n}', /, but it is no JSON \(line 2 column 1\)$/],
  ['["hunter2"]', /, but it holds no JSON object$/],
  ["null", /, but it holds no JSON object$/],
];

for (const [content, reason] of SCHEMAS) {
  test(`a message schema of ${JSON.stringify(content)} is ${reason ? "a problem" : "fine"}`, () => {
    const sentences = problemsOf({ TAIL_MESSAGE_SCHEMA: "s.json" }, () => content).map(
      ({ sentence }) => sentence,
    );
    assert.equal(sentences.length, reason === undefined ? 0 : 1);
    assert.match(sentences.join(), reason ?? /^$/);
    assert.doesNotMatch(sentences.join(), /hunter2/);
  });
}

test("a message schema that cannot be read is a problem like any other file", () => {
  const [problem] = problemsOf({ TAIL_MESSAGE_SCHEMA: "/no/such/schema.json" });
  assert.match(problem?.sentence ?? "", /there is no such file$/);
});

test("a PEM file need not be JSON", () => {
  assert.deepEqual(
    problemsOf({ OPENSEARCH_CA_FILE: "ca.pem" }, () => "pem"),
    [],
  );
});

test("a mistake that is known by its look is named behind what is expected", () => {
  const [problem] = problemsOf({ KAFKA_BOOTSTRAP_SERVERS: "kafka://u:hunter2@a" });
  assert.match(
    problem?.sentence ?? "",
    /^"kafka:\/\/u:\*\*\*@a" .* host:port .*, but there is a scheme/,
  );
});
