/**
 * Writes a WebAssembly module (https://webassembly.github.io/spec/core/binary) from expressions: each function here
 * returns the bytes of an instruction after those of its operands. The types keep operands in their order and kind.
 */
export type Kind = "i32" | "f32" | "v128";
export type Code<T extends Kind | "none" = "none"> = { kind: T; bytes: readonly number[] };
type I32 = Code<"i32">;
type V128 = Code<"v128">;

export type Local<T extends Kind> = { get: Code<T>; set(value: Code<T>): Code };

type Signature = readonly Kind[];
type LocalsOf<P extends Signature> = { [I in keyof P]: Local<P[I]> };
type Func = { name: string; params: Signature; locals: readonly Kind[]; body: readonly number[] };

const TYPE_BYTE: Readonly<Record<Kind, number>> = { i32: 0x7f, f32: 0x7d, v128: 0x7b };
/** "\0asm" and the version. */
const PREAMBLE = [0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00];
const NO_RESULT = 0x40;
/** Of 64 KB, all that a memory can have. */
const MAX_PAGES = 65_536;

/** A function of `params` that returns nothing; `build` gets its parameters and makes further locals. */
export function func<const P extends Signature>(
  name: string,
  params: P,
  build: (params: LocalsOf<P>, local: <T extends Kind>(kind: T) => Local<T>) => readonly Code[],
): Func {
  const kinds: Kind[] = [];
  const local = <T extends Kind>(kind: T): Local<T> => {
    const index = uleb(kinds.push(kind) - 1);
    return {
      get: { kind, bytes: [0x20, ...index] },
      set: (value) => op("none", [value], 0x21, ...index),
    };
  };
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- one local for each of `params`, in their order
  const given = params.map((kind) => local(kind)) as unknown as LocalsOf<P>;
  const { bytes } = sequence(build(given, local));
  return { name, params, locals: kinds.slice(params.length), body: bytes };
}

/** A module that exports the functions by their names and imports `env.memory`, which is shared. */
export function moduleOf(functions: readonly Func[]): Uint8Array<ArrayBuffer> {
  const types = functions.map(({ params }) => [0x60, ...vec(params.map(typeByte)), 0]);
  const memory = [...text("env"), ...text("memory"), 0x02, 0x03, ...uleb(0), ...uleb(MAX_PAGES)];
  return Uint8Array.from([
    ...PREAMBLE,
    ...section(1, types),
    ...section(2, [memory]),
    ...section(
      3,
      functions.map((_, i) => uleb(i)),
    ),
    ...section(
      7,
      functions.map(({ name }, i) => [...text(name), 0x00, ...uleb(i)]),
    ),
    ...section(10, functions.map(bodyOf)),
  ]);
}

function bodyOf({ locals, body }: Func): number[] {
  const declared = vec(locals.map((kind) => [...uleb(1), ...typeByte(kind)]));
  const bytes = [...declared, ...body, 0x0b];
  return [...uleb(bytes.length), ...bytes];
}

function typeByte(kind: Kind): number[] {
  return [TYPE_BYTE[kind]];
}

function section(id: number, entries: readonly (readonly number[])[]): number[] {
  const content = vec(entries);
  return [id, ...uleb(content.length), ...content];
}

function vec(entries: readonly (readonly number[])[]): number[] {
  return [...uleb(entries.length), ...entries.flat()];
}

function text(value: string): number[] {
  const bytes = [...new TextEncoder().encode(value)];
  return [...uleb(bytes.length), ...bytes];
}

/** LEB128, the way WebAssembly writes integers. */
function uleb(value: number): number[] {
  const [low, rest] = [value & 0x7f, value >>> 7];
  return rest === 0 ? [low] : [low | 0x80, ...uleb(rest)];
}

function sleb(value: number): number[] {
  const [low, rest] = [value & 0x7f, value >> 7];
  const last = (rest === 0 && (low & 0x40) === 0) || (rest === -1 && (low & 0x40) !== 0);
  return last ? [low] : [low | 0x80, ...sleb(rest)];
}

function float(value: number): number[] {
  return [...new Uint8Array(Float32Array.of(value).buffer)];
}

function op<T extends Kind | "none">(
  kind: T,
  operands: readonly Code<Kind | "none">[],
  ...bytes: number[]
): Code<T> {
  return { kind, bytes: [...operands.flatMap((operand) => operand.bytes), ...bytes] };
}

export function sequence(statements: readonly Code[]): Code {
  return op("none", statements);
}

/** Runs the statements once, and again while the condition holds. */
export function repeatWhile(condition: I32, statements: readonly Code[]): Code {
  const body = op("none", [...statements, condition], 0x0d, 0x00, 0x0b);
  return { kind: "none", bytes: [0x03, NO_RESULT, ...body.bytes] };
}

