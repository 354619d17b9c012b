package peers

import (
	"bufio"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

func h2load() Tool {
	return Tool{Name: "h2load", Accepts: []int{0}, Plan: planH2load, Read: readH2load}
}

func planH2load(l Load) (Command, error) {
	c := Command{Mode: "closed", Args: []string{"-t", "1", "-D", l.seconds()}}
	if l.Connections > 0 {
		c.Args = append(c.Args, "-c", strconv.Itoa(l.Connections), "-m", strconv.Itoa(l.Users/l.Connections))
	} else {
		c.Args = append(c.Args, "-c", strconv.Itoa(l.Users), "--h1")
	}
	each := ""
	switch {
	case l.Rate > 0:
		each = l.each()
		c.Mode = fmt.Sprintf("paced: %d connections, %s/s each", l.Users, each)
	case l.Think > 0:
		each = decimal(1 / l.Think.Seconds())
		c.Mode = fmt.Sprintf("paced: %s/s each, for want of think time", each)
	}
	if each != "" {
		c.Args = append(c.Args, "--rps", each)
	}
	if !l.CostOnly {
		c.Args = append(c.Args, "--log-file", "h2load.log")
	}
	c.Args = append(c.Args, l.URL)
	return c, nil
}

// readH2load takes quantiles of its log of requests, since it prints none: lines
// of the start and the duration in microseconds, the status between them.
func readH2load(o Output) (Reading, error) {
	f, err := o.Files.Open("h2load.log")
	if err != nil {
		return Reading{}, fmt.Errorf("read h2load's log: %w", err)
	}
	defer f.Close()
	var micros []int64
	good := int64(0)
	for lines := bufio.NewScanner(f); lines.Scan(); {
		fields := strings.Split(lines.Text(), "\t")
		if len(fields) != 3 {
			return Reading{}, fmt.Errorf("read h2load's log, line %d: want three fields, got %q", len(micros)+1, lines.Text())
		}
		took, err := strconv.ParseInt(fields[2], 10, 64)
		if err != nil {
			return Reading{}, fmt.Errorf("read h2load's log, line %d: %w", len(micros)+1, err)
		}
		if fields[1] == "200" {
			good++
		}
		micros = append(micros, took)
	}
	if len(micros) == 0 {
		return Reading{}, errors.New("read h2load's log: it is empty")
	}
	slices.Sort(micros)
	var ms [4]float64
	for i, q := range Shares() {
		ms[i] = float64(Quantile(micros, q)) / 1e3
	}
	n := int64(len(micros))
	return Reading{Requests: n, Success: share(good, n), Views: []View{{Figures: told(ms)}}}, nil
}
