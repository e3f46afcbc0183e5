import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { leaksIn, planted, secretsGiven } from "./leaks.ts";
import { runVectorizer, temporaryFolder } from "../commands/run-command.ts";

const SECRET = 'p4ss"wörd/#1';

test("a secret is found as it is, as it stands in a URL, in JSON and in base64", () => {
  const forms = [
    SECRET,
    encodeURIComponent(SECRET),
    JSON.stringify({ key: SECRET }),
    Buffer.from(SECRET).toString("base64"),
  ];
  for (const form of forms) assert.deepEqual(leaksIn(`see ${form} there`, [SECRET]), [SECRET]);
  assert.deepEqual(leaksIn("see *** there", [SECRET]), []);
});

test("a planted secret is found in a log, and the finding does not repeat it", () => {
  assert.equal(leaksIn(`Record x is ${planted("token")}: refused`, []).length, 1);
});

test("control characters are found, line ends and tabs are allowed", () => {
  for (const sign of ["\u001b[31m", "\u0007", "\r", "\u009b2J"]) {
    assert.equal(leaksIn(`Index ${sign}red`, []).length, 1, JSON.stringify(sign));
  }
  assert.deepEqual(leaksIn("two\n\tlines\n", []), []);
});

test("secrets are known from settings, URLs, flags and the .env file", async (t) => {
  const folder = await temporaryFolder(t);
  await writeFile(join(folder, ".env"), 'A=1\nKAFKA_SASL_PASSWORD="of-file"\n');
  const env = {
    OPENAI_API_KEY: "of-env",
    OPENSEARCH_URL: "https://me:of%2Burl@host:9200",
    EMBEDDING_MAX_TOKENS_PER_TEXT: "8192",
    OPENSEARCH_PASSWORD: undefined,
  };
  const args = ["--once", "--opensearch-password", "of-flag"];
  const basic = Buffer.from("me:of+url").toString("base64");
  assert.deepEqual(
    (await secretsGiven({ env, args, folder })).toSorted(),
    ["of%2Burl", "of+url", "of-env", "of-file", "of-flag", basic].toSorted(),
  );
});

for (const [where, script] of [
  ["prints", "console.log(`key: ${process.env.OPENAI_API_KEY}`)"],
  ["prints on standard error", "console.error(encodeURIComponent(process.env.OPENAI_API_KEY))"],
  [
    "keeps in a file",
    "require('node:fs').writeFileSync('state.json', JSON.stringify(process.env.OPENAI_API_KEY))",
  ],
  [
    "keeps among vectors",
    "require('node:fs').writeFileSync('held.spool', '\\u0001' + process.env.OPENAI_API_KEY)",
  ],
  ["shows in colour", "console.log('\\u001b[31mred')"],
] as const) {
  test(`a command that ${where} what it must not fails its test`, async (t) => {
    await assert.rejects(runScript(t, script), /gives away/);
  });
}

test("a command that gives nothing away does not", async (t) => {
  const ended = await runScript(t, "console.log('key: ***')");
  assert.equal(ended.stdout, "key: ***\n");
});

/** Runs a script as a test would run the command, the end of the test included. */
async function runScript(t: TestContext, text: string) {
  const folder = await temporaryFolder(t);
  const script = join(folder, "script.cjs");
  await writeFile(script, text);
  const atEnd: (() => Promise<void>)[] = [];
  const inner = { after: (hook: () => Promise<void>) => void atEnd.push(hook) };
  const env = { OPENAI_API_KEY: SECRET };
  const ended = await runVectorizer(inner, [], {
    folder,
    script,
    env,
  });
  for (const hook of atEnd) await hook();
  return ended;
}
