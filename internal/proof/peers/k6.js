import http from 'k6/http';
{{if .Think}}import { sleep } from 'k6';
{{end}}
export const options = {
  discardResponseBodies: true,
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

export default function () {
  http.get('{{.URL}}');
{{- if .Think}}
  sleep({{.Think.Seconds}});
{{- end}}
}

export function handleSummary(data) {
  return { 'summary.json': JSON.stringify(data) };
}
