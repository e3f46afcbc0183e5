import { mkdir, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { count } from "../src/domain/count.ts";
import packageJson from "../package.json" with { type: "json" };
import {
  billOfMaterials,
  countLicences,
  licenceList,
  licencesOf,
} from "./supply/bill-of-materials.ts";

const USAGE = `Usage: npm run sbom -- [FOLDER]

Writes what is shipped into FOLDER (sbom): a bill of materials in CycloneDX's form and the licences of all packages. It reads
package-lock.json and asks no registry. Ends with 1 where a package names no licence.`;

const CHECKOUT = resolve(import.meta.dirname, "..");

async function main(args: readonly string[]): Promise<number> {
  const [given = "sbom", ...more] = args;
  if (more.length > 0 || given.startsWith("-")) {
    console.error(USAGE);
    return 2;
  }
  const { name, version } = packageJson;
  const folder = resolve(process.env["INIT_CWD"] ?? process.cwd(), given);
  const bill = await billOfMaterials(CHECKOUT, name);
  const packages = licencesOf(bill);
  const files = {
    [`${name}-${version}.cdx.json`]: `${JSON.stringify(bill, undefined, 2)}\n`,
    [`${name}-${version}.licences.md`]: licenceList(`${name} ${version}`, packages),
  };
  await mkdir(folder, { recursive: true });
  for (const [file, text] of Object.entries(files)) {
    await writeFile(join(folder, file), text);
    console.log(join(folder, file));
  }
  const counted = countLicences(packages).map(([licence, n]) => `${licence} ${n}`);
  console.log(`${count(packages.length, "package")}: ${counted.join(", ")}`);
  const without = packages.filter(({ licence }) => licence === undefined);
  for (const one of without) console.error(`${one.name} ${one.version} names no licence`);
  return without.length > 0 ? 1 : 0;
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
