import type { Random } from "../../../test/support/random.ts";

type Point = readonly number[];
type Tree = { size: number } | { feature: number; at: number; below: Tree; above: Tree };

const TREES = 100;
const SAMPLE = 256;
const EULER = 0.577_215_664_901_532_9;

/**
 * An isolation forest (Liu, Ting, Zhou, 2008) with the numbers of trees and samples that its authors recommend. Returns
 * the anomaly score of a point: near 1 for what is easily told from all others, about 0.5 and less for what is not.
 */
export function growForest(points: readonly Point[], random: Random): (point: Point) => number {
  const size = Math.min(SAMPLE, points.length);
  const depth = Math.ceil(Math.log2(size));
  const trees = Array.from({ length: TREES }, () => {
    const sample = Array.from({ length: size }, () => points[random.below(points.length)] ?? []);
    return grow(sample, depth, random);
  });
  const usual = pathOf(size);
  return (point) => {
    let sum = 0;
    for (const tree of trees) sum += pathIn(tree, point);
    return 2 ** (-sum / TREES / usual);
  };
}

function grow(points: readonly Point[], depth: number, random: Random): Tree {
  const features = points[0]?.length ?? 0;
  if (depth === 0 || points.length <= 1) return { size: points.length };
  const feature = random.below(features);
  let low = Infinity;
  let high = -Infinity;
  for (const point of points) {
    low = Math.min(low, point[feature] ?? 0);
    high = Math.max(high, point[feature] ?? 0);
  }
  if (low === high) return { size: points.length };
  const at = low + ((high - low) * (random.below(1e9) + 1)) / 1e9;
  const sides: [below: Point[], above: Point[]] = [[], []];
  for (const point of points) sides[(point[feature] ?? 0) < at ? 0 : 1].push(point);
  const below = grow(sides[0], depth - 1, random);
  const above = grow(sides[1], depth - 1, random);
  return { feature, at, below, above };
}

function pathIn(tree: Tree, point: Point): number {
  let depth = 0;
  let node = tree;
  while (!("size" in node)) {
    node = (point[node.feature] ?? 0) < node.at ? node.below : node.above;
    depth++;
  }
  return depth + pathOf(node.size);
}

/** The mean path to a point in a tree of so many: what is left where a branch was not grown to its end. */
function pathOf(size: number): number {
  if (size <= 1) return 0;
  if (size === 2) return 1;
  return 2 * (Math.log(size - 1) + EULER) - (2 * (size - 1)) / size;
}
