import { f32x4, func, i32, i32x4, repeatWhile, v128, type Code, type Local } from "./assembler.ts";
import { constants, overLanes, vectors, type Change, type Constants } from "./row-kernels.ts";

type V128 = Code<"v128">;

const polynomial = (x: V128, coefficients: readonly number[], constant: Constants["of"]) =>
  coefficients
    .slice(1)
    .reduce(
      (value, each) => f32x4.add(f32x4.mul(value, x), constant(each)),
      constant(coefficients[0] ?? 0),
    );

/** e^x for x <= 0, within 2e-7 of it (Cephes' expf); `x` and `rest` are used up. */
function exponential(
  x: Local<"v128">,
  rest: Local<"v128">,
  constant: Constants["of"],
): { prepare: Code[]; value: V128 } {
  const power = f32x4.nearest(f32x4.mul(x.get, constant(Math.LOG2E)));
  return {
    prepare: [
      x.set(f32x4.pmax(x.get, constant(-87))),
      rest.set(x.get),
      x.set(power),
      rest.set(f32x4.sub(rest.get, f32x4.mul(x.get, constant(0.693359375)))),
      rest.set(f32x4.sub(rest.get, f32x4.mul(x.get, constant(-2.1219444e-4)))),
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
        constant,
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

/** x (1 + erf(x / sqrt 2)) / 2. */
export const gelu: Change = (x, local, constant) => {
  const [z, square] = [local("v128"), local("v128")];
  const scaled = f32x4.mul(x.get, constant(Math.SQRT1_2));
  const erf = f32x4.div(
    f32x4.mul(z.get, polynomial(square.get, ERF_P, constant)),
    polynomial(square.get, ERF_Q, constant),
  );
  return [
    z.set(f32x4.pmin(f32x4.pmax(scaled, constant(-4)), constant(4))),
    square.set(f32x4.mul(z.get, z.get)),
    x.set(f32x4.mul(x.get, constant(0.5))),
    x.set(f32x4.add(x.get, f32x4.mul(x.get, erf))),
  ];
};

/**
 * `name`(x, width, rows): the softmax of the first `width` float32 of each row, rows `rowBytes` apart; those after them up to
 * a multiple of four become 0.
 */
export function softmax(name: string, rowBytes: number) {
  return func(name, ["i32", "i32", "i32"], ([x, width, rows], local) => {
    const { set, of: constant } = constants(local);
    const [at, end, bytes] = [local("i32"), local("i32"), local("i32")];
    const [high, total, value, rest] = [local("v128"), local("v128"), local("v128"), local("v128")];
    const inLast = local("v128");
    const { prepare, value: power } = exponential(value, rest, constant);
    const wanted = i32.add(i32.and(i32.sub(width.get, i32.const(1)), i32.const(3)), i32.const(1));
    const upToFour = i32.and(i32.add(width.get, i32.const(3)), i32.const(-4));
    const last = i32.sub(end.get, i32.const(16));
    const body = repeatWhile(rows.get, [
      end.set(i32.add(x.get, bytes.get)),
      // What stands in the last vector beyond the width becomes e^-87 of the greatest, which adds nothing to the total.
      v128.store(last, v128.select(v128.load(last), constant(-1e30), inLast.get)),
      at.set(x.get),
      high.set(constant(-1e30)),
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
      // Its share would be too small for a normal float32, and those are slow.
      v128.store(last, v128.and(value.get, inLast.get)),
      ...overLanes(total, f32x4.add),
      total.set(f32x4.div(constant(1), total.get)),
      at.set(x.get),
      vectors(at, end.get, [v128.store(at.get, f32x4.mul(v128.load(at.get), total.get))]),
      x.set(i32.add(x.get, i32.const(rowBytes))),
      rows.set(i32.sub(rows.get, i32.const(1))),
    ]);
    return [
      bytes.set(i32.mul(upToFour, i32.const(4))),
      inLast.set(i32x4.greater(i32x4.splatOf(wanted), i32x4.of(0, 1, 2, 3))),
      ...set,
      body,
    ];
  });
}
