package main

import (
	"testing"
	"time"

	"github.com/spf13/pflag"
	"github.com/stretchr/testify/require"
)

// Every flag of a duration takes a plain number of seconds, as 86400.
func TestADurationMayBeSeconds(t *testing.T) {
	for text, want := range map[string]time.Duration{
		"86400": 24 * time.Hour, "1d12h": 36 * time.Hour, "1.5": 1500 * time.Millisecond, "90s": 90 * time.Second, "0": 0,
	} {
		var d time.Duration
		flags := pflag.NewFlagSet("", pflag.ContinueOnError)
		durationFlag(flags, &d, "pause", time.Second, "")
		require.Equal(t, "1s", flags.Lookup("pause").DefValue)
		require.NoError(t, flags.Parse([]string{"--pause=" + text}))
		require.Equal(t, want, d)
	}
	var d time.Duration
	flags := pflag.NewFlagSet("", pflag.ContinueOnError)
	durationFlag(flags, &d, "pause", time.Second, "")
	require.ErrorContains(t, flags.Parse([]string{"--pause=-5"}), "is negative")
	require.ErrorContains(t, flags.Parse([]string{"--pause=soon"}), "is not a duration")
}
