import { f32x4, func, i32, i32x4, narrow, repeatWhile, v128 } from "./assembler.ts";
import type { Code, Kind, Local } from "./assembler.ts";

type V128 = Code<"v128">;
type I32 = Code<"i32">;
export type NewLocal = <T extends Kind>(kind: T) => Local<T>;

/**
 * Constants of a loop, as locals: V8 would build one that is written inside a loop again in each turn. `set` holds the
 * statements that come before the loop, those of the constants that `of` was asked for so far.
 */
export function constants(local: NewLocal) {
  const known = new Map<number, Local<"v128">>();
  const set: Code[] = [];
  return {
    set,
    of(value: number): V128 {
      let held = known.get(value);
      if (!held) {
        held = local("v128");
        known.set(value, held);
        set.push(held.set(f32x4.splat(value)));
      }
      return held.get;
    },
  };
}
export type Constants = ReturnType<typeof constants>;

/** Runs `statements` for each vector from `at` up to `end`. */
export function vectors(at: Local<"i32">, end: I32, statements: readonly Code[], step = 16): Code {
  return repeatWhile(i32.ltU(at.get, end), [
    ...statements,
    at.set(i32.add(at.get, i32.const(step))),
  ]);
}

/** `combine` of all four lanes, in each lane. */
export function overLanes(value: Local<"v128">, combine: (a: V128, b: V128) => V128): Code[] {
  const turned = (bytes: number) =>
    v128.shuffle(
      value.get,
      value.get,
      Array.from({ length: 16 }, (_, i) => (i + bytes) % 16),
    );
  return [8, 4].map((bytes) => value.set(combine(value.get, turned(bytes))));
}

/**
 * `name`(x, y, gamma, beta, rows): each row of `width` float32 of x becomes the layer norm of x + y; y may be 0 for none
 * where `adds` is false.
 */
export function layerNorm(name: string, width: number, epsilon: number, adds: boolean) {
  return func(name, ["i32", "i32", "i32", "i32", "i32"], ([x, y, gamma, beta, rows], local) => {
    const [at, end, beside] = [local("i32"), local("i32"), local("i32")];
    const [total, mean, value] = [local("v128"), local("v128"), local("v128")];
    const bytes = i32.const(width * 4);
    const toMean = f32x4.mul(total.get, f32x4.splat(1 / width));
    return [
      repeatWhile(rows.get, [
        end.set(i32.add(x.get, bytes)),
        at.set(x.get),
        total.set(f32x4.splat(0)),
        vectors(at, end.get, [
          value.set(v128.load(at.get)),
          ...(adds
            ? [
                value.set(f32x4.add(value.get, v128.load(y.get))),
                v128.store(at.get, value.get),
                y.set(i32.add(y.get, i32.const(16))),
              ]
            : []),
          total.set(f32x4.add(total.get, value.get)),
        ]),
        ...overLanes(total, f32x4.add),
        mean.set(toMean),
        at.set(x.get),
        total.set(f32x4.splat(0)),
        vectors(at, end.get, [
          value.set(f32x4.sub(v128.load(at.get), mean.get)),
          total.set(f32x4.add(total.get, f32x4.mul(value.get, value.get))),
        ]),
        ...overLanes(total, f32x4.add),
        total.set(f32x4.div(f32x4.splat(1), f32x4.sqrt(f32x4.add(toMean, f32x4.splat(epsilon))))),
        at.set(x.get),
        beside.set(i32.const(0)),
        vectors(at, end.get, [
          value.set(f32x4.mul(f32x4.sub(v128.load(at.get), mean.get), total.get)),
          value.set(f32x4.mul(value.get, v128.load(i32.add(gamma.get, beside.get)))),
          value.set(f32x4.add(value.get, v128.load(i32.add(beta.get, beside.get)))),
          v128.store(at.get, value.get),
          beside.set(i32.add(beside.get, i32.const(16))),
        ]),
        x.set(end.get),
        rows.set(i32.sub(rows.get, i32.const(1))),
      ]),
    ];
  });
}

/** Replaces the value of a local; built once for a kernel. */
export type Change = (value: Local<"v128">, local: NewLocal, constant: Constants["of"]) => Code[];

/**
 * `name`(x, out, scales, rows): rows of `width` float32 (a multiple of 16) as 0 to 127, with x ~ scale * (out - zero).
 * `scales` gets two values a row: the scale (float32) and the zero (int32). Every row on its own, so what is beside it
 * changes nothing. With `change`, each value of x is replaced by what that makes of it first.
 */
export function quantizeRows(name: string, width: number, change?: Change) {
  return func(name, ["i32", "i32", "i32", "i32"], ([x, out, scales, rows], local) => {
    const { set, of: constant } = constants(local);
    const [at, end] = [local("i32"), local("i32")];
    const [low, high, value, zero] = [local("v128"), local("v128"), local("v128"), local("v128")];
    const changes = change && [
      vectors(at, end.get, [
        value.set(v128.load(at.get)),
        ...change(value, local, constant),
        v128.store(at.get, value.get),
      ]),
      at.set(x.get),
    ];
    // One step of a chain for four vectors: each of its steps waits for the one before.
    const ofFour = (combine: (a: V128, b: V128) => V128) => {
      const two = (offset: number) =>
        combine(v128.load(at.get, offset), v128.load(at.get, offset + 16));
      return combine(two(0), two(32));
    };
    const toInt = (offset: number) =>
      i32x4.relaxedTrunc(
        f32x4.nearest(
          f32x4.pmin(
            f32x4.add(f32x4.mul(v128.load(at.get, offset), value.get), zero.get),
            constant(127),
          ),
        ),
      );
    const body = repeatWhile(rows.get, [
      end.set(i32.add(x.get, i32.const(width * 4))),
      at.set(x.get),
      ...(changes ?? []),
      low.set(f32x4.splat(0)),
      high.set(f32x4.splat(0)),
      vectors(
        at,
        end.get,
        [
          low.set(f32x4.pmin(low.get, ofFour(f32x4.pmin))),
          high.set(f32x4.pmax(high.get, ofFour(f32x4.pmax))),
        ],
        64,
      ),
      ...overLanes(low, f32x4.pmin),
      ...overLanes(high, f32x4.pmax),
      // A row of zeros has no range.
      high.set(f32x4.pmax(f32x4.sub(high.get, low.get), f32x4.splat(1e-30))),
      value.set(f32x4.div(constant(127), high.get)),
      zero.set(f32x4.nearest(f32x4.mul(f32x4.neg(low.get), value.get))),
      v128.store32Lane0(scales.get, f32x4.mul(high.get, f32x4.splat(1 / 127))),
      v128.store32Lane0(scales.get, i32x4.relaxedTrunc(zero.get), 4),
      at.set(x.get),
      vectors(
        at,
        end.get,
        [
          v128.store(
            out.get,
            narrow.i16(narrow.i32(toInt(0), toInt(16)), narrow.i32(toInt(32), toInt(48))),
          ),
          out.set(i32.add(out.get, i32.const(16))),
        ],
        64,
      ),
      x.set(end.get),
      scales.set(i32.add(scales.get, i32.const(8))),
      rows.set(i32.sub(rows.get, i32.const(1))),
    ]);
    return [...set, body];
  });
}
