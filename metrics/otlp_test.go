package metrics

import (
	"encoding/json"
	"io"
	"math"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	common "go.opentelemetry.io/proto/otlp/common/v1"
	otlpmetrics "go.opentelemetry.io/proto/otlp/metrics/v1"
	"google.golang.org/protobuf/encoding/protojson"
)

// decoded reads a body as strictly as the mapping of protobuf to JSON allows. Its
// message has the fields of the request, whose own type brings a server along.
func decoded(t *testing.T, body []byte) *otlpmetrics.ResourceMetrics {
	t.Helper()
	var data otlpmetrics.MetricsData
	require.NoError(t, protojson.UnmarshalOptions{DiscardUnknown: false}.Unmarshal(body, &data))
	require.Len(t, data.GetResourceMetrics(), 1)
	return data.GetResourceMetrics()[0]
}

func attributesOf(all []*common.KeyValue) map[string]string {
	out := map[string]string{}
	for _, a := range all {
		out[a.GetKey()] = a.GetValue().GetStringValue()
	}
	return out
}

// What a receiver of OTLP reads is what the snapshot says.
func TestOTLP(t *testing.T) {
	var body, header atomic.Value
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		if all, err := io.ReadAll(r.Body); err == nil {
			body.Store(all)
			header.Store(r.Header.Clone())
		}
	}))
	defer server.Close()
	r := OTLP("--otlp", parsed(t, server.URL), []Label{{"service.name", "gonogo"}, {"empty", ""}}, http.Header{"api-key": {"k"}})
	s := ran().Snapshot()
	require.NoError(t, r.send(t.Context(), s))
	require.Equal(t, "application/json", header.Load().(http.Header).Get("Content-Type"))
	require.Equal(t, "k", header.Load().(http.Header).Get("Api-Key"))

	got := decoded(t, body.Load().([]byte))
	require.Equal(t, map[string]string{"service.name": "gonogo"}, attributesOf(got.GetResource().GetAttributes()))
	require.Len(t, got.GetScopeMetrics(), 1)
	require.Len(t, got.GetScopeMetrics()[0].GetMetrics(), len(s.Families))
	for i, m := range got.GetScopeMetrics()[0].GetMetrics() {
		f := s.Families[i]
		require.Equal(t, []string{f.OTel, f.Unit, f.Help}, []string{m.GetName(), m.GetUnit(), m.GetDescription()})
		switch f.Kind {
		case Gauge:
			requireNumbers(t, s, f, m.GetGauge().GetDataPoints())
		case Counter:
			require.True(t, m.GetSum().GetIsMonotonic())
			require.Equal(t, otlpmetrics.AggregationTemporality_AGGREGATION_TEMPORALITY_CUMULATIVE, m.GetSum().GetAggregationTemporality())
			requireNumbers(t, s, f, m.GetSum().GetDataPoints())
		case Distribution:
			require.Equal(t, otlpmetrics.AggregationTemporality_AGGREGATION_TEMPORALITY_CUMULATIVE, m.GetExponentialHistogram().GetAggregationTemporality())
			require.Len(t, m.GetExponentialHistogram().GetDataPoints(), len(f.Series))
			for i, p := range m.GetExponentialHistogram().GetDataPoints() {
				requireHistogram(t, f.Series[i].Histogram, p)
			}
		}
	}
}

func requireNumbers(t *testing.T, s *Snapshot, f Family, points []*otlpmetrics.NumberDataPoint) {
	t.Helper()
	require.Len(t, points, len(f.Series))
	for i, p := range points {
		want := map[string]string{}
		for _, l := range f.Series[i].otel() {
			if l.Value != "" {
				want[l.Name] = l.Value
			}
		}
		require.Equal(t, want, attributesOf(p.GetAttributes()))
		require.Equal(t, f.Series[i].Value, p.GetAsDouble())
		require.EqualValues(t, epoch.UnixNano(), p.GetStartTimeUnixNano())
		require.EqualValues(t, s.At.UnixNano(), p.GetTimeUnixNano())
	}
}

// requireHistogram compares what is counted up to each upper end.
func requireHistogram(t *testing.T, want *Histogram, got *otlpmetrics.ExponentialHistogramDataPoint) {
	t.Helper()
	require.Equal(t, want.Count, got.GetCount())
	require.InDelta(t, want.Sum, got.GetSum(), 1e-12)
	require.Equal(t, want.Zero, got.GetZeroCount())
	require.Equal(t, want.Schema, got.GetScale())
	counts := map[int]uint64{}
	for i, n := range got.GetPositive().GetBucketCounts() {
		if n > 0 { // longer than 2^(index/2^scale)
			counts[int(got.GetPositive().GetOffset())+i+1] = n
		}
	}
	own := map[int]uint64{}
	for _, b := range want.Buckets {
		own[b.Index] = b.Count
	}
	require.Equal(t, own, counts)
}

