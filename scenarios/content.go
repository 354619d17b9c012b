package scenarios

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"mime"
	"net/url"
	"path/filepath"
	"strings"

	"gonogo/internal/yamlfile"
	"gonogo/loadgen"
	"gonogo/loadgen/session"
)

// A Part is one of a multipart body: its text, or a file.
type Part struct {
	Text string `yaml:"text" json:"text,omitempty"`
	File string `yaml:"file" json:"file,omitempty"`
	Name string `yaml:"name" json:"name,omitempty"` // of the file, as it is sent
	Type string `yaml:"type" json:"type,omitempty"` // the Content-Type
}

// DecodeYAML reads a part from its text or from a mapping.
func (p *Part) DecodeYAML(n yamlfile.Node) error {
	if n.IsText() {
		return n.Decode(&p.Text)
	}
	type mapping Part
	return n.Decode((*mapping)(p))
}

// content resolves what a request sends, and returns its type where that follows
// from the form in which it is written.
func (j *journey) content(path yamlfile.Path, s *Step, r *loadgen.Request) (kind string) {
	var given []string
	for _, one := range []struct {
		key string
		set bool
	}{
		{"body", s.Body != ""}, {"body_file", s.BodyFile != ""}, {"json", s.JSON != nil}, {"form", s.Form != nil}, {"multipart", s.Multipart != nil},
	} {
		if one.set {
			given = append(given, one.key)
		}
	}
	if len(given) > 1 {
		j.wrong(path.Key(given[1]), "both "+given[0]+" and "+given[1]+" are given", "one of them")
		return ""
	}
	switch {
	case s.Body != "":
		j.body(path.Key("body"), s.Body, session.Raw, r)
	case s.BodyFile != "":
		r.Body = j.sent(path.Key("body_file"), s.BodyFile)
	case s.JSON != nil:
		j.body(path.Key("json"), jsonText(s.JSON), session.JSON, r)
		return "application/json"
	case s.Form != nil:
		j.body(path.Key("form"), formText(s.Form), session.URL, r)
		return "application/x-www-form-urlencoded"
	case s.Multipart != nil:
		return j.multipart(path.Key("multipart"), s.Multipart, r)
	}
	return ""
}

// body makes a text what the request sends.
func (j *journey) body(path yamlfile.Path, text string, escape session.Escape, r *loadgen.Request) {
	made := j.text(path, text, escape)
	if made == nil {
		return
	}
	if constant, ok := made.Constant(); ok {
		r.Body = []byte(constant)
		return
	}
	r.Content = made
}

// sent reads a file that is sent as it is.
func (j *journey) sent(path yamlfile.Path, name string) []byte {
	data := j.file(path, name)
	sum := sha256.Sum256(data)
	j.bodies = append(j.bodies, sum[:]...)
	return data
}

// jsonText writes a value as JSON. Within its texts placeholders stay; a text that is
// nothing but ${name|raw} becomes the bare value, which may be a number.
func jsonText(v any) string {
	switch v := v.(type) {
	case map[string]any:
		keys, _ := json.Marshal(v) // for the order in which it writes them
		return jsonObject(v, keys)
	case []any:
		parts := make([]string, len(v))
		for i, one := range v {
			parts[i] = jsonText(one)
		}
		return "[" + strings.Join(parts, ",") + "]"
	case string:
		if at := placeholder.FindString(v); at == v && strings.HasSuffix(v, "|raw}") {
			return v
		}
		return `"` + escapeLiterals(v, "json", jsonEscape) + `"`
	default:
		text, _ := json.Marshal(v) // of a number or a truth value
		return string(text)
	}
}

func jsonObject(v map[string]any, written []byte) string {
	var parts []string
	decoder := json.NewDecoder(bytes.NewReader(written))
	_, _ = decoder.Token() // {
	for decoder.More() {
		key, _ := decoder.Token()
		name := key.(string)
		parts = append(parts, `"`+escapeLiterals(name, "json", jsonEscape)+`":`+jsonText(v[name]))
		var skipped json.RawMessage
		_ = decoder.Decode(&skipped) // it was just written
	}
	return "{" + strings.Join(parts, ",") + "}"
}

func jsonEscape(text string) string {
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	_ = encoder.Encode(text) // a string can always be written
	return strings.TrimSuffix(strings.TrimPrefix(strings.TrimSuffix(b.String(), "\n"), `"`), `"`)
}

// formText writes fields as browsers do.
func formText(fields Map[string]) string {
	parts := make([]string, len(fields))
	for i, f := range fields {
		parts[i] = escapeLiterals(f.Name, "url", url.QueryEscape) + "=" + escapeLiterals(f.Value, "url", url.QueryEscape)
	}
	return strings.Join(parts, "&")
}

// multipart writes parts between boundaries that follow from what is in them.
func (j *journey) multipart(path yamlfile.Path, parts Map[Part], r *loadgen.Request) (kind string) {
	contents := make([]string, len(parts))
	sum := sha256.New()
	for i, p := range parts {
		at := path.Key(p.Name)
		switch {
		case p.Value.File != "" && p.Value.Text != "":
			j.wrong(at.Key("file"), "both text and file are given", "one of them")
		case p.Value.File != "":
			contents[i] = literal(string(j.sent(at.Key("file"), p.Value.File)))
		default:
			contents[i] = p.Value.Text
		}
		sum.Write([]byte(contents[i]))
	}
	boundary := "gonogo-" + hex.EncodeToString(sum.Sum(nil)[:16])
	var b strings.Builder
	for i, p := range parts {
		b.WriteString("--" + boundary + "\r\nContent-Disposition: form-data; name=" + quoted(p.Name))
		name, mediaType := p.Value.Name, p.Value.Type
		if p.Value.File != "" {
			if name == "" {
				name = filepath.Base(p.Value.File)
			}
			if mediaType == "" {
				mediaType = mime.TypeByExtension(filepath.Ext(name))
			}
			if mediaType == "" {
				mediaType = "application/octet-stream"
			}
		}
		if name != "" {
			b.WriteString("; filename=" + quoted(name))
		}
		b.WriteString("\r\n")
		if mediaType != "" {
			b.WriteString("Content-Type: " + mediaType + "\r\n")
		}
		b.WriteString("\r\n" + contents[i] + "\r\n")
	}
	b.WriteString("--" + boundary + "--\r\n")
	j.body(path, b.String(), session.Raw, r)
	return "multipart/form-data; boundary=" + boundary
}

// quoted writes a parameter of Content-Disposition as browsers do.
func quoted(text string) string {
	return `"` + strings.NewReplacer(`"`, "%22", "\r", "%0D", "\n", "%0A").Replace(text) + `"`
}
