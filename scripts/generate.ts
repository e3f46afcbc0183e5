import { writeBlock } from "./generated/block.ts";
import { BLOCKS } from "./generated/blocks.ts";

for (const block of BLOCKS) await writeBlock(block);
