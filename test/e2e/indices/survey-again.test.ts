import assert from "node:assert/strict";
import { test } from "node:test";
import { isDeepStrictEqual } from "node:util";
import {
  LOG_PROPERTIES,
  onEachOpenSearch,
  openFixture,
} from "../../support/servers/open-search-fixture.ts";
import { openStore } from "../../support/servers/open-store.ts";

const { signal } = new AbortController();

await onEachOpenSearch((version) => {
  test("indices are judged again after each change of them", async (t) => {
    const fixture = await openFixture(t, version);
    const [one, two] = [fixture.name("one"), fixture.name("two")];
    const body = { settings: { knn: true }, mappings: { properties: LOG_PROPERTIES } };
    await fixture.create(one, body);
    const store = await openStore(t, fixture);
    const fit = async () => {
      const survey = await store.survey(signal);
      return survey.fit.map(({ index, mapped }) => ({ index, mapped }));
    };
    const judged = [await fit()];
    const change = async (work: Promise<unknown>) => {
      await work;
      judged.push(await fit());
    };

    await change(fixture.create(two, body));
    await change(store.prepare([one], signal));
    await change(fixture.send("PUT", `/${two}/_settings`, { "index.blocks.write": true }));
    await change(fixture.send("PUT", `/${two}/_settings`, { "index.blocks.write": null }));
    await change(fixture.send("DELETE", `/${one}`));

    const wanted = [
      [{ index: one, mapped: false }],
      [
        { index: two, mapped: false },
        { index: one, mapped: false },
      ],
      [
        { index: two, mapped: false },
        { index: one, mapped: true },
      ],
      [{ index: one, mapped: true }],
      [
        { index: two, mapped: false },
        { index: one, mapped: true },
      ],
      [{ index: two, mapped: false }],
    ];
    assert.deepEqual(judged, wanted);
  });

  test("where nothing changed, one small question is all", async (t) => {
    const fixture = await openFixture(t, version);
    const body = { settings: { knn: true }, mappings: { properties: LOG_PROPERTIES } };
    await fixture.create(fixture.name("one"), body);
    let asked: string[] = [];
    const store = await openStore(t, fixture, { spy: ({ path }) => void asked.push(path) });
    const lastAsked = async () => {
      asked = [];
      await store.survey(signal);
      return asked;
    };
    await lastAsked();

    // Others use this server too, and what they change is a change of its state.
    let found: string[] = [];
    for (let go = 0; go < 50 && found.length !== 1; go++) found = await lastAsked();

    assert.ok(isDeepStrictEqual(found, ["/_cluster/state/version"]), String(found));
  });
});
