import assert from "node:assert/strict";
import { chmod, mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import type { TestContext } from "node:test";

import { provideJars } from "../../../../scripts/local-servers/jars.ts";

const JDK = { home: "/nowhere", major: 17 };

/** A stand-in for Maven that writes one jar, and a folder to keep it in; undone after the test. */
async function fakeMaven(t: TestContext, script: string) {
  const home = await mkdtemp(join(tmpdir(), "jars-"));
  const before = { ...process.env };
  t.after(async () => {
    process.env["PATH"] = before["PATH"];
    delete process.env["LOCAL_SERVERS_FOLDER"];
    await rm(home, { recursive: true, force: true });
  });
  const [bin, kept, pom] = [join(home, "bin"), join(home, "kept"), join(home, "pom.xml")];
  await mkdir(bin);
  await writeFile(join(bin, "mvn"), `#!/bin/sh\n${script}\n`);
  await chmod(join(bin, "mvn"), 0o755);
  await writeFile(pom, "<project/>");
  process.env["PATH"] = `${bin}:${before["PATH"]}`;
  process.env["LOCAL_SERVERS_FOLDER"] = kept;
  return { kept, bin, set: { name: "server", pom, mavenArgs: [], jdk: JDK } };
}

const WRITES_A_JAR =
  'for a in "$@"; do case $a in -DoutputDirectory=*) mkdir -p "${a#*=}"; echo x >> "${a#*=}/a.jar";; esac; done';

test("two that fetch the same jars at once both end with one whole set", async (t) => {
  const { kept, set } = await fakeMaven(t, WRITES_A_JAR);
  const folders = await Promise.all([provideJars(set), provideJars(set)]);
  assert.equal(folders[0], folders[1]);
  assert.equal((await readdir(kept)).length, 1, "no draft is left");
  assert.deepEqual(await readdir(join(folders[0], "lib")), ["a.jar"]);
});

test("a fetch that fails leaves nothing behind and shows what Maven said", async (t) => {
  const { kept, set } = await fakeMaven(t, 'echo "no such artifact" >&2; exit 1');
  await assert.rejects(provideJars(set), /no such artifact/);
  assert.deepEqual(await readdir(kept), []);
});

test("the remains of a killed fetch are removed", async (t) => {
  const { kept, set } = await fakeMaven(t, WRITES_A_JAR);
  // Above the largest process id that Linux gives out.
  await mkdir(join(kept, "draft-99999999-abc"), { recursive: true });
  await mkdir(join(kept, `draft-${process.pid}-abc`), { recursive: true });
  await provideJars(set);
  const names = await readdir(kept);
  assert.ok(!names.includes("draft-99999999-abc"));
  assert.ok(names.includes(`draft-${process.pid}-abc`), "one still at work is left alone");
});

test("jars that are there are not fetched again, those of another POM are", async (t) => {
  const { set } = await fakeMaven(t, WRITES_A_JAR);
  const folder = await provideJars(set);
  await writeFile(join(folder, "mark"), "");
  assert.ok((await readdir(await provideJars(set))).includes("mark"));
  await writeFile(set.pom, "<project><!-- changed --></project>");
  assert.ok(!(await readdir(await provideJars(set))).includes("mark"));
});

test("without Maven the message says that it is missing and how to get it", async (t) => {
  const { bin, set } = await fakeMaven(t, "");
  await rm(join(bin, "mvn"));
  process.env["PATH"] = bin;
  await assert.rejects(provideJars(set), /Maven is missing.*apt-get install maven/s);
});
