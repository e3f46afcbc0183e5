import assert from "node:assert/strict";
import { chmod, readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { startVectorizer, temporaryFolder } from "../../support/commands/run-command.ts";

for (const [signal, code] of [
  ["SIGINT", 130],
  ["SIGTERM", 143],
] as const) {
  test(`model install ends with ${code} and leaves nothing behind where ${signal} stops a download that hangs`, async (t) => {
    const folder = await temporaryFolder(t);
    const models = join(folder, "models");
    const maven = join(folder, "mvn");
    await writeFile(maven, "#!/bin/sh\nexec sleep 600\n");
    await chmod(maven, 0o755);
    const command = await startVectorizer(t, ["model", "install", "all-minilm-l6-v2"], {
      env: { MODEL_DIR: models, PATH: `${folder}:${process.env["PATH"]}` },
    });
    await command.says(/Fetching .* by mvn/);
    command.kill(signal);
    const ended = await command.ended;
    assert.deepEqual([ended.code, ended.signal], [code, null], command.printed());
    assert.match(
      ended.stderr,
      new RegExp(`Stopped by ${signal}: all-minilm-l6-v2 was not installed`),
    );
    assert.deepEqual(await readdir(models), []);
  });
}
