package httpload

import (
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"gonogo/loadgen"
	"gonogo/measure"
)

// dripped is an answer of which every read gets the next piece.
type dripped []string

func (d *dripped) Read(b []byte) (int, error) {
	if len(*d) == 0 {
		return 0, io.EOF
	}
	n := copy(b, (*d)[0])
	if (*d)[0] = (*d)[0][n:]; (*d)[0] == "" {
		*d = (*d)[1:]
	}
	return n, nil
}

// A user has a small buffer while an answer comes. It gets a large one for good once
// an answer took many reads, and a head gets the room that it needs, up to a limit.
func TestBuffersGrow(t *testing.T) {
	head := func(size int) string {
		const start, end = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nX: ", "\r\n\r\n"
		return start + strings.Repeat("x", size-len(start)-len(end)) + end
	}
	body := func(pieces int) []string {
		all := []string{fmt.Sprintf("HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n", pieces-1)}
		for range pieces - 1 {
			all = append(all, "x")
		}
		return all
	}
	tests := []struct {
		name    string
		answers [][]string
		class   measure.Class
		want    int // the buffer afterwards
	}{
		{"one read", [][]string{body(1)}, measure.OK, 0},
		{"as many as are few", [][]string{body(manyReads)}, measure.OK, 0},
		{"few, again and again", [][]string{body(3), body(3), body(3)}, measure.OK, 0},
		{"many", [][]string{body(manyReads + 1)}, measure.OK, largeBuffer},
		{"many, and few afterwards", [][]string{body(9), body(1)}, measure.OK, largeBuffer},
		{"many, more than once", [][]string{body(9), body(9), body(9)}, measure.OK, largeBuffer},
		{"a head that just fits", [][]string{{head(smallBuffer)}}, measure.OK, 0},
		{"a head that does not", [][]string{{head(smallBuffer + 1)}}, measure.OK, 2 * smallBuffer},
		{"a head of many times that", [][]string{{head(5*smallBuffer + 1)}}, measure.OK, 8 * smallBuffer},
		{"the longest head", [][]string{{head(maxHead)}}, measure.OK, maxHead},
		{"a longer one", [][]string{{head(maxHead + 1)}}, measure.Malformed, maxHead},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			clock := loadgen.NewClock()
			c := &Client{stamps: &stampClock{clock: clock}}
			u := &user{client: c, clock: clock}
			for _, answer := range test.answers {
				d, whole := dripped(answer), len(strings.Join(answer, ""))
				stream := &netStream{conn: &script{answer: &d}}
				call := loadgen.NewCall(measure.Outcome{}, 0)
				if err := u.exchange(call, &request{}, []byte("x"), stream); err != nil {
					u.fail(call, err)
				}
				require.Equal(t, test.class, call.Outcome.Class, "%v", call.Outcome.Err)
				if test.class == measure.OK {
					require.EqualValues(t, whole, call.Outcome.BytesIn)
				}
			}
			require.Len(t, u.in.bytes, test.want)
		})
	}
}
