import { Fault } from "../../domain/faults.ts";
import type { UnfitIndex } from "../../domain/survey.ts";
import type { Api } from "./api.ts";
import { isNotOffered } from "./faults.ts";
import type { IndexShape } from "./index-shape.ts";
import { readInfo } from "./info.ts";

/** Without `index.knn` the vector has to be mapped without a graph. */
export function needsFlatVector({ knn, mapped }: IndexShape): boolean {
  return !knn && !mapped;
}

/**
 * Before 2.19.4, any later mapping change beside such a vector fails the shard:
 * https://github.com/opensearch-project/k-NN/issues/2540. Throws a Fault where OpenSearch does not answer.
 */
export async function flatVectorsAreSafe(api: Api, signal: AbortSignal): Promise<boolean> {
  try {
    const { version = "" } = await readInfo(api, signal);
    const [major = 0, minor = 0, patch = 0] = version.split(".").map(Number);
    return major > 2 || (major === 2 && (minor > 19 || (minor === 19 && patch >= 4)));
  } catch (error) {
    // An unreadable version counts as safe: most are newer.
    if (isNotOffered(error) || (error instanceof Fault && error.kind === "credentials"))
      return true;
    throw error;
  }
}

export function unsafeFlatVector({ index }: IndexShape): UnfitIndex {
  return {
    index,
    reason:
      "index.knn is not set, and before 2.19.4 OpenSearch then fails the shard at the next new field beside a vector",
    fix: "upgrade OpenSearch, or go on in a new index made after init",
  };
}
