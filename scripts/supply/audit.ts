import { execFile } from "node:child_process";
import { copyFile, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { existsSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { z } from "zod";

const TIMEOUT_MS = 3 * 60_000;
const MAX_OUTPUT_BYTES = 64 * 1024 * 1024;
/** A version that nobody uses, with advisories that stay: who gives none for it gives none at all. */
const KNOWN_BAD = { name: "minimist", version: "0.0.8" };

const causeShape = z.object({ title: z.string(), url: z.string().default("") });
const reportShape = z.object({
  auditReportVersion: z.literal(2),
  vulnerabilities: z.record(
    z.string(),
    z.object({
      name: z.string(),
      severity: z.string(),
      via: z.array(z.union([z.string(), causeShape])),
      nodes: z.array(z.string()),
    }),
  ),
});
const refusalShape = z.object({ message: z.string() });
const lockShape = z.object({
  packages: z.record(z.string(), z.looseObject({ dev: z.boolean().default(false) })),
});

export type Advisory = {
  name: string;
  severity: string;
  /** What is wrong with it, with an address to read on; or the package that brings it. */
  why: string[];
  /** Whether a user gets the package, and not only who develops. */
  isShipped: boolean;
};

/** `unchecked`: nothing is known, and why. */
export type Audit = { advisories: Advisory[] } | { unchecked: string };

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * The advisories that the registry of npm's configuration gives for what package-lock.json names. A registry that gives
 * none even for a package known to have some has not been asked in earnest.
 */
export async function audit(folder: string, env: Environment = process.env): Promise<Audit> {
  const known = await auditKnownBad(folder, env);
  if ("unchecked" in known) return known;
  if (known.advisories.length === 0) {
    const { name, version } = KNOWN_BAD;
    return {
      unchecked: `the registry has no advisory even for ${name} ${version}, which has some: it keeps none`,
    };
  }
  return auditOf(folder, env);
}

async function auditKnownBad(from: string, env: Environment): Promise<Audit> {
  const folder = await mkdtemp(join(tmpdir(), "advisories-"));
  try {
    // The registry that the project names, if it names one.
    if (existsSync(join(from, ".npmrc")))
      await copyFile(join(from, ".npmrc"), join(folder, ".npmrc"));
    const { name, version } = KNOWN_BAD;
    const dependencies = { [name]: version };
    const lock = {
      name: "known-bad",
      lockfileVersion: 3,
      packages: {
        "": { name: "known-bad", dependencies },
        [`node_modules/${name}`]: { version },
      },
    };
    await writeFile(
      join(folder, "package.json"),
      JSON.stringify({ name: "known-bad", dependencies }),
    );
    await writeFile(join(folder, "package-lock.json"), JSON.stringify(lock));
    return await auditOf(folder, env);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function auditOf(folder: string, env: Environment): Promise<Audit> {
  const { stdout, stderr } = await runNpm(folder, env);
  const answer = parseJson(stdout);
  const { success, data: report } = reportShape.safeParse(answer);
  if (!success) {
    const said = refusalShape.safeParse(answer).data?.message ?? stderr.trim().split("\n").at(-1);
    return { unchecked: `npm audit got no advisories: ${said || "it said nothing"}` };
  }
  const lock = lockShape.parse(
    JSON.parse(await readFile(join(folder, "package-lock.json"), "utf8")),
  );
  const advisories = Object.values(report.vulnerabilities).map(
    ({ name, severity, via, nodes }) => ({
      name,
      severity,
      why: via.map((one) =>
        typeof one === "string" ? `by ${one}` : `${one.title} ${one.url}`.trim(),
      ),
      isShipped: nodes.some((node) => lock.packages[node]?.dev !== true),
    }),
  );
  return { advisories };
}

/** It ends with 1 where there are advisories and where it could not ask: what it printed says which. */
function runNpm(folder: string, env: Environment): Promise<{ stdout: string; stderr: string }> {
  const options = { cwd: folder, env, timeout: TIMEOUT_MS, maxBuffer: MAX_OUTPUT_BYTES };
  return new Promise((resolve) => {
    execFile(
      "npm",
      ["audit", "--json", "--package-lock-only"],
      options,
      (error, stdout, stderr) => {
        resolve({ stdout, stderr: stderr || (error?.message ?? "") });
      },
    );
  });
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
