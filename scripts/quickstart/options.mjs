// Plain JavaScript: the options are read before Node 24 is installed.
import { resolve } from "node:path";
import { parseArgs } from "node:util";

export const USAGE = `Usage: npm run quickstart -- [--logs FILE…] [--all-errors] [--keep] [--install] [--in-memory]

  --logs FILE…     your own logs instead of the samples, packed with gzip or zstd or not: JSON in lines or lists, what
                   loggers, databases, web servers, syslog, journald, Kubernetes, Docker and Windows write, or plain lines
  --all-errors     takes every record for an ERROR in files where no level is recognised
  --keep           leave OpenSearch and Kafka running at the end
  --install, --yes install Maven and a JDK without asking, where they are missing (root on Debian or Ubuntu)
  --in-memory      start no servers: the logs are held in this process's memory`;

const OPTIONS = /** @type {const} */ ({
  keep: { type: "boolean" },
  "all-errors": { type: "boolean" },
  install: { type: "boolean" },
  yes: { type: "boolean" },
  "in-memory": { type: "boolean" },
  help: { type: "boolean", short: "h" },
  logs: { type: "string", multiple: true },
});

/** @typedef {{ keep: boolean, allErrors: boolean, install: boolean, inMemory: boolean, files: string[] }} Options */

/**
 * The arguments, with files as full paths; or what is wrong with them, in a sentence.
 *
 * @param {string[]} args
 * @param {string} folder
 * @returns {Options | { problem: string } | { help: true }}
 */
export function readOptions(args, folder) {
  try {
    const { values, positionals } = parseArgs({ args, options: OPTIONS, allowPositionals: true });
    const { keep = false, install = false, yes = false, logs = [], help } = values;
    const { "all-errors": allErrors = false, "in-memory": inMemory = false } = values;
    if (help) return { help };
    // "--logs a b c": what follows the first file is no option's value any more.
    if (positionals.length > 0 && logs.length === 0) {
      return { problem: `What is "${positionals[0]}"? A log file of yours comes after --logs.` };
    }
    if (inMemory && (install || yes)) {
      return {
        problem: "--in-memory needs nothing installed: leave out --install, or --in-memory.",
      };
    }
    const files = [...logs, ...positionals].map((file) => resolve(folder, file));
    return { keep, allErrors, install: install || yes, inMemory, files };
  } catch (error) {
    // What follows is advice on another way to write it.
    const [sentence = ""] = (error instanceof Error ? error.message : String(error)).split(
      /\. |\n/,
    );
    return { problem: `${sentence}.` };
  }
}

/**
 * The options that npm took for its own: it does so with all that stand before a "--".
 *
 * @param {NodeJS.ProcessEnv} env
 * @returns {string[]}
 */
export function takenByNpm(env) {
  const own = ["logs", "all-errors", "keep", "install", "in-memory"];
  return own
    .filter((name) => env[`npm_config_${name.replaceAll("-", "_")}`] !== undefined)
    .map((name) => `--${name}`);
}
