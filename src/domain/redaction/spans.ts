const MASK = "***";

/** Where a text is masked: half-open ranges, in any order, overlapping or not. */
export class Spans {
  readonly #ranges: [start: number, end: number][] = [];

  add(start: number, end: number): void {
    if (end > start) this.#ranges.push([start, end]);
  }

  /** Says of places in rising order whether one of the ranges there are now has all of them in it. */
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

  /** The text with one mask for each range; `toOriginal` says where a range of the view that was searched is in the text. */
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
