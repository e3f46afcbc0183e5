import { testErrorMemoryContract } from "../../contract/error-memory-contract.ts";
import { createFakeErrorMemory } from "../../support/fakes/fake-error-memory.ts";

testErrorMemoryContract("in memory", async () => ({
  memory: createFakeErrorMemory(),
  settle: async () => undefined,
}));