// OpenTelemetry's names become Prometheus' by its own rules: units and kinds are words
// of their ends.
func TestNamesAgree(t *testing.T) {
	ends := map[string]string{"s": "_seconds", "By": "_bytes", "1": "_ratio"}
	for _, m := range Metrics() {
		name := ""
		for _, r := range m.OTel {
			if r == '.' {
				r = '_'
			}
			name += string(r)
		}
		name += ends[m.Unit]
		if m.Kind == Counter {
			name += "_total"
		}
		require.Equal(t, m.Name, name)
		require.IsIncreasing(t, append([]string{""}, m.Labels...))
	}
}

func TestNumbersThatJSONHasNone(t *testing.T) {
	for want, v := range map[string]float64{`"NaN"`: math.NaN(), `"Infinity"`: math.Inf(1), `"-Infinity"`: math.Inf(-1), "0.5": 0.5} {
		got, err := json.Marshal(double(v))
		require.NoError(t, err)
		require.Equal(t, want, string(got))
	}
	left := math.Inf(-1)
	c := small(objectives{{"success >= 100%", "fail", &left}})
	c.Observe(second(time.Second, 2))
	body, err := json.Marshal(c.Snapshot().otlp(nil))
	require.NoError(t, err)
	for _, m := range decoded(t, body).GetScopeMetrics()[0].GetMetrics() {
		if m.GetName() == "gonogo.slo.error_budget_remaining" {
			require.Equal(t, left, m.GetGauge().GetDataPoints()[0].GetAsDouble())
		}
	}
}

func TestAnAgreementInPart(t *testing.T) {
	tests := []struct{ name, answer, want string }{
		{"nothing", "", ""},
		{"an empty message", "{}", ""},
		{"no JSON", "<html>", ""},
		{"another form", `{"partialSuccess": 7}`, ""},
		{"none rejected", `{"partialSuccess": {"rejectedDataPoints": "0", "errorMessage": "careful"}}`, ""},
		{"some rejected", `{"partialSuccess": {"rejectedDataPoints": "12", "errorMessage": "too many"}}`, "12 points were rejected: too many"},
		{"some rejected, as a number", `{"partialSuccess": {"rejectedDataPoints": 12}}`, "12 points were rejected: "},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			err := rejected([]byte(tt.answer))
			if tt.want == "" {
				require.NoError(t, err)
				return
			}
			require.EqualError(t, err, tt.want)
		})
	}
}

func TestPairs(t *testing.T) {
	tests := []struct {
		name, text string
		want       []Label
		wrong      string
	}{
		{"none", "", nil, ""},
		{"one", "service.name=shop", []Label{{"service.name", "shop"}}, ""},
		{"some, with spaces and an end", " a=1 , b = 2%2C3 ,", []Label{{"a", "1"}, {"b", "2,3"}}, ""},
		{"a value with a sign of its own", "auth=Basic a+b==", []Label{{"auth", "Basic a+b=="}}, ""},
		{"no value", "a=1,b", nil, "VARIABLE: entry 2 of it has no name and value: want key=value,key2=value2"},
		{"no name", "=verysecret", nil, "VARIABLE: entry 1 of it has no name and value: want key=value,key2=value2"},
		{"badly encoded", "a=verysecret%zz", nil, `VARIABLE: the value of "a" is not percent-encoded as it should: want key=value,key2=value2`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := Pairs("VARIABLE", tt.text)
			if tt.wrong != "" {
				require.EqualError(t, err, tt.wrong)
				return
			}
			require.NoError(t, err)
			require.Equal(t, tt.want, got)
		})
	}
}

func FuzzPairs(f *testing.F) {
	for _, seed := range []string{"", "a=1", "a=1,b=%20", "=", ",,", "a=%z", "a\xff=\x00"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		all, err := Pairs("V", text)
		for _, l := range all {
			if err != nil || l.Name == "" {
				t.Fatalf("%q: %v, %v", text, all, err)
			}
		}
	})
}

func FuzzRejected(f *testing.F) {
	for _, seed := range []string{"", "{}", `{"partialSuccess":{"rejectedDataPoints":"1"}}`, `{"partialSuccess":{"rejectedDataPoints":[]}}`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(_ *testing.T, answer []byte) { _ = rejected(answer) })
}
