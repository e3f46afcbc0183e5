/** A field's number, and its bytes (length-delimited, or a 64- or 32-bit value) or its integer. */
type Field = { number: number; bytes: Uint8Array; integer: number };

const NO_BYTES = new Uint8Array();

/** The fields of a message in their order (https://protobuf.dev/programming-guides/encoding). Throws where it ends too early. */
function* fieldsOf(message: Uint8Array): Generator<Field> {
  let at = 0;
  const varint = () => {
    let value = 0;
    let factor = 1;
    for (;;) {
      const byte = message[at++];
      if (byte === undefined) throw new Error("A protobuf message ends too early");
      value += (byte & 0x7f) * factor;
      if (byte < 0x80) return value;
      factor *= 128;
    }
  };
  const take = (length: number) => {
    if (at + length > message.length) throw new Error("A protobuf message ends too early");
    at += length;
    return message.subarray(at - length, at);
  };
  while (at < message.length) {
    const key = varint();
    const [number, wire] = [Math.floor(key / 8), key % 8];
    if (wire === 0) yield { number, bytes: NO_BYTES, integer: varint() };
    else if (wire === 1) yield { number, bytes: take(8), integer: 0 };
    else if (wire === 2) yield { number, bytes: take(varint()), integer: 0 };
    else if (wire === 5) yield { number, bytes: take(4), integer: 0 };
    else throw new Error(`A protobuf message has the unknown wire type ${wire}`);
  }
}

/** The integers of all fields of one number, packed or not. */
export function integersOf(message: Uint8Array, number: number): number[] {
  const integers: number[] = [];
  for (const field of fieldsOf(message)) {
    if (field.number !== number) continue;
    if (field.bytes.length === 0) integers.push(field.integer);
    let [value, factor] = [0, 1];
    for (const byte of field.bytes) {
      value += (byte & 0x7f) * factor;
      factor *= 128;
      if (byte >= 0x80) continue;
      integers.push(value);
      [value, factor] = [0, 1];
    }
  }
  return integers;
}

/** The contents of all fields of one number. */
export function bytesOf(message: Uint8Array, number: number): Uint8Array[] {
  return Array.from(fieldsOf(message))
    .filter((field) => field.number === number)
    .map(({ bytes }) => bytes);
}
