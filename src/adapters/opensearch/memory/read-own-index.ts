import { z } from "zod";
import { Fault } from "../../../domain/faults.ts";
import type { Api } from "../api.ts";
import { refusalOf } from "../faults.ts";
import { requestFault } from "./own-index-faults.ts";
import type { Property } from "./own-indices.ts";

const property: z.ZodType<Property> = z.lazy(() =>
  z.object({
    type: z.string().exactOptional(),
    properties: z.record(z.string(), property).exactOptional(),
  }),
);
const flag = z.union([z.boolean(), z.string()]).transform((value) => String(value) === "true");
const indexShape = z.record(
  z.string(),
  z.object({
    aliases: z.record(z.string(), z.unknown()).default({}),
    mappings: z.object({ properties: z.record(z.string(), property).default({}) }),
    settings: z.object({
      index: z.object({ blocks: z.record(z.string(), flag).default({}) }),
    }),
  }),
);

type FoundIndex = { aliases: string[]; properties: Record<string, Property>; blocks: string[] };

/** What the cluster says of an own index; undefined where it is not there. Throws a MemoryFault. */
export async function readOwnIndex(
  api: Api,
  name: string,
  signal: AbortSignal,
): Promise<FoundIndex | undefined> {
  try {
    const request = { method: "GET", path: `/${name}`, probe: true } as const;
    const found = (await api.send(request, indexShape, signal))[name];
    if (!found) return undefined;
    const { aliases, mappings, settings } = found;
    const blocks = Object.entries(settings.index.blocks).filter(([, isSet]) => isSet);
    return {
      aliases: Object.keys(aliases),
      properties: mappings.properties,
      blocks: blocks.map(([block]) => `index.blocks.${block}`),
    };
  } catch (error) {
    if (!(error instanceof Fault)) throw error;
    if (refusalOf(error)?.type === "index_not_found_exception") return undefined;
    throw requestFault(name, error);
  }
}
