package chart

import (
	"os"
	"testing"
)

func TestZZ(t *testing.T) { os.WriteFile("/tmp/chartstyle.css", []byte(Style()), 0o644) }
