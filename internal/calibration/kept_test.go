package main

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestKeptResultsAreTheSame(t *testing.T) {
	path := filepath.Join(t.TempDir(), "bin", "kept.json")
	coins := experiment{title: "Coins", head: []string{"coin", "heads"}}
	want := result{[][]string{{"fair", "50 %"}}, []promise{atMost("heads", 0.6, rate{5, 10})}}
	require.NoError(t, shelf{"Coins": {7, coins.head, want}}.write(path))

	s, err := openShelf(path)
	require.NoError(t, err)
	got, err := s.take(coins, 7)
	require.NoError(t, err)
	require.Equal(t, want, got)

	_, err = s.take(coins, 8)
	require.EqualError(t, err, `take "Coins" from the kept results: want one of 8 runs with today's columns; do it first`)
	coins.head = []string{"coin", "tails"}
	_, err = s.take(coins, 7)
	require.Error(t, err, "other columns")
	_, err = s.take(experiment{title: "Dice"}, 7)
	require.Error(t, err, "never done")
}

func TestAShelf(t *testing.T) {
	folder := t.TempDir()
	none, err := openShelf(filepath.Join(folder, "none.json"))
	require.NoError(t, err)
	require.Equal(t, shelf{}, none)

	broken := filepath.Join(folder, "broken.json")
	require.NoError(t, os.WriteFile(broken, []byte("{"), 0o644))
	_, err = openShelf(broken)
	require.ErrorContains(t, err, broken)
}

// Without -keep, -only makes a page of one section; with it, what is missing is an error and the old page stays.
func TestOnlyOneExperiment(t *testing.T) {
	folder := t.TempDir()
	page := filepath.Join(folder, "calibration.md")
	require.ErrorContains(t, command([]string{"-only", "Early passes", "-runs", "1", "-docs", folder, "-keep", filepath.Join(folder, "kept.json")}), `take "Coverage"`)
	require.NoFileExists(t, page)
	p, err := options{runs: 1, only: "Early passes"}.page()
	require.NoError(t, err)
	require.Len(t, p.Sections, 1)
	require.Equal(t, "Early passes", p.Sections[0].title)
}
