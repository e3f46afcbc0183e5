import { z } from "zod";
import { readyShape } from "../../src/status/ready-answer.ts";
import { statusShape } from "../../src/status/status-shape.ts";

const ANSWERS: readonly [name: string, title: string, shape: z.ZodType][] = [
  ["ready", "GET /ready", readyShape],
  ["status", "log-vectorizer status --json and GET /api/v1/status", statusShape],
];

/** JSON Schemas of answers that programs read, made from the shapes that the answers themselves are made by. */
export const SCHEMA_FILES = ANSWERS.map(([name, title, shape]) => ({
  file: `schemas/${name}.schema.json`,
  text: `${JSON.stringify({ title, ...z.toJSONSchema(shape) }, undefined, 2)}\n`,
}));
