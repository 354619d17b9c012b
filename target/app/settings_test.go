package app

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"gonogo/target"
)

func TestParse(t *testing.T) {
	tests := []struct {
		name             string
		settings, faults []string
		words            string // what String says
		wrong            []string
	}{
		{"nothing is the defaults", nil, nil, "applications", nil},
		{"each form", []string{"limit.requests=5", "claude.threshold=50%", "zap.timeout=20ms", "flow.step=poll", "limit.health=yes", "webhook.header=X-Hub"}, nil, "applications, limit.requests=5, limit.health=yes, claude.threshold=50%, webhook.header=X-Hub, zap.timeout=20ms, flow.step=poll", nil},
		{"the last one counts", []string{"flow.polls=1", "flow.polls=0"}, nil, "applications, flow.polls=0", nil},
		{"a secret is not told", []string{"webhook.secret=a=b"}, []string{"pages=500"}, "applications, webhook.secret=set, fault pages=500", nil},
		{"no value", []string{"limit.requests"}, nil, "", []string{`setting "limit.requests": want NAME=VALUE`}},
		{"no such setting", []string{"limit.x=1"}, nil, "", []string{`setting "limit.x": no such setting, want one of limit.requests, `}},
		{"no such fault", nil, []string{"limit=on"}, "", []string{`fault "limit=on": no such fault, want one of limit=off, `}},
		{"not a number", []string{"limit.requests=0"}, nil, "", []string{`setting limit.requests: want 1 to 1000000000, got "0"`}},
		{"not a duration", []string{"zap.timeout=5"}, nil, "", []string{"setting zap.timeout: want a duration above 0"}},
		{"too long", []string{"zap.timeout=2h"}, nil, "", []string{"at most 1h0m0s"}},
		{"not a share", []string{"claude.threshold=0.8"}, nil, "", []string{"setting claude.threshold: ", "want a percentage"}},
		{"not a choice", []string{"webhook.mode=500"}, nil, "", []string{`setting webhook.mode: want one of 503, timeout, got "500"`}},
		{"not a header", []string{"webhook.header=a b"}, nil, "", []string{"want a header's name"}},
		{"a text without end", []string{"webhook.secret=" + strings.Repeat("x", 257)}, nil, "", []string{"want at most 256 bytes"}},
		{"all mistakes at once", []string{"a", "b=1"}, []string{"c"}, "", []string{`"a"`, `"b"`, `"c"`}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			s, err := Parse(test.settings, test.faults, target.Aging{})
			for _, text := range test.wrong {
				require.ErrorContains(t, err, text)
			}
			if test.wrong == nil {
				require.NoError(t, err)
				require.Equal(t, test.words, s.String())
			} else {
				require.Equal(t, Settings{}, s)
			}
		})
	}
	_, err := Parse(nil, nil, target.Aging{Drift: target.Drift{Extra: time.Second}})
	require.ErrorContains(t, err, "drift")
}

// The guide names everything, and every default in it is one that Parse takes.
func TestTheGuideNamesEverything(t *testing.T) {
	guide := Guide()
	var s Settings
	for _, one := range s.list() {
		require.Contains(t, guide, "  "+one.name+"="+one.standard)
		require.NoError(t, one.set(one.standard))
		require.Equal(t, one.standard, one.get())
	}
	for _, f := range everyFault() {
		require.Contains(t, guide, "  "+string(f.name)+" ")
		_, err := Parse(nil, []string{string(f.name)}, target.Aging{})
		require.NoError(t, err)
	}
	for line := range strings.Lines(guide) {
		require.LessOrEqual(t, len(line), 101, line)
	}
}

// What is taken as a value reads the same from its own text.
func FuzzParse(f *testing.F) {
	for _, text := range []string{"limit.requests=5", "claude.threshold=50%", "zap.timeout=1e3h", "webhook.secret=\xff", "=", "flow.polls=-0", "webhook.header=\r\n"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		s, err := Parse([]string{text}, nil, target.Aging{})
		if err != nil {
			require.Equal(t, Settings{}, s)
			return
		}
		var again []string
		for name, value := range s.told() {
			again = append(again, name+"="+value)
		}
		_, err = Parse(again, nil, target.Aging{})
		require.NoError(t, err)
	})
}
