import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { test } from "node:test";
import * as fc from "fast-check";
import { z } from "zod";
import { redact } from "../../../src/domain/redact.ts";

const FILE = resolve(import.meta.dirname, "../../fixtures/gitleaks/forms.json");
const { rules } = z
  .object({ rules: z.array(z.object({ id: z.string(), form: z.string() })) })
  .parse(JSON.parse(readFileSync(FILE, "utf8")));
const SAMPLES = 8;

test("every token that a rule of gitleaks knows by its form is masked", () => {
  const leaks = rules.flatMap(({ id, form }) =>
    fc
      .sample(fc.stringMatching(new RegExp(`^(?:${form})$`)), { numRuns: SAMPLES, seed: 3 })
      .filter((token) => redact(`GET failed: ${token} was refused`, "secrets").includes(token))
      .map((token) => `${id}: ${token}`),
  );
  assert.deepEqual(leaks, []);
});
