const MASK = "***";

/** Masked ranges of a text: half-open, in any order, possibly overlapping. */
export class Spans {
  readonly #ranges: [start: number, end: number][] = [];

  add(start: number, end: number): void {
    if (end > start) this.#ranges.push([start, end]);
  }

  /** Tells, for ascending positions, whether one current range contains them. */
  coverage(): (start: number, end: number) => boolean {
    const ranges = this.#ranges.toSorted((a, b) => a[0] - b[0]);
    let next = 0;
    let furthest = -1;
    return (start, end) => {
      for (let range; (range = ranges[next]) && range[0] <= start; next += 1) {
        furthest = Math.max(furthest, range[1]);
      }
      return end <= furthest;
    };
  }

  get isEmpty(): boolean {
    return this.#ranges.length === 0;
  }

  /** The text with each range masked; `toOriginal` maps a position of the searched view to the text. */
  mask(text: string, toOriginal: (start: number, end: number) => [number, number]): string {
    const ranges = this.#ranges.toSorted((a, b) => a[0] - b[0]);
    let masked = "";
    let at = 0;
    let open: [number, number] | undefined;
    const close = () => {
      if (!open) return;
      const [start, end] = toOriginal(...open);
      masked += text.slice(at, start) + MASK;
      at = end;
    };
    for (const [start, end] of ranges) {
      if (open && start < open[1]) {
        open[1] = Math.max(open[1], end);
        continue;
      }
      close();
      open = [start, end];
    }
    close();
    return masked + text.slice(at);
  }
}
