import assert from "node:assert/strict";
import { test } from "node:test";
import {
  alikeGroups,
  alikeReason,
  alikeThresholds,
  type GroupText,
} from "../../../src/analysis/alike-groups.ts";

const THRESHOLDS = { surely: 0.95, perhaps: 0.8 };

function groupOf(group: string, degrees: number, over: Partial<GroupText> = {}): GroupText {
  const angle = (degrees * Math.PI) / 180;
  const vector = new Float32Array([Math.cos(angle), Math.sin(angle)]);
  return { group, service: "shop", template: "order <*> failed", vector, ...over };
}
const found = (others: readonly GroupText[], top = 10) =>
  alikeGroups(groupOf("this", 0), others, THRESHOLDS, top).map(({ group, surely }) => [
    group,
    surely ? "surely" : "perhaps",
  ]);

test("two thresholds divide surely alike, perhaps alike and not alike", () => {
  // Cosines 0.995, 0.906 and 0.5.
  assert.deepEqual(found([groupOf("far", 60), groupOf("near", 25), groupOf("twin", 6)]), [
    ["twin", "surely"],
    ["near", "perhaps"],
  ]);
});

test("an equal text of another service or exception is never surely the same error", () => {
  const others = [
    groupOf("elsewhere", 0, { service: "pay" }),
    groupOf("other exception", 1, { exception: "java.io.IOException" }),
    groupOf("twin", 15),
  ];
  assert.deepEqual(found(others), [
    ["twin", "surely"],
    ["elsewhere", "perhaps"],
    ["other exception", "perhaps"],
  ]);
});

test("the reason says what is common and what differs", () => {
  const one = groupOf("this", 0, { template: "[routes][routes] Get route <*> failed" });
  const other = groupOf("that", 0, { template: "[routes] Get train <*> failed", service: "pay" });
  const [alike] = alikeGroups(one, [other], THRESHOLDS, 1);
  assert.deepEqual(
    {
      common: alike?.common,
      onlyThis: alike?.onlyThis,
      onlyOther: alike?.onlyOther,
      differs: alike?.differs,
    },
    {
      common: ["routes", "Get", "failed"],
      onlyThis: ["route"],
      onlyOther: ["train"],
      differs: ["service"],
    },
  );
});

test("one other word makes another error, however near the vectors", () => {
  const state = (template: string) => groupOf(template, 0, { template });
  const one = groupOf("this", 0, { template: "LOOKING (n.state), LEADING (my state)" });
  const surely = alikeGroups(
    one,
    [
      state("looking (n.state), LEADING LEADING (my state)."),
      state("LOOKING (n.state), FOLLOWING (my state)"),
      state("LEADING (n.state), LOOKING (my state)"),
    ],
    THRESHOLDS,
    3,
  ).filter((other) => other.surely);
  assert.deepEqual(
    surely.map(({ group }) => group),
    ["looking (n.state), LEADING LEADING (my state)."],
  );
});

test("a group is not alike itself, nor one whose vector is of another length", () => {
  const other = groupOf("short", 0, { vector: new Float32Array([1]) });
  assert.deepEqual(found([groupOf("this", 0), other]), []);
});

test("a model that was not measured is asked for more", () => {
  const measured = alikeThresholds("all-minilm-l6-v2-int8@1");
  const unknown = alikeThresholds("some-model");
  assert.ok(unknown.surely > measured.surely && unknown.perhaps > measured.perhaps);
});

test("why a group is proposed is said in words: what is common, and what differs", () => {
  const none = { surely: false, differs: [], only_this: [], only_other: [] };
  const said = (over: Partial<Parameters<typeof alikeReason>[0]>) =>
    alikeReason({ ...none, ...over });
  assert.equal(said({ surely: true }), "surely like: the same words, service and exception");
  assert.equal(said({ differs: ["service"] }), "perhaps like: the same words, but another service");
  assert.equal(said({}), "perhaps like: nearly the same text");
  assert.equal(
    said({ differs: ["exception"], only_this: ["train"], only_other: ["route", "to"] }),
    "perhaps like: another exception, and other words: here train, there route to",
  );
  assert.equal(
    said({ only_other: ["retry"] }),
    "perhaps like: the same service and exception, and other words: there retry",
  );
});
