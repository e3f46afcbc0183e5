import type { OutgoingMessage } from "../../ports/publisher.ts";

/** Per message: lengths, offset and timestamp. */
const OVERHEAD_BYTES = 70;

/** An upper estimate of a message's bytes on the wire. */
function sizeOf({ key, value, headers }: OutgoingMessage): number {
  const inHeaders = headers.map(([name, of]) => Buffer.byteLength(name) + of.length + 10);
  const own = (key?.length ?? 0) + (value?.length ?? 0) + OVERHEAD_BYTES;
  return inHeaders.reduce((sum, size) => sum + size, own);
}

/**
 * Divides messages into chunks of at most `maxBytes`; a larger message is alone. A partition's messages in a chunk form
 * one batch, whose size the broker limits.
 */
export function chunksOf(messages: readonly OutgoingMessage[], maxBytes: number) {
  const chunks: OutgoingMessage[][] = [];
  let room = 0;
  for (const message of messages) {
    const size = sizeOf(message);
    const chunk = chunks.at(-1);
    if (chunk && size <= room) chunk.push(message);
    else {
      chunks.push([message]);
      room = maxBytes;
    }
    room -= size;
  }
  return chunks;
}
