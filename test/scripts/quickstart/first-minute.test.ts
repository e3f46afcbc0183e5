import assert from "node:assert/strict";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";

import { bareMachine, NOT_DEBIAN, withPackages } from "./machine.ts";

const SAMPLES_DONE =
  /Coverage before[^]*total +62 +0 +62 [^]*Coverage after[^]*total +62 +62 +0 [^]*6\. Errors like[^]*0\.\d{3} .* invoice-worker +ERROR +.*database connection/;

test("without Java, Maven and Docker the samples are shown in memory, and it is said so", async (t) => {
  const machine = await bareMachine(t);
  const { code, output } = await machine.run([]).end();
  assert.equal(code, 0, output);
  assert.match(
    output,
    /"docker" is not on the PATH[^]*"mvn" is not on the PATH[^]*a JDK with javac/,
  );
  assert.match(output, /1\. No OpenSearch here: the logs are held in this process's memory/);
  assert.match(output, /What differs: all of it is gone when this process ends/);
  assert.match(output, SAMPLES_DONE);
  assert.doesNotMatch(output, /Kafka\n|7\. /);
  assert.deepEqual(await machine.left(), []);
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
  const { code, output } = await machine.run(["--in-memory", "--keep", "--logs", path]).end();
  assert.equal(code, 0, output);
  assert.doesNotMatch(output, /Docker with Compose:/, "nobody asked for servers");
  assert.match(output, /names no levels, so every record in it counts as an ERROR/);
  assert.match(output, /log-vectorizer --drain/);
  assert.match(output, /Coverage after[^]*total +251 +250 +0 /);
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

test("where npm reaches no registry all that is missing is named at once, and nothing is installed", async (t) => {
  const machine = await bareMachine(t);
  const { script, npmCalls } = await machine.checkout(
    'echo "npm error code ENOTFOUND" >&2; echo "npm error getaddrinfo ENOTFOUND registry.example" >&2; exit 1',
  );
  const { code, output } = await machine.run([], { script }).end();
  assert.equal(code, 1);
  assert.match(output, /"docker" is not[^]*"mvn" is not[^]*a JDK with javac/);
  assert.match(output, /npm cannot reach it \(getaddrinfo ENOTFOUND registry\.example\)/);
  assert.doesNotMatch(await npmCalls(), /^ci/m);
  assert.deepEqual(await machine.left(), []);
});

test("the dependencies are installed once all has been looked at", async (t) => {
  const machine = await bareMachine(t);
  const { script, npmCalls } = await machine.checkout(
    'case "$1" in ci) echo "no room" >&2; exit 28;; esac',
  );
  const { code, output } = await machine.run([], { script }).end();
  assert.equal(code, 1);
  assert.match(
    output,
    /"mvn" is not[^]*installing dependencies[^]*no room[^]*could not be installed/,
  );
  assert.match(await npmCalls(), /^view .*\nci --include=dev/);
});

test(
  "root on Debian has what is missing installed with --install, and a server that dies is told",
  { skip: NOT_DEBIAN },
  async (t) => {
    const machine = await bareMachine(t);
    const { aptCalls } = await withPackages(
      machine,
      'echo "java.net.BindException: Address already in use"; exit 1',
    );
    const { code, output } = await machine.run(["--install"], { root: true }).end();
    assert.match(
      await aptCalls(),
      /^update -q\ninstall -yq --no-install-recommends maven \S+jdk\S*\n$/,
    );
    assert.equal(code, 1, output);
    assert.match(output, /1\. A real OpenSearch, and a real Kafka/);
    assert.match(
      output,
      /OpenSearch 3\.2\.0\.0 ended while it started \(exit code 1\)\. Its port is taken/,
    );
    assert.match(output, /Nothing was left running[^]*npm run quickstart -- --in-memory/);
    assert.deepEqual(await machine.left(), []);
  },
);

test(
  "without a terminal nothing is installed unasked, and it is said how to ask for it",
  { skip: NOT_DEBIAN },
  async (t) => {
    const machine = await bareMachine(t);
    const { aptCalls } = await withPackages(machine, "exit 1");
    const { code, output } = await machine.run([], { root: true }).end();
    assert.equal(code, 0, output);
    assert.match(output, /To have these installed: npm run quickstart -- --install/);
    assert.equal(await aptCalls(), "");
    assert.match(output, SAMPLES_DONE);
  },
);

test(
  "a package manager that fails is told, and the samples are shown in memory",
  { skip: NOT_DEBIAN },
  async (t) => {
    const machine = await bareMachine(t);
    await machine.program("apt-get", 'echo "E: Unable to locate package maven" >&2; exit 100');
    const { code, output } = await machine.run(["--yes"], { root: true }).end();
    assert.equal(code, 0, output);
    assert.match(output, /apt-get failed: its report stands above[^]*Still missing: Maven/);
    assert.match(output, SAMPLES_DONE);
  },
);

test("where it cannot install, --install says so and goes on in memory", async (t) => {
  const machine = await bareMachine(t);
  const { code, output } = await machine.run(["--install"], { root: true }).end();
  assert.equal(code, 0, output);
  assert.match(output, /--install can do nothing here: it needs root and apt-get/);
  assert.match(output, SAMPLES_DONE);
});

test("Maven that cannot fetch is told, and nothing is left", async (t) => {
  const machine = await bareMachine(t);
  await machine.program("mvn", 'echo "Could not transfer artifact: unknown host" >&2; exit 1');
  const bin = join(machine.jdks, "jdk/bin");
  await mkdir(bin, { recursive: true });
  for (const tool of ["java", "javac", "jar"]) await machine.program(tool, "exit 1", bin);
  await writeFile(join(machine.jdks, "jdk/release"), 'JAVA_VERSION="21.0.4"\n');
  const { code, output } = await machine.run([]).end();
  assert.equal(code, 1);
  assert.match(output, /Maven could not fetch opensearch-3\.2\.0\.0[^]*unknown host/);
  assert.match(output, /npm run quickstart -- --in-memory/);
  assert.deepEqual(await machine.left(), []);
});
