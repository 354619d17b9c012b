//go:build integration

package integration

import (
	"fmt"
	"io"
	"math"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"
	"github.com/stretchr/testify/require"
	otlp "go.opentelemetry.io/proto/otlp/metrics/v1"
	"google.golang.org/protobuf/encoding/protojson"
)

// What a Pushgateway holds when the run has ended is what the report says, verdict and
// all.
func TestPushgateway(t *testing.T) {
	address := freeAddress(t)
	startProcess(t, "http://"+address+"/-/ready", "prometheus-pushgateway", "--web.listen-address="+address)
	report, output := told(t, startTarget(t), "--metrics-push", "http://"+address)
	require.NotContains(t, output, "pushes failed")

	text, err := got(t.Context(), "http://"+address+"/metrics")
	require.NoError(t, err)
	parser := expfmt.NewTextParser(model.UTF8Validation)
	all, err := parser.TextToMetricFamilies(strings.NewReader(text))
	require.NoError(t, err)
	value := func(name string, labels ...string) (sum float64) {
		for _, m := range all[name].GetMetric() {
			if hasLabels(m, labels) {
				sum += m.GetCounter().GetValue() + m.GetGauge().GetValue() + float64(m.GetHistogram().GetSampleCount())
			}
		}
		return sum
	}
	require.EqualValues(t, report.Accounting.Planned, value("gonogo_requests_total", "job=gonogo", "scenario=127.0.0.1"))
	require.EqualValues(t, report.Accounting.OK, value("gonogo_requests_total", "class=ok"))
	require.EqualValues(t, report.Accounting.Planned, value("http_client_request_duration_seconds"))
	require.EqualValues(t, report.Totals.BytesIn, value("gonogo_received_bytes_total"))
	require.EqualValues(t, 1, value("gonogo_decision", "verdict="+report.Verdict))
	require.EqualValues(t, 1, value("gonogo_decision"), "no other verdict")
	require.EqualValues(t, 1, value("gonogo_run_info", "run_id="+report.Run.ID))
}

func hasLabels(m *dto.Metric, want []string) bool {
	found := 0
	for _, l := range m.GetLabel() {
		for _, w := range want {
			if w == l.GetName()+"="+l.GetValue() {
				found++
			}
		}
	}
	return found == len(want)
}

// What a Prometheus has been written to holds is what the report says, whether it takes
// native histograms or not.
func TestRemoteWrite(t *testing.T) {
	tests := []struct {
		name   string
		flags  []string
		native bool
	}{
		{"native histograms are kept", []string{"--enable-feature=native-histograms"}, true},
		{"native histograms are refused, and left out", nil, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			p := startPrometheus(t, freeAddress(t), append(tt.flags, "--web.enable-remote-write-receiver")...)
			report, output := told(t, startTarget(t), "--remote-write", p.url)
			require.NotContains(t, output, "pushes failed")
			require.Equal(t, !tt.native, strings.Contains(output, "--remote-write: exponential buckets are not taken there, and left out"), output)

			p.says(t, `gonogo_decision == 1 and on (job, instance, scenario) gonogo_run_info{job="gonogo"}`, 1)
			p.says(t, `sum(gonogo_requests_total)`, float64(report.Accounting.Planned))
			p.says(t, `sum(gonogo_requests_total{class="ok"})`, float64(report.Accounting.OK))
			p.says(t, `sum(gonogo_received_bytes_total)`, float64(report.Totals.BytesIn))
			p.says(t, `sum(http_client_request_duration_seconds_count)`, float64(report.Accounting.Planned))
			p.says(t, `sum(http_client_request_duration_seconds_bucket{le="+Inf"})`, float64(report.Accounting.Planned))
			p95 := report.Totals.Latency.P95 / 1000
			low, high := classicBucket(p95)
			classic := p.now(t, `histogram_quantile(0.95, sum by (le) (http_client_request_duration_seconds_bucket))`)
			require.True(t, low <= classic && classic <= high, "%g is not from %g to %g", classic, low, high)
			if !tt.native {
				return
			}
			p.says(t, `histogram_count(sum(http_client_request_duration_seconds))`, float64(report.Accounting.Planned))
			require.InDelta(t, p.now(t, `sum(http_client_request_duration_seconds_sum)`), p.now(t, `histogram_sum(sum(http_client_request_duration_seconds))`), 1e-6)
			bucket := math.Ceil(math.Log2(p95)*8) / 8
			require.InDelta(t, math.Log2(p.now(t, `histogram_quantile(0.95, sum(http_client_request_duration_seconds))`)), bucket, 1.0/8+1e-3, "the report's is %g", p95)
		})
	}
}

