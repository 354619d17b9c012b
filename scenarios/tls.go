package scenarios

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io/fs"
	"path/filepath"

	"gonogo/internal/yamlfile"
)

// tls resolves how connections are secured.
func (c *compiler) tls() TLS {
	h := &c.HTTP
	fill(c, "http.insecure", &h.Insecure, false)
	out := TLS{Insecure: h.Insecure}
	c.tlsVersions(&out)
	out.ServerName, _ = c.expand("http.server_name", h.ServerName)
	if h.CACert != "" {
		out.CACert = c.file("http.cacert", h.CACert)
		if out.CACert != nil && !x509.NewCertPool().AppendCertsFromPEM(out.CACert) {
			c.wrong("http.cacert", "the file holds no certificate", "certificates in PEM form")
		}
	}
	switch {
	case h.Cert == "" && h.Key == "":
		return out
	case h.Key == "":
		c.wrong("http.cert", "a client certificate without its key", "key, too")
		return out
	case h.Cert == "":
		c.wrong("http.key", "a key without its client certificate", "cert, too")
		return out
	}
	out.Cert, out.Key = c.file("http.cert", h.Cert), c.file("http.key", h.Key)
	if out.Cert == nil || out.Key == nil {
		return out
	}
	if _, err := tls.X509KeyPair(out.Cert, out.Key); err != nil {
		c.wrong("http.cert", "certificate and key do not fit: "+err.Error(), "a PEM certificate and its PEM key")
	}
	return out
}

// file reads a file that the scenario names; nil after a mistake. A name in a
// scenario file counts from where that file is.
func (c *compiler) file(path yamlfile.Path, name string) []byte {
	name, ok := c.expand(path, name)
	if !ok {
		return nil
	}
	return c.read(path, c.beside(path, name))
}

// beside returns the name of a file as it counts from here.
func (c *compiler) beside(path yamlfile.Path, name string) string {
	if o := c.origin(path); o.Layer == InFile && !filepath.IsAbs(name) {
		return filepath.Join(filepath.Dir(o.Pos.File), name)
	}
	return name
}

// read returns what is in a file; nil after a mistake.
func (c *compiler) read(path yamlfile.Path, name string) []byte {
	if c.options.ReadFile == nil {
		c.wrong(path, "files cannot be read here", "the contents in the scenario")
		return nil
	}
	data, err := c.options.ReadFile(name)
	if err != nil {
		if pe, ok := errors.AsType[*fs.PathError](err); ok {
			err = pe.Err // the name is said already
		}
		c.wrong(path, "read "+c.quote(name)+": "+err.Error(), "a file that can be read")
		return nil
	}
	if data == nil {
		data = []byte{}
	}
	return data
}
