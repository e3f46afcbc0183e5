const DIGITS = 8;
const SCALE = 10 ** DIGITS;
/** Above this a value times the scale is no longer exact. */
const MAX_SCALED = 1e7;
/** "-9999999.99999999,"; larger values print shorter, by their exponent. */
const MAX_VALUE_BYTES = 26;

const [ZERO, MINUS, POINT, COMMA, OPEN, CLOSE] = [48, 45, 46, 44, 91, 93];

/** The most bytes that a vector of that length takes as JSON. */
export function maxVectorBytes(length: number): number {
  return 2 + length * MAX_VALUE_BYTES;
}

/**
 * Writes a vector as a JSON list and returns the position behind it. Values are rounded to 1e-8, which halves the text of
 * a float32 widened to a double. Digits go straight into the buffer: as strings they would be megabytes of garbage.
 */
export function writeVector(target: Buffer, start: number, vector: Float32Array): number {
  let at = start;
  target[at++] = OPEN;
  for (let i = 0; i < vector.length; i++) {
    if (i > 0) target[at++] = COMMA;
    at = writeValue(target, at, vector[i] ?? 0);
  }
  target[at++] = CLOSE;
  return at;
}

function writeValue(target: Buffer, start: number, value: number): number {
  const size = Math.abs(value);
  if (!(size < MAX_SCALED)) return start + target.write(JSON.stringify(value), start, "latin1");
  const scaled = Math.round(size * SCALE);
  const whole = Math.floor(scaled / SCALE);
  let at = start;
  if (value < 0 && scaled > 0) target[at++] = MINUS;
  if (whole === 0) target[at++] = ZERO;
  else at += target.write(String(whole), at, "latin1");
  return writeFraction(target, at, scaled - whole * SCALE);
}

/** The eight digits behind the point, without zeros at the end; nothing where there are none. */
function writeFraction(target: Buffer, start: number, fraction: number): number {
  if (fraction === 0) return start;
  let rest = fraction | 0;
  let digits = DIGITS;
  while (rest % 10 === 0) {
    rest = (rest / 10) | 0;
    digits--;
  }
  target[start] = POINT;
  for (let at = start + digits; at > start; at--) {
    const tens = (rest / 10) | 0;
    target[at] = ZERO + rest - tens * 10;
    rest = tens;
  }
  return start + 1 + digits;
}
