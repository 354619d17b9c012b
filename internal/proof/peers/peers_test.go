package peers

import (
	"os"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/stretchr/testify/require"
)

// golden is the output that was kept of a tool.
func golden(t *testing.T, name string) Output {
	t.Helper()
	o := Output{Files: os.DirFS("testdata/" + name)}
	if text, err := os.ReadFile("testdata/" + name + "/stdout"); err == nil {
		o.Stdout = text
	}
	return o
}

func TestReadWhatEachToolWrote(t *testing.T) {
	type view struct {
		name string
		ms   [4]float64
	}
	tests := []struct {
		tool     string
		requests int64
		success  float64
		views    []view
		remarks  []string
	}{
		{
			"k6", 639, 578.0 / 639,
			[]view{{"", [4]float64{5.309854, 5.4585, 5.537608, 5.9696846}}, {GoodAnswers, [4]float64{5.3092085, 5.4588017, 5.534602, 5.97531543}}},
			[]string{"did not start 1362 iterations; its latency knows nothing of them"},
		},
		{"vegeta", 100, 0.94, []view{{"", [4]float64{5.236029, 5.333049, 5.354153, 5.632954}}}, nil},
		{"fortio", 100, 0.86, []view{{"", [4]float64{5.302276222, 5.439698444, 5.456876222, 5.470618444}}}, nil},
		{"hey", 100, 0.89, []view{{"", [4]float64{5.3, 5.4, 5.5, 6.0}}}, nil},
		{"wrk", 1935, 1762.0 / 1935, []view{{"", [4]float64{5.149, 5.207, 5.232, 5.365}}}, nil},
		{"h2load", 100, 0.93, []view{{"", [4]float64{5.322, 5.391, 5.400, 5.436}}}, nil},
		{"ab", 1917, 1718.0 / 1917, []view{{"", [4]float64{5.198, 5.255, 5.273, 5.317}}}, nil},
	}
	for _, tt := range tests {
		t.Run(tt.tool, func(t *testing.T) {
			tool, err := Named(tt.tool)
			require.NoError(t, err)
			got, err := tool.Read(golden(t, tt.tool))
			require.NoError(t, err)
			require.Equal(t, tt.requests, got.Requests)
			require.InDelta(t, tt.success, got.Success, 1e-9)
			require.Equal(t, tt.remarks, got.Remarks)
			require.Len(t, got.Views, len(tt.views))
			for i, want := range tt.views {
				require.Equal(t, want.name, got.Views[i].Name)
				for j, ms := range want.ms {
					require.InDelta(t, ms, got.Views[i].Figures[j].MS, 1e-6)
					require.Empty(t, got.Views[i].Figures[j].Word)
				}
			}
		})
	}
}

func TestReadGonogosReport(t *testing.T) {
	text, err := os.ReadFile("../../../report/testdata/burst.json")
	require.NoError(t, err)
	r, err := readGonogo(Output{Files: fstest.MapFS{"load_test_report_20251214_090212.json": {Data: text}}})
	require.NoError(t, err)
	require.Positive(t, r.Requests)
	require.Greater(t, r.Success, 0.5)
	names := []string{}
	for _, v := range r.Views {
		names = append(names, v.Name)
		require.Positive(t, v.Figures[0].MS)
	}
	require.Equal(t, []string{"", GoodAnswers, Service}, names)
}

func TestReadGonogoWantsOneReport(t *testing.T) {
	_, err := readGonogo(Output{Files: fstest.MapFS{}})
	require.ErrorContains(t, err, "want one, got 0")
	_, err = readGonogo(Output{Files: fstest.MapFS{"load_test_report_1.json": {Data: []byte("{}")}}})
	require.ErrorContains(t, err, "read gonogo's report")
}

// hey prints NaN and no percentiles when nobody answered.
func TestReadARunThatMetNobody(t *testing.T) {
	text, err := os.ReadFile("testdata/hey/refused")
	require.NoError(t, err)
	r, err := readHey(Output{Stdout: text})
	require.NoError(t, err)
	require.Equal(t, Reading{Requests: 10, Views: []View{{Figures: Figures{{Word: NotTold}, {Word: NotTold}, {Word: NotTold}, {Word: NotTold}}}}}, r)
}

func TestNothingIsNoReading(t *testing.T) {
	for _, tool := range All() {
		t.Run(tool.Name, func(t *testing.T) {
			_, err := tool.Read(Output{Files: fstest.MapFS{}})
			require.ErrorContains(t, err, tool.Name)
		})
	}
}

