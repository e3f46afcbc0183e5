import assert from "node:assert/strict";
import { chmod, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { exposedFiles } from "../../../src/cli/context.ts";

const CASES = [
  { env: 0o600, dir: 0o700, said: [] },
  { env: 0o640, dir: 0o750, said: [] },
  { env: 0o644, dir: 0o700, said: ["chmod 600 ENV"] },
  { env: 0o660, dir: 0o700, said: ["chmod 600 ENV"] },
  { env: 0o600, dir: 0o755, said: ["chmod 700 DIR"] },
  { env: 0o602, dir: 0o1777, said: ["chmod 600 ENV", "chmod 700 DIR"] },
];
for (const { env, dir, said } of CASES) {
  test(`a .env of mode ${env.toString(8)} and a state directory of ${dir.toString(8)}: ${said.join(", ") || "nothing to say"}`, async (t) => {
    const folder = await mkdtemp(join(tmpdir(), "exposed-"));
    t.after(() => rm(folder, { recursive: true, force: true }));
    const [envFile, stateDir] = [join(folder, ".env"), join(folder, "state")];
    await writeFile(envFile, "A=b\n");
    await chmod(envFile, env);
    await mkdir(stateDir);
    await chmod(stateDir, dir);
    const warnings = exposedFiles({ envFile, stateDir });
    assert.deepEqual(
      warnings.map((one) =>
        one
          .replace(envFile, "ENV")
          .replace(stateDir, "DIR")
          .split(": ")
          .at(-1)
          ?.replace(envFile, "ENV")
          .replace(stateDir, "DIR"),
      ),
      said,
    );
  });
}

test("a file that is missing, or cannot be read, causes no warning", () => {
  assert.deepEqual(exposedFiles({ envFile: "/no/such/.env", stateDir: "/dev/null/x" }), []);
});

test("a device that stands for no file, as ENV_FILE=/dev/null does, holds nothing and stays as it is", () => {
  assert.deepEqual(exposedFiles({ envFile: "/dev/null", stateDir: "/nowhere/at/all" }), []);
});
