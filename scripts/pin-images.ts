import { resolve } from "node:path";
import { parseArgs } from "node:util";
import { count } from "../src/domain/count.ts";
import { VERSION } from "../src/app/version.ts";
import { pinFiles } from "./pin-images/pin-files.ts";

const USAGE = `Usage: npm run pin-images -- [--hub URL]

For a release: looks up the digest of every image in Dockerfile, compose.yaml and deploy/, and writes it in place of the tag,
which stays beside it as a comment. An image that is pinned gets what its tag stands for now. --hub is a mirror of Docker Hub.
Ends with 1 where an image could not be looked up; that one keeps its tag.`;

const CHECKOUT = resolve(import.meta.dirname, "..");

/** What is asked for; undefined where it makes no sense. */
function readArguments(args: string[]): { hub?: string | undefined } | undefined {
  try {
    const { hub } = parseArgs({ args, options: { hub: { type: "string" } } }).values;
    return hub === undefined || /^https?:$/.test(new URL(hub).protocol) ? { hub } : undefined;
  } catch {
    return undefined;
  }
}

async function main(args: string[]): Promise<number> {
  const asked = readArguments(args);
  if (!asked) {
    console.error(USAGE);
    return 2;
  }
  const { digests, changed, left, failed } = await pinFiles(CHECKOUT, {
    appVersion: VERSION,
    hub: asked.hub,
  });
  for (const [image, digest] of digests) console.log(`${image} is ${digest}`);
  for (const [image, why] of left) console.log(`${image} ${why}`);
  for (const [image, why] of failed) console.error(`${image} keeps its tag: ${why}`);
  console.log(changed.length > 0 ? `written: ${changed.join(", ")}` : "no file changed");
  if (failed.size === 0) return 0;
  console.error(`${count(failed.size, "image")} could not be looked up.`);
  return 1;
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
