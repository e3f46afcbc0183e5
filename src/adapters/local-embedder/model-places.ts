import { createHash } from "node:crypto";
import { createReadStream, existsSync } from "node:fs";
import { stat } from "node:fs/promises";
import { extname, join, resolve } from "node:path";
import { pipeline } from "node:stream/promises";
import type { ModelName } from "./local-embedder.ts";

/** Models that the package brings along; in a checkout those that its scripts and tests use. */
export const PACKED_DIR = resolve(
  import.meta.dirname,
  extname(import.meta.filename) === ".ts" ? "../../../.models" : "models",
);

export function modelFile(model: string, folder: string): string {
  return join(folder, `${model}.bin`);
}

/** The file of the model: the package's copy where `modelDir` has none, else the one in `modelDir`, there or not. */
export function findModel(model: ModelName, modelDir: string): string {
  const [own, packed] = [modelFile(model, modelDir), modelFile(model, PACKED_DIR)];
  return !existsSync(own) && existsSync(packed) ? packed : own;
}

/** Of a file: its length, and its SHA-256 in hex. */
export type Pin = { bytes: number; sha256: string };

/** Whether the file has this content; undefined where there is no file. */
export async function holds(path: string, { bytes, sha256 }: Pin): Promise<boolean | undefined> {
  const found = await stat(path).catch(() => undefined);
  if (!found) return undefined;
  if (!found.isFile() || found.size !== bytes) return false;
  const hash = createHash("sha256");
  await pipeline(createReadStream(path), hash);
  return hash.digest("hex") === sha256;
}
