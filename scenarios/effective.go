package scenarios

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"

	"gonogo/internal/yamlfile"
)

// effective writes down what will run: the scenario with all its defaults, in
// the form of the file, so that it can be read again. Placeholders stay, and
// credentials that were written out are masked.
func (c *compiler) effective(out *Compiled) error {
	c.maskCredentials()
	text, err := json.Marshal(c.File)
	if err != nil {
		return fmt.Errorf("write down the effective scenario: %w", err)
	}
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber() // a seed does not fit into a float64
	if err := decoder.Decode(&out.Effective); err != nil {
		return fmt.Errorf("write down the effective scenario: %w", err)
	}
	out.Origins = map[string]string{}
	c.collect("", out.Effective, out.Origins)
	mask(out.Effective, c.secrets)
	return c.digest(out)
}

// digest sums up the effective scenario, and by itself what it sends of files. The seed is left out: two runs of one
// scenario are to be alike.
func (c *compiler) digest(out *Compiled) error {
	load := maps.Clone(out.Effective["load"].(map[string]any))
	delete(load, "seed")
	seedless := maps.Clone(out.Effective)
	seedless["load"] = load
	text, err := json.Marshal(seedless) // the keys of a map come sorted
	if err != nil {
		return fmt.Errorf("sum up the effective scenario: %w", err)
	}
	sum := sha256.Sum256(append(text, c.bodies...))
	out.SHA256 = hex.EncodeToString(sum[:])
	if len(c.bodies) > 0 {
		sum = sha256.Sum256(c.bodies)
		out.Bodies = hex.EncodeToString(sum[:])
	}
	return nil
}

// collect notes the origin of each value in v.
func (c *compiler) collect(path yamlfile.Path, v any, into map[string]string) {
	switch v := v.(type) {
	case map[string]any:
		for key, value := range v {
			c.collect(path.Key(key), value, into)
		}
	case []any:
		for i, value := range v {
			c.collect(path.Index(i), value, into)
		}
	default:
		into[string(path)] = c.origin(path).String()
	}
}

// mask takes secrets out of every text in v, and returns v.
func mask(v any, secrets Secrets) any {
	switch v := v.(type) {
	case string:
		return secrets.Mask(v)
	case map[string]any:
		for key, value := range v {
			v[key] = mask(value, secrets)
		}
	case []any:
		for i, value := range v {
			v[i] = mask(value, secrets)
		}
	}
	return v
}

func (c *compiler) maskCredentials() {
	c.HTTP.Auth = *maskAuth(c.HTTP.Auth)
	c.Connections.Proxy = maskProxy(c.Connections.Proxy)
	c.HTTP.Headers = maskHeaders(c.HTTP.Headers)
	c.everyStep(func(_ yamlfile.Path, s *Step) {
		s.Headers, s.Metadata = maskHeaders(s.Headers), maskHeaders(s.Metadata)
		if s.Auth != nil {
			s.Auth = maskAuth(*s.Auth)
		}
	})
}

func maskAuth(auth Auth) *Auth {
	a := auth.clone()
	if user, password, ok := strings.Cut(a.Basic, ":"); ok {
		a.Basic = user + ":" + maskLiteral(password)
	}
	for _, one := range a.secrets("") {
		*one.text = maskLiteral(*one.text)
	}
	return a
}

func maskHeaders(headers Headers) Headers {
	headers = slices.Clone(headers)
	for i, h := range headers {
		if isSensitive(h.Name) {
			headers[i].Value = maskLiteral(h.Value)
		}
	}
	return headers
}

// maskLiteral hides a credential, and lets one stand that only names a variable.
func maskLiteral(text string) string {
	if text == "" || hasPlaceholder(text) {
		return text
	}
	return masked
}

// MarshalJSON writes what has a meaning in the load model that is used.
func (m Model) MarshalJSON() ([]byte, error) {
	hidden := closedPaths()
	switch {
	case m.Users > 0:
		hidden = append(openPaths(), replayPaths()...)
	case m.Replay != "":
		hidden = append(hidden, "load.rate", "load.stages", "load.arrival", "load.ramp")
	case m.Stages != nil:
		hidden = append(append(hidden, "load.rate"), replayPaths()...)
	default:
		hidden = append(append(hidden, "load.stages"), replayPaths()...)
	}
	if m.Forecast == 0 || m.Stages == nil {
		hidden = append(hidden, "load.forecast")
	}
	if m.Iterations == 0 {
		hidden = append(hidden, "load.iterations")
	}
	v := reflect.ValueOf(m)
	values := map[string]any{}
	for _, f := range yamlfile.Fields(v.Type()) {
		if !slices.Contains(hidden, yamlfile.Path("load").Key(f.Key)) {
			values[f.Key] = v.FieldByIndex(f.Index).Interface()
		}
	}
	return json.Marshal(values)
}
