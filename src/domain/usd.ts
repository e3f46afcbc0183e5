/** "$0.02", "$0.000120"; small sums need their small digits. */
export function usd(amount: number | null): string {
  if (amount === null) return "cost unknown";
  return `$${amount === 0 ? "0" : amount.toFixed(amount < 0.01 ? 6 : 2)}`;
}
