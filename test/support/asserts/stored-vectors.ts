import assert from "node:assert/strict";
import { DIMENSIONS } from "../servers/open-search-fixture.ts";
import type { OpenSearchFixture } from "../servers/open-search-fixture.ts";
import { stubVector } from "../fakes/stub-vector.ts";

/** The texts in the index that have a vector of the stub's, sorted; fails where one has another text's vector. */
export async function textsWithVector(
  fixture: Pick<OpenSearchFixture, "documents">,
  index: string,
): Promise<string[]> {
  const texts: string[] = [];
  for (const { source } of (await fixture.documents(index)).values()) {
    if (source["log_vector"] === undefined) continue;
    const text = String(source["message"]);
    assertStubVector(source["log_vector"], text);
    texts.push(text);
  }
  return texts.toSorted();
}

function assertStubVector(vector: unknown, text: string): void {
  assert.ok(Array.isArray(vector), `no vector beside ${text}`);
  const wanted = stubVector(text, DIMENSIONS);
  assert.equal(vector.length, wanted.length);
  for (const [i, value] of wanted.entries()) {
    assert.ok(Math.abs(Number(vector[i]) - value) < 1e-7, `another text's vector beside ${text}`);
  }
}

/** How many documents have a vector, by index; none is named that has none. */
export async function vectorCounts(
  fixture: Pick<OpenSearchFixture, "documents" | "pattern">,
): Promise<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const { index, source } of (await fixture.documents(fixture.pattern)).values()) {
    if (source["log_vector"] !== undefined) counts[index] = (counts[index] ?? 0) + 1;
  }
  return counts;
}
