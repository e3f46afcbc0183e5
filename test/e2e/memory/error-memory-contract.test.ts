import { testErrorMemoryContract } from "../../contract/error-memory-contract.ts";
import { onEachOpenSearch, openFixture } from "../../support/servers/open-search-fixture.ts";
import { openRealMemory } from "../../support/servers/real-memory.ts";

await onEachOpenSearch((version) => {
  testErrorMemoryContract(`OpenSearch ${version}`, async (t) => {
    const fixture = await openFixture(t, version);
    const { memory, init } = await openRealMemory(t, fixture);
    await init();
    return {
      memory,
      settle: async () => void (await fixture.send("POST", `/${fixture.prefix}*/_refresh`)),
    };
  });
});
