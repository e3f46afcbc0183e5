import { readdir, readFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { parseAllDocuments } from "yaml";
import { z } from "zod";

const FOLDER = resolve(import.meta.dirname, "../../deploy/kubernetes");

const manifestShape = z.looseObject({
  apiVersion: z.string(),
  kind: z.string(),
  metadata: z.looseObject({ name: z.string() }).optional(),
});

export type Manifest = z.infer<typeof manifestShape> & {
  /** Where it stands, from the folder of all. */
  file: string;
};

/** Every document of every file. Throws where one cannot be read. */
export async function readManifests(): Promise<Manifest[]> {
  const entries = await readdir(FOLDER, { recursive: true });
  const files = entries.filter((name) => name.endsWith(".yaml")).toSorted();
  const read = await Promise.all(
    files.map(async (file) => {
      const documents = parseAllDocuments(await readFile(join(FOLDER, file), "utf8"));
      return documents.map((document) => {
        const [problem] = [...document.errors, ...document.warnings];
        if (problem) throw new Error(`${file}: ${problem.message}`);
        return { ...manifestShape.parse(document.toJS()), file };
      });
    }),
  );
  return read.flat();
}

export function nameOf({ kind, metadata, file }: Manifest): string {
  return `${file}: ${kind} ${metadata?.name ?? ""}`.trim();
}
