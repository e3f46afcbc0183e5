import { benchReuse } from "./bench/reuse.ts";
import { benchTail } from "./bench/tail.ts";
import { benchTexts } from "./bench/texts.ts";

const BENCHES = { tail: benchTail, reuse: benchReuse, texts: benchTexts };

const USAGE = `Usage: npm run bench -- ${Object.keys(BENCHES).join("|")}

Starts its own servers, says on standard error what it does, and prints what it measured as JSON on standard output.`;

function isBench(name: string | undefined): name is keyof typeof BENCHES {
  return name !== undefined && Object.hasOwn(BENCHES, name);
}

async function main(args: readonly string[]): Promise<number> {
  const [name] = args;
  if (!isBench(name) || args.length > 1) {
    console.error(USAGE);
    return 2;
  }
  const interrupted = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    process.once(signal, () => interrupted.abort());
  }
  const { signal } = interrupted;
  const measured = await BENCHES[name](signal, (line) => console.error(line));
  console.log(JSON.stringify(measured, null, 2));
  return 0;
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
