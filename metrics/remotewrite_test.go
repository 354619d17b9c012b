package metrics

import (
	"fmt"
	"io"
	"math"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/klauspost/compress/s2"
	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/encoding/protowire"
)

// field is one of a message, as it was written.
type field struct {
	number protowire.Number
	bytes  []byte
	bits   uint64
}

func fields(t *testing.T, m []byte) (all []field) {
	t.Helper()
	for len(m) > 0 {
		number, kind, n := protowire.ConsumeTag(m)
		require.Positive(t, n)
		m = m[n:]
		f := field{number: number}
		switch kind {
		case protowire.BytesType:
			f.bytes, n = protowire.ConsumeBytes(m)
		case protowire.VarintType:
			f.bits, n = protowire.ConsumeVarint(m)
		case protowire.Fixed64Type:
			f.bits, n = protowire.ConsumeFixed64(m)
		default:
			require.Fail(t, "kind", "%v", kind)
		}
		require.Positive(t, n)
		m = m[n:]
		all = append(all, f)
	}
	return all
}

// written reads the series of a request back: each by its labels, with what it says.
func written(t *testing.T, m []byte) map[string]string {
	t.Helper()
	all := map[string]string{}
	for _, f := range fields(t, m) {
		if f.number != 1 {
			continue
		}
		var labels []string
		says := ""
		for _, f := range fields(t, f.bytes) {
			parts := fields(t, f.bytes)
			switch f.number {
			case 1:
				labels = append(labels, string(parts[0].bytes)+"="+string(parts[1].bytes))
			case 2:
				says = fmt.Sprintf("%g at %d", math.Float64frombits(parts[0].bits), parts[1].bits)
			case 4:
				says = histogramSays(t, parts)
			}
		}
		require.IsIncreasing(t, append([]string{""}, labels...))
		key := strings.Join(labels, " ")
		require.NotContains(t, all, key, "twice")
		all[key] = says
	}
	return all
}

func histogramSays(t *testing.T, parts []field) string {
	t.Helper()
	var b strings.Builder
	for _, p := range parts {
		switch p.number {
		case 1, 6, 15:
			fmt.Fprintf(&b, "%d:%d ", p.number, p.bits)
		case 3, 5:
			fmt.Fprintf(&b, "%d:%g ", p.number, math.Float64frombits(p.bits))
		case 4:
			fmt.Fprintf(&b, "%d:%d ", p.number, protowire.DecodeZigZag(p.bits))
		case 11:
			span := fields(t, p.bytes)
			fmt.Fprintf(&b, "span %d,%d ", protowire.DecodeZigZag(span[0].bits), span[1].bits)
		case 12:
			for rest := p.bytes; len(rest) > 0; {
				v, n := protowire.ConsumeVarint(rest)
				rest = rest[n:]
				fmt.Fprintf(&b, "%+d ", protowire.DecodeZigZag(v))
			}
		}
	}
	return strings.TrimSpace(b.String())
}

// keeping is a receiver that keeps what it gets, and refuses exponential buckets with
// a status; 0: it takes them.
type keeping struct {
	refuses int

	mu   sync.Mutex
	got  [][]byte
	head http.Header
}

func (k *keeping) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	k.mu.Lock()
	defer k.mu.Unlock()
	packed, err := io.ReadAll(r.Body)
	plain, wrong := s2.Decode(nil, packed)
	if err != nil || wrong != nil {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	k.head = r.Header.Clone()
	if k.got = append(k.got, plain); k.refuses != 0 && !strings.Contains(string(plain), "_bucket") {
		http.Error(w, "native histograms are disabled", k.refuses)
	}
}

func TestRemoteWrite(t *testing.T) {
	k := &keeping{}
	server := httptest.NewServer(k)
	defer server.Close()
	r := RemoteWrite("--remote-write", parsed(t, server.URL), "here")
	s := ran().Snapshot()
	require.NoError(t, r.send(t.Context(), s))
	require.Len(t, k.got, 2)
	require.Equal(t, []string{"snappy", "application/x-protobuf", "0.1.0"},
		[]string{k.head.Get("Content-Encoding"), k.head.Get("Content-Type"), k.head.Get("X-Prometheus-Remote-Write-Version")})

	at := s.At.UnixMilli()
	plain := written(t, k.got[0])
	require.Equal(t, fmt.Sprint("1 at ", at), plain["__name__=gonogo_decision instance=here job=gonogo scenario=shop verdict=GO"])
	require.Equal(t, fmt.Sprint("1 at ", at), plain["__name__=gonogo_responses_total http_response_status_code=503 instance=here job=gonogo scenario=shop step=pay"])
	const duration = "instance=here job=gonogo"
	looked := func(name, le string) string {
		return plain["__name__=http_client_request_duration_seconds_"+name+" http_request_method=GET "+duration+le+" scenario=shop server_address=shop.test step=look"]
	}
	require.Equal(t, fmt.Sprint("1 at ", at), looked("bucket", " le=0.005"))
	require.Equal(t, fmt.Sprint("2 at ", at), looked("bucket", " le=+Inf"))
	require.Equal(t, fmt.Sprint("2 at ", at), looked("count", ""))
	require.Equal(t, fmt.Sprint("0.043 at ", at), looked("sum", ""))

	native := written(t, k.got[1])
	require.Len(t, native, 5, "two steps in two parts, and the lag")
	require.Equal(t, fmt.Sprintf("1:2 3:0.043 4:3 5:%g 6:0 span -67,1 span 29,1 +1 +0 15:%d", zeroThreshold, at),
		native["__name__=http_client_request_duration_seconds http_request_method=GET "+duration+" scenario=shop server_address=shop.test step=look"])

	kinds := map[string]uint64{}
	for _, f := range fields(t, k.got[0]) {
		if f.number == 3 {
			about := fields(t, f.bytes)
			kinds[string(about[1].bytes)] = about[0].bits
		}
	}
	require.Len(t, kinds, len(s.Families))
	require.EqualValues(t, 1, kinds["gonogo_requests_total"])
	require.EqualValues(t, 2, kinds["gonogo_users"])
	require.EqualValues(t, 3, kinds["http_client_request_duration_seconds"])
}

// A receiver that takes no exponential buckets is asked once, and gets the rest.
func TestAReceiverWithoutExponentialBuckets(t *testing.T) {
	tests := []struct {
		name    string
		status  int
		pushes  int // requests of two pushes
		problem string
	}{
		{"it takes them", 0, 4, ""},
		{"it cannot", 500, 3, "exponential buckets are not taken there, and left out: the answer is 500 Internal Server Error: native histograms are disabled"},
		{"it will not", 400, 3, "exponential buckets are not taken there, and left out: the answer is 400 Bad Request: native histograms are disabled"},
		{"it is busy", 503, 4, "the answer is 503 Service Unavailable: native histograms are disabled"},
		{"it is asked too often", 429, 4, "the answer is 429 Too Many Requests: native histograms are disabled"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			k := &keeping{refuses: tt.status}
			server := httptest.NewServer(k)
			defer server.Close()
			r := RemoteWrite("--remote-write", parsed(t, server.URL), "here")
			err := r.send(t.Context(), ran().Snapshot())
			if tt.problem == "" {
				require.NoError(t, err)
			} else {
				require.EqualError(t, err, tt.problem)
			}
			again := r.send(t.Context(), ran().Snapshot())
			require.Equal(t, tt.pushes == 4 && tt.status != 0, again != nil)
			require.Len(t, k.got, tt.pushes)
		})
	}
}
