import { join, resolve } from "node:path";
import { z } from "zod";
import { readyShape } from "../../src/status/ready-answer.ts";
import { statusShape } from "../../src/status/status-shape.ts";

const FOLDER = resolve(import.meta.dirname, "../../schemas");

/** A JSON Schema of an answer that programs read, made from the shape that the answer itself is made by. */
type SchemaFile = { path: string; name: string; text: string };

const ANSWERS: readonly [name: string, title: string, shape: z.ZodType][] = [
  ["ready", "GET /ready", readyShape],
  ["status", "log-vectorizer status --json and GET /api/v1/status", statusShape],
];

export const SCHEMA_FILES: readonly SchemaFile[] = ANSWERS.map(([name, title, shape]) => ({
  name,
  path: join(FOLDER, `${name}.schema.json`),
  text: `${JSON.stringify({ title, ...z.toJSONSchema(shape) }, undefined, 2)}\n`,
}));