export const i32 = {
  const: (value: number) => op("i32", [], 0x41, ...sleb(value)),
  add: (a: I32, b: I32) => op("i32", [a, b], 0x6a),
  sub: (a: I32, b: I32) => op("i32", [a, b], 0x6b),
  mul: (a: I32, b: I32) => op("i32", [a, b], 0x6c),
  and: (a: I32, b: I32) => op("i32", [a, b], 0x71),
  ltU: (a: I32, b: I32) => op("i32", [a, b], 0x49),
};

/** Alignment is a hint to the engine; none is claimed here. */
const memarg = (offset: number) => [0x00, ...uleb(offset)];

const simd = (code: number) => [0xfd, ...uleb(code)];
const unary = (code: number) => (a: V128) => op("v128", [a], ...simd(code));
const binary = (code: number) => (a: V128, b: V128) => op("v128", [a, b], ...simd(code));
const ternary = (code: number) => (a: V128, b: V128, c: V128) =>
  op("v128", [a, b, c], ...simd(code));

export const v128 = {
  load: (at: I32, offset = 0) => op("v128", [at], ...simd(0x00), ...memarg(offset)),
  /** One 32-bit value in all four lanes. */
  load32Splat: (at: I32, offset = 0) => op("v128", [at], ...simd(0x09), ...memarg(offset)),
  store: (at: I32, value: V128, offset = 0) =>
    op("none", [at, value], ...simd(0x0b), ...memarg(offset)),
  store32Lane0: (at: I32, value: V128, offset = 0) =>
    op("none", [at, value], ...simd(0x5a), ...memarg(offset), 0),
  shuffle: (a: V128, b: V128, bytes: readonly number[]) =>
    op("v128", [a, b], ...simd(0x0d), ...bytes),
  and: binary(0x4e),
  /** The bits of `a` where those of `mask` are set, else those of `b`. */
  select: (a: V128, b: V128, mask: V128) => op("v128", [a, b, mask], ...simd(0x52)),
};

export const i32x4 = {
  splat: (a: number) => op("v128", [i32.const(a)], ...simd(0x11)),
  splatOf: (a: I32) => op("v128", [a], ...simd(0x11)),
  of: (...lanes: readonly [number, number, number, number]) =>
    op("v128", [], ...simd(0x0c), ...new Uint8Array(Int32Array.from(lanes).buffer)),
  /** All bits of a lane where a > b (signed), else none. */
  greater: binary(0x3b),
  shl: (a: V128, bits: number) => op("v128", [a, i32.const(bits)], ...simd(0xab)),
  add: binary(0xae),
  sub: binary(0xb1),
  mul: binary(0xb5),
  /** As fast as the processor truncates: differs between processors only for NaN and outside of int32. */
  relaxedTrunc: unary(0x101),
  /** c + sums of four products, of int8 and 0 to 127: exact on every processor. One instruction where there is VNNI or sdot. */
  relaxedDot: ternary(0x113),
  /** Sums of two products of int16. */
  dotI16: binary(0xba),
};

export const i16x8 = {
  /** Sums of two products, of int8 and 0 to 127: exact on every processor. */
  relaxedDot: binary(0x112),
};

export const narrow = {
  /** Two of four int32 to eight int16, saturating. */
  i32: binary(0x85),
  /** Two of eight int16 to sixteen uint8, saturating. */
  i16: binary(0x66),
};

export const f32x4 = {
  splat: (a: number) => op("v128", [op("f32", [], 0x43, ...float(a))], ...simd(0x13)),
  nearest: unary(0x6a),
  neg: unary(0xe1),
  sqrt: unary(0xe3),
  add: binary(0xe4),
  sub: binary(0xe5),
  mul: binary(0xe6),
  div: binary(0xe7),
  /** One instruction of x86, unlike min and max; differs from them only for NaN and -0. */
  pmin: binary(0xea),
  pmax: binary(0xeb),
  fromI32: unary(0xfa),
  /** a * b + c, rounded once or twice as the processor does. */
  relaxedMadd: ternary(0x105),
};

/** An instance of a module from `moduleOf`. Its functions take addresses and counts. */
export function instantiate<Name extends string>(
  bytes: Uint8Array<ArrayBuffer>,
  memory: WebAssembly.Memory,
): Readonly<Record<Name, (...values: number[]) => void>> {
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(bytes), { env: { memory } });
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- each function that `func` makes takes i32 and returns nothing
  return exports as Record<Name, (...values: number[]) => void>;
}
