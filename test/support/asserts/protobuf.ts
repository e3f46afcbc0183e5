/** One field of a message: a number for varints and fixed ones, bytes for what has a length. */
export type Field = { number: number; value: bigint | Buffer };

/** The fields of a protobuf message in their order. Throws where it is none. */
export function fieldsIn(bytes: Buffer): Field[] {
  const fields: Field[] = [];
  let at = 0;
  const varint = () => {
    let value = 0n;
    for (let shift = 0n; ; shift += 7n) {
      const byte = bytes.readUInt8(at++);
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
  };
  const take = (length: number) => {
    if (at + length > bytes.length) throw new Error("a message that is cut off");
    at += length;
    return bytes.subarray(at - length, at);
  };
  while (at < bytes.length) {
    const tag = Number(varint());
    const number = tag >> 3;
    switch (tag & 7) {
      case 0:
        fields.push({ number, value: varint() });
        break;
      case 1:
        fields.push({ number, value: take(8).readBigUInt64LE() });
        break;
      case 2:
        fields.push({ number, value: take(Number(varint())) });
        break;
      case 5:
        fields.push({ number, value: BigInt(take(4).readUInt32LE()) });
        break;
      default:
        throw new Error(`a wire type that is none: ${tag & 7}`);
    }
  }
  return fields;
}

/** The bytes of each field of that number. */
export function allOf(fields: readonly Field[], number: number): Buffer[] {
  return fields.flatMap((field) =>
    field.number === number && Buffer.isBuffer(field.value) ? [field.value] : [],
  );
}

export function textOf(fields: readonly Field[], number: number): string {
  return allOf(fields, number).at(-1)?.toString("utf8") ?? "";
}

export function hexOf(fields: readonly Field[], number: number): string {
  return allOf(fields, number).at(-1)?.toString("hex") ?? "";
}

export function numberOf(fields: readonly Field[], number: number): bigint {
  const found = fields.findLast((field) => field.number === number)?.value;
  return typeof found === "bigint" ? found : 0n;
}
