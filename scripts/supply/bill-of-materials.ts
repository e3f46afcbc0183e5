import { z } from "zod";
import { runCommand } from "../../src/adapters/process/run-command.ts";

const TIMEOUT_MS = 2 * 60_000;

const licenceShape = z.union([
  z.object({ license: z.object({ id: z.string() }) }).transform(({ license }) => license.id),
  z.object({ license: z.object({ name: z.string() }) }).transform(({ license }) => license.name),
  z.object({ expression: z.string() }).transform(({ expression }) => expression),
]);
const componentShape = z.object({
  name: z.string(),
  version: z.string(),
  licenses: z.array(licenceShape).default([]),
});
const nodeShape = z.looseObject({ ref: z.string(), dependsOn: z.array(z.string()).default([]) });
const billShape = z.looseObject({
  bomFormat: z.literal("CycloneDX"),
  metadata: z.looseObject({
    component: z.looseObject({ "bom-ref": z.string(), name: z.string(), version: z.string() }),
  }),
  components: z.array(
    z.looseObject({
      "bom-ref": z.string(),
      name: z.string(),
      version: z.string(),
      properties: z.array(z.object({ name: z.string(), value: z.string() })).default([]),
    }),
  ),
  dependencies: z.array(nodeShape),
});

/** A CycloneDX document, as JSON gives it. */
export type BillOfMaterials = z.infer<typeof billShape>;

/**
 * What package-lock.json says is shipped: no development dependencies. npm makes it and asks no registry. Throws where
 * npm does not, or makes something else.
 */
export async function billOfMaterials(folder: string, name: string): Promise<BillOfMaterials> {
  const printed = await runCommand({
    program: "npm",
    args: ["sbom", "--package-lock-only", "--sbom-format=cyclonedx", "--sbom-type=application"],
    folder,
    timeoutMs: TIMEOUT_MS,
  });
  const bill = shippedOnly(billShape.parse(JSON.parse(printed)));
  // npm takes the name of the folder.
  bill.metadata.component.name = name;
  return bill;
}

/** npm's own --omit=dev leaves out shipped packages too that a development dependency wants as well. */
function shippedOnly(bill: BillOfMaterials): BillOfMaterials {
  const components = bill.components.filter(
    ({ properties }) => !properties.some((one) => one.name === "cdx:npm:package:development"),
  );
  const kept = new Set(components.map((one) => one["bom-ref"]));
  kept.add(bill.metadata.component["bom-ref"]);
  const dependencies = bill.dependencies
    .filter(({ ref }) => kept.has(ref))
    .map((one) => ({ ...one, dependsOn: one.dependsOn.filter((ref) => kept.has(ref)) }));
  return { ...bill, components, dependencies };
}

export type Licensed = { name: string; version: string; licence: string | undefined };

/** The packages of a bill with their licences, SPDX's names joined by AND; undefined where a package names none. */
export function licencesOf({ components }: Pick<BillOfMaterials, "components">): Licensed[] {
  return components
    .map((one) => {
      const { name, version, licenses } = componentShape.parse(one);
      return { name, version, licence: licenses.length > 0 ? licenses.join(" AND ") : undefined };
    })
    .toSorted((a, b) => a.name.localeCompare(b.name) || a.version.localeCompare(b.version));
}

/** How many packages have each licence, most first. */
export function countLicences(
  packages: readonly Licensed[],
): [licence: string, packages: number][] {
  const counts = new Map<string, number>();
  for (const { licence = "none named" } of packages) {
    counts.set(licence, (counts.get(licence) ?? 0) + 1);
  }
  return [...counts].toSorted(([, a], [, b]) => b - a);
}

/** For people. */
export function licenceList(title: string, packages: readonly Licensed[]): string {
  const counted = countLicences(packages).map(([licence, n]) => `| ${licence} | ${n} |`);
  const rows = packages.map(
    ({ name, version, licence = "none named" }) => `| ${name} | ${version} | ${licence} |`,
  );
  return [
    `# Licences of ${title}`,
    "",
    "The npm packages that are shipped. Node.js itself and the Debian packages of the container image are not among them.",
    "",
    "| licence | packages |",
    "| --- | ---: |",
    ...counted,
    "",
    "| package | version | licence |",
    "| --- | --- | --- |",
    ...rows,
    "",
  ].join("\n");
}
