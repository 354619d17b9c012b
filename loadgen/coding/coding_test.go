package coding

import (
	"bytes"
	"errors"
	"io"
	"math/rand/v2"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/andybalholm/brotli"
	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
	"github.com/stretchr/testify/require"
)

// coded returns the text in the coding.
func coded(t testing.TB, how Coding, text []byte) []byte {
	t.Helper()
	var out bytes.Buffer
	var w io.WriteCloser
	switch how {
	case Identity:
		return text
	case Gzip:
		w = gzip.NewWriter(&out)
	case Brotli:
		w = brotli.NewWriterLevel(&out, brotli.BestSpeed)
	case Zstd:
		var err error
		w, err = zstd.NewWriter(&out)
		require.NoError(t, err)
	}
	_, err := w.Write(text)
	require.NoError(t, err)
	require.NoError(t, w.Close())
	return out.Bytes()
}

func all() []Coding { return []Coding{Identity, Gzip, Brotli, Zstd} }

// texts are short, long, repetitive and random.
func texts() [][]byte {
	random := make([]byte, 200_000)
	r := rand.New(rand.NewPCG(1, 2))
	for i := range random {
		random[i] = byte(r.Uint32())
	}
	return [][]byte{[]byte("x"), []byte(strings.Repeat("hello ", 50_000)), random}
}

func TestContentIsCounted(t *testing.T) {
	var c Counter
	for _, how := range all() {
		for _, text := range texts() {
			body := coded(t, how, text)
			for _, from := range []io.Reader{bytes.NewReader(body), iotest.OneByteReader(bytes.NewReader(body)), iotest.DataErrReader(bytes.NewReader(body))} {
				n, _, err := c.Count(how, from)
				require.NoError(t, err, how)
				require.EqualValues(t, len(text), n, how)
			}
		}
		n, _, err := c.Count(how, bytes.NewReader(coded(t, how, nil)))
		require.NoError(t, err, how)
		require.Zero(t, n)
		n, _, err = c.Count(how, bytes.NewReader(nil))
		require.NoError(t, err, "no body at all")
		require.Zero(t, n)
	}
}

func TestBrokenBodies(t *testing.T) {
	var c Counter
	text := texts()[1]
	for _, how := range all()[1:] {
		body := coded(t, how, text)
		wrong := bytes.Clone(body)
		wrong[len(wrong)/2] ^= 0x55
		for name, bad := range map[string][]byte{
			"cut short": body[:len(body)-1], "cut to almost nothing": body[:1], "not of this coding": []byte("hello, I am plain text"),
			"something behind it": append(bytes.Clone(body), "more"...),
		} {
			_, broken, err := c.Count(how, bytes.NewReader(bad))
			require.Error(t, err, "%v %s", how, name)
			require.True(t, broken, "%v %s", how, name)
			require.ErrorContains(t, err, how.String()+" body: ")
		}
		_, broken, err := c.Count(how, io.MultiReader(bytes.NewReader(body), strings.NewReader("more")))
		require.Error(t, err, "%v: something behind it, later", how)
		require.True(t, broken)
		_, _, err = c.Count(how, bytes.NewReader(wrong))
		require.Error(t, err, how)
		n, _, err := c.Count(how, bytes.NewReader(body))
		require.NoError(t, err, "a decoder that failed is as good as new")
		require.EqualValues(t, len(text), n)
	}
	_, broken, err := c.Count(Unknown, strings.NewReader("x"))
	require.True(t, broken)
	require.ErrorContains(t, err, "nobody asked for")
}

// What goes wrong below is not the coding's fault.
func TestErrorsOfTheBodyPassThrough(t *testing.T) {
	var c Counter
	cause := errors.New("reset")
	for _, how := range all() {
		body := coded(t, how, texts()[2])
		for _, cut := range []int{0, 1, 100, len(body)} {
			_, broken, err := c.Count(how, io.MultiReader(bytes.NewReader(body[:cut]), iotest.ErrReader(cause)))
			require.ErrorIs(t, err, cause, "%v after %d", how, cut)
			require.False(t, broken)
		}
	}
}

func TestBombs(t *testing.T) {
	c := Counter{bomb: 1 << 20}
	zeros := make([]byte, 2<<20)
	for _, how := range all()[1:] {
		_, broken, err := c.Count(how, bytes.NewReader(coded(t, how, zeros)))
		require.ErrorIs(t, err, errBomb, how)
		require.True(t, broken)
	}
	n, _, err := c.Count(Identity, bytes.NewReader(zeros))
	require.NoError(t, err)
	require.EqualValues(t, len(zeros), n)
}

// A zstd body may not make us keep more than maxWindow.
func TestWindowsAreBounded(t *testing.T) {
	var out bytes.Buffer
	w, err := zstd.NewWriter(&out, zstd.WithWindowSize(2*maxWindow))
	require.NoError(t, err)
	for range 3 * maxWindow / len(texts()[2]) {
		_, err := w.Write(texts()[2])
		require.NoError(t, err)
	}
	require.NoError(t, w.Close())
	var c Counter
	_, broken, err := c.Count(Zstd, &out)
	require.True(t, broken)
	require.ErrorContains(t, err, "zstd body: ")
}

func TestOf(t *testing.T) {
	for text, want := range map[string]Coding{
		"gzip": Gzip, "GZip": Gzip, "x-gzip": Gzip, "br": Brotli, "zstd": Zstd, "identity": Identity,
		"deflate": Unknown, "gzip, br": Unknown, "": Unknown,
	} {
		require.Equal(t, want, Of([]byte(text)), text)
	}
	require.Equal(t, "unknown", Unknown.String())
}

// Decoders are used again. (Not each time under the race detector, which lets
// pools forget; and brotli makes a few small tables for each body.)
func TestCountingAllocatesLittle(t *testing.T) {
	var c Counter
	for _, how := range all() {
		body := coded(t, how, texts()[1])
		r := bytes.NewReader(body)
		allocs := testing.AllocsPerRun(100, func() {
			r.Reset(body)
			_, _, _ = c.Count(how, r)
		})
		require.Less(t, allocs, 100.0, how)
	}
}

func FuzzCount(f *testing.F) {
	for _, how := range all() {
		f.Add(uint8(how), coded(f, how, []byte("hello, hello, hello")))
	}
	var c Counter
	f.Fuzz(func(t *testing.T, how uint8, body []byte) {
		n, broken, err := c.Count(Coding(how%uint8(codings)), bytes.NewReader(body))
		require.Equal(t, err != nil, broken)
		require.LessOrEqual(t, n, int64(bombSize+1<<20))
	})
}

func BenchmarkCount(b *testing.B) {
	var c Counter
	for _, how := range all() {
		body := coded(b, how, []byte(strings.Repeat("some text that repeats itself, ", 300)))
		b.Run(how.String(), func(b *testing.B) {
			b.ReportAllocs()
			r := bytes.NewReader(body)
			for b.Loop() {
				r.Reset(body)
				_, _, _ = c.Count(how, r)
			}
		})
	}
}
