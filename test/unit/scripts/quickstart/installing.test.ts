import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";

import { eventually } from "../../../support/asserts/eventually.ts";
import { bareMachine, NO_TERMINAL, NOT_DEBIAN, SAMPLES_DONE, withPackages } from "./machine.ts";

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
    assert.match(output, /OpenSearch 3\.2\.0\.0 ended \(1\) while it started\nIts port is taken/);
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

for (const [typed, calls, shown] of [
  ["n\n", /^$/, /holds the logs in this process's memory/],
  ["y\n", /^update -q\ninstall /, /1\. A real OpenSearch[^]*ended \(1\) while it started/],
] as const) {
  const skip = NO_TERMINAL || NOT_DEBIAN;
  test(
    `on a terminal it asks before it installs, and takes ${typed.trim()}`,
    { skip },
    async (t) => {
      const machine = await bareMachine(t);
      const { aptCalls } = await withPackages(machine, "exit 1");
      const { child, printed, end } = await machine.runOnTerminal();
      await printed("[y/N] ");
      child.stdin.write(typed);
      const { output } = await end();
      assert.match(output, shown);
      assert.match(await aptCalls(), calls);
      assert.deepEqual(await machine.left(), []);
    },
  );
}

test("asked to stop while npm installs, it ends npm too", { timeout: 5 * 60_000 }, async (t) => {
  const machine = await bareMachine(t);
  const ended = join(machine.home, "npm-ended");
  // The real npm ends what it has started.
  const hangs = `ci) sleep 600 & trap 'kill $!; echo > "${ended}"; exit 1' TERM; echo "npm at work" >&2; wait;;`;
  const { script } = await machine.checkout(`case "$1" in ${hangs} esac`);
  const { child, printed, end } = machine.run([], { script });
  await printed("npm at work");
  child.kill("SIGTERM");
  const { code } = await end();
  assert.equal(code, 143);
  await eventually(() => existsSync(ended), t);
});

test("containers that do not start are removed again, and it is said", async (t) => {
  const machine = await bareMachine(t);
  const calls = join(machine.home, "docker-calls");
  const up = 'echo "port is already allocated" >&2; exit 1';
  await machine.program(
    "docker",
    `echo "$@" >> "${calls}"\ncase "$*" in info*) echo 27.0;; *" up "*) ${up};; esac`,
  );
  const { code, output } = await machine.run([]).end();
  assert.equal(code, 1);
  assert.match(
    output,
    /port is already allocated[^]*The containers did not start, and were removed/,
  );
  assert.match(await readFile(calls, "utf8"), /compose .* up .*\ncompose .* down --volumes\n$/);
  assert.deepEqual(await machine.left(), []);
});
