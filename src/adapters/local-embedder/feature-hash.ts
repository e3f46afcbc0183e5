const FNV_OFFSET = 0x811c9dc5;
const FNV_PRIME = 0x01000193;

/** The initial hash: FNV-1a over UTF-16 units, 32 bits. */
export const fnvEmpty = FNV_OFFSET;

export function fnvAdd(hash: number, unit: number): number {
  return Math.imul(hash ^ unit, FNV_PRIME);
}

export function fnvOf(text: string): number {
  let hash = fnvEmpty;
  for (let i = 0; i < text.length; i += 1) hash = fnvAdd(hash, text.charCodeAt(i));
  return hash;
}

/** MurmurHash3's finalizer mixes all bits, because FNV's low bits alone are poor. 0 to 2^32 - 1. */
export function spread(hash: number): number {
  let h = hash;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}
