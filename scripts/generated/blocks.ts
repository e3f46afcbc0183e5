import type { GeneratedBlock } from "./block.ts";
import { METRICS_BLOCK } from "./metrics.ts";
import { ROOMS_BLOCK } from "./rooms.ts";
import { SETTINGS_BLOCK } from "./settings.ts";

/** Everything in the docs that is made from the program; a test fails where a file says something else. */
export const BLOCKS: readonly GeneratedBlock[] = [SETTINGS_BLOCK, METRICS_BLOCK, ROOMS_BLOCK];
