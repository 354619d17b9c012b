package scenarios

import (
	"slices"
	"strings"

	"gonogo/internal/yamlfile"
)

// warn notes what is no mistake and yet not well.
func (c *compiler) warn(path yamlfile.Path, what, want string) {
	c.warnings = append(c.warnings, &yamlfile.Mistake{Pos: c.place(path), Path: path, What: what, Want: want})
}

// warnOfSecrets notes credentials that are written out in the file: it is copied,
// shown and kept in places where they should not be.
func (c *compiler) warnOfSecrets() {
	const auth = yamlfile.Path("http.auth")
	c.warnOfAuth(auth, &c.HTTP.Auth)
	c.warnOfHeaders("http.headers", c.HTTP.Headers)
	for _, v := range c.Variables {
		c.warnOfValue(yamlfile.Path("variables").Key(v.Name), v.Name, v.Value)
	}
	c.everyStep(func(path yamlfile.Path, s *Step) {
		if s.Auth != nil {
			c.warnOfAuth(path.Key("auth"), s.Auth)
		}
		c.warnOfHeaders(path.Key("headers"), s.Headers)
		c.warnOfHeaders(path.Key("metadata"), s.Metadata)
		c.warnOfJSON(path.Key("message"), s.Message)
		for _, f := range s.Form {
			c.warnOfValue(path.Key("form").Key(f.Name), f.Name, f.Value)
		}
		for _, f := range s.Query {
			c.warnOfValue(path.Key("query").Key(f.Name), f.Name, f.Value)
		}
		c.warnOfJSON(path.Key("json"), s.JSON)
	})
	c.warnings.Sort()
}

func (c *compiler) warnOfAuth(path yamlfile.Path, a *Auth) {
	if _, password, _ := strings.Cut(a.Basic, ":"); password != "" {
		c.warnOfLiteral(path.Key("basic"), password)
	}
	for _, one := range a.secrets(path) {
		c.warnOfLiteral(one.path, *one.text)
	}
}

func (c *compiler) warnOfHeaders(path yamlfile.Path, headers Headers) {
	for _, h := range headers {
		if isSensitive(h.Name) {
			c.warnOfLiteral(path.Key(h.Name), h.Value)
		}
	}
}

func (c *compiler) warnOfJSON(path yamlfile.Path, v any) {
	switch v := v.(type) {
	case map[string]any:
		for key, value := range v {
			if text, ok := value.(string); ok {
				c.warnOfValue(path.Key(key), key, text)
			} else {
				c.warnOfJSON(path.Key(key), value)
			}
		}
	case []any:
		for i, value := range v {
			c.warnOfJSON(path.Index(i), value)
		}
	}
}

// warnOfValue looks at a value whose name may say what it is.
func (c *compiler) warnOfValue(path yamlfile.Path, name, value string) {
	if isCredentialName(name) {
		c.warnOfLiteral(path, value)
	}
}

// isCredentialName tells whether a field may be called so only for a credential.
func isCredentialName(name string) bool {
	name = strings.ToLower(name)
	return slices.ContainsFunc([]string{"password", "passwd", "secret", "token", "apikey", "api_key", "api-key"}, func(word string) bool {
		return strings.Contains(name, word)
	})
}

func (c *compiler) warnOfLiteral(path yamlfile.Path, value string) {
	if value != "" && !hasPlaceholder(value) && c.origin(path).Layer == InFile {
		c.warn(path, "a credential is written in the file", "${env:NAME} or ${file:NAME}")
	}
}
