//go:build unix

package terminal

import (
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"strings"
	"syscall"
	"testing"

	"github.com/creack/pty"
	"github.com/stretchr/testify/require"

	"gonogo/internal/terminal/terminaltest"
)

// A desk is a Stream on a terminal, and whoever sits in front of it.
type desk struct {
	*Stream
	seen   *terminaltest.Screen
	master *os.File
}

func newDesk(t *testing.T, width, height int) *desk {
	t.Helper()
	master, slave, err := pty.Open()
	require.NoError(t, err)
	t.Cleanup(func() {
		_ = master.Close()
		_ = slave.Close()
	})
	d := &desk{NewStream(slave), terminaltest.New(width, height), master}
	d.resize(t, width, height)
	return d
}

func (d *desk) resize(t *testing.T, width, height int) {
	t.Helper()
	require.NoError(t, pty.Setsize(d.master, &pty.Winsize{Cols: uint16(width), Rows: uint16(height)}))
	d.seen.Resize(width, height)
}

// look reads what the terminal was told, up to a mark that it is told last.
func (d *desk) look(t *testing.T) string {
	t.Helper()
	const mark = "\x1b[0m"
	_, err := io.WriteString(d.file, mark)
	require.NoError(t, err)
	var told []byte
	for buffer := make([]byte, 4096); !strings.HasSuffix(string(told), mark); {
		n, err := d.master.Read(buffer)
		require.NoError(t, err)
		told = append(told, buffer[:n]...)
	}
	_, _ = d.seen.Write(told)
	require.Empty(t, d.seen.Unknown)
	require.False(t, d.seen.Hidden, "the cursor is there")
	require.False(t, d.seen.Held, "the frame is complete")
	return d.seen.String()
}

func TestTheViewStandsBelowWhatIsSaid(t *testing.T) {
	d := newDesk(t, 40, 10)
	fmt.Fprint(d, "before\n")
	require.NoError(t, d.Draw([]string{"one", "two"}))
	require.Equal(t, "before\none\ntwo", d.look(t))
	fmt.Fprint(d, "a warning\n")
	require.Equal(t, "before\na warning\none\ntwo", d.look(t))
	fmt.Fprint(d, "half a ")
	require.Equal(t, "before\na warning\none\ntwo", d.look(t), "a line is shown when it is whole")
	fmt.Fprint(d, "line\nand half ")
	require.NoError(t, d.Draw([]string{"three"}))
	require.Equal(t, "before\na warning\nhalf a line\nthree", d.look(t), "a lower view leaves nothing behind")
	require.NoError(t, d.Draw([]string{"1", "2", "3"}))
	_, err := io.WriteString(d.file, "^Cxxxxxxxxxx") // as a terminal echoes keys
	require.NoError(t, err)
	require.NoError(t, d.Erase())
	require.Equal(t, "before\na warning\nhalf a line\nand half", d.look(t), "at the end nothing of it is left, and nothing lost")
	require.NoError(t, d.Erase())
	fmt.Fprint(d, "one\n")
	require.Equal(t, "before\na warning\nhalf a line\nand half one", d.look(t))
}

// A line that is wider than the terminal is broken by it; the view is not.
func TestWhatIsSaidMayBeWide(t *testing.T) {
	d := newDesk(t, 10, 6)
	require.NoError(t, d.Draw([]string{"123456789", "view"}))
	fmt.Fprint(d, "a warning that is long\n")
	require.Equal(t, "a warning\nthat is lo\nng\n123456789\nview", d.look(t))
	require.NoError(t, d.Draw([]string{"view as wide as before", "it"}))
	require.Equal(t, "a warning\nthat is lo\nng\nview as we\nit", d.look(t), "it is cut, and nothing scrolls")
}

func TestTheTerminalIsResized(t *testing.T) {
	d := newDesk(t, 40, 12)
	fmt.Fprint(d, "before\n")
	require.NoError(t, d.Draw([]string{strings.Repeat("a", 39), "\x1b[31m" + strings.Repeat("b", 39) + "\x1b[0m", "c"}))
	d.look(t)
	for _, width := range []int{20, 39, 13, 80} {
		d.resize(t, width, 12)
		require.NoError(t, d.Draw([]string{strings.Repeat("a", width-1), strings.Repeat("b", width-1), "c"}))
		require.Equal(t, "before\n"+strings.Repeat("a", width-1)+"\n"+strings.Repeat("b", width-1)+"\nc", d.look(t), "%d columns", width)
	}
}

// Others have written below the view while the process was stopped.
func TestTheViewBeginsAnewWhereItIsForgotten(t *testing.T) {
	d := newDesk(t, 40, 10)
	require.NoError(t, d.Draw([]string{"old"}))
	d.Forget()
	_, err := io.WriteString(d.file, "$ fg\n")
	require.NoError(t, err)
	require.NoError(t, d.Draw([]string{"new"}))
	require.NoError(t, d.Draw([]string{"newer"}))
	require.Equal(t, "old\n$ fg\nnewer", d.look(t))
}

// Whatever happens in whatever order, the terminal shows all that was said, in order,
// and the view below it.
func TestNothingThatIsSaidIsLost(t *testing.T) {
	for seed := range uint64(50) {
		random := rand.New(rand.NewPCG(seed, 0))
		d := newDesk(t, 20+random.IntN(60), 4+random.IntN(20))
		said, view := "", ""
		for n := range 40 {
			switch random.IntN(3) {
			case 0:
				line := fmt.Sprintf("line %d\n", n)
				said += line
				fmt.Fprint(d, line)
			case 1:
				_, height := d.Size()
				lines := make([]string, random.IntN(height))
				for i := range lines {
					lines[i] = fmt.Sprintf("view %d %d", n, i)
				}
				view = strings.Join(lines, "\n")
				require.NoError(t, d.Draw(lines))
			case 2:
				view = ""
				require.NoError(t, d.Erase())
			}
			require.Equal(t, strings.TrimRight(said+view, "\n"), d.look(t), "seed %d, step %d", seed, n)
		}
	}
}

func TestOf(t *testing.T) {
	d := newDesk(t, 80, 24)
	require.True(t, Of(d.Stream))
	require.True(t, Of(d.file))
	require.True(t, d.IsOurs(), "it is nobody else's")
	file, err := os.Create(t.TempDir() + "/file")
	require.NoError(t, err)
	defer file.Close()
	require.False(t, Of(file))
	require.False(t, Of(NewStream(file)))
	require.False(t, Of(io.Discard))
	width, height := NewStream(file).Size()
	require.Equal(t, [2]int{80, 24}, [2]int{width, height}, "a file has no size")
	fmt.Fprint(NewStream(file), "as it is")
	said, err := os.ReadFile(file.Name())
	require.NoError(t, err)
	require.Equal(t, "as it is", string(said))
}

func TestFollow(t *testing.T) {
	resized, continued, stop := Follow()
	defer stop()
	require.NoError(t, syscall.Kill(syscall.Getpid(), syscall.SIGWINCH))
	require.Equal(t, syscall.SIGWINCH, <-resized)
	require.NoError(t, syscall.Kill(syscall.Getpid(), syscall.SIGCONT))
	require.Equal(t, syscall.SIGCONT, <-continued)
}

func TestColumns(t *testing.T) {
	require.Equal(t, 4, columns("\x1b[1;31m✖\x1b[0m 世"))
	require.Equal(t, 0, columns(""))
	require.Equal(t, 1, columns("a\x1b[3"))
}
