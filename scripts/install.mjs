// Plain JavaScript: it runs before Node 24 is there. Installs the dependencies where they are missing
// or older than package-lock.json; says nothing on stdout, which belongs to the command that follows.
import { spawnSync } from "node:child_process";
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";

import { dependenciesAreCurrent } from "./dependencies.mjs";

const checkout = dirname(dirname(fileURLToPath(import.meta.url)));

if (!dependenciesAreCurrent(checkout)) {
  console.error("installing dependencies: npm ci --include=dev");
  const npm = spawnSync("npm", ["ci", "--include=dev", "--loglevel=error"], {
    cwd: checkout,
    // npm's own report goes to stderr, too.
    stdio: ["ignore", 2, 2],
    shell: process.platform === "win32",
  });
  if (npm.error || npm.status !== 0) {
    const why = npm.error?.message ?? `it ended with ${npm.status ?? npm.signal}`;
    console.error(`The dependencies could not be installed: ${why}.`);
    console.error(
      "See npm's report above; often the registry or a proxy cannot be reached. Then run again.",
    );
    process.exit(1);
  }
}