// A receiver of OTLP that reads as strictly as the mapping of protobuf to JSON allows
// gets what the report says.
func TestOTLP(t *testing.T) {
	var mu sync.Mutex
	var last *otlp.MetricsData
	var wrong []string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		data := &otlp.MetricsData{}
		if err == nil {
			err = protojson.UnmarshalOptions{DiscardUnknown: false}.Unmarshal(body, data)
		}
		mu.Lock()
		defer mu.Unlock()
		if last = data; err != nil || r.Method != http.MethodPost || r.URL.Path != "/v1/metrics" || r.Header.Get("Content-Type") != "application/json" {
			wrong = append(wrong, fmt.Sprint(r.Method, r.URL, err))
		}
		_, _ = io.WriteString(w, "{}")
	}))
	defer server.Close()
	t.Setenv("OTEL_RESOURCE_ATTRIBUTES", "deployment.environment=staging,service.name=shop-load")
	report, output := told(t, startTarget(t), "--otlp", server.URL)
	require.NotContains(t, output, "pushes failed")
	mu.Lock()
	defer mu.Unlock()
	require.Empty(t, wrong)

	resource := map[string]string{}
	for _, a := range last.GetResourceMetrics()[0].GetResource().GetAttributes() {
		resource[a.GetKey()] = a.GetValue().GetStringValue()
	}
	require.Equal(t, "staging", resource["deployment.environment"])
	require.Equal(t, "shop-load", resource["service.name"])
	require.NotEmpty(t, resource["service.instance.id"])
	var requests, durations, decisions float64
	for _, m := range last.GetResourceMetrics()[0].GetScopeMetrics()[0].GetMetrics() {
		switch m.GetName() {
		case "gonogo.requests":
			for _, p := range m.GetSum().GetDataPoints() {
				requests += p.GetAsDouble()
			}
		case "gonogo.decision":
			for _, p := range m.GetGauge().GetDataPoints() {
				decisions += p.GetAsDouble()
			}
		case "http.client.request.duration":
			for _, p := range m.GetExponentialHistogram().GetDataPoints() {
				durations += float64(p.GetCount())
			}
		}
	}
	require.Equal(t, []float64{float64(report.Accounting.Planned), float64(report.Accounting.Planned), 1}, []float64{requests, durations, decisions})
}

// Receivers that take the connection and never say a word: the run is what it is
// without them, and ends.
func TestReceiversThatHang(t *testing.T) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer ln.Close()
	url := "http://" + ln.Addr().String() // which nobody accepts from: the kernel takes the connection
	report, output := told(t, startTarget(t), "--metrics-push", url, "--remote-write", url, "--otlp", url)
	require.EqualValues(t, 1500, report.Accounting.Planned)
	require.Equal(t, report.Accounting.Planned, report.Accounting.OK+report.Accounting.Failed, output)
	for _, name := range []string{"--metrics-push", "--remote-write", "--otlp"} {
		require.Equal(t, 1, strings.Count(output, "gonogo: warning: "+name+": no answer in time; the run goes on"), "said once: %s", output)
		require.Regexp(t, name+`: ([1-9]) of ([1-9]) pushes failed: no answer in time`, output)
	}
}
