import { f32, f32x4, func, i32, i32x4, narrow, repeatWhile, v128 } from "./assembler.ts";
import type { Code, Local } from "./assembler.ts";

type V128 = Code<"v128">;
type I32 = Code<"i32">;

/** Runs `statements` for each vector from `at` up to `end`. */
function vectors(at: Local<"i32">, end: I32, statements: readonly Code[], step = 16): Code {
  return repeatWhile(i32.ltU(at.get, end), [
    ...statements,
    at.set(i32.add(at.get, i32.const(step))),
  ]);
}

/** `combine` of all four lanes, in each lane. */
function overLanes(value: Local<"v128">, combine: (a: V128, b: V128) => V128): Code[] {
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

/**
 * `name`(x, out, scales, rows): rows of `width` float32 as 0 to 127, with x ~ scale * (out - zero). `scales` gets two
 * values a row: the scale (float32) and the zero (int32). Every row on its own, so what is beside it changes nothing.
 */
export function quantizeRows(name: string, width: number) {
  return func(name, ["i32", "i32", "i32", "i32"], ([x, out, scales, rows], local) => {
    const [at, end] = [local("i32"), local("i32")];
    const [low, high, value, zero] = [local("v128"), local("v128"), local("v128"), local("v128")];
    const toInt = (offset: number) =>
      i32x4.relaxedTrunc(
        f32x4.nearest(
          f32x4.pmin(
            f32x4.add(f32x4.mul(v128.load(at.get, offset), value.get), zero.get),
            f32x4.splat(127),
          ),
        ),
      );
    return [
      repeatWhile(rows.get, [
        end.set(i32.add(x.get, i32.const(width * 4))),
        at.set(x.get),
        low.set(f32x4.splat(0)),
        high.set(f32x4.splat(0)),
        vectors(at, end.get, [
          value.set(v128.load(at.get)),
          low.set(f32x4.pmin(low.get, value.get)),
          high.set(f32x4.pmax(high.get, value.get)),
        ]),
        ...overLanes(low, f32x4.pmin),
        ...overLanes(high, f32x4.pmax),
        // A row of zeros has no range.
        high.set(f32x4.pmax(f32x4.sub(high.get, low.get), f32x4.splat(1e-30))),
        value.set(f32x4.div(f32x4.splat(127), high.get)),
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
      ]),
    ];
  });
}

const polynomial = (x: V128, coefficients: readonly number[]) =>
  coefficients
    .slice(1)
    .reduce(
      (value, each) => f32x4.add(f32x4.mul(value, x), f32x4.splat(each)),
      f32x4.splat(coefficients[0] ?? 0),
    );

/** e^x for x <= 0, within 2e-7 of it (Cephes' expf); `x` and `rest` are used up. */
function exponential(x: Local<"v128">, rest: Local<"v128">): { prepare: Code[]; value: V128 } {
  const power = f32x4.nearest(f32x4.mul(x.get, f32x4.splat(Math.LOG2E)));
  return {
    prepare: [
      x.set(f32x4.pmax(x.get, f32x4.splat(-87))),
      rest.set(x.get),
      x.set(power),
      rest.set(f32x4.sub(rest.get, f32x4.mul(x.get, f32x4.splat(0.693359375)))),
      rest.set(f32x4.sub(rest.get, f32x4.mul(x.get, f32x4.splat(-2.1219444e-4)))),
      // 2^power, by the exponent's bits.
      x.set(i32x4.shl(i32x4.add(i32x4.relaxedTrunc(x.get), i32x4.splat(127)), 23)),
    ],
    value: f32x4.mul(
      polynomial(
        rest.get,
        [
          1.98756915e-4, 1.3981999507e-3, 8.3334519073e-3, 4.1665795894e-2, 1.6666665459e-1,
          5.0000001201e-1, 1, 1,
        ],
      ),
      x.get,
    ),
  };
}

/** erf(z) = z p(z^2) / q(z^2) for |z| <= 4, within 5e-7 (the coefficients of Eigen's and XLA's erf). */
const ERF_P = [
  -2.72614225801306e-10, 2.77068142495902e-8, -2.10102402082508e-6, -5.69250639462346e-5,
  -7.34990630326855e-4, -2.95459980854025e-3, -1.60960333262415e-2,
];
const ERF_Q = [
  -1.45660718464996e-5, -2.13374055278905e-4, -1.68282697438203e-3, -7.37332916720468e-3,
  -1.42647390514189e-2,
];

/** `name`(x, end): x (1 + erf(x / sqrt 2)) / 2 of each float32 up to `end`. */
export function gelu(name: string) {
  return func(name, ["i32", "i32"], ([at, end], local) => {
    const [x, z, square] = [local("v128"), local("v128"), local("v128")];
    const scaled = f32x4.mul(x.get, f32x4.splat(Math.SQRT1_2));
    const erf = f32x4.div(
      f32x4.mul(z.get, polynomial(square.get, ERF_P)),
      polynomial(square.get, ERF_Q),
    );
    return [
      vectors(at, end.get, [
        x.set(v128.load(at.get)),
        z.set(f32x4.pmin(f32x4.pmax(scaled, f32x4.splat(-4)), f32x4.splat(4))),
        square.set(f32x4.mul(z.get, z.get)),
        x.set(f32x4.mul(x.get, f32x4.splat(0.5))),
        v128.store(at.get, f32x4.add(x.get, f32x4.mul(x.get, erf))),
      ]),
    ];
  });
}

/**
 * `name`(x, width, rows): the softmax of the first `width` float32 of each row, rows `rowBytes` apart; up to three more
 * after them become 0.
 */
export function softmax(name: string, rowBytes: number) {
  return func(name, ["i32", "i32", "i32"], ([x, width, rows], local) => {
    const [at, end] = [local("i32"), local("i32")];
    const [high, total, value, rest] = [local("v128"), local("v128"), local("v128"), local("v128")];
    const { prepare, value: power } = exponential(value, rest);
    return [
      repeatWhile(rows.get, [
        end.set(i32.add(x.get, i32.mul(width.get, i32.const(4)))),
        // What stands in the last vector beyond the width becomes e^-87 of the greatest, which is nothing.
        ...[0, 4, 8].map((offset) => f32.store(end.get, f32.const(-1e30), offset)),
        at.set(x.get),
        high.set(f32x4.splat(-1e30)),
        vectors(at, end.get, [high.set(f32x4.pmax(high.get, v128.load(at.get)))]),
        ...overLanes(high, f32x4.pmax),
        at.set(x.get),
        total.set(f32x4.splat(0)),
        vectors(at, end.get, [
          value.set(f32x4.sub(v128.load(at.get), high.get)),
          ...prepare,
          value.set(power),
          total.set(f32x4.add(total.get, value.get)),
          v128.store(at.get, value.get),
        ]),
        ...overLanes(total, f32x4.add),
        total.set(f32x4.div(f32x4.splat(1), total.get)),
        at.set(x.get),
        vectors(at, end.get, [v128.store(at.get, f32x4.mul(v128.load(at.get), total.get))]),
        x.set(i32.add(x.get, i32.const(rowBytes))),
        rows.set(i32.sub(rows.get, i32.const(1))),
      ]),
    ];
  });
}
