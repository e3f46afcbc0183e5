import { z } from "zod";
import { Fault } from "../../domain/faults.ts";
import type { StoreInfo } from "../../ports/record-store.ts";
import type { Api } from "./api.ts";
import { isNotOffered } from "./faults.ts";
import { resolveNames } from "./read-indices.ts";

const infoShape = z.object({
  cluster_name: z.string(),
  version: z.object({ number: z.string(), distribution: z.string().default("elasticsearch") }),
});

/** Reads cluster name and version. Throws a Fault unless it is OpenSearch 2.19 or later. */
export async function readInfo(api: Api, signal: AbortSignal): Promise<StoreInfo> {
  const answer = await api.send({ method: "GET", path: "/", probe: true }, infoShape, signal);
  const { number: version, distribution } = answer.version;
  const found = `OpenSearch at ${api.url}: ${distribution} ${version} answers there`;
  if (distribution !== "opensearch") {
    throw new Fault("configuration", found, { hint: "OpenSearch 2.19 or 3.x is needed." });
  }
  const [major = 0, minor = 0] = version.split(".").map(Number);
  if (major < 2 || (major === 2 && minor < 19)) {
    throw new Fault("configuration", found, { hint: "Upgrade to OpenSearch 2.19 or 3.x." });
  }
  return { cluster: answer.cluster_name, version, url: api.url };
}

/**
 * Reads the version, or where that call is not offered, tries the call that begins every cycle: a health check must not
 * need more permissions than the work. `versionReadable`: false where the call is known to be missing.
 */
export function createInfoReader(
  api: Api,
  { indexPattern, versionReadable }: { indexPattern: string; versionReadable: boolean },
): (signal: AbortSignal) => Promise<StoreInfo> {
  let isTold = versionReadable;
  return async (signal) => {
    if (isTold) {
      try {
        return await readInfo(api, signal);
      } catch (error) {
        if (!isNotOffered(error)) throw error;
      }
    }
    await resolveNames(api, indexPattern, signal, { probe: true });
    isTold = false;
    return { url: api.url };
  };
}
