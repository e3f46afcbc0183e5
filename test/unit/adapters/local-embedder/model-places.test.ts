import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { test } from "node:test";
import {
  findModel,
  modelFile,
  PACKED_DIR,
} from "../../../../src/adapters/local-embedder/model-places.ts";
import { temporaryFolder } from "../../../support/commands/run-command.ts";

test("an installed model goes before the package's copy", async (t) => {
  const folder = await temporaryFolder(t);
  const packed = modelFile("all-minilm-l6-v2", PACKED_DIR);
  const installed = modelFile("all-minilm-l6-v2", folder);
  assert.equal(findModel("all-minilm-l6-v2", folder), existsSync(packed) ? packed : installed);
  await writeFile(installed, "");
  assert.equal(findModel("all-minilm-l6-v2", folder), installed);
});
