import { spawnSync } from "node:child_process";
import { readFile, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import type { TestContext } from "node:test";
import { z } from "zod";
import { programOnPath } from "./program-on-path.ts";
import { temporaryFolder } from "./run-command.ts";

const COMPOSE_FILE = resolve(import.meta.dirname, "../../../compose.yaml");

/** Why tests with the Compose specification's own loader are skipped; false where it is there. */
export const NO_COMPOSE_LOADER = programOnPath("compose-go")
  ? false
  : "no compose-go here (.ci/run installs the Compose specification's own loader as that)";

const service = z.object({
  build: z.unknown().optional(),
  image: z.string(),
  profiles: z.array(z.string()).default([]),
  entrypoint: z.array(z.string()).nullish(),
  command: z.array(z.string()).nullish(),
  environment: z.record(z.string(), z.string().nullable()).default({}),
  depends_on: z
    .record(z.string(), z.object({ condition: z.string(), required: z.boolean() }))
    .default({}),
  ports: z
    .array(z.object({ host_ip: z.string(), published: z.string(), target: z.number() }))
    .default([]),
  volumes: z
    .array(z.object({ type: z.string(), source: z.string(), target: z.string() }))
    .default([]),
  tmpfs: z.array(z.string()).default([]),
  env_file: z.array(z.looseObject({ path: z.string() })).default([]),
  healthcheck: z.looseObject({ test: z.array(z.string()).optional() }).optional(),
  secrets: z.array(z.looseObject({ source: z.string() })).default([]),
  read_only: z.boolean().default(false),
  cap_drop: z.array(z.string()).default([]),
  cap_add: z.array(z.string()).default([]),
  security_opt: z.array(z.string()).default([]),
  user: z.string().optional(),
  network_mode: z.string().optional(),
  mem_limit: z.string().optional(),
  ulimits: z.record(z.string(), z.unknown()).default({}),
});

const model = z.object({
  services: z.record(z.string(), service),
  volumes: z.record(z.string(), z.unknown()),
  secrets: z.record(z.string(), z.looseObject({ environment: z.string() })),
});

export type ComposeModel = z.infer<typeof model>;
export type ComposeService = z.infer<typeof service>;

/** The loader's own words: checks against the specification's schema, fills in defaults, follows what refers to others. */
async function load(t: TestContext, text: string) {
  const folder = await temporaryFolder(t);
  await writeFile(join(folder, "compose.yaml"), text);
  const args = ["--format", "json", "compose.yaml"];
  return spawnSync("compose-go", args, { cwd: folder, encoding: "utf8" });
}

const VARIABLE = /\$\{(\w+)(?::([-+])([^{}]*))?\}/g;

/** The lines of an `.env` in place of `${NAME}`, `${NAME:-otherwise}` and `${NAME:+then}`: the loader reads no `.env`. */
function filledIn(text: string, dotEnv: string): string {
  const lines = dotEnv.split("\n").filter((line) => line.includes("="));
  const values = new Map(
    lines.map((line) => [line.slice(0, line.indexOf("=")), line.slice(line.indexOf("=") + 1)]),
  );
  const fill = (_: string, name: string, sign: string | undefined, other = "") => {
    const value = values.get(name) ?? "";
    if (sign === "+") return value === "" ? "" : other;
    return value === "" ? other : value;
  };
  // From the inside out, for one may stand within another.
  let [before, now] = ["", text];
  while (now !== before) [before, now] = [now, now.replaceAll(VARIABLE, fill)];
  return now;
}

/** compose.yaml as Compose understands it beside such an `.env`. Throws where it does not. */
export async function composeModel(t: TestContext, dotEnv = ""): Promise<ComposeModel> {
  const text = await readFile(COMPOSE_FILE, "utf8");
  const { status, stdout, stderr } = await load(t, filledIn(text, dotEnv));
  if (status !== 0) throw new Error(`compose.yaml: ${stderr}${stdout}`);
  return model.parse(JSON.parse(stdout));
}

/** What the loader says of compose.yaml after a change; undefined where it takes it. */
export async function problemOfCompose(
  t: TestContext,
  change: (text: string) => string,
): Promise<string | undefined> {
  const { status, stdout, stderr } = await load(t, change(await readFile(COMPOSE_FILE, "utf8")));
  return status === 0 ? undefined : `${stderr}${stdout}`;
}
