import { z } from "zod";
import { installLocalModel, listModels, type LocalModel } from "../app/models.ts";
import { loadConfig } from "../config/config.ts";
import { readSources, type Context } from "./context.ts";
import { EXIT, type ExitCode } from "./exit-code.ts";
import { printJson, printLine } from "./print.ts";
import { runToEnd } from "./run-to-end.ts";
import { printTable } from "./table.ts";

/** What `model list --json` prints. */
export const modelListShape = z.object({
  model_dir: z.string().describe("Where models are installed."),
  models: z.array(
    z.object({
      name: z.string(),
      languages: z.string(),
      dimensions: z.int(),
      bytes: z.int().describe("Of the installed file."),
      licence: z.string(),
      installed: z
        .object({
          path: z.string(),
          whole: z.boolean().describe("Whether its content is that of this version's model."),
        })
        .nullable()
        .describe("The file in model_dir."),
      packed: z.string().nullable().describe("The package's copy, used where none is installed."),
      in_use: z.boolean().describe("Whether the settings name it."),
    }),
  ),
});

export async function modelList(options: { json?: boolean }, context: Context): Promise<ExitCode> {
  const config = configOf(context);
  const models = await listModels(config);
  const { stdout } = context.process;
  if (options.json) {
    printJson(stdout, answerOf(config.modelDir, models));
    return EXIT.ok;
  }
  printTable(
    stdout,
    [
      { head: "model" },
      { head: "languages" },
      { head: "dimensions", align: "right" },
      { head: "size", align: "right" },
      { head: "licence" },
      { head: "in use" },
      { head: "where" },
    ],
    models.map((model) => [
      model.name,
      model.languages,
      String(model.dimensions),
      `${(model.bytes / 1e6).toFixed(1)} MB`,
      model.licence,
      model.isInUse ? "yes" : "",
      placeOf(model),
    ]),
  );
  return EXIT.ok;
}

function placeOf({ name, installed, packed }: LocalModel): string {
  if (installed?.isWhole) return installed.path;
  const install = `log-vectorizer model install ${name}`;
  if (installed) return `${installed.path} is damaged or of another version: ${install}`;
  return packed === undefined ? `not installed: ${install}` : `in the package: ${packed}`;
}

function answerOf(directory: string, models: LocalModel[]): z.infer<typeof modelListShape> {
  return {
    model_dir: directory,
    models: models.map(({ installed, packed = null, isInUse, ...about }) => ({
      ...about,
      installed: installed ? { path: installed.path, whole: installed.isWhole } : null,
      packed,
      in_use: isInUse,
    })),
  };
}

/** The only command that fetches anything. */
export async function modelInstall(
  name: string,
  { from }: { from?: string },
  context: Context,
): Promise<ExitCode> {
  const { stdout } = context.process;
  const say = (line: string) => printLine(stdout, line);
  const events = {
    stopping: ({ signal }: { signal: string }) => say(`Stopping after ${signal}`),
    stopped: () => undefined,
  };
  return runToEnd(context, events, async (stop) => {
    await installLocalModel(name, configOf(context), { from, say, signal: stop.requested });
    return EXIT.ok;
  });
}

function configOf(context: Context) {
  return loadConfig(readSources(context), { needsEmbedder: false }).config;
}