func TestPlan(t *testing.T) {
	closed := Load{URL: "http://t/", Length: 20 * time.Second, Users: 100}
	open := Load{URL: "http://t/", Length: 20 * time.Second, Users: 100, Rate: 1000, Open: 1500}
	thinking := Load{URL: "http://t/", Length: 20 * time.Second, Users: 1000, Think: 20 * time.Millisecond}
	costing := closed
	costing.CostOnly = true
	shared := Load{URL: "https://t/", Length: 20 * time.Second, Users: 100, Connections: 10, CostOnly: true}
	tests := []struct {
		name, tool string
		load       Load
		args, mode string
	}{
		{"gonogo keeps users", "gonogo", closed, "load http://t/ --users 100 --think-time 0s --duration 20s --slo success > 99.9% --quiet --out-dir .", "closed"},
		{"gonogo keeps a rate", "gonogo", open, "load http://t/ --rate 1000 --duration 20s --slo success > 99.9% --quiet --out-dir .", Open},
		{"gonogo shares connections", "gonogo", shared, "load https://t/ --users 100 --think-time 0s --http 2 --connections 10 --insecure --duration 20s --slo success > 99.9% --quiet --out-dir .", "closed"},
		{"vegeta keeps a rate", "vegeta", open, "attack -targets targets.txt -insecure -http2=false -max-body 0 -duration 20s -output results.bin -rate 1000/1s", Open},
		{"vegeta cannot think", "vegeta", thinking, "attack -targets targets.txt -insecure -http2=false -max-body 0 -duration 20s -output results.bin -rate 0 -workers 1000 -max-workers 1000 -connections 1000", "closed, without think time"},
		{"hey paces its connections", "hey", open, "-z 20s -c 100 -t 30 -q 10 http://t/", "paced: 100 connections, 10/s each"},
		{"hey paces for want of thinking", "hey", thinking, "-z 20s -c 1000 -t 30 -q 50 http://t/", "paced: 50/s each, for want of think time"},
		{"wrk keeps no rate", "wrk", open, "-t1 -c 100 -d 20s --timeout 30s -s wrk.lua http://t/", "closed: 100 connections, as fast as it can"},
		{"h2load logs requests", "h2load", open, "-t 1 -D 20 -c 100 --h1 --rps 10 --log-file h2load.log http://t/", "paced: 100 connections, 10/s each"},
		{"h2load logs nothing for the cost", "h2load", costing, "-t 1 -D 20 -c 100 --h1 http://t/", "closed"},
		{"h2load shares connections", "h2load", shared, "-t 1 -D 20 -c 10 -m 10 https://t/", "closed"},
		{"ab keeps no rate", "ab", open, "-k -l -r -q -s 30 -c 100 -t 20 -n 10000000 -e ab.csv http://t/", "closed: 100 connections, as fast as it can"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			tool, err := Named(tt.tool)
			require.NoError(t, err)
			c, err := tool.Plan(tt.load)
			require.NoError(t, err)
			require.Equal(t, tt.args, strings.Join(c.Args, " "))
			require.Equal(t, tt.mode, c.Mode)
		})
	}
	for _, tool := range []string{"wrk", "hey", "ab", "fortio", "vegeta", "k6"} {
		t.Run(tool+" is not asked for HTTP/2", func(t *testing.T) {
			named, err := Named(tool)
			require.NoError(t, err)
			_, err = named.Plan(shared)
			require.ErrorContains(t, err, "HTTP/1.1 alone")
		})
	}
}

func TestPlanWritesFiles(t *testing.T) {
	c, err := planK6(Load{URL: "http://t/", Length: time.Second, Rate: 1000, Open: 30})
	require.NoError(t, err)
	require.Contains(t, c.Files["k6.js"], "constant-arrival-rate")
	require.NotContains(t, c.Files["k6.js"], "sleep")
	c, err = planK6(Load{URL: "http://t/", Length: time.Second, Users: 9, Think: 20 * time.Millisecond})
	require.NoError(t, err)
	require.Contains(t, c.Files["k6.js"], "vus: 9,")
	require.Contains(t, c.Files["k6.js"], "sleep(0.02);")
	c, err = planWrk(Load{URL: "http://t/", Length: time.Second, Users: 9, Think: 20 * time.Millisecond})
	require.NoError(t, err)
	require.Contains(t, c.Files["wrk.lua"], "return 20")
	c, err = planGonogo(Load{URL: "http://t/", Length: time.Second, Users: 9, Steps: 3})
	require.NoError(t, err)
	require.Equal(t, "steps.yaml", c.Args[1])
	require.Contains(t, c.Files["steps.yaml"], `{name: step 3, url: "http://t/?step=3"}`)
}

func TestNobodyElseIsATool(t *testing.T) {
	_, err := Named("siege")
	require.ErrorContains(t, err, `find tool "siege": want one of gonogo`)
}

func TestQuantile(t *testing.T) {
	hundred := make([]int, 100)
	for i := range hundred {
		hundred[i] = i + 1
	}
	tests := []struct {
		name   string
		sorted []int
		q      float64
		want   int
	}{
		{"a rank that is whole", hundred, 0.95, 95},
		{"a rank between two is the upper", hundred[:10], 0.95, 10},
		{"of one", hundred[:1], 0.5, 1},
		{"the least", hundred, 0, 1},
		{"the most", hundred, 1, 100},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) { require.Equal(t, tt.want, Quantile(tt.sorted, tt.q)) })
	}
}

// What a tool prints is not ours: no parser may break on it.
func FuzzRead(f *testing.F) {
	for _, name := range []string{"k6/summary.json", "vegeta/stdout", "fortio/fortio.json", "hey/stdout", "hey/refused", "wrk/stdout", "h2load/h2load.log", "ab/stdout", "ab/ab.csv"} {
		text, err := os.ReadFile("testdata/" + name)
		require.NoError(f, err)
		f.Add(text)
	}
	f.Fuzz(func(_ *testing.T, text []byte) {
		files := fstest.MapFS{}
		for _, name := range []string{"summary.json", "fortio.json", "h2load.log", "ab.csv", "load_test_report_1.json"} {
			files[name] = &fstest.MapFile{Data: text}
		}
		for _, tool := range All() {
			_, _ = tool.Read(Output{Stdout: text, Files: files})
		}
	})
}
