import { z } from "zod";
import { loadConfig } from "../config/config.ts";
import { describeSettings } from "../config/describe.ts";
import { ORIGINS } from "../config/sources.ts";
import { readSources, type Context } from "./context.ts";
import { EXIT, type ExitCode } from "./exit-code.ts";
import { printJson, printLine } from "./print.ts";
import { printTable } from "./table.ts";

/** What `config --json` prints: one row for each setting, in the order of the reference. */
export const configAnswerShape = z.array(
  z.object({
    name: z.string(),
    value: z.string().optional().describe('Secrets are ***; absent: not set; "": switched off.'),
    origin: z.enum(ORIGINS),
    note: z.string().optional().describe("What applies instead, or why the value has no effect."),
  }),
);

/** Prints the resolved settings with their origins; secrets masked. */
export async function config(options: { json?: boolean }, context: Context): Promise<ExitCode> {
  const sources = readSources(context);
  const { stdout } = context.process;
  const { resolved, warnings } = loadConfig(sources, { needsEmbedder: false, serves: true });
  const rows = describeSettings(resolved);
  if (options.json) {
    printJson(stdout, rows satisfies z.infer<typeof configAnswerShape>);
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
