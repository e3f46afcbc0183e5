import assert from "node:assert/strict";
import { chmod, mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import type { TestContext } from "node:test";

import { launchJava } from "../../../../scripts/local-servers/java-server.ts";

/** A stand-in for Java, started in the folder of its server; with a temporary folder of its own. */
async function fakeJava(t: TestContext, script: string) {
  const home = await mkdtemp(join(tmpdir(), "fake-java-"));
  const before = process.env["TMPDIR"];
  const own = join(home, "tmp");
  t.after(async () => {
    if (before === undefined) delete process.env["TMPDIR"];
    else process.env["TMPDIR"] = before;
    await rm(home, { recursive: true, force: true });
  });
  await mkdir(join(home, "bin"));
  await mkdir(own);
  await writeFile(join(home, "bin/java"), `#!/bin/sh\n${script}\n`);
  await chmod(join(home, "bin/java"), 0o755);
  process.env["TMPDIR"] = own;
  const jdk = { home, major: 21 };
  const launch = { name: "Server 1", jdk, heap: "1g", classPath: "x", source: "x.java", port: 0 };
  return { own, start: () => launchJava(launch) };
}

for (const [what, script, reason] of [
  [
    "whose port is taken",
    'echo "java.net.BindException: Address already in use"; exit 1',
    /Server 1 ended \(1\) while it started\nIts port is taken .*\n.*end of its log:\n.*BindException/,
  ],
  [
    "for which the disk is full",
    'echo "java.io.IOException: No space left on device"; exit 1',
    /The disk of .* is full: make room there, or name another folder by TMPDIR/,
  ],
  [
    "that runs out of memory",
    'echo "There is insufficient memory for the Java Runtime Environment"; exit 1',
    /too little memory for it: OPENSEARCH_HEAP=512m/,
  ],
  [
    "that is killed",
    "kill -9 $$",
    /ended \(SIGKILL\) while it started\nSomething killed it.*\nIt wrote no log\./,
  ],
] as const) {
  test(`a server ${what} says so, and leaves nothing`, async (t) => {
    const { own, start } = await fakeJava(t, script);
    await assert.rejects(start(), reason);
    assert.deepEqual(await readdir(own), []);
  });
}

test("the log of a server that removes its own folder at its end is still shown, without its stack", async (t) => {
  const frame = "\tat org.opensearch.Node.start(Node.java:1947)";
  const { own, start } = await fakeJava(
    t,
    `echo "no such plugin"; i=0; while [ $i -lt 40 ]; do echo "${frame}"; i=$((i+1)); done; rm -r "$PWD"; exit 3`,
  );
  await assert.rejects(start(), (error: Error) => {
    assert.match(
      error.message,
      /ended \(3\) while it started\nThe end of its log:\nno such plugin$/,
    );
    return true;
  });
  assert.deepEqual(await readdir(own), []);
});

test("where no folder can be made for its data, the message says where and what to do", async (t) => {
  const { own, start } = await fakeJava(t, "exit 0");
  await rm(own, { recursive: true });
  await assert.rejects(start(), /no folder for its data can be made in .*ENOENT.*by TMPDIR/);
});
