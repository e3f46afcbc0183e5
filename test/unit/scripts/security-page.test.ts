import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { test } from "node:test";
import { z } from "zod";
import { isSettingName } from "../../../src/config/settings.ts";

const CHECKOUT = resolve(import.meta.dirname, "../../..");
const page = await readFile(join(CHECKOUT, "SECURITY.md"), "utf8");

test("SECURITY.md names only settings and scripts that there are", async () => {
  const settings = [...page.matchAll(/`([A-Z]+(?:_[A-Z]+)+|REDACT)(?:=[^`]*)?`/g)];
  assert.ok(settings.length >= 5);
  for (const [, name = ""] of settings) assert.ok(isSettingName(name), name);
  const { scripts } = z
    .object({ scripts: z.record(z.string(), z.string()) })
    .parse(JSON.parse(await readFile(join(CHECKOUT, "package.json"), "utf8")));
  const commands = [...page.matchAll(/`npm\s+run\s+([\w-]+)/g)];
  assert.ok(commands.length >= 3);
  for (const [, name = ""] of commands) assert.ok(name in scripts, name);
});

test("SECURITY.md says how to report without naming a place that nobody reads", () => {
  assert.match(page, /^## Report a problem$/m);
  assert.doesNotMatch(page, /[\w.]+@[\w.]+|example\.com/);
});
