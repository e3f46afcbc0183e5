import { writeBlock } from "./generated/block.ts";
import { writeFile } from "node:fs/promises";
import { BLOCKS } from "./generated/blocks.ts";
import { SCHEMA_FILES } from "./generated/schemas.ts";

for (const block of BLOCKS) await writeBlock(block);
for (const { path, text } of SCHEMA_FILES) await writeFile(path, text);
