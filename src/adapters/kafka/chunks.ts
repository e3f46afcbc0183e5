import type { OutgoingMessage } from "../../ports/publisher.ts";

/** Bytes around each message: lengths, offset and time. */
const OVERHEAD_BYTES = 70;

/** What a message takes on the wire, a little more rather than less. */
function sizeOf({ key, value, headers }: OutgoingMessage): number {
  const inHeaders = headers.map(([name, of]) => Buffer.byteLength(name) + of.length + 10);
  const own = (key?.length ?? 0) + (value?.length ?? 0) + OVERHEAD_BYTES;
  return inHeaders.reduce((sum, size) => sum + size, own);
}

/**
 * Cuts messages into runs of at most `maxBytes`, a larger message alone. The messages of a run that go to the same
 * partition make one batch, and a batch is what the broker holds against the largest message that it takes.
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
