import type { GeneratedBlock, GeneratedFile } from "./block.ts";
import { COMMANDS_BLOCK } from "./commands.ts";
import { EXIT_CODES_BLOCK } from "./exit-codes.ts";
import { HTTP_BLOCK, OPENAPI_FILE } from "./http.ts";
import { LOG_EVENTS_BLOCK } from "./log-events.ts";
import { METRICS_BLOCK } from "./metrics.ts";
import { PRINTED_FILE } from "./printed-messages.ts";
import { ROOMS_BLOCK } from "./rooms.ts";
import { SCHEMA_FILES } from "./schemas.ts";
import { SENTENCES_FILE } from "./sentences.ts";
import { SETTINGS_BLOCK } from "./settings.ts";

/** Everything in the docs that is made from the program; a test fails where a file says something else. */
export const BLOCKS: readonly GeneratedBlock[] = [
  SETTINGS_BLOCK,
  COMMANDS_BLOCK,
  METRICS_BLOCK,
  LOG_EVENTS_BLOCK,
  EXIT_CODES_BLOCK,
  HTTP_BLOCK,
  ROOMS_BLOCK,
];

export const FILES: readonly GeneratedFile[] = [
  OPENAPI_FILE,
  ...SCHEMA_FILES,
  PRINTED_FILE,
  SENTENCES_FILE,
];
