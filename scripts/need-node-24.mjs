// Plain JavaScript: it has to run on the Node that is too old.
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const found = process.versions.node;
const local = join(
  dirname(dirname(fileURLToPath(import.meta.url))),
  "node_modules",
  ".bin",
  "node",
);

if (Number.parseInt(found, 10) < 24) {
  const why = existsSync(local)
    ? [
        `Node 24 is installed with the project, as ${local}, but this is not it.`,
        "Run this through npm (npm test, npm start -- ARGS), or put node_modules/.bin first on the PATH.",
      ]
    : [
        `npm installs Node 24 with the project, as ${local}, and it is not there.`,
        'Its package "node" is a development dependency with an install script, so it is missing after',
        "an install in production mode (NODE_ENV=production, omit=dev) or with install scripts off",
        "(ignore-scripts=true). Either run",
        "    npm ci --include=dev --ignore-scripts=false",
        "or use a Node 24 or later of your own.",
      ];
  console.error(
    `log-vectorizer needs Node 24 or later; this is Node ${found} (${process.execPath}).`,
  );
  console.error(why.join("\n"));
  process.exit(2);
}
