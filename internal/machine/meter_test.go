package machine

import (
	"io/fs"
	"os"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/require"
)

// counting counts what is opened and not closed, by name.
type counting struct {
	fs.FS
	opened map[string]int
	open   int
}

func (c *counting) Open(name string) (fs.File, error) {
	f, err := c.FS.Open(name)
	if err != nil {
		return nil, err
	}
	c.opened[name]++
	c.open++
	return &counted{f.(readerAt), c}, nil
}

type readerAt interface {
	fs.File
	ReadAt(p []byte, off int64) (int, error)
}

type counted struct {
	readerAt
	by *counting
}

func (c *counted) Close() error {
	c.by.open--
	return c.readerAt.Close()
}

func TestAMeterReadsAnewWhatItKeepsOpen(t *testing.T) {
	text := fstest.MapFS{
		"proc/self/statm":                       {Data: []byte("900 3 1\n")},
		"proc/net/sockstat":                     {Data: []byte("TCP: inuse 29 tw 110\n")},
		"proc/sys/net/ipv4/ip_local_port_range": {Data: []byte("32768 60999\n")},
		"proc/sys/net/ipv4/tcp_tw_reuse":        {Data: []byte("1\n")},
	}
	files := &counting{FS: text, opened: map[string]int{}}
	m := Machine{Files: files}.Meter()
	page := int64(os.Getpagesize())
	require.Equal(t, 3*page, m.Usage().RSS)
	ports, known := m.Ports()
	require.True(t, known)
	require.Equal(t, Ports{32768, 60999, 110, ReuseAll}, ports)

	text["proc/self/statm"].Data = []byte("900 12 1 and more than before\n")
	text["proc/net/sockstat"].Data = []byte("TCP: tw 7\n")
	for range 3 {
		require.Equal(t, 12*page, m.Usage().RSS)
		ports, known = m.Ports()
		require.True(t, known)
		require.Equal(t, Ports{32768, 60999, 7, ReuseAll}, ports)
	}
	require.Equal(t, map[string]int{
		"proc/self/statm": 1, "proc/net/sockstat": 2,
		"proc/sys/net/ipv4/ip_local_port_range": 1, "proc/sys/net/ipv4/tcp_tw_reuse": 1,
	}, files.opened)
	m.Close()
	require.Zero(t, files.open)
}

func TestAMeterKnowsNothingWithoutFiles(t *testing.T) {
	m := files(nil).Meter()
	defer m.Close()
	for range 2 {
		require.EqualValues(t, Unknown, m.Usage().RSS)
		_, known := m.Ports()
		require.False(t, known)
	}
}

func TestAMeterOfThisMachineSaysTheSame(t *testing.T) {
	var here Machine
	m := here.Meter()
	defer m.Close()
	for range 3 {
		want, known := here.Ports()
		got, knownByMeter := m.Ports()
		want.Waiting, got.Waiting = 0, 0 // others come and go
		require.Equal(t, want, got)
		require.Equal(t, known, knownByMeter)
		require.Equal(t, here.Usage().RSS > 0, m.Usage().RSS > 0)
	}
}
