import { systemClock } from "../../../src/adapters/process/system-clock.ts";
import { testDeadLettersContract } from "../../contract/dead-letters-contract.ts";
import { testMessageStreamContract } from "../../contract/message-stream-contract.ts";
import type { CreateStream } from "../../contract/stream-under-test.ts";
import { createMemoryStream } from "./memory-stream.ts";

const LANES = ["left", "middle", "right"];

const create: CreateStream = async () => {
  const memory = createMemoryStream(systemClock);
  return {
    ...memory,
    name: (short) => short,
    createStream: async (name, lanes) => memory.createStream(name, LANES.slice(0, lanes)),
    async produce(stream, lane, texts) {
      memory.produce(stream, LANES[lane] ?? "", texts);
    },
  };
};

testMessageStreamContract("memory", create, { groups: false, counts: false });
testDeadLettersContract("memory", create);
