import { resolve } from "node:path";
import { count } from "../src/domain/count.ts";
import { audit, type Advisory } from "./supply/audit.ts";

const USAGE = `Usage: npm run advisories

Asks npm's registry for advisories about what package-lock.json names. Ends with 1 where there are some for what is shipped, and
with 3 where it could not ask; those for development alone are only shown.`;

const CHECKOUT = resolve(import.meta.dirname, "..");
const UNCHECKED = 3;

function say(title: string, advisories: readonly Advisory[]): void {
  if (advisories.length === 0) return;
  console.error(title);
  for (const { name, severity, why } of advisories) {
    console.error(`  ${name} (${severity}): ${why.join("; ")}`);
  }
}

async function main(args: readonly string[]): Promise<number> {
  if (args.length > 0) {
    console.error(USAGE);
    return 2;
  }
  const found = await audit(CHECKOUT);
  if ("unchecked" in found) {
    console.error(`Advisories: NOT CHECKED, ${found.unchecked}.`);
    console.error(
      "Nothing is known about the packages here. Run it again with a registry that gives advisories.",
    );
    return UNCHECKED;
  }
  const shipped = found.advisories.filter(({ isShipped }) => isShipped);
  const others = found.advisories.filter(({ isShipped }) => !isShipped);
  say(`Advisories about ${count(shipped.length, "package")} that are shipped:`, shipped);
  say(`Advisories about ${count(others.length, "package")} for development alone:`, others);
  if (found.advisories.length === 0) console.log("Advisories: checked, there are none.");
  return shipped.length > 0 ? 1 : 0;
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
