import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { test } from "node:test";
import { z } from "zod";
import { runCommand } from "../../../../src/adapters/process/run-command.ts";
import { licencesOf } from "../../../../scripts/supply/bill-of-materials.ts";
import { VERSION } from "../../../../src/app/version.ts";
import { temporaryFolder } from "../../../support/commands/run-command.ts";

const CHECKOUT = resolve(import.meta.dirname, "../../../..");
/** What lets anybody use and pass on the program with its text beside it. */
const PERMISSIVE = new Set([
  "MIT",
  "MIT-0",
  "ISC",
  "Apache-2.0",
  "BSD-2-Clause",
  "BSD-3-Clause",
  "BlueOak-1.0.0",
  "0BSD",
]);

const billShape = z.object({
  bomFormat: z.literal("CycloneDX"),
  specVersion: z.string(),
  metadata: z.object({
    component: z.object({ name: z.string(), version: z.string(), type: z.string() }),
  }),
  components: z.array(z.object({ name: z.string(), version: z.string(), purl: z.string() })),
  dependencies: z.array(z.object({ ref: z.string(), dependsOn: z.array(z.string()) })).min(1),
});
const lockShape = z.object({
  packages: z.record(
    z.string(),
    z.object({ version: z.string(), dev: z.boolean().default(false) }),
  ),
});

test("npm run sbom lists all that is shipped, and the licence of each", async (t) => {
  const folder = await temporaryFolder(t);
  const printed = await runCommand({
    program: process.execPath,
    args: [join(CHECKOUT, "scripts/sbom.ts"), folder],
    timeoutMs: 120_000,
  });
  const read = (end: string) => readFile(join(folder, `log-vectorizer-${VERSION}.${end}`), "utf8");
  const bill = billShape.parse(JSON.parse(await read("cdx.json")));
  const list = await read("licences.md");
  assert.deepEqual(bill.metadata.component, {
    name: "log-vectorizer",
    version: VERSION,
    type: "application",
  });
  const lock = lockShape.parse(
    JSON.parse(await readFile(join(CHECKOUT, "package-lock.json"), "utf8")),
  );
  const shipped = Object.entries(lock.packages)
    .filter(([path, { dev }]) => path !== "" && !dev)
    .map(([path, { version }]) => `${path.replace(/^.*node_modules\//, "")} ${version}`);
  const listed = bill.components.map(({ name, version }) => `${name} ${version}`);
  assert.deepEqual(new Set(listed), new Set(shipped));
  for (const { name, version } of bill.components) {
    assert.ok(list.includes(`| ${name} | ${version} | `), name);
  }
  const known = new Set([
    `log-vectorizer@${VERSION}`,
    ...listed.map((one) => one.replace(" ", "@")),
  ]);
  for (const { ref, dependsOn } of bill.dependencies) {
    for (const one of [ref, ...dependsOn]) assert.ok(known.has(one), one);
  }
  for (const { purl } of bill.components) assert.match(purl, /^pkg:npm\//);
  assert.match(printed, new RegExp(`^${bill.components.length} packages: `, "m"));
  const licences = [...list.matchAll(/^\| ([^|]+) \| \d+ \|$/gm)].map(([, licence]) => licence);
  assert.ok(licences.length > 1);
  for (const licence of licences) assert.ok(PERMISSIVE.has(licence ?? ""), licence);
});

test("a package that names no licence is told from one that does, however it names it", () => {
  const bare = { "bom-ref": "", version: "1.0.0", properties: [] };
  const packages = licencesOf({
    components: [
      { ...bare, name: "d" },
      { ...bare, name: "c", licenses: [{ expression: "(MIT OR Apache-2.0)" }] },
      { ...bare, name: "b", licenses: [{ license: { name: "Custom" } }] },
      {
        ...bare,
        name: "a",
        licenses: [{ license: { id: "MIT" } }, { license: { id: "ISC" } }],
      },
    ],
  });
  assert.deepEqual(
    packages.map(({ name, licence }) => [name, licence]),
    [
      ["a", "MIT AND ISC"],
      ["b", "Custom"],
      ["c", "(MIT OR Apache-2.0)"],
      ["d", undefined],
    ],
  );
});
