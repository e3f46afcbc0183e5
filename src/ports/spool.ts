/** Frames of bytes on disk, in segments that outlive the process which wrote them. Never throws. */
export type Spool = {
  /** Appends a frame. Returns the name of its segment; undefined where the spool is full. */
  append(frame: Uint8Array): string | undefined;
  /** Deletes a segment of this process. */
  remove(segment: string): void;
  /**
   * The segments of the other processes, oldest first. `isOurs`: its process has ended, so this process has taken it over;
   * otherwise that process still needs it.
   */
  takeOver(): AsyncIterable<Segment & { isOurs: boolean }>;
  /** Resolves once all that was appended is on the disk itself, where it also outlives a power failure. */
  sync(): Promise<void>;
  /** Keeps the segments for the next process. */
  close(): Promise<void>;
};

export type Segment = { name: string; bytes: Uint8Array };
