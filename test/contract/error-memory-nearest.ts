import assert from "node:assert/strict";
import type { Subject } from "./error-memory-contract.ts";

const [A, B, C] = ["a".repeat(16), "b".repeat(16), "c".repeat(16)] as const;

/** What every memory of errors promises about groups whose vectors are near. */
export const NEAREST_GROUPS: readonly [says: string, run: (subject: Subject) => Promise<void>][] = [
  [
    "the groups whose vectors are nearest are found for several at once, of one model, with exact vectors",
    async (subject) => {
      const { memory, signal } = subject;
      const turns = Array.from("0123456789", (digit): [string, number] => [
        digit.repeat(16),
        Number(digit) / 5,
      ]);
      for (const [id, turn] of turns) await subject.turn(id, turn);
      await subject.see(A);
      await subject.turn(B, 0, { model: "other" });
      await subject.settle();
      const [first = "", second = "", third = "", fourth = ""] = turns.map(([id]) => id);
      const last = turns.at(-1)?.[0] ?? "";
      const wanted = { model: "m", limit: 3, leastCosine: -1, isMeant: () => true };
      const found = await memory.groups.nearest([first, last, A, B, C], wanted, signal);
      assert.deepEqual([...found.keys()].toSorted(), [first, last]);
      const { own, near = [] } = found.get(first) ?? {};
      assert.deepEqual([own?.group.group, own?.values], [first, turned(0)]);
      assert.deepEqual(
        near.map(({ group }) => group.group),
        [second, third, fourth],
      );
      assert.deepEqual(near[2]?.values, turned(3 / 5));
      assert.deepEqual(
        found.get(last)?.near.map(({ group }) => group.group),
        turns
          .slice(6, 9)
          .map(([id]) => id)
          .toReversed(),
      );
      assert.equal((await memory.groups.nearest([], wanted, signal)).size, 0);
      const all = await memory.groups.nearest([first], { ...wanted, limit: 99 }, signal);
      assert.equal(all.get(first)?.near.length, turns.length - 1);
    },
  ],

  [
    "of the nearest ones as many are of the same service and exception as others, and what is not meant makes room",
    async (subject) => {
      const { memory, signal } = subject;
      const ids = Array.from("012345", (digit) => digit.repeat(16));
      const [own = "", other = "", next = "", unmeant = "", same = "", far = ""] = ids;
      await subject.turn(own, 0);
      await subject.turn(other, 0.1, { service: "billing" });
      await subject.turn(next, 0.2, { service: null, exception: null });
      await subject.turn(unmeant, 0.1);
      await subject.turn(same, 0.3);
      await subject.turn(far, 1.5);
      await subject.settle();
      const nearOf = async (limit: number, leastCosine = -1) => {
        const isMeant = (id: string, one: string) => id !== own || one !== unmeant;
        const wanted = { model: "m", limit, leastCosine, isMeant };
        const found = await memory.groups.nearest([own], wanted, signal);
        return found.get(own)?.near.map(({ group }) => group.group);
      };
      assert.deepEqual(await nearOf(1), [other, same]);
      assert.deepEqual(await nearOf(9), [other, next, same, far]);
      assert.deepEqual(await nearOf(9, 0.9), [other, next, same], "the far one is not read");
    },
  ],
];

/** Most values are none, as of a text of few words. */
export function turned(by: number): Float32Array {
  return Float32Array.from({ length: 384 }, (_, at) => (at % 40 === 7 ? Math.sin(at + by) : 0));
}
