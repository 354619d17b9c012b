package metrics

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"

	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"
	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/proto"
)

// asked returns the families of an answer.
func asked(t *testing.T, format expfmt.Format, body io.Reader) map[string]*dto.MetricFamily {
	t.Helper()
	all := map[string]*dto.MetricFamily{}
	decoder := expfmt.NewDecoder(body, format)
	for {
		f := &dto.MetricFamily{}
		err := decoder.Decode(f)
		if err == io.EOF {
			return all
		}
		require.NoError(t, err)
		all[f.GetName()] = f
	}
}

// A scrape gets text, or both forms of histograms where it asks for protobuf.
func TestAScrape(t *testing.T) {
	c := ran()
	server := httptest.NewServer(Handler(c))
	defer server.Close()
	format := expfmt.NewFormat(expfmt.TypeProtoDelim)
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, server.URL, nil)
	require.NoError(t, err)
	request.Header.Set("Accept", string(format))
	answer, err := server.Client().Do(request)
	require.NoError(t, err)
	defer answer.Body.Close()
	requireAll(t, c.Snapshot(), asked(t, format, answer.Body))

	request.Header.Del("Accept")
	answer, err = server.Client().Do(request)
	require.NoError(t, err)
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	require.NoError(t, err)
	require.Equal(t, exposition(t, c.Snapshot()), string(text))
}

func requireAll(t *testing.T, s *Snapshot, got map[string]*dto.MetricFamily) {
	t.Helper()
	require.Len(t, got, len(s.Families))
	for _, f := range s.exposed() {
		require.True(t, proto.Equal(f, got[f.GetName()]), "want %v\ngot %v", f, got[f.GetName()])
	}
}

// A Pushgateway gets the same.
func TestAPush(t *testing.T) {
	var body, kind atomic.Value
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		all, err := io.ReadAll(r.Body)
		if err == nil {
			body.Store(all)
			kind.Store(r.Header.Get("Content-Type"))
		}
	}))
	defer server.Close()
	c := ran()
	r := Pushgateway("--metrics-push", parsed(t, server.URL), "shop")
	require.NoError(t, r.send(t.Context(), c.Snapshot()))
	require.Equal(t, string(expfmt.NewFormat(expfmt.TypeProtoDelim)), kind.Load())
	requireAll(t, c.Snapshot(), asked(t, expfmt.NewFormat(expfmt.TypeProtoDelim), bytes.NewReader(body.Load().([]byte))))
}

func TestGroupings(t *testing.T) {
	tests := []struct{ name, value, want string }{
		{"plain", "shop", "/scenario@base64/c2hvcA"},
		{"with slashes and dots", "../../x", "/scenario@base64/Li4vLi4veA"},
		{"none", "", "/scenario@base64/="},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) { require.Equal(t, tt.want, grouping("scenario", tt.value)) })
	}
}
