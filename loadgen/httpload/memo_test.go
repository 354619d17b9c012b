package httpload

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestAHeadIsRememberedForItsVeryBytes(t *testing.T) {
	const first = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n"
	tests := []struct {
		name, answer string
		known        bool
	}{
		{"the same head", first + "hello", true},
		{"the same head and no more yet", first, true},
		{"part of it", first[:len(first)-1], false},
		{"one byte is another", "HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nhello!", false},
		{"a line more", first[:len(first)-2] + "Connection: close\r\n\r\nhello", false},
		{"nothing", "", false},
	}
	m := &memo{}
	learned, err := parseHead([]byte(first), false)
	require.NoError(t, err)
	m.learn([]byte(first), learned, 0)
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			known := m.recall([]byte(test.answer))
			if !test.known {
				require.Nil(t, known)
				return
			}
			require.Equal(t, first, string(known.bytes))
			require.Equal(t, learned, known.head)
		})
	}
}

func TestAMemoLearnsNotTooOften(t *testing.T) {
	heads := []string{"HTTP/1.1 200 OK\r\n\r\n", "HTTP/1.1 201 OK\r\n\r\n"}
	knows := func(m *memo, i int) bool { return m.recall([]byte(heads[i])) != nil }
	m := &memo{}
	m.learn([]byte(heads[0]), head{}, time.Second)
	m.learn([]byte(heads[1]), head{}, time.Second+learnEvery-1)
	require.True(t, knows(m, 0))
	m.learn([]byte(heads[1]), head{}, time.Second+learnEvery)
	require.True(t, knows(m, 1))
	require.False(t, knows(m, 0))

	m.learn([]byte(heads[0]), head{location: []byte("/")}, time.Minute)
	require.False(t, knows(m, 0), "a Location is part of the buffer")
}

// What a connection does after a head depends on the head alone: a remembered one
// must end like one that is parsed.
func TestARememberedHeadEndsLikeAParsedOne(t *testing.T) {
	for _, answer := range []string{
		"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello",
		"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
		"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nConnection: close\r\n\r\nhello",
		"HTTP/1.1 204 No\r\n\r\n",
		"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nhello",
		"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nhello",
		"HTTP/1.1 100 Go\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello",
	} {
		memory := &memo{}
		first, kept := askRemembering(memory, answer)
		require.NotNil(t, memory.last.Load(), "%q", answer)
		again, keptAgain := askRemembering(memory, answer)
		require.Equal(t, first.Class, again.Class, "%q", answer)
		require.Equal(t, first.Status, again.Status)
		require.Equal(t, first.BytesIn, again.BytesIn)
		require.Equal(t, kept, keptAgain)
	}
}
