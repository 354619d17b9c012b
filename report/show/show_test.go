package show

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestMilliseconds(t *testing.T) {
	tests := []struct {
		ms   float64
		want string
	}{
		{0, "0ms"},
		{0.0004, "0ms"},
		{0.015, "15µs"},
		{0.9994, "999µs"},
		{0.9996, "1.0ms"},
		{1.24, "1.2ms"},
		{9.94, "9.9ms"},
		{9.96, "10ms"},
		{41.4, "41ms"},
		{999.4, "999ms"},
		{999.6, "1.00s"},
		{1101, "1.10s"},
		{9994, "9.99s"},
		{9996, "10.0s"},
		{59_940, "59.9s"},
		{59_960, "1m"},
		{125_000, "2m5s"},
		{5_400_000, "1h30m"},
		{1e300, ">2777h46m40s"},
	}
	for _, test := range tests {
		require.Equal(t, test.want, Milliseconds(&test.ms), "%v", test.ms)
	}
	require.Equal(t, "-", Milliseconds(nil))
}

func TestSpan(t *testing.T) {
	for seconds, want := range map[float64]string{
		0: "0s", 0.04: "<0.1s", 1.204: "1.2s", 30: "30s", 59.96: "1m", 300: "5m", 90: "1m30s", 86_400: "24h", 3_605: "1h5s",
	} {
		require.Equal(t, want, Span(seconds))
	}
}

func TestCount(t *testing.T) {
	for n, want := range map[int64]string{
		0: "0", 999: "999", 1000: "1,000", 720_418: "720,418", -1_234_567: "-1,234,567", -100: "-100",
		-9_223_372_036_854_775_808: "-9,223,372,036,854,775,808",
	} {
		require.Equal(t, want, Count(n))
	}
}

func TestRate(t *testing.T) {
	for v, want := range map[float64]string{
		0: "0.00/s", 3.254: "3.25/s", 9.996: "10.0/s", 41.23: "41.2/s", 99.96: "100/s", 2183.4: "2,183/s", 1e300: "1.0e+300/s",
	} {
		require.Equal(t, want, Rate(&v))
	}
}

func TestSize(t *testing.T) {
	for n, want := range map[int64]string{
		0: "0 B", 1023: "1,023 B", 1024: "1.0 KiB", 1<<20 - 1: "1.0 MiB", 2_039_503_358: "1.9 GiB", 1<<63 - 1: "8.0 EiB",
	} {
		require.Equal(t, want, Size(n))
	}
}

func TestShareKeepsNoneAndAllApart(t *testing.T) {
	tests := []struct {
		part, all int64
		want      string
	}{
		{0, 0, "-"},
		{0, 10, "0.00%"},
		{1, 1_000_000, "<0.01%"},
		{577, 720_418, "0.08%"},
		{999_999, 1_000_000, ">99.99%"},
		{10, 10, "100.00%"},
	}
	for _, test := range tests {
		require.Equal(t, test.want, Share(test.part, test.all))
	}
}

func TestInert(t *testing.T) {
	tests := []struct {
		name, text string
		most       int
		want       string
	}{
		{"a plain text stays", "GET /v1/items", 20, "GET /v1/items"},
		{"one that just fits stays", "12345", 5, "12345"},
		{"one that does not is cut", "123456", 5, "1234…"},
		{"other scripts stay", "naïve Größe", 20, "naïve Größe"},
		{"wide letters count twice", "漢字漢字", 7, "漢字漢…"},
		{"and are not cut in halves", "漢字漢字", 6, "漢字…"},
		{"control codes are shown", "\x1b[31m", 20, `\x1b[31m`},
		{"and not cut in halves", "ab\x1b", 5, "ab…"},
		{"three marks on a letter become two", "e\u0301\u0301\u0301x", 9, "e\u0301\u0301x"},
		{"no room is nothing but the sign", "abc", 1, "…"},
		{"a byte that is no text is replaced", "a\xffb", 9, "a\ufffdb"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			require.Equal(t, test.want, Inert(test.text, test.most))
		})
	}
}

func TestWrap(t *testing.T) {
	require.Equal(t, []string{"one two", "three"}, Wrap("one  two three", 9))
	require.Equal(t, []string{"a", "1234567", "89 b"}, Wrap("a 123456789 b", 7))
	require.Equal(t, []string{""}, Wrap("", 7))
}
