import { loadConfig } from "../config/config.ts";
import { describeSettings } from "../config/describe.ts";
import { readSources, type Context } from "./context.ts";
import { EXIT, type ExitCode } from "./exit-code.ts";
import { printJson, printLine } from "./print.ts";
import { printTable } from "./table.ts";

/** Prints the resolved settings with their origins; secrets masked. */
export async function config(options: { json?: boolean }, context: Context): Promise<ExitCode> {
  const sources = readSources(context);
  const { stdout } = context.process;
  const { resolved, warnings } = loadConfig(sources, { needsEmbedder: false, serves: true });
  const rows = describeSettings(resolved);
  if (options.json) {
    printJson(stdout, rows);
    return EXIT.ok;
  }
  printTable(
    stdout,
    [{ head: "setting" }, { head: "value" }, { head: "from" }, { head: "" }],
    rows.map(({ name, value, origin, note }) => [
      name,
      value ?? "",
      value === undefined ? "" : origin,
      note ?? "",
    ]),
  );
  for (const warning of warnings) printLine(stdout, `\n! ${warning}`);
  return EXIT.ok;
}
