import { Fault } from "../../domain/faults.ts";
import type { UnfitIndex } from "../../domain/survey.ts";
import type { Api } from "./api.ts";
import { isNotOffered } from "./faults.ts";
import type { IndexShape } from "./index-shape.ts";
import { readInfo } from "./info.ts";

/** Whether the index would have to be given a vector without a graph, because `index.knn` is not set there. */
export function needsFlatVector({ knn, mapped }: IndexShape): boolean {
  return !knn && !mapped;
}

/**
 * Before 2.19.4, each later change of a mapping with such a vector in it fails the shard, be it by a mere new field in
 * a log: https://github.com/opensearch-project/k-NN/issues/2540. Throws a Fault where nobody answers.
 */
export async function flatVectorsAreSafe(api: Api, signal: AbortSignal): Promise<boolean> {
  try {
    const { version = "" } = await readInfo(api, signal);
    const [major = 0, minor = 0, patch = 0] = version.split(".").map(Number);
    return major > 2 || (major === 2 && (minor > 19 || (minor === 19 && patch >= 4)));
  } catch (error) {
    // Where the version is not told, or not to us, it gets the benefit of the doubt: most are newer.
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
