import type { Latency } from '../harbor/options.js';

/** What the recorded Harbor took for a robot account, in ms. */
export const RECORDED_LATENCY: Latency = {
  list: 3,
  read: 3,
  create: 8,
  createProject: 12,
  update: 8,
  delete: 8,
  concurrency: 8,
};
