import { z } from "zod";
import { Fault } from "../../model/faults.ts";
import type { StoreInfo } from "../../ports/log-store.ts";
import type { Api } from "./api.ts";

const infoShape = z.object({
  cluster_name: z.string(),
  version: z.object({ number: z.string(), distribution: z.string().default("elasticsearch") }),
});

/** Reads what answers there; refuses what is no OpenSearch of 2.19 or later. */
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
  return { cluster: answer.cluster_name, version, distribution, url: api.url };
}
