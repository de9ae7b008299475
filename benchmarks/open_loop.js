// Sales at a constant rate of arrival for k6, whatever the answers do; benchmarks/bench_open.py writes the plan.
import http from 'k6/http';

const plan = JSON.parse(open(__ENV.PLAN));

export const options = {
  discardResponseBodies: true,
  scenarios: {
    sales: {
      executor: 'constant-arrival-rate',
      rate: plan.rate,
      timeUnit: '1s',
      duration: `${plan.seconds}s`,
      preAllocatedVUs: plan.users,
      maxVUs: plan.users,
    },
  },
  summaryTrendStats: ['min', 'avg', 'med', 'p(99)', 'p(99.9)', 'max'],
};

// A UUIDv7: ordered by time, as tills make them.
function newId() {
  const digits = (bits) => Math.floor(Math.random() * 2 ** bits).toString(16).padStart(bits / 4, '0');
  return `${Date.now().toString(16).padStart(12, '0')}7${digits(12)}8${digits(12)}${digits(48)}`;
}

export default function () {
  const headers = Object.assign({ 'Idempotency-Key': newId() }, plan.tills[(__VU - 1) % plan.tills.length]);
  http.post(plan.url, plan.body, { headers });
}

export function handleSummary(data) {
  return { [plan.out]: JSON.stringify(data.metrics) };
}
