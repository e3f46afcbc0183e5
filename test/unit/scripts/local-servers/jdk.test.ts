import assert from "node:assert/strict";
import { chmod, mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import type { TestContext } from "node:test";

import { chooseJdk, findJdks } from "../../../../scripts/local-servers/jdk.mjs";

async function fakeJdk(t: TestContext, release: string, tools = ["java", "javac", "jar"]) {
  const home = await mkdtemp(join(tmpdir(), "jdk-"));
  t.after(() => rm(home, { recursive: true, force: true }));
  await mkdir(join(home, "bin"));
  await writeFile(join(home, "release"), release);
  for (const tool of tools) {
    await writeFile(join(home, "bin", tool), "");
    await chmod(join(home, "bin", tool), 0o755);
  }
  return home;
}

function majorOf(jdks: Awaited<ReturnType<typeof findJdks>>, home: string) {
  return jdks.find((jdk) => jdk.home === home)?.major;
}

test("a JDK is found by JAVA_HOME and by a link on the PATH, each once", async (t) => {
  const first = await fakeJdk(t, 'IMPLEMENTOR="x"\nJAVA_VERSION="21.0.4"\n');
  const second = await fakeJdk(t, 'JAVA_VERSION="26"\n');
  const path = await mkdtemp(join(tmpdir(), "path-"));
  t.after(() => rm(path, { recursive: true, force: true }));
  await symlink(join(second, "bin/java"), join(path, "java"));

  const alias = join(path, "default");
  await symlink(first, alias);

  const jdks = await findJdks({ JAVA_HOME: alias, PATH: `${path}:${join(first, "bin")}` });

  assert.equal(majorOf(jdks, first), 21);
  assert.equal(majorOf(jdks, second), 26);
  assert.equal(jdks.filter(({ home }) => home === first || home === alias).length, 1);
});

test("the old numbering of Java 8 is read as 8", async (t) => {
  const home = await fakeJdk(t, 'JAVA_VERSION="1.8.0_402"\n');
  assert.equal(majorOf(await findJdks({ JAVA_HOME: home }), home), 8);
});

test("a runtime without a compiler is no JDK", async (t) => {
  const home = await fakeJdk(t, 'JAVA_VERSION="21.0.4"\n', ["java"]);
  assert.equal(majorOf(await findJdks({ JAVA_HOME: home }), home), undefined);
});

test("the lowest fitting JDK is taken, none where all are too old", () => {
  const jdks = [25, 17, 21].map((major) => ({ home: `/jdk-${major}`, major }));
  assert.equal(chooseJdk(jdks, 17)?.major, 17);
  assert.equal(chooseJdk(jdks, 18)?.major, 21);
  assert.equal(chooseJdk(jdks, 26), undefined);
});
