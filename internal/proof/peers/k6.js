import http from 'k6/http';
{{if .Journey}}import { check, fail } from 'k6';
{{end}}{{if .Think}}import { sleep } from 'k6';
{{end}}
export const options = {
  discardResponseBodies: {{not .Journey}},
  insecureSkipTLSVerify: true,
  summaryTrendStats: ['med', 'p(90)', 'p(95)', 'p(99)'],
  scenarios: {
    load: {
{{- if .Rate}}
      executor: 'constant-arrival-rate',
      rate: {{.Rate}},
      timeUnit: '1s',
      preAllocatedVUs: {{.Open}},
      maxVUs: {{.Open}},
{{- else}}
      executor: 'constant-vus',
      vus: {{.Users}},
{{- end}}
      duration: '{{.Length}}',
    },
  },
};

{{if .Journey -}}
const base = '{{.Base}}';

function step(path, token, wanted) {
  const r = http.get(base + path, token ? { headers: { Authorization: 'Bearer ' + token } } : undefined);
  const body = r.json();
  if (!check(r, { ok: () => r.status >= 200 && r.status < 400 && wanted(r, body) })) {
    fail(path);
  }
  return body;
}

export default function () {
  const { csrf } = step('/journey/home', '', (r) => r.headers['Content-Type'].includes('json'));
  const { token, user } = step('/journey/login?user=' + __VU + '&csrf=' + csrf, '', (r, b) => b.user.name === 'ann');
  const { cart } = step('/journey/cart/' + user.id, token, (r, b) => b.state === 'open');
  const { order } = step('/journey/order/' + cart.id + '?n=' + __ITER, token, (r, b) => b.order.state === 'placed');
  step('/journey/state/' + order.id, token, (r, b) => b.state === 'done');
{{- else -}}
export default function () {
  http.get('{{.URL}}');
{{- end}}
{{- if .Think}}
  sleep({{.Think.Seconds}});
{{- end}}
}

export function handleSummary(data) {
  return { 'summary.json': JSON.stringify(data) };
}
