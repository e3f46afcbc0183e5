import type { Dashboard } from "./panel.ts";

const OF_JOB = 'job=~"$job"';
const SPENT = `sum(increase(log_vectorizer_embedding_cost_usd_total{${OF_JOB}}[$__range]))`;
const PAID_TEXTS = `sum(increase(log_vectorizer_embedding_texts_total{${OF_JOB}}[$__range]))`;
const ALIKE_TEXTS = `sum(increase(log_vectorizer_embedding_texts_alike_total{${OF_JOB}}[$__range]))`;
const SAVED_TEXTS = `sum(increase(log_vectorizer_texts_saved_total{${OF_JOB}}[$__range]))`;
/** Until the first of the next month, in UTC. */
const SECONDS_LEFT =
  "(86400 * (days_in_month() - day_of_month() + 1) - 3600 * hour() - 60 * minute())";
const PRICE_UNKNOWN = "No data where the price is unknown: EMBEDDING_PRICE_PER_MILLION_TOKENS.";

const QUESTIONS = `sum(increase(log_vectorizer_llm_requests_total{${OF_JOB}}[1d]))`;

export const cost: Dashboard = {
  uid: "log-vectorizer-cost",
  title: "log-vectorizer: cost",
  description: "It opens at this month so far. Costs are what the embedder billed; UTC.",
  from: "now/M",
  refresh: "5m",
  panels: [
    {
      title: "Embedding cost in the time shown",
      type: "stat",
      unit: "currencyUSD",
      description: `This month so far, unless another time is chosen. ${PRICE_UNKNOWN}`,
      queries: [{ expr: SPENT, instant: true }],
    },
    {
      title: "Forecast of this month's embedding cost",
      type: "stat",
      unit: "currencyUSD",
      description:
        "Spent so far, and the rest of the month at the pace of the last 24 hours. Holds while the dashboard shows this month so far.",
      queries: [
        {
          expr: `${SPENT} + sum(rate(log_vectorizer_embedding_cost_usd_total{${OF_JOB}}[1d])) * scalar(${SECONDS_LEFT})`,
          instant: true,
        },
      ],
    },
    {
      title: "Embedding cost saved in the time shown, estimated",
      type: "stat",
      unit: "currencyUSD",
      description:
        "What the texts that were not paid for would have cost at the average of those that were.",
      queries: [{ expr: `${SPENT} * ${SAVED_TEXTS} / (${PAID_TEXTS} > 0)`, instant: true }],
    },
    {
      title: "Embedding cost that templates would save, estimated",
      type: "stat",
      unit: "currencyUSD",
      description:
        "Texts that were paid for although they differ from an earlier one only in what EMBEDDING_TEXT=template masks. Earlier than the start of the process nothing is known, so it would be more. No data where it is set.",
      queries: [{ expr: `${SPENT} * ${ALIKE_TEXTS} / (${PAID_TEXTS} > 0)`, instant: true }],
    },
    {
      title: "Embedding cost of the backlog, at most",
      type: "stat",
      unit: "currencyUSD",
      description: "Every pending record at the average price of a text; equal texts cost less.",
      queries: [
        {
          expr: `sum(job:log_vectorizer_backlog_records:sum{${OF_JOB}}) * ${SPENT} / (${PAID_TEXTS} > 0)`,
          instant: true,
        },
      ],
    },
    {
      title: "Tokens embedded within 24 hours",
      type: "stat",
      unit: "short",
      limits: [1e6, 5e6, 10e6],
      description: "Target 1 million; 5 million warn, 10 million are critical.",
      queries: [{ expr: `sum(job:log_vectorizer_embedding_tokens:increase1d{${OF_JOB}})` }],
    },
    {
      title: "Share of each embedding budget that is used",
      type: "gauge",
      unit: "percentunit",
      min: 0,
      max: 1,
      limits: [0.5, 0.8, 1],
      description: "No data without MAX_COST_USD_PER_DAY and MAX_TOKENS_PER_CYCLE.",
      queries: [
        {
          expr: `max by (budget) (log_vectorizer_budget_used_ratio{${OF_JOB}})`,
          legend: "{{budget}}",
        },
      ],
    },
    {
      title: "Share of texts that were not paid for",
      type: "stat",
      unit: "percentunit",
      description: "Of all that needed a vector in the time shown.",
      queries: [{ expr: `${SAVED_TEXTS} / (${SAVED_TEXTS} + ${PAID_TEXTS} > 0)`, instant: true }],
    },
    {
      title: "Embedding cost of 1000 log records",
      type: "stat",
      unit: "currencyUSD",
      decimals: 4,
      description: `Those that got their vector in the time shown. ${PRICE_UNKNOWN}`,
      queries: [
        {
          expr: `1000 * ${SPENT} / (sum(increase(log_vectorizer_records_total{${OF_JOB}, outcome=~"updated|reused"}[$__range])) > 0)`,
          instant: true,
        },
      ],
    },
    {
      title: "Embedding cost per day, by model",
      type: "timeseries",
      unit: "currencyUSD",
      description: "The sum of the 24 hours before.",
      queries: [
        {
          expr: `sum by (model) (increase(log_vectorizer_embedding_cost_usd_total{${OF_JOB}}[1d]))`,
          legend: "{{model}}",
        },
      ],
    },
    {
      title: "Tokens embedded per hour, by model",
      type: "timeseries",
      unit: "short",
      description: "The sum of the hour before.",
      queries: [
        {
          expr: `sum by (model) (increase(log_vectorizer_embedding_tokens_total{${OF_JOB}}[1h]))`,
          legend: "{{model}}",
        },
      ],
    },
    {
      title: "Texts per hour: paid for, and saved by what",
      type: "timeseries",
      unit: "short",
      stacked: true,
      description:
        "cache: this process had the vector. store: another document had it. duplicate: the same text stood twice in a batch.",
      queries: [
        {
          expr: `sum(increase(log_vectorizer_embedding_texts_total{${OF_JOB}}[1h]))`,
          legend: "paid for",
        },
        {
          expr: `sum by (by) (increase(log_vectorizer_texts_saved_total{${OF_JOB}}[1h]))`,
          legend: "saved by {{by}}",
        },
      ],
    },
    {
      title: "Embedding cost saved per day, estimated",
      type: "timeseries",
      unit: "currencyUSD",
      stacked: true,
      description: "At the average price of a text that was paid for within the same 24 hours.",
      queries: [
        {
          expr: `sum by (by) (increase(log_vectorizer_texts_saved_total{${OF_JOB}}[1d])) * scalar(sum(increase(log_vectorizer_embedding_cost_usd_total{${OF_JOB}}[1d])) / (sum(increase(log_vectorizer_embedding_texts_total{${OF_JOB}}[1d])) > 0))`,
          legend: "{{by}}",
        },
      ],
    },
    { title: "The language model", type: "row" },
    {
      title: "Tokens of the language model within 24 hours",
      type: "stat",
      width: 4,
      unit: "short",
      limits: [1e6, 5e6, 10e6],
      description:
        "Read and written. Target 1 million; shorter evidence and kept answers lower it.",
      queries: [{ expr: `sum(increase(log_vectorizer_llm_tokens_total{${OF_JOB}}[1d]))` }],
    },
    {
      title: "Requests to the language model within 24 hours",
      type: "stat",
      width: 4,
      unit: "short",
      limits: [10_000, 50_000, 100_000],
      description: "Target 10,000; those that ask again count too.",
      queries: [{ expr: QUESTIONS }],
    },
    {
      title: "Tokens read by the language model per request",
      type: "stat",
      width: 4,
      unit: "short",
      limits: [2000, 3000, 4000],
      description:
        "Mean of 24 hours. Target 2,000; shorter evidence or EXPLAIN_SEND=template lowers it.",
      queries: [
        {
          expr: `sum(increase(log_vectorizer_llm_tokens_total{${OF_JOB},direction="input"}[1d])) / (${QUESTIONS} > 0)`,
        },
      ],
    },
    {
      title: "Tokens written by the language model per request",
      type: "stat",
      width: 4,
      unit: "short",
      limits: [1000, 2000, 3000],
      description: "Mean of 24 hours. Target 1,000; LLM_MAX_OUTPUT_TOKENS bounds it.",
      queries: [
        {
          expr: `sum(increase(log_vectorizer_llm_tokens_total{${OF_JOB},direction="output"}[1d])) / (${QUESTIONS} > 0)`,
        },
      ],
    },
    {
      title: "Share of explained errors whose answer was kept from before",
      type: "stat",
      width: 4,
      unit: "percentunit",
      description: "They cost nothing; of those that the language model answered within 24 hours.",
      queries: [
        {
          expr: `(sum(increase(log_vectorizer_explanations_total{${OF_JOB},by="kept"}[1d])) or vector(0)) / (sum(increase(log_vectorizer_explanations_total{${OF_JOB},by=~"kept|model"}[1d])) > 0)`,
        },
      ],
    },
    {
      title: "Cost of the language model within 24 hours",
      type: "stat",
      width: 4,
      unit: "currencyUSD",
      description:
        "No data where the price is unknown: LLM_PRICE_INPUT_PER_MILLION. A smaller model, shorter evidence and kept answers lower it.",
      queries: [{ expr: `sum(increase(log_vectorizer_llm_cost_usd_total{${OF_JOB}}[1d]))` }],
    },
  ],
};
